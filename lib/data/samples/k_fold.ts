/**
 * Cross-validation: every row is validated once.
 *
 * @module
 */

import { refuseUnknown } from "../../options.ts";
import { Prng, streams } from "../../prng.ts";
import { groupedSplit } from "./grouped_split.ts";
import { checkLabels, rowsByLabel } from "./split.ts";

/** One round of a cross-validation: ascending positions of rows. */
export type Fold = {
  readonly train: Int32Array;
  readonly validation: Int32Array;
};

/**
 * Divides a set at random into folds with the same mix of classes: the number of rows of a class,
 * and of all rows, differs by at most one between folds. With groups, no group is in two folds and
 * the numbers are as near as whole groups allow.
 *
 * @throws {TypeError} When the labels are not whole numbers
 * @throws {RangeError} When there are under two folds, or a class has fewer rows than folds
 *
 * @example
 * ```ts
 * import { kFold } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const folds = kFold({ labels: [0, 0, 0, 0, 1, 1], folds: 2, seed: 1 });
 * assert.deepEqual(folds.map(({ train, validation }) => [train.length, validation.length]), [
 *   [3, 3],
 *   [3, 3],
 * ]);
 * ```
 */
export function kFold(options: {
  /** Class of each row, from 0. */
  labels: ArrayLike<number>;
  /** Group of each row, e.g. the id of its galaxy. @default {each row by itself} */
  groups?: ArrayLike<string | number | bigint>;
  /** How many. @default {5} */
  folds?: number;
  /** Any integer. @default {0} */
  seed?: number;
}): Fold[] {
  refuseUnknown(options, { labels: true, groups: true, folds: true, seed: true }, {
    what: "make folds",
  });
  const { labels, groups, folds = 5, seed = 0 } = options;
  if (!Number.isSafeInteger(folds) || folds < 2) {
    throw new RangeError(`Cannot make folds: their number must be 2 or more: ${folds}`);
  }
  checkLabels(labels, "make folds");
  const foldOf = groups
    ? dealGroups({ labels, groups, folds, seed })
    : dealRows({ labels, folds, seed });
  return Array.from({ length: folds }, (_, fold) => {
    const rows = Int32Array.from(foldOf.keys());
    return {
      train: rows.filter((row) => foldOf[row] !== fold),
      validation: rows.filter((row) => foldOf[row] === fold),
    };
  });
}

/** Each class is shuffled and dealt like cards, on from where the last one ended. */
function dealRows({ labels, folds, seed }: {
  labels: ArrayLike<number>;
  folds: number;
  seed: number;
}): Int32Array {
  const foldOf = new Int32Array(labels.length);
  let next = 0;
  for (const [label, rows] of [...rowsByLabel(labels)].sort(([a], [b]) => a - b)) {
    if (rows.length < folds) {
      throw new RangeError(
        `Cannot make ${folds} folds: class ${label} has ${rows.length} row${
          rows.length === 1 ? "" : "s"
        }, each fold needs one`,
      );
    }
    for (const position of new Prng(seed, [streams.folds, label]).permutation(rows.length)) {
      foldOf[rows[position]] = next++ % folds;
    }
  }
  return foldOf;
}

function dealGroups({ labels, groups, folds, seed }: {
  labels: ArrayLike<number>;
  groups: ArrayLike<string | number | bigint>;
  folds: number;
  seed: number;
}): Int32Array {
  const fractions = Object.fromEntries(
    Array.from({ length: folds }, (_, fold) => [`fold ${fold + 1}`, 1 / folds]),
  );
  const foldOf = new Int32Array(labels.length);
  Object.values(groupedSplit({ groups, labels, fractions, seed })).forEach((rows, fold) => {
    for (const row of rows) foldOf[row] = fold;
  });
  return foldOf;
}
