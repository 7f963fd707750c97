// Owns: what a path is. Not here: whether there is a node.
// Source: PathUtils.validatePath of ZooKeeper 3.9, rule by rule and in its order, on UTF-16 units as in Java.

/**
 * Why `path` is no path, or undefined if it is one. A sequential node is judged with a digit behind its path, so that
 * `/queue/` is allowed for it.
 */
export function pathProblem(path: string, sequential = false): string | undefined {
  const text = sequential ? `${path}1` : path;
  if (text.length === 0) return 'a path has at least one character';
  if (text[0] !== '/') return 'a path begins with /';
  if (text.length === 1) return undefined;
  if (text.endsWith('/')) return 'a path does not end with /';
  for (let i = 1; i < text.length; i++) {
    const problem = unitProblem(text, i);
    if (problem !== undefined) return `${problem} at ${i}`;
  }
  return undefined;
}

export function isPath(path: string, sequential = false): boolean {
  return pathProblem(path, sequential) === undefined;
}

const SLASH = 0x2f;
const DOT = 0x2e;

function unitProblem(text: string, at: number): string | undefined {
  const unit = text.charCodeAt(at);
  if (unit === 0) return 'the null character is not allowed';
  if (unit === SLASH) return text.charCodeAt(at - 1) === SLASH ? 'a name is empty' : undefined;
  if (unit === DOT) return isRelative(text, at) ? 'relative paths are not allowed' : undefined;
  return isRefused(unit) ? 'a character is not allowed' : undefined;
}

/** `at` is the last dot of a name that is `.` or `..`. */
function isRelative(text: string, at: number): boolean {
  const first = text.charCodeAt(at - 1) === DOT ? at - 1 : at;
  const nameEnds = at + 1 === text.length || text.charCodeAt(at + 1) === SLASH;
  return nameEnds && text.charCodeAt(first - 1) === SLASH;
}

/** Controls, surrogates, private use and specials. */
function isRefused(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    (unit >= 0xfff0 && unit <= 0xffff)
  );
}
