/**
 * Parts of a set: training, validation, test.
 *
 * @module
 */

import { refuseUnknown } from "../../options.ts";
import { Prng, streams } from "../../prng.ts";

/**
 * Splits a labelled set at random so that every part has the same mix of classes. Each class is
 * divided by the method of largest remainders: the counts of a class add up, and none differs from
 * its fraction by one or more (a tie goes to the part named first). The same seed gives the same
 * split on any machine; how one class is split does not depend on the others.
 *
 * @returns For each part, in its order of `fractions`, the ascending positions of its examples
 * @throws {TypeError} When the labels are not whole numbers
 * @throws {RangeError} When the fractions are not positive or do not sum to 1, a class has too few
 * examples to be in every part, or there are none
 *
 * @example
 * ```ts
 * import { stratifiedSplit } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
 * const fractions = { train: 0.8, validation: 0.2 };
 * const { train, validation } = stratifiedSplit({ labels, fractions, seed: 7 });
 * assert.deepEqual([train.length, validation.length], [8, 2]);
 * assert.deepEqual([...validation].map((index) => labels[index]), [0, 1]);
 * ```
 */
export function stratifiedSplit<Part extends string>(options: {
  /** Class of each example, from 0. */
  labels: ArrayLike<number>;
  /** Part of the whole, by name; they sum to 1. */
  fractions: Record<Part, number>;
  /** Any integer. @default {0} */
  seed?: number;
  /** Class names, for error messages. */
  classes?: readonly string[];
}): Record<Part, Int32Array> {
  refuseUnknown(options, { labels: true, fractions: true, seed: true, classes: true }, {
    what: "split",
  });
  const { labels, fractions, seed = 0, classes } = options;
  const parts = Object.keys(fractions) as Part[];
  const shares = checkFractions(fractions);
  checkLabels(labels, "split");
  const members = rowsByLabel(labels);
  const partOf = new Int32Array(labels.length);
  for (const [label, indices] of members) {
    const counts = largestRemainders(indices.length, shares);
    const without = counts.indexOf(0);
    if (without >= 0) {
      throw new RangeError(
        `Cannot split class "${classes?.[label] ?? label}" into ${parts.join(", ")}: ` +
          `its ${indices.length} example${indices.length === 1 ? "" : "s"} would leave none for ` +
          `${parts[without]}, at least ${fewest(shares)} are wanted`,
      );
    }
    const order = new Prng(seed, [streams.split, label]).permutation(indices.length);
    let start = 0;
    counts.forEach((count, part) => {
      for (const position of order.subarray(start, start + count)) {
        partOf[indices[position]] = part;
      }
      start += count;
    });
  }
  const rows = rowsByLabel(partOf);
  return Object.fromEntries(
    parts.map((part, index) => [part, Int32Array.from(rows.get(index) ?? [])]),
  ) as Record<Part, Int32Array>;
}

/**
 * Splits examples at random, whatever they are of: for numbers to predict, where there are no
 * classes. The sizes of the parts are those of the method of largest remainders.
 *
 * @param options `count`: how many examples there are; or `ids`: their names. By names an example
 * gets the same part in whatever order they come
 * @returns For each part, in its order of `fractions`, the ascending positions of its examples
 * @throws {RangeError} When the fractions are not positive or do not sum to 1, or a part would be
 * empty
 *
 * @example
 * ```ts
 * import { randomSplit } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const fractions = { train: 0.8, validation: 0.2 };
 * const { train, validation } = randomSplit({ count: 10, fractions, seed: 1 });
 * assert.deepEqual([train.length, validation.length], [8, 2]);
 * assert.deepEqual([...train, ...validation].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
 * ```
 */
