/**
 * Random draws from a sample: with weights, or as many of each class.
 *
 * @module
 */

import { refuseUnknown } from "../../options.ts";
import { Prng, streams } from "../../prng.ts";
import { checkLabels, rowsByLabel } from "./split.ts";

/**
 * Draws rows with probabilities in proportion to their weights.
 *
 * Without replacement a row is drawn once at most and the next among those left, by the keys
 * -ln(u)/weight (Efraimidis and Spirakis 2006, Information Processing Letters 97, 181); a row of
 * weight 0 is never drawn.
 *
 * @param options.weights Not negative; any sum
 * @returns Positions of rows, in the order drawn
 * @throws {RangeError} When a weight is negative or not finite, or more rows are wanted than have
 * a weight
 *
 * @example
 * ```ts
 * import { weightedSample } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const rows = weightedSample({ weights: [0, 1, 5, 0, 2], count: 3, seed: 4 });
 * assert.deepEqual([...rows].sort(), [1, 2, 4]);
 * ```
 */
export function weightedSample(options: {
  weights: ArrayLike<number>;
  /** How many rows. */
  count: number;
  /** Any integer. @default {0} */
  seed?: number;
  /** Whether a row may be drawn again. @default {false} */
  replace?: boolean;
}): Int32Array {
  refuseUnknown(options, { weights: true, count: true, seed: true, replace: true }, {
    what: "draw with weights",
  });
  const { weights, count, seed = 0, replace = false } = options;
  const positive = checkWeights(weights, count, replace);
  const random = new Prng(seed, [streams.draw]);
  if (replace) return drawAgain(weights, count, random);
  const keys = new Float64Array(weights.length);
  for (const row of positive) keys[row] = -Math.log(1 - random.uniform()) / weights[row];
  return positive.sort((a, b) => keys[a] - keys[b] || a - b).slice(0, count);
}

/**
 * Draws equally many rows of each class, without replacement.
 *
 * @returns Ascending positions of rows
 * @throws {TypeError} When the labels are not whole numbers
 * @throws {RangeError} When a class has fewer rows than wanted
 *
 * @example
 * ```ts
 * import { balancedSample } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const labels = [0, 0, 0, 0, 1, 1];
 * const rows = balancedSample({ labels, seed: 1 });
 * assert.deepEqual([...rows].map((row) => labels[row]), [0, 0, 1, 1]);
 * ```
 */
export function balancedSample(options: {
  /** Class of each row, from 0. */
  labels: ArrayLike<number>;
  /** Any integer. @default {0} */
  seed?: number;
  /** Rows of each class. @default {those of the smallest class} */
  perClass?: number;
}): Int32Array {
  const what = "draw rows of each class";
  refuseUnknown(options, { labels: true, seed: true, perClass: true }, { what });
  const { labels, seed = 0, perClass } = options;
  if (labels.length > 0) checkLabels(labels, what);
  const ofClass = rowsByLabel(labels);
  const smallest = Math.min(...[...ofClass.values()].map((rows) => rows.length));
  const wanted = perClass ?? (ofClass.size === 0 ? 0 : smallest);
  const drawn: number[] = [];
  for (const [label, rows] of ofClass) {
    if (rows.length < wanted) {
      throw new RangeError(
        `Cannot draw ${wanted} rows of each class: class ${label} has ${rows.length}`,
      );
    }
    const order = new Prng(seed, [streams.balance, label]).permutation(rows.length);
    for (const position of order.subarray(0, wanted)) drawn.push(rows[position]);
  }
  return Int32Array.from(drawn).sort();
}

/** The rows that can be drawn. */
function checkWeights(weights: ArrayLike<number>, count: number, replace: boolean): Int32Array {
  const positive: number[] = [];
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row];
    if (!(Number.isFinite(weight) && weight >= 0)) {
      throw new RangeError(
        `Cannot draw with weights: each must be a number from 0 on: row ${row} has ${weight}`,
      );
    }
    if (weight > 0) positive.push(row);
  }
  const most = replace && positive.length > 0 ? Infinity : positive.length;
  if (!Number.isSafeInteger(count) || count < 0 || count > most) {
    throw new RangeError(
      `Cannot draw ${count} rows: ${positive.length} of ${weights.length} have a weight above 0`,
    );
  }
  return Int32Array.from(positive);
}

function drawAgain(weights: ArrayLike<number>, count: number, random: Prng): Int32Array {
  const upTo = new Float64Array(weights.length);
  let total = 0;
  for (let row = 0; row < upTo.length; row++) upTo[row] = total += weights[row];
  return Int32Array.from({ length: count }, () => {
    const target = random.uniform(0, total);
    let [low, high] = [0, upTo.length - 1]; // the first row whose sum exceeds the target
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] > target) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}
