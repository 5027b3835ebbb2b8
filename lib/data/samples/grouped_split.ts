/**
 * Splits that keep what belongs together in one part: the images of a galaxy, of a plate, of a
 * field of the sky.
 *
 * @module
 */

import { refuseUnknown } from "../../options.ts";
import { Prng, streams } from "../../prng.ts";
import { idTexts } from "../ids.ts";
import { checkFractions, checkLabels } from "./split.ts";

/**
 * Splits a set at random so that no group is in two parts, and every part has about the same mix of
 * classes. Large groups are placed first, each where the part's shares of its classes are furthest
 * from full; a part then differs from its fraction by no more than about the largest group.
 *
 * @returns For each part, in its order of `fractions`, the ascending positions of its rows
 * @throws {RangeError} When the fractions are not positive or do not sum to 1, or a part would be
 * empty, or a row has no group
 * @throws {TypeError} When groups and labels differ in number, or the labels are not whole numbers
 *
 * @example
 * ```ts
 * import { groupedSplit } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const groups = ["a", "a", "b", "b", "c", "c", "d", "d"];
 * const { train, test } = groupedSplit({ groups, fractions: { train: 0.75, test: 0.25 }, seed: 1 });
 * const tested = new Set([...test].map((row) => groups[row]));
 * assert.equal(tested.size, 1);
 * assert.ok([...train].every((row) => !tested.has(groups[row])));
 * ```
 */
export function groupedSplit<Part extends string>(options: {
  /** Group of each row, e.g. the id of its galaxy; 12, 12n and "12" are one group. */
  groups: ArrayLike<string | number | bigint>;
  /** Class of each row, from 0. @default {one class} */
  labels?: ArrayLike<number>;
  /** Part of the whole, by name; they sum to 1. */
  fractions: Record<Part, number>;
  /** Any integer. @default {0} */
  seed?: number;
}): Record<Part, Int32Array> {
  refuseUnknown(options, { groups: true, labels: true, fractions: true, seed: true }, {
    what: "split",
  });
  const { labels, fractions, seed = 0 } = options;
  const groups = idTexts(options.groups, "groups");
  const parts = Object.keys(fractions) as Part[];
  const shares = checkFractions(fractions);
  if (labels && labels.length !== groups.length) {
    throw new TypeError(
      `Cannot split: each row has a group and a label: ` +
        `${groups.length} groups and ${labels.length} labels found`,
    );
  }
  if (labels) checkLabels(labels, "split");
  const members = gather(groups, labels);
  if (members.length < parts.length) {
    throw new RangeError(
      `Cannot split into ${parts.join(", ")}: each part needs a group, ${members.length} found`,
    );
  }
  const filled = shares.map(() => new Map<number, number>());
  const total = new Map<number, number>();
  for (const { counts } of members) add(total, counts);
  const order = new Prng(seed, [streams.groups]).permutation(members.length);
  const bySize = [...order].sort((a, b) => members[b].rows.length - members[a].rows.length);
  const result = parts.map((): number[] => []);
  for (const group of bySize) {
    const { rows, counts } = members[group];
    // how full the part would be with half of the group in it: Sainte-Laguë's rule of fair shares
    const fullness = shares.map((share, part) => {
      let sum = 0;
      for (const [label, count] of counts) {
        sum += count * ((filled[part].get(label) ?? 0) + count / 2) / (share * total.get(label)!);
      }
      return sum;
    });
    const part = fullness.indexOf(Math.min(...fullness));
    add(filled[part], counts);
    for (const row of rows) result[part].push(row);
  }
  const empty = result.findIndex((rows) => rows.length === 0);
  if (empty >= 0) {
    throw new RangeError(
      `Cannot split into ${parts.join(", ")}: ${members.length} groups, the largest of ` +
        `${members[bySize[0]].rows.length} rows, would leave none for ${parts[empty]}`,
    );
  }
  return Object.fromEntries(
    parts.map((part, i) => [part, Int32Array.from(result[i]).sort()]),
  ) as Record<Part, Int32Array>;
}

type Group = { rows: number[]; counts: Map<number, number> };

/** Rows and classes of each group, in the order in which the groups appear. */
function gather(groups: readonly string[], labels?: ArrayLike<number>): Group[] {
  const found = new Map<string, Group>();
  for (let row = 0; row < groups.length; row++) {
    let group = found.get(groups[row]);
    if (!group) found.set(groups[row], group = { rows: [], counts: new Map() });
    group.rows.push(row);
    const label = labels?.[row] ?? 0;
    group.counts.set(label, (group.counts.get(label) ?? 0) + 1);
  }
  return [...found.values()];
}

function add(sums: Map<number, number>, counts: ReadonlyMap<number, number>): void {
  for (const [label, count] of counts) sums.set(label, (sums.get(label) ?? 0) + count);
}
