/**
 * Batches of a set, in an order that a seed and an epoch fix.
 *
 * @module
 */

import type { ImageSet } from "./image_set.ts";
import type { Labels } from "./image_source.ts";
import type { ImageStream } from "./image_stream.ts";
import { Prng, streams } from "../../prng.ts";

/** Some images of a set. */
export interface Batch {
  /** b x size x size x 3 values in [0, 255] (NHWC, RGB). */
  images: Uint8Array;
  /** b positions in the set's `classes`. */
  labels: Int32Array;
  /** b positions in the set. */
  indices: Int32Array;
  /** b x k numbers to predict, where the set has them. */
  targets?: Float32Array;
}

/** Which images come when. */
export interface BatchOptions {
  /** Images in a batch. */
  batchSize: number;
  /**
   * The positions to visit, e.g. the training part of a split.
   *
   * @default {the whole set}
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
   * Whether a last batch with fewer images is kept.
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
   * Batches made ready while one is in use. A stream decodes them, a set in a cache reads them from
   * disk; one in memory has no need.
   *
   * @default {2}
   */
  prefetch?: number;
}

/**
 * Walks once through a set. Order and batches depend on the options alone, so that (`epoch`,
 * `firstStep`) is the whole position of a training run.
 *
 * @throws {RangeError} When the batch size or the step is out of range, or no batch would come
 *
 * @example
 * ```ts
 * import { batches } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const set = {
 *   images: new Uint8Array(5 * 2 * 2 * 3),
 *   size: 2,
 *   labels: Int32Array.of(0, 1, 0, 1, 0),
 *   classes: ["smooth", "spiral"],
 *   ids: ["a", "b", "c", "d", "e"],
 * };
 * const seen = [];
 * for await (const { indices } of batches(set, { batchSize: 2, shuffle: true, seed: 1 })) {
 *   seen.push(...indices);
 * }
 * assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4]);
 * ```
 */
export function batches(
  set: ImageSet | ImageStream,
  options: BatchOptions,
): AsyncGenerator<Batch> {
  const { shuffle = false, seed = 0, epoch = 0, firstStep = 0, prefetch = 2 } = options;
  const members = options.indices ?? Int32Array.from(set.labels, (_, index) => index);
  const steps = countBatches(members.length, options);
  if (steps === 0) {
    throw new RangeError(
      `Cannot make batches of ${options.batchSize}: ${members.length} images found` +
        (members.length > 0 ? ', and lastBatch is "drop"' : ""),
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
  return walk(set, order, { batchSize: options.batchSize, firstStep, steps, prefetch });
}

/**
 * Number of batches in an epoch over `count` images.
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

async function* walk(
  set: ImageSet | ImageStream,
  order: Int32Array,
  { batchSize, firstStep, steps, prefetch }: {
    batchSize: number;
    firstStep: number;
    steps: number;
    prefetch: number;
  },
): AsyncGenerator<Batch> {
  // At most `prefetch` batches wait, and a new one is begun only when one is taken.
  const begun: (() => Promise<Batch>)[] = [];
  let next = firstStep;
  try {
    for (let step = firstStep; step < steps; step++) {
      for (; next < steps && next <= step + prefetch; next++) {
        begun.push(begin(set, order.slice(next * batchSize, (next + 1) * batchSize)));
      }
      const batch = await begun.shift()!();
      if (batch.indices.length > 0) yield batch; // a stream may have skipped all of it
    }
  } finally {
    // Left early: nothing goes on behind the caller's back.
    if ("read" in set) await Promise.allSettled(begun.map((take) => take()));
  }
}

/** Starts what can be done ahead of a batch; the answer finishes it. */
function begin(set: ImageSet | ImageStream, indices: Int32Array): () => Promise<Batch> {
  if ("read" in set) {
    const reading = set.read(indices).then((read) => withLabels(set, read));
    reading.catch(() => {}); // thrown where it is taken
    return () => reading;
  }
  set.readAhead?.(indices);
  return () => {
    const length = set.size ** 2 * 3;
    const images = new Uint8Array(indices.length * length);
    indices.forEach((index, row) => {
      images.set(set.images.subarray(index * length, (index + 1) * length), row * length);
    });
    return Promise.resolve(withLabels(set, { images, indices }));
  };
}

function withLabels(
  { labels, targets }: Labels,
  { images, indices }: { images: Uint8Array; indices: Int32Array },
): Batch {
  const batch = { images, labels: indices.map((index) => labels[index]), indices };
  if (!targets) return batch;
  const width = targets.names.length;
  const values = new Float32Array(indices.length * width);
  indices.forEach((index, row) => {
    values.set(targets.values.subarray(index * width, (index + 1) * width), row * width);
  });
  return { ...batch, targets: values };
}
