// Owns: addresses and ranges of the `ip` scheme: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`. Not here: who may do what.

/** 4 or 16 bytes and how many leading bits count. */
interface Range {
  readonly bytes: readonly number[];
  readonly bits: number;
}

export function isIpRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** True if `address` lies in the range; false as well if one of them is none. */
export function isInIpRange(address: string, rangeText: string): boolean {
  const range = parseRange(rangeText);
  const bytes = parseAddress(address);
  if (range === undefined || bytes?.length !== range.bytes.length) return false;
  for (let at = 0; at * 8 < range.bits; at++) {
    const mask = (0xff00 >> Math.min(8, range.bits - at * 8)) & 0xff;
    if (((bytes[at]! ^ range.bytes[at]!) & mask) !== 0) return false;
  }
  return true;
}

function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  if (slash < 0) return { bytes, bits: bytes.length * 8 };
  const bits = parseDecimal(text.slice(slash + 1), bytes.length * 8);
  return bits === undefined ? undefined : { bytes, bits };
}

function parseAddress(text: string): number[] | undefined {
  return text.includes(':') ? parseVersion6(text) : parseVersion4(text);
}

function parseVersion4(text: string): number[] | undefined {
  const bytes = text.split('.').map((part) => parseDecimal(part, 255));
  return bytes.length === 4 && isComplete(bytes) ? bytes : undefined;
}

/** Eight groups of 16 bits, of which one run of zeros may be left out as `::` (RFC 4291, section 2.2, forms 1 and 2). */
function parseVersion6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map((half) => (half === '' ? [] : half.split(':').map(parseGroup)));
  if (front === undefined || !isComplete(front) || (back !== undefined && !isComplete(back)))
    return undefined;
  const missing = 8 - front.length - (back?.length ?? 0);
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...new Array<number>(missing).fill(0), ...(back ?? [])];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function parseGroup(text: string): number | undefined {
  return /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** As Java reads it: a plus in front is allowed. */
function parseDecimal(text: string, most: number): number | undefined {
  if (!/^\+?\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

function isComplete(values: readonly (number | undefined)[]): values is number[] {
  return !values.includes(undefined);
}
