/**
 * What is learnt, and of what examples.
 *
 * @module
 */

import { assertPositions, type Batched, countBatches, type Source } from "../data/mod.ts";
import { refuseUnknown } from "../options.ts";
import type { Tree } from "../tensorflow/mod.ts";
import type { Objective } from "./objective.ts";

/** Examples of a source: those of the indices, or all. */
export type Subset<B extends Batched = Batched> = { set: Source<B>; indices?: Int32Array };

/** What is learnt, and of what. */
export type Task<B extends Batched, T extends Tree> = {
  objective: Objective<B, T>;
  /** What is trained on. Its `indices` are shuffled anew for each epoch. */
  train: Subset<B>;
  /** What is measured after each epoch; without it the last epoch counts as the best. */
  validation?: Subset<B>;
};

/**
 * Refuses parts that are none, before anything is read of them.
 *
 * @param settings `what` is to be done with them, for the message: "fine-tune"
 * @throws {TypeError} When a part is no `{ set, indices }` of a source
 * @throws {RangeError} When it holds something else, too, or positions that its set has not
 */
export function checkParts(
  { train, validation }: { train: Subset; validation?: Subset },
  { what }: { what: string },
): void {
  for (const [name, part] of Object.entries({ train, validation })) {
    if (part === undefined && name === "validation") continue;
    const { set, indices } = (part ?? {}) as Partial<Subset>;
    if (typeof set?.read !== "function" || !Array.isArray(set.ids)) {
      const found = typeof (part as Partial<Source> | undefined)?.read === "function"
        ? `the set itself; write ${name}: { set }`
        : set === undefined
        ? `${part === undefined ? "nothing" : "one without a set"}`
        : `a set that is ${typeof set === "object" ? "no source of examples" : `a ${typeof set}`}`;
      throw new TypeError(
        `Cannot ${what}: ${name} must be { set, indices }, a source such as loadImages gives and positions in it, found ${found}`,
      );
    }
    refuseUnknown<Subset>(part!, { set: true, indices: true }, { what: `${what}, in ${name}` });
    if (indices === undefined) continue;
    assertPositions(indices, { length: set.length!, what, name: `${name}.indices` });
  }
}

/** Steps of an epoch. */
export function stepsOf(
  { set, indices }: Subset,
  { batchSize }: { batchSize: number },
): number {
  return countBatches(indices?.length ?? set.length, { batchSize, lastBatch: "drop" });
}
