// Owns: the fast ways between strings and buffers. Pure. `Buffer#utf8Write`, `#utf8Slice` and `#latin1Slice` are what
// `write` and `toString` end in; called directly they take about half the time for records of a hundred bytes. They
// are on every Node version's Buffer but not documented, so `write` and `toString` stand in where one is missing.

interface BufferMethods {
  utf8Write(text: string, at: number): number;
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
}

const METHODS = Buffer.prototype as unknown as Partial<BufferMethods>;

/** Writes `text` as UTF-8 at `at`, where there must be room. Returns the bytes written. */
export const writeUtf8: (buffer: Buffer, text: string, at: number) => number =
  METHODS.utf8Write === undefined
    ? (buffer, text, at) => buffer.write(text, at)
    : (buffer, text, at) => (buffer as unknown as BufferMethods).utf8Write(text, at);

export const readUtf8: (buffer: Buffer, start: number, end: number) => string =
  METHODS.utf8Slice === undefined
    ? (buffer, start, end) => buffer.toString('utf8', start, end)
    : (buffer, start, end) => (buffer as unknown as BufferMethods).utf8Slice(start, end);

/** One character per byte. */
export const readLatin1: (buffer: Buffer, start: number, end: number) => string =
  METHODS.latin1Slice === undefined
    ? (buffer, start, end) => buffer.toString('latin1', start, end)
    : (buffer, start, end) => (buffer as unknown as BufferMethods).latin1Slice(start, end);

/** True if all bytes of `[start, end)` are ASCII. */
export function isAsciiRange(view: DataView, start: number, end: number): boolean {
  let bits = 0;
  let at = start;
  for (const last = end - 16; at <= last; at += 16) {
    bits |= view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8) | view.getInt32(at + 12);
  }
  for (; at < end; at++) bits |= view.getInt8(at);
  return (bits & 0x80808080) === 0;
}
