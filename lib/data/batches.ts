/**
 * Batches of a source, in an order that a seed and an epoch fix.
 *
 * @module
 */

import { Prng, streams } from "../prng.ts";
import type { Batched, Source } from "./source.ts";

/** Which examples come when. */
export type BatchOptions = {
  /** Examples in a batch. */
  batchSize: number;
  /**
   * The positions to visit, e.g. the training part of a split.
   *
   * @default {all}
   */
  indices?: Int32Array;
  /**
   * Whether the order is drawn anew for every epoch, from `seed` and `epoch`.
   *
   * @default {false}
   */
  shuffle?: boolean;
  /** @default {0} */
  seed?: number;
  /** Number of the epoch, from 0. @default {0} */
  epoch?: number;
  /**
   * Whether a last batch with fewer examples is kept.
   *
   * @default {"keep"}
   */
  lastBatch?: "keep" | "drop";
  /**
   * Batches to leave out at the start: a run that stopped after step 12 goes on with 12.
   *
   * @default {0}
   */
  firstStep?: number;
  /**
   * Batches made ready while one is in use: they are read, or where the source has a `readAhead`, it
   * is told of them.
   *
   * @default {2}
   */
  prefetch?: number;
  /**
   * Whether a batch of which the source left everything out is given, too: then batches can be counted.
   *
   * @default {"skip"}
   */
  empty?: "skip" | "keep";
};

/**
 * Walks once through a source. Order and batches depend on the options alone, so that (`epoch`,
 * `firstStep`) is the whole position of a training run. A batch is what the source's `read` gives.
 *
 * @throws {RangeError} When an option is out of range, or no batch would come
 *
 * @example
 * ```ts
 * import { batches, memorySource } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const source = memorySource({ smooth: Float32Array.of(0.9, 0.2, 0.7, 0.1, 0.4) }, {
 *   ids: [..."abcde"],
 * });
 * const seen = [];
 * for await (const { smooth } of batches(source, { batchSize: 2, shuffle: true, seed: 1 })) {
 *   seen.push(...smooth);
 * }
 * assert.deepEqual(seen.sort(), [0.1, 0.2, 0.4, 0.7, 0.9].map(Math.fround));
 * ```
 */
export function batches<B extends Batched>(
  source: Source<B>,
  options: BatchOptions,
): AsyncGenerator<B> {
  const { batchSize, shuffle = false, seed = 0, epoch = 0, firstStep = 0, prefetch = 2 } = options;
  const { indices: members = Int32Array.from({ length: source.length }, (_, index) => index) } =
    options;
  const steps = countBatches(members.length, options);
  if (steps === 0) {
    throw new RangeError(
      `Cannot make batches of ${batchSize}: ${members.length} examples found` +
        (members.length > 0 ? ', and lastBatch is "drop"' : ""),
    );
  }
  const outside = members.find((index) => !(index >= 0 && index < source.length));
  if (outside !== undefined) {
    throw new RangeError(
      `Cannot make batches: position ${outside} found, wanted below ${source.length}`,
    );
  }
  if (!Number.isInteger(firstStep) || firstStep < 0 || firstStep > steps) {
    throw new RangeError(
      `Cannot start at step ${firstStep}: the epoch has ${steps} step${steps === 1 ? "" : "s"}`,
    );
  }
  if (!Number.isInteger(prefetch) || prefetch < 0) {
    throw new RangeError(`Cannot make batches: prefetch must be a count, ${prefetch} found`);
  }
  const order = shuffle
    ? new Prng(seed, [streams.batches, epoch]).permutation(members.length)
      .map((position) => members[position])
    : members;
  function part(step: number): Int32Array {
    return order.slice(step * batchSize, (step + 1) * batchSize);
  }
  const { empty = "skip" } = options;
  return walk(source, { part, firstStep, steps, prefetch, empty });
}

/**
 * Number of batches in an epoch over `count` examples.
 *
 * @throws {RangeError} When the batch size is not a positive integer
 */
export function countBatches(
  count: number,
  { batchSize, lastBatch = "keep" }: Pick<BatchOptions, "batchSize" | "lastBatch">,
): number {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `Cannot make batches: batchSize must be a positive integer, ${batchSize} found`,
    );
  }
  return lastBatch === "drop" ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
}

async function* walk<B extends Batched>(
  source: Source<B>,
  { part, firstStep, steps, prefetch, empty }: {
    part(step: number): Int32Array;
    firstStep: number;
    steps: number;
    prefetch: number;
    empty: "skip" | "keep";
  },
): AsyncGenerator<B> {
  // At most `prefetch` batches wait, and a new one is begun only when one is taken.
  const begun: Promise<B>[] = [];
  let next = firstStep;
  try {
    for (let step = firstStep; step < steps; step++) {
      for (; next < steps && next <= step + prefetch; next++) {
        if (source.readAhead) source.readAhead(part(next));
        else begun.push(begin(source, part(next)));
      }
      const batch = await (begun.shift() ?? source.read(part(step)));
      if (batch?.indices?.length === undefined) throw withoutIndices(batch);
      // A source may have left all of it out
      if (batch.indices.length > 0 || empty === "keep") yield batch;
    }
  } finally {
    await Promise.allSettled(begun); // left early: nothing goes on behind the caller's back
  }
}

/** The error for what a source reads that says not what it is of. */
function withoutIndices(batch: unknown): TypeError {
  const found = batch instanceof Object ? `{ ${Object.keys(batch).join(", ")} }` : String(batch);
  return new TypeError(
    `Cannot make batches: what a source reads must hold \`indices\`, the positions of what came, found ${found}`,
  );
}

/** Reads; what fails is thrown where the batch is taken. */
function begin<B extends Batched>(source: Source<B>, indices: Int32Array): Promise<B> {
  const reading = (async () => await source.read(indices))();
  reading.catch(() => {});
  return reading;
}
