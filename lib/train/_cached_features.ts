/**
 * What the frozen part of a network gives, computed once and kept in memory: the phases that train
 * the head or the last blocks then take a part of the time.
 *
 * @module
 */

import { memorySource } from "../data/mod.ts";
import { type ImageModel, type Normalization, normalizeImages } from "../models/mod.ts";
import { Dropout, DropPath, observe } from "../nn/mod.ts";
import type { OnProgress } from "../progress.ts";
import { jit, tf } from "../tensorflow/mod.ts";
import { type ImageSubset, infer, runOnImages } from "./inference.ts";
import type { Labelled } from "./losses.ts";
import type { Network } from "./_supervised.ts";
import type { Subset } from "./task.ts";

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
  train: ImageSubset;
  validation?: ImageSubset;
  normalization: Normalization;
  batchSize: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** Bytes that the features of all images take. */
export function featureBytes(
  model: ImageModel,
  part: CachedPart,
  { train, validation }: Pick<CacheOptions, "train" | "validation">,
): number {
  const { size } = train.set;
  const [, extract] = ends(model, part, size);
  const count = membersOf(train).length + (validation ? membersOf(validation).length : 0);
  return 4 * count * tf.tidy(() => extract(tf.zeros([1, size, size, model.inChannels])).size);
}

/** Features of images, with what is to be learnt of them. */
export type FeatureBatch = Labelled & { features: Float32Array };

/** The rest of a network, and what it is to be trained on. */
export type CachedFeatures = {
  network: Network;
  input(batch: FeatureBatch): tf.Tensor;
  train: Subset<FeatureBatch>;
  validation?: Subset<FeatureBatch>;
};

/** Computes the features of all images, and gives the rest of the network to train on them. */
export async function cacheFeatures(
  model: ImageModel,
  part: CachedPart,
  { train, validation, normalization, batchSize, signal, onProgress }: CacheOptions,
): Promise<CachedFeatures> {
  const [network, extract] = ends(model, part, train.set.size);
  const run = jit(
    (images: tf.Tensor) => extract(normalizeImages(images as tf.Tensor4D, normalization)),
    { name: "features" },
  );
  let shape: number[] = [];
  async function cached(subset: ImageSubset, what: string): Promise<Subset<FeatureBatch>> {
    const { set, indices } = subset;
    const members = membersOf(subset);
    // The same order: which example comes when depends on its place among the indices alone
    const rows = new Map(Array.from(members, (index, row) => [index, row]));
    const came = new Uint8Array(members.length);
    let features = new Float32Array(0);
    const how = { run: runOnImages(run, { size: set.size }), batchSize, what, signal, onProgress };
    for await (const { batch, values, ...part } of infer({ set, indices: members }, how)) {
      shape = part.shape;
      const size = values.length / batch.indices.length;
      if (features.length === 0) features = new Float32Array(members.length * size);
      batch.indices.forEach((index, at) => {
        const row = rows.get(index)!;
        features.set(values.subarray(at * size, (at + 1) * size), row * size);
        came[row] = 1;
      });
    }
    const width = set.targets?.names.length ?? 0;
    const source = memorySource({
      features,
      labels: members.map((index) => set.labels[index]!),
      ...(set.targets && { targets: rowsOf(set.targets.values, { width, members }) }),
    }, { ids: Array.from(members, (index) => set.ids[index]!) });
    // What the images' source left out, this one does, too
    const read = (wanted: Int32Array) => source.read(wanted.filter((row) => came[row] === 1));
    return { set: { ...source, read }, indices: indices?.map((index) => rows.get(index)!) };
  }
  try {
    return {
      network,
      train: await cached(train, "Computing features"),
      validation: validation && await cached(validation, "Computing features for validation"),
      input: ({ features, indices }) => tf.tensor(features, [indices.length, ...shape]),
    };
  } finally {
    run.dispose();
  }
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
function membersOf({ set, indices }: ImageSubset): Int32Array {
  return indices ? Int32Array.from(new Set(indices)) : Int32Array.from(set.ids.keys());
}

function rowsOf(
  values: Float32Array,
  { width, members }: { width: number; members: Int32Array },
): Float32Array {
  const rows = new Float32Array(members.length * width);
  members.forEach((index, row) =>
    rows.set(values.subarray(index * width, (index + 1) * width), row * width)
  );
  return rows;
}
