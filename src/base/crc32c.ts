// Owns: CRC-32C (Castagnoli), the checksum of record batches, indexes and watermarks. Pure; the table is a constant
// that is computed once and never changed afterwards.
//
// Slicing-by-16 (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation",
// 2008): sixteen bytes per step instead of one. Reads go through a DataView because V8 turns `getInt32` into one
// load, where `b[i] | b[i + 1] << 8 …` costs four loads and four bounds checks.
//
// Long inputs go in blocks of two lanes: each step of a CRC waits for the one before, so two independent ones side by
// side keep the processor busy (1.5 times as fast here). CRCs are linear: the register after `A` then `B` is that of
// `A` followed by as many zero bytes as `B` has, XOR that of `B` begun at 0.

/** The Castagnoli polynomial 0x1EDC6F41, bits reversed (RFC 3720, section 12.1). */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;
/** Bytes of each of the two lanes of a block. */
const LANE = 4_096;
const TABLE: Int32Array = makeTable();
const SHIFT: Int32Array = makeShift();

function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let slice = 1; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const previous = table[(slice - 1) * 256 + byte]!;
      table[slice * 256 + byte] = table[previous & 255]! ^ (previous >>> 8);
    }
  }
  return table;
}

/** What `LANE` zero bytes do to the register, per byte of the register and value of that byte. */
function makeShift(): Int32Array {
  const shift = new Int32Array(4 * 256);
  for (let bit = 0; bit < 32; bit++) {
    let register = 1 << bit;
    for (let i = 0; i < LANE; i++) register = TABLE[register & 255]! ^ (register >>> 8);
    const mask = 1 << (bit & 7);
    const base = (bit >> 3) * 256;
    for (let byte = 0; byte < 256; byte++) if (byte & mask) shift[base + byte]! ^= register;
  }
  return shift;
}

/**
 * CRC-32C of `bytes[start..end)` as an unsigned 32-bit number. `previous` continues an earlier result:
 * `crc32c(b, 0, n) === crc32c(b, k, n, crc32c(b, 0, k))`.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, previous = 0): number {
  const table = TABLE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = ~previous;
  let at = start;
  for (; end - at >= 2 * LANE; at += 2 * LANE) crc = twoLanes(table, view, at, crc);
  for (const last = end - SLICES; at <= last; at += SLICES) {
    const a = crc ^ view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    crc = fold(table, a, b, c, d);
  }
  for (; at < end; at++) crc = table[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The register after the `2 * LANE` bytes at `start`. */
function twoLanes(table: Int32Array, view: DataView, start: number, register: number): number {
  let first = register;
  let second = 0;
  for (let at = start, end = start + LANE; at < end; at += SLICES) {
    const a = first ^ view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    const e = second ^ view.getInt32(at + LANE, true);
    const f = view.getInt32(at + LANE + 4, true);
    const g = view.getInt32(at + LANE + 8, true);
    const h = view.getInt32(at + LANE + 12, true);
    first = fold(table, a, b, c, d);
    second = fold(table, e, f, g, h);
  }
  const shifted =
    SHIFT[first & 255]! ^
    SHIFT[256 + ((first >>> 8) & 255)]! ^
    SHIFT[512 + ((first >>> 16) & 255)]! ^
    SHIFT[768 + (first >>> 24)]!;
  return shifted ^ second;
}

/** The register after sixteen bytes, the first four of them XORed with the register before. */
function fold(table: Int32Array, a: number, b: number, c: number, d: number): number {
  return (
    table[3840 + (a & 255)]! ^
    table[3584 + ((a >>> 8) & 255)]! ^
    table[3328 + ((a >>> 16) & 255)]! ^
    table[3072 + (a >>> 24)]! ^
    table[2816 + (b & 255)]! ^
    table[2560 + ((b >>> 8) & 255)]! ^
    table[2304 + ((b >>> 16) & 255)]! ^
    table[2048 + (b >>> 24)]! ^
    table[1792 + (c & 255)]! ^
    table[1536 + ((c >>> 8) & 255)]! ^
    table[1280 + ((c >>> 16) & 255)]! ^
    table[1024 + (c >>> 24)]! ^
    table[768 + (d & 255)]! ^
    table[512 + ((d >>> 8) & 255)]! ^
    table[256 + ((d >>> 16) & 255)]! ^
    table[d >>> 24]!
  );
}
