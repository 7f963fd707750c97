// Owns: a fingerprint of a text that is too long to keep: two hashes of 32 bits that mix in different ways, and the length.
// Two texts with one fingerprint are equal but for chance (about one in 2^64). Not a defence against people.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const MURMUR_SEED = 0x9747b28c;
const MURMUR_FACTOR = 0x5bd1e995;

export class TextHash {
  private fnv = FNV_OFFSET;
  private murmur = MURMUR_SEED;
  private length = 0;

  /** Adds a line and its end. */
  addLine(line: string): void {
    let { fnv, murmur } = this;
    for (let at = 0; at <= line.length; at++) {
      const code = at === line.length ? 10 : line.charCodeAt(at);
      fnv = Math.imul(fnv ^ code, FNV_PRIME);
      murmur = Math.imul(murmur ^ code, MURMUR_FACTOR);
      murmur ^= murmur >>> 15;
    }
    this.fnv = fnv;
    this.murmur = murmur;
    this.length += line.length + 1;
  }

  /** All that was added, as text. */
  get digest(): string {
    return `${hex(this.fnv)}${hex(this.murmur)}-${this.length}`;
  }
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0');
}
