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
    let state = 0n;
    for (const value of [seed, ...path]) {
      if (!Number.isSafeInteger(value)) {
        throw new RangeError(`Cannot seed random numbers: an integer is wanted, ${value} found`);
      }
      state = BigInt.asUintN(64, splitMix64(state) + BigInt(value));
    }
    const low = splitMix64(state);
    const high = splitMix64(state + GOLDEN_GAMMA);
    this.#state = new Int32Array(BigUint64Array.of(low, high).buffer);
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

const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

/** One output of SplitMix64 from `state`; the generator's next state is `state + GOLDEN_GAMMA`. */
export function splitMix64(state: bigint): bigint {
  let z = BigInt.asUintN(64, state + GOLDEN_GAMMA);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
