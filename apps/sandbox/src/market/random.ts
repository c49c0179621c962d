// A small deterministic generator (xoshiro128**) for everything in the sandbox that looks like chance. It makes
// runs repeatable; it is not fit for secrets that guard anything real.

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const twoTo32 = 2 ** 32;

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed a whole number up to 2^53 - 1 */
  constructor(seed: number) {
    // Both halves of the seed go through a mixer, so that neighbouring seeds start far apart and never at zero.
    const low = mixer(seed >>> 0);
    const high = mixer(Math.floor(seed / twoTo32) ^ 0x5bd1e995);
    this.#a = low();
    this.#b = high();
    this.#c = low();
    this.#d = high() | 1;
  }

  /** A uniform whole number from 0 to 2^32 - 1. */
  next(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result;
  }

  /** A whole number from 0 up to, not including, `bound` (at most 2^32). */
  below(bound: number): number {
    return Math.floor((this.next() / twoTo32) * bound);
  }

  /** Text of `[A-Za-z0-9]`. */
  text(length: number): string {
    return Array.from({ length }, () => alphanumerics[this.below(alphanumerics.length)]).join("");
  }

  /** An independent generator, so that one consumer's draws do not shift another's. */
  fork(): SeededRandom {
    return new SeededRandom((this.next() & 0x1f_ffff) * twoTo32 + this.next());
  }
}

/** Splitmix over 32 bits: spreads a seed into as many words as are asked for. */
function mixer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  };
}
