// Owns: making a long input short without changing its CRC-32C register, in WebAssembly. Pure: the scratch memory
// holds nothing from one call to the next. Not here: the CRC of what is left (crc32c.ts).
//
// The idea is that of Chorba (Russell, "Chorba: A novel CRC32 implementation", 2024): in the arithmetic of the CRC every
// multiple of the polynomial P counts as 0, and P has the sparse multiple
//     x^209 + x^144 + x^54 + x^39 + x^14 + 1        (the smallest with six terms; there is none with fewer below x^5275).
// Squaring keeps a multiple a multiple, so all exponents may be multiplied by 32 (five squarings). Hence a word of four
// bytes of the message may be taken away if it is XORed into the words 65, 155, 170, 195 and 209 behind it:
//     folded[i] = message[i] ^ folded[i - 65] ^ folded[i - 155] ^ folded[i - 170] ^ folded[i - 195] ^ folded[i - 209]
// and what arrives in the last 209 words has the CRC register of the whole. No tables, no shifts, and no word waits for
// one less than 65 before it, so sixteen bytes go per step. WebAssembly because its loads of sixteen bytes need no alignment;
// it works on its own memory, so the input goes through it in pieces that stay in the processor's cache.

/** Bytes per unit of an exponent. */
const UNIT = 4;
/** The exponents of the multiple, without the last one, 0. */
const EXPONENTS: readonly number[] = [209, 144, 54, 39, 14];
/** What folding cannot take away: as many bytes as the largest exponent says. */
const SPAN = 209 * UNIT;
const VECTOR = 16;
const PIECE = 24_576;
/** The scratch memory, one page of 64 KiB: a piece of the message, the folded bytes with those before them, the rest. */
const MESSAGE_AT = 0;
const FOLDED_AT = MESSAGE_AT + PIECE;
const REST_AT = FOLDED_AT + SPAN + PIECE;

/** What is used of the global object `WebAssembly`, which has no types outside of the browser's. */
interface WebAssemblyApi {
  validate(code: Uint8Array): boolean;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** See `moduleBytes`. */
  run(bytes: number, store: number): void;
}

export class Crc32cFolder {
  /** The bytes to go on with after `fold`, whose result is their number. */
  readonly rest: Uint8Array;
  private readonly memory: Uint8Array;
  private readonly run: Exports['run'];

  private constructor(exports: Exports) {
    this.memory = new Uint8Array(exports.memory.buffer);
    this.run = exports.run;
    this.rest = this.memory.subarray(REST_AT, REST_AT + SPAN + VECTOR);
  }

  /** Null on a machine or in a mode of Node (`--jitless`) without vector instructions in WebAssembly. */
  static make(): Crc32cFolder | null {
    const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
    const code = moduleBytes();
    if (api === undefined || !api.validate(code)) return null;
    return new Crc32cFolder(new api.Instance(new api.Module(code)).exports);
  }

  /**
   * Folds `bytes[start..end)`, at least `SHORTEST` of them, seen with the CRC register `register` before them. The first
   * so many bytes of `rest` as the result says, with the register 0 before them, end with the same register.
   */
  fold(bytes: Uint8Array, start: number, end: number, register: number): number {
    const { memory, run } = this;
    const last = end - SPAN - ((end - start - SPAN) % VECTOR);
    memory.fill(0, FOLDED_AT, FOLDED_AT + SPAN);
    for (let at = start; at < last; ) {
      const size = Math.min(PIECE, last - at);
      memory.set(bytes.subarray(at, at + size), MESSAGE_AT);
      if (at === start) for (let i = 0; i < 4; i++) memory[MESSAGE_AT + i]! ^= register >>> (8 * i);
      run(size, 0);
      memory.copyWithin(FOLDED_AT, FOLDED_AT + size, FOLDED_AT + size + SPAN);
      at += size;
    }
    // What is left takes from the folded bytes but not from itself: it is written elsewhere, and zeros are found in its place.
    memory.fill(0, FOLDED_AT + SPAN, FOLDED_AT + 2 * SPAN + VECTOR);
    memory.set(bytes.subarray(last, end), MESSAGE_AT);
    run(end - last, REST_AT - (FOLDED_AT + SPAN));
    return end - last;
  }
}

/** The shortest input that is worth its while. */
export const SHORTEST = 2_048;

/**
 * `run(bytes, store)`: folds the piece of `bytes` bytes (rounded up to `VECTOR`) that lies in the memory, whose folded bytes
 * before it lie there too, and writes what comes out, moved by `store` bytes. (WebAssembly Core Specification 2.0, chapter 5.)
 */
function moduleBytes(): Uint8Array {
  const i32 = 0x7f;
  const end = 0x0b;
  const [bytes, store, at] = [0, 1, 2];
  const localGet = (local: number): number[] => [0x20, local];
  const localSet = (local: number): number[] => [0x21, local];
  const localTee = (local: number): number[] => [0x22, local];
  const i32Const = (value: number): number[] => [0x41, value];
  const i32Add = 0x6a;
  const i32LessUnsigned = 0x49;
  const branchIf = (depth: number): number[] => [0x0d, depth];
  const unaligned = 0;
  const load = (from: number): number[] => [...localGet(at), 0xfd, 0x00, unaligned, ...unsigned(from)];
  const v128Xor = [0xfd, 0x51];
  const v128Store = (to: number): number[] => [0xfd, 0x0b, unaligned, ...unsigned(to)];

  // do { (at + store)[folded] = at[message] ^ at[folded before] ^ …; at += 16 } while (at < bytes)
  const code = [
    ...[...i32Const(0), ...localSet(at)],
    ...[0x03, 0x40], // loop without a result
    ...[...localGet(at), ...localGet(store), i32Add],
    ...load(MESSAGE_AT),
    ...[...EXPONENTS.slice(1), 0].flatMap((exponent) => [...load(FOLDED_AT + exponent * UNIT), ...v128Xor]),
    ...v128Store(FOLDED_AT + SPAN),
    ...[...localGet(at), ...i32Const(VECTOR), i32Add, ...localTee(at)],
    ...[...localGet(bytes), i32LessUnsigned, ...branchIf(0)],
    ...[end, end],
  ];
  const locals = [1, 1, i32]; // one group of one i32: `at`
  const functionBody = [...locals, ...code];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [1, 0x60, 2, i32, i32, 0]), // types: one function (i32, i32) -> ()
    ...section(3, [1, 0]), // functions: one, of type 0
    ...section(5, [1, 1, 1, 1]), // memories: one, of at least and at most one page
    ...section(7, [2, ...name('memory'), 2, 0, ...name('run'), 0, 0]), // exports: memory 0 and function 0
    ...section(10, [1, ...unsigned(functionBody.length), ...functionBody]), // code
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
