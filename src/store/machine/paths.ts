// Owns: znode paths: which are valid, their parent, their last part, the suffix of a sequential node.
// Not here: whether a node is there (znode-tree.ts).
// The rules are ZooKeeper's (PathUtils.validatePath of 3.9), to the character, because clients rely on the same codes.

/** The node that ZooKeeper keeps for itself, with what is below it from the start. */
export const RESERVED = {
  root: '/',
  system: '/zookeeper',
  config: '/zookeeper/config',
  quota: '/zookeeper/quota',
} as const;

/** Digits of the suffix of a sequential node. */
const SUFFIX_DIGITS = 10;

const SLASH = 0x2f;
const DOT = 0x2e;

/** The path in front of the last slash: empty for a child of the root, undefined if there is no slash. */
export function parentPath(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? undefined : path.slice(0, slash);
}

/** The part behind the last slash. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The same as `parentPath` for a path known to be valid and not the root, with the root spelled `/`. */
export function watchedParent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** True for the paths that nobody may delete. */
export function isReserved(path: string): boolean {
  return (
    path === RESERVED.root ||
    path === RESERVED.system ||
    path === RESERVED.quota ||
    path === RESERVED.config ||
    path === ''
  );
}

/** True if ZooKeeper accepts `path`. */
export function isValidPath(path: string): boolean {
  const { length } = path;
  if (length === 0 || path.charCodeAt(0) !== SLASH) return false;
  if (length === 1) return true;
  if (path.charCodeAt(length - 1) === SLASH) return false;
  let start = 1;
  for (let at = 1; at <= length; at++) {
    const unit = at === length ? SLASH : path.charCodeAt(at);
    if (unit === SLASH) {
      if (!isValidName(path, start, at)) return false;
      start = at + 1;
    } else if (isForbidden(unit)) return false;
  }
  return true;
}

/** Not empty, not `.` and not `..`. */
function isValidName(path: string, start: number, end: number): boolean {
  const size = end - start;
  if (size === 0) return false;
  if (path.charCodeAt(start) !== DOT || size > 2) return true;
  return size === 2 && path.charCodeAt(start + 1) !== DOT;
}

/** Control characters, surrogates with the private area behind them, and the specials at the end of the plane. */
function isForbidden(unit: number): boolean {
  if (unit >= 0x20 && unit < 0x7f) return false;
  return unit < 0xa0 || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0;
}

/** Java's `%010d`: ten places, the sign among them. */
export function sequenceSuffix(counter: number): string {
  if (counter >= 0) return String(counter).padStart(SUFFIX_DIGITS, '0');
  return `-${String(-counter).padStart(SUFFIX_DIGITS - 1, '0')}`;
}
