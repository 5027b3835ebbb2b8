/**
 * What is learnt, and of what examples.
 *
 * @module
 */

import { type Batched, countBatches, type Source } from "../data/mod.ts";
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

/** Steps of an epoch. */
export function stepsOf(
  { set, indices }: Subset,
  { batchSize }: { batchSize: number },
): number {
  return countBatches(indices?.length ?? set.length, { batchSize, lastBatch: "drop" });
}
