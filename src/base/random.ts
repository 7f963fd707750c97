// Owns: the source of random bits that pure code is given, and the generator used in production and simulation.
// Invariant: equal seeds give equal sequences. Not for secrets.
//
// sfc32 (Chris Doty-Humphrey's "Small Fast Chaotic", PractRand). Its additions make it non-linear over GF(2).
// That matters for tuple ids: a xorshift generator is linear, so the XOR of some fixed subset of its outputs is
// always zero, which is the very event that the acker takes for "the tree is done".

export interface Random {
  /** 32 uniformly random bits as a signed integer. */
  int32(): number;
}

export class Sfc32 implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seedA: number, seedB: number, seedC: number) {
    this.a = seedA | 0;
    this.b = seedB | 0;
    this.c = seedC | 0;
    for (let round = 0; round < 12; round++) this.int32();
  }

  int32(): number {
    const out = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + out) | 0;
    return out;
  }
}

/** A uniform fraction in [0, 1) with 32 bits. */
export function fraction(random: Random): number {
  return (random.int32() >>> 0) / 4_294_967_296;
}
