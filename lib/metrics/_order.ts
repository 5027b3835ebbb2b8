/**
 * Sorting of many numbers.
 *
 * @module
 */

/** Bits of a key that one pass sorts by. */
const BITS = 11;

/**
 * The positions of the values in ascending order, equal ones in the order that they have: a radix
 * sort, several times as quick as a comparison of each two. It is by the upper halves of the doubles;
 * where these are equal, which is rare but in equal values, the lower ones are compared.
 *
 * @param values Numbers, none NaN
 */
export function ascendingOrder(values: ArrayLike<number>): Int32Array {
  const count = values.length;
  let keys: Uint32Array = upperHalves(values);
  let order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  let [nextKeys, nextOrder]: [Uint32Array, typeof order] = [keys.slice(), order.slice()];
  for (let shift = 0; shift < 32; shift += BITS) {
    sortBy(shift, { keys, order, nextKeys, nextOrder });
    [keys, nextKeys] = [nextKeys, keys];
    [order, nextOrder] = [nextOrder, order];
  }
  for (let start = 0, end; start < count; start = end) {
    let isRising = true; // No less than the one before
    for (end = start + 1; end < count && keys[end] === keys[start]; end++) {
      isRising &&= values[order[end]] >= values[order[end - 1]];
    }
    if (isRising) continue;
    order.subarray(start, end).sort((a, b) => values[a] - values[b] || a - b);
  }
  return order;
}

/** One pass: in the order of some bits of the keys, equal ones as they are. */
function sortBy(shift: number, { keys, order, nextKeys, nextOrder }: {
  keys: Uint32Array;
  order: Int32Array;
  nextKeys: Uint32Array;
  nextOrder: Int32Array;
}): void {
  const starts = new Int32Array(1 << BITS);
  const mask = starts.length - 1;
  for (let i = 0; i < keys.length; i++) starts[(keys[i] >>> shift) & mask]++;
  for (let digit = 0, start = 0; digit <= mask; digit++) {
    const size = starts[digit];
    starts[digit] = start;
    start += size;
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const place = starts[(key >>> shift) & mask]++;
    nextKeys[place] = key;
    nextOrder[place] = order[i];
  }
}

/** The upper 32 bits of doubles as unsigned numbers that rise with the value; of -0 those of 0. */
function upperHalves(values: ArrayLike<number>): Uint32Array {
  const doubles = Float64Array.from(values);
  const words = new Uint32Array(doubles.buffer);
  const keys = new Uint32Array(doubles.length);
  for (let i = 0; i < keys.length; i++) {
    const word = doubles[i] === 0 ? 0 : words[2 * i + 1];
    keys[i] = word >>> 31 === 1 ? ~word : word ^ 0x80000000;
  }
  return keys;
}
