// Owns: zigzag variable-length integers as Kafka's records use them (Protocol Buffers' `sint32` and `sint64`): sizes
// and writing. Reading is inlined in the record cursor, where it is hot. Pure.

/** Bytes that `value` (a signed 32-bit integer) takes. */
export function varintSize(value: number): number {
  const bits = 32 - Math.clz32(((value << 1) ^ (value >> 31)) | 1);
  // Seven bits per byte: 37 / 256 is close enough to 1 / 7 for up to 32 of them.
  return ((bits + 6) * 37) >> 8;
}

/** Writes a signed 32-bit integer at `at`; returns the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let position = at;
  while (zigzag >= 0x80) {
    bytes[position++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[position++] = zigzag;
  return position;
}

/** True if `value` fits the 32-bit functions above. */
export function isInt32(value: number): boolean {
  return (value | 0) === value;
}

/** Bytes that `value` (an integer below 2^53 in magnitude) takes. */
export function varlongSize(value: number): number {
  if (isInt32(value)) return varintSize(value);
  let zigzag = value < 0 ? BigInt(value) * -2n - 1n : BigInt(value) * 2n;
  let size = 1;
  for (; zigzag >= 0x80n; zigzag >>= 7n) size++;
  return size;
}

/** Writes an integer below 2^53 in magnitude at `at`; returns the position after it. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (isInt32(value)) return writeVarint(bytes, at, value);
  // Rare (records more than 24 days apart in one batch), so BigInt may be slow here.
  let zigzag = value < 0 ? BigInt(value) * -2n - 1n : BigInt(value) * 2n;
  let position = at;
  for (; zigzag >= 0x80n; zigzag >>= 7n) bytes[position++] = Number(zigzag & 0x7fn) | 0x80;
  bytes[position++] = Number(zigzag);
  return position;
}
