/**
 * Parts of a set: training, validation, test.
 *
 * @module
 */

import { Prng, streams } from "../../prng.ts";

/**
 * Splits a labelled set at random so that every part has the same mix of classes. Each class is
 * divided by the method of largest remainders: the counts of a class add up, and none differs from
 * its fraction by one or more (a tie goes to the part named first). The same seed gives the same
 * split on any machine; how one class is split does not depend on the others.
 *
 * @returns For each part, in its order of `fractions`, the ascending positions of its images
 * @throws {RangeError} When the fractions are not positive or do not sum to 1, or a class has too
 * few images to be in every part
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
export function stratifiedSplit<Part extends string>(
  { labels, fractions, seed, classes }: {
    /** Class of each image, from 0. */
    labels: ArrayLike<number>;
    /** Part of the whole, by name; they sum to 1. */
    fractions: Record<Part, number>;
    /** Any integer. */
    seed: number;
    /** Class names, for error messages. */
    classes?: readonly string[];
  },
): Record<Part, Int32Array> {
  const parts = Object.keys(fractions) as Part[];
  const shares = checkFractions(fractions);
  const members = rowsByLabel(labels);
  const partOf = new Int32Array(labels.length);
  for (const [label, indices] of members) {
    const counts = largestRemainders(indices.length, shares);
    const without = counts.indexOf(0);
    if (without >= 0) {
      throw new RangeError(
        `Cannot split class "${classes?.[label] ?? label}" into ${parts.join(", ")}: ` +
          `its ${indices.length} image${indices.length === 1 ? "" : "s"} would leave none for ` +
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

/** The smallest class that has an image for every part. */
function fewest(shares: number[]): number {
  let count = shares.length;
  while (largestRemainders(count, shares).includes(0)) count++;
  return count;
}
