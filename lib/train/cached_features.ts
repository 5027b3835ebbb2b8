/**
 * What the frozen part of a network gives, computed once and kept in memory: the phases that train
 * the head or the last blocks then take a part of the time.
 *
 * @module
 */

import { type ImageBatch, memorySource } from "../data/mod.ts";
import { type ImageModel, normalizeImages } from "../models/mod.ts";
import { Dropout, DropPath, observe } from "../nn/mod.ts";
import { jit, tf } from "../tensorflow/mod.ts";
import { collectOutputs, type Normalization, type Subset } from "./evaluate.ts";
import type { Inputs } from "./phased.ts";
import type { Feed, Network } from "./supervised.ts";

/** Where the frozen part of a network ends. */
export type FrozenPart =
  /** With the pooled features: the last layer alone is trained. */
  | { end: "pooled" }
  /** With this layer, a block's. */
  | { end: "layer"; layer: string }
  /** There is none, or, with a reason, none that gives the same each time. */
  | { end: "none"; reason?: string };

type CachedPart = Exclude<FrozenPart, { end: "none" }>;

/**
 * How far a network can be computed once and for all while some parameters are trained: up to the
 * last block before the first trained one, or to the pooled features.
 */
export function frozenPart(model: ImageModel, trained: readonly string[]): FrozenPart {
  const blocks = model.blocks();
  const [layers, inHead] = [model.namedLayers(), model.headParameters()];
  const outside = trained.filter((name) => !(name in inHead));
  const loose = outside.find((name) => !blocks.some(({ parameters }) => name in parameters));
  if (loose !== undefined) return { end: "none", reason: `"${loose}" is in no block` };
  const first = blocks.findIndex(({ parameters }) => outside.some((name) => name in parameters));
  const last = first < 0
    ? blocks.length - 1
    : blocks.slice(0, first).findLastIndex(({ name }) => name in layers);
  if (last < 0) return { end: "none" };
  for (const { modules } of blocks.slice(0, last + 1)) {
    for (const [name, module] of Object.entries(modules)) {
      if ((module instanceof Dropout || module instanceof DropPath) && module.rate > 0) {
        return { end: "none", reason: `"${name}" in the frozen part drops at random` };
      }
    }
  }
  return first < 0 ? { end: "pooled" } : { end: "layer", layer: blocks[last]!.name };
}

/** What features are computed of. */
export type CacheOptions = {
  train: Subset;
  validation: Subset;
  normalization: Normalization;
  batchSize: number;
  signal?: AbortSignal;
  /** Called while features are computed. */
  onFeatures?: (progress: { done: number; total: number }) => void;
};

/** Bytes that the features of all images take. */
export function featureBytes(
  model: ImageModel,
  part: CachedPart,
  { train, validation }: Pick<CacheOptions, "train" | "validation">,
): number {
  const { size } = train.set;
  const [, extract] = ends(model, part, size);
  const count = [train, validation].map(withoutRepeats)
    .reduce((sum, { indices }) => sum + indices.length, 0);
  return 4 * count * tf.tidy(() => extract(tf.zeros([1, size, size, model.inChannels])).size);
}

/** Computes the features of all images, and gives the rest of the network to train on them. */
export async function cacheFeatures(
  model: ImageModel,
  part: CachedPart,
  { train, validation, normalization, batchSize, signal, onFeatures }: CacheOptions,
): Promise<Inputs> {
  const [network, extract] = ends(model, part, train.set.size);
  const subsets = [train, validation].map(withoutRepeats);
  const total = subsets.reduce((sum, { indices }) => sum + indices.length, 0);
  const run = jit(
    (images: tf.Tensor) => extract(normalizeImages(images as tf.Tensor4D, normalization)),
    { name: "features" },
  );
  const feeds: Feed[] = [];
  let before = 0;
  try {
    for (const [position, { set, indices }] of subsets.entries()) {
      const onProgress = (done: number) => onFeatures?.({ done: before + done, total });
      const walk = { set, indices, batchSize, signal, onProgress };
      const { values, shape } = await collectOutputs(run, walk);
      feeds.push(feedOf([train, validation][position]!, { values, shape, indices }));
      before += indices.length;
    }
  } finally {
    run.dispose();
  }
  return { network, train: feeds[0]!, validation: feeds[1]! };
}

/** The network after a part of it, and that part, for images of a size. */
function ends(
  model: ImageModel,
  part: CachedPart,
  size: number,
): [rest: Network, extract: (images: tf.Tensor) => tf.Tensor] {
  if (part.end === "pooled") {
    return [(pooled, options) => model.classify(pooled, options), (images) => model.pooled(images)];
  }
  const layer = model.layer(part.layer);
  return [
    function rest(features, options) {
      // What comes before the layer has no way to the logits any more, and is not computed
      const images = tf.zeros([features.shape[0]!, size, size, model.inChannels]);
      return observe(new Map([[layer, () => features]]), () => model.call(images, options));
    },
    (images) => model.inspect(images, { layers: [part.layer] }).outputs[part.layer]!,
  ];
}

/** Every image once, however often it is trained on in an epoch. */
function withoutRepeats({ set, indices }: Subset): Required<Subset> {
  return {
    set,
    indices: indices ? Int32Array.from(new Set(indices)) : Int32Array.from(set.labels.keys()),
  };
}

/** Features in place of the images of a subset. */
function feedOf(
  { set, indices }: Subset,
  features: { values: Float32Array; shape: number[]; indices: Int32Array },
): Feed {
  const rows = new Map(Array.from(features.indices, (index, row) => [index, row]));
  const length = features.shape.reduce((product, side) => product * side, 1);
  const { labels, ids, targets } = set;
  const numbers = memorySource({ labels, ...(targets && { targets: targets.values }) }, { ids });
  return {
    set: {
      ...set,
      readAhead: undefined,
      read: (own) => ({ ...numbers.read(own) as ImageBatch, images: new Uint8Array(0) }),
    },
    indices,
    input({ indices }) {
      const values = new Float32Array(indices.length * length);
      indices.forEach((index, at) => {
        const start = rows.get(index)! * length;
        values.set(features.values.subarray(start, start + length), at * length);
      });
      return tf.tensor(values, [indices.length, ...features.shape]);
    },
  };
}
