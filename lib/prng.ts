/**
 * Seeded pseudo-random numbers that are the same on every machine.
 *
 * The generator is xoshiro128** (Blackman and Vigna 2021, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 47:36): 128 bits of state, 32-bit operations only, period 2^128 - 1. Its
 * state is filled by SplitMix64 (Steele et al. 2014), as its authors advise. Integers, uniform
 * numbers and permutations are exact integer arithmetic; `normal()` goes through `Math.log`, whose
 * last bit a JavaScript engine may choose.
 *
 * @module
 */

/**
 * The first stream number of each use of a seed, so that one seed given to several parts of the kit
 * never makes two of them draw the same numbers.
 */
export const streams = {
  split: 1,
  batches: 2,
  galaxy: 3,
  folds: 4,
  groups: 5,
  draw: 6,
  balance: 7,
  cap: 8,
  captions: 9,
  conditions: 10,
  votes: 20,
  crowd: 21,
  science: 22,
  bootstrap: 40,
  posterior: 41,
} as const;

/**
 * A generator for one seed and one list of stream numbers. Two generators with the same numbers give
 * the same sequence; any other pair is independent, so that an epoch, a class or a galaxy can have
 * its own generator without any order of drawing between them.
 *
 * @throws {RangeError} When the seed or a stream number is not a safe integer
 *
 * @example
 * ```ts
 * import { Prng } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const epoch = 3;
 * const random = new Prng(42, [epoch]);
 * assert.deepEqual(random.permutation(5), new Prng(42, [epoch]).permutation(5));
 * ```
 */
export class Prng {
  /** Four words. As fields they would be objects to an engine wherever two generators differ. */
  readonly #state: Int32Array;
  #spare: number | undefined;

  /**
   * @param seed Any safe integer
   * @param path Stream numbers, from the general to the particular, e.g. `[streams.batches, epoch]`
   */
  constructor(seed: number, path: readonly number[] = []) {
    const state = this.#state = new Int32Array(4);
    absorb(state, seed);
    for (let step = 0; step < path.length; step++) absorb(state, path[step]);
    // The two outputs of SplitMix64 that come next
    state[2] = state[0];
    state[3] = state[1];
    mix(state, 0);
    add(state, { at: 2, low: GAMMA_LOW, high: GAMMA_HIGH });
    mix(state, 2);
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const state = this.#state;
    const b = state[1];
    const c = state[2] ^ state[0];
    const d = state[3] ^ b;
    state[0] ^= d;
    state[1] = b ^ c;
    state[2] = c ^ (b << 9);
    state[3] = (d << 11) | (d >>> 21);
    const scrambled = Math.imul(b, 5);
    return Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
  }

  /** A number in [low, high), with 53 random bits before scaling. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
    return low + (high - low) * unit;
  }

  /** An integer in [0, bound), every value equally likely; `bound` at most 2^32. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`Cannot draw an integer below ${bound}: 1 to 2^32 is wanted`);
    }
    let value = this.uint32();
    if (value < 2 ** 32 - bound) return remainder(value, bound); // nearly always
    const limit = 2 ** 32 - remainder(2 ** 32, bound); // the part of 2^32 that `bound` divides
    while (value >= limit) value = this.uint32();
    return remainder(value, bound);
  }

  /** Fills an array with what `integer(bound)` would give one by one, in a third of the time. */
  integers(into: Int32Array, { bound }: { bound: number }): void {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 30)) {
      throw new RangeError(`Cannot draw integers below ${bound}: 1 to 2^30 is wanted`);
    }
    const state = this.#state;
    const sure = 2 ** 32 - bound;
    // Larger by so little that the quotient below is whole to the last one: it is 1 / bound at least
    // from the next, and off by 2^-17 / bound at most
    const inverse = (1 + 2 ** -50) / bound;
    let [a, b, c, d] = [state[0], state[1], state[2], state[3]]; // uint32(), with its state at hand
    for (let i = 0; i < into.length; i++) {
      const scrambled = Math.imul(b, 5);
      const value = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
      if (value >= sure) { // Hardly ever; may take several
        state.set([a, b, c, d]);
        into[i] = this.integer(bound);
        [a, b, c, d] = [state[0], state[1], state[2], state[3]]; // by index: faster all around
        continue;
      }
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      into[i] = value - Math.imul(value * inverse | 0, bound);
    }
    state.set([a, b, c, d]);
  }

  /** A number from the normal distribution with mean 0 and variance 1 (Marsaglia's polar method). */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    let x, y, square;
    do {
      x = this.uniform(-1, 1);
      y = this.uniform(-1, 1);
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt(-2 * Math.log(square) / square);
    this.#spare = y * scale;
    return x * scale;
  }

  /** The numbers 0 to `count - 1` in random order (Fisher and Yates). */
  permutation(count: number): Int32Array {
    const order = new Int32Array(count);
    for (let index = 0; index < count; index++) order[index] = index;
    for (let last = count - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }
}

/** value % bound of whole numbers to 2^32, exactly; an engine may take ten times as long for `%`. */
function remainder(value: number, bound: number): number {
  return value - Math.floor(value / bound) * bound;
}

// SplitMix64 goes by pairs of 32-bit words, the lower first: BigInt would take more than twice the
// time, and every galaxy of millions that a search looks at has a generator of its own.

/** What SplitMix64 adds from state to state. */
const [GAMMA_LOW, GAMMA_HIGH] = [0x7f4a7c15, 0x9e3779b9];

/** A state's output, and a number added to it. */
function absorb(state: Int32Array, value: number): void {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`Cannot seed random numbers: an integer is wanted, ${value} found`);
  }
  mix(state, 0);
  add(state, { at: 0, low: value >>> 0, high: Math.floor(value / 2 ** 32) });
}

/** Adds a number to the one at some place. */
function add(
  words: Int32Array,
  { at, low, high }: { at: number; low: number; high: number },
): void {
  const sum = (words[at] >>> 0) + low;
  words[at] = sum;
  words[at + 1] += high + (sum > 0xffffffff ? 1 : 0);
}

/**
 * Replaces the state in a pair of words by its output; the generator's next state would be the old
 * one and gamma.
 */
export function mix(words: Int32Array, at: number): void {
  const sum = (words[at] >>> 0) + GAMMA_LOW;
  let low = sum | 0;
  let high = (words[at + 1] + GAMMA_HIGH + (sum > 0xffffffff ? 1 : 0)) | 0;
  low ^= (low >>> 30) | (high << 2);
  high ^= high >>> 30;
  high = upper(low, 0x1ce4e5b9) + Math.imul(low, 0xbf58476d) + Math.imul(high, 0x1ce4e5b9) | 0;
  low = Math.imul(low, 0x1ce4e5b9);
  low ^= (low >>> 27) | (high << 5);
  high ^= high >>> 27;
  high = upper(low, 0x133111eb) + Math.imul(low, 0x94d049bb) + Math.imul(high, 0x133111eb) | 0;
  low = Math.imul(low, 0x133111eb);
  words[at] = low ^ ((low >>> 31) | (high << 1));
  words[at + 1] = high ^ (high >>> 31);
}

/** The upper word of the product of two words without sign. */
function upper(one: number, other: number): number {
  const a = one >>> 16;
  const b = one & 0xffff;
  const c = other >>> 16;
  const d = other & 0xffff;
  const middle = a * d + (b * d >>> 16);
  return a * c + Math.floor(middle / 65536) + ((b * c + (middle & 0xffff)) / 65536 | 0);
}