export function randomSplit<Part extends string>(
  options: ({ count: number } | { ids: readonly string[] }) & {
    /** Part of the whole, by name; they sum to 1. */
    fractions: Record<Part, number>;
    /** Any integer. @default {0} */
    seed?: number;
  },
): Record<Part, Int32Array> {
  refuseUnknown(options, { count: true, ids: true, fractions: true, seed: true }, {
    what: "split",
  });
  const { fractions, seed = 0 } = options;
  const ids = "ids" in options ? options.ids : undefined;
  const count = "count" in options ? options.count : options.ids?.length;
  if (!Number.isSafeInteger(count) || count < 1 || ids !== undefined && ids.length !== count) {
    throw new RangeError(
      `Cannot split: the number of examples (count) or their names (ids) are wanted, ${
        count ?? "neither"
      } found`,
    );
  }
  const shares = checkFractions(fractions);
  const parts = Object.keys(fractions) as Part[];
  const counts = largestRemainders(count, shares);
  const without = counts.indexOf(0);
  if (without >= 0) {
    throw new RangeError(
      `Cannot split ${count} examples into ${parts.join(", ")}: none would be left for ` +
        `${parts[without]}, at least ${fewest(shares)} are wanted`,
    );
  }
  const rows = [...Array(count).keys()];
  if (ids) rows.sort((a, b) => ids[a] < ids[b] ? -1 : 1);
  const order = new Prng(seed, [streams.split]).permutation(count);
  let start = 0;
  const chosen = parts.map((part, index) => {
    const own = order.subarray(start, start += counts[index]);
    return [part, Int32Array.from(own, (position) => rows[position]).sort()];
  });
  return Object.fromEntries(chosen) as Record<Part, Int32Array>;
}

/**
 * Refuses what is no list of classes, such as a table or names.
 *
 * @throws {TypeError} Naming the first that is no whole number
 */
export function checkLabels(
  labels: ArrayLike<number>,
  what: string,
  { least = -Infinity }: { least?: number } = {},
): void {
  const wanted = `a class, a whole number${
    least === 0 ? " from 0" : ""
  }, is wanted for each example`;
  if (!Number.isSafeInteger(labels?.length) || typeof labels === "string") {
    throw new TypeError(
      `Cannot ${what}: ${wanted}, ${
        Object.prototype.toString.call(labels)
      } found; give the labels of encodeLabels() or voteLabels()`,
    );
  }
  if (labels.length === 0) throw new RangeError(`Cannot ${what}: there are no labels`);
  for (let row = 0; row < labels.length; row++) {
    if (Number.isSafeInteger(labels[row]) && labels[row] >= least) continue;
    throw new TypeError(
      `Cannot ${what}: ${wanted}, example ${row} has ${
        shown(labels[row])
      }; encodeLabels() makes numbers of names`,
    );
  }
}

/** A value in a message: text in quotes. */
function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** The fractions of the parts, positive and of sum 1 or refused. */
export function checkFractions(fractions: Readonly<Record<string, number>>): number[] {
  const shares = Object.values(fractions);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.every((share) => share > 0) && Math.abs(sum - 1) <= 1e-9) return shares;
  const found = Object.entries(fractions).map(([part, share]) => `${part} ${share}`);
  throw new RangeError(
    `Cannot split: positive fractions that sum to 1 are wanted, ${found.join(", ")} found`,
  );
}

/** The positions of each label's rows, ascending. */
export function rowsByLabel(labels: ArrayLike<number>): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const known = rows.get(labels[row]);
    if (known) known.push(row);
    else rows.set(labels[row], [row]);
  }
  return rows;
}

/** Whole numbers that sum to `count`, in proportion to `shares`. */
function largestRemainders(count: number, shares: number[]): number[] {
  const quotas = shares.map((share) => share * count);
  const counts = quotas.map(Math.floor);
  const byRemainder = quotas.map((quota, index) => ({ index, remainder: quota - counts[index] }))
    .sort((a, b) => Math.abs(a.remainder - b.remainder) < 1e-9 ? 0 : b.remainder - a.remainder);
  const left = count - counts.reduce((total, value) => total + value, 0);
  for (const { index } of byRemainder.slice(0, left)) counts[index]++;
  return counts;
}

/** The number from which on there is one for every part, found by halving. */
function fewest(shares: number[]): number {
  let [none, count] = [shares.length - 1, Math.ceil(1 / Math.min(...shares))];
  while (count - none > 1) {
    const middle = Math.floor((none + count) / 2);
    if (largestRemainders(middle, shares).includes(0)) none = middle;
    else count = middle;
  }
  return count;
}
