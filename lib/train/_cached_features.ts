/**
 * What the frozen part of a network gives, computed once and kept in memory: the phases that train
 * the head or the last blocks then take a part of the time.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { memorySource } from "../data/mod.ts";
import { type ImageModel, type Normalization, normalizeImages } from "../models/mod.ts";
import { Dropout, DropPath, observe } from "../nn/mod.ts";
import type { OnProgress } from "../progress.ts";
import { jit, tf } from "../tensorflow/mod.ts";
import { FeatureStore, type FrozenFeatures } from "./feature_store.ts";
import { type ImageSubset, infer, runOnImages, type WalkOptions } from "./inference.ts";
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
  /** What features are kept in from one training to the next. @default {for this one} */
  features?: FeatureStore;
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
  { train, validation, ...options }: CacheOptions,
): Promise<CachedFeatures> {
  const [network] = ends(model, part, train.set.size);
  const { features: store = new FeatureStore(), normalization } = options;
  const name = partName(model, part, normalization);
  const given = { ...options, store, name };
  async function cached(subset: ImageSubset, what: string): Promise<Subset<FeatureBatch>> {
    const { set, indices } = subset;
    const members = membersOf(subset);
    const { rows: known } = await computed(model, part, { ...given, set, members, what });
    // The same order: which example comes when depends on its place among the indices alone
    const rows = new Map(Array.from(members, (index, row) => [index, row]));
    const width = set.targets?.names.length ?? 0;
    const source = memorySource({
      labels: members.map((index) => set.labels[index]!),
      ...(set.targets && { targets: rowsOf(set.targets.values, { width, members }) }),
    }, { ids: Array.from(members, (index) => set.ids[index]!) });
    async function read(wanted: Int32Array): Promise<FeatureBatch> {
      // What the images' source left out, this one does, too
      const batch = await source.read(wanted.filter((row) => known.has(members[row]!)));
      return { ...batch, features: gathered(known, batch.indices.map((row) => members[row]!)) };
    }
    const { length, ids } = source;
    return { set: { length, ids, read }, indices: indices?.map((index) => rows.get(index)!) };
  }
  const parts = {
    train: await cached(train, "Computing features"),
    validation: validation && await cached(validation, "Computing features for validation"),
  };
  return {
    ...{ network, ...parts },
    input({ features, indices }) {
      const { shape } = store.partsOf(train.set).get(name)!;
      return tf.tensor(features, [indices.length, ...shape]);
    },
  };
}

/** What a store keeps of some images; what it lacks is computed before. */
async function computed(
  model: ImageModel,
  part: CachedPart,
  { set, members, store, name, normalization, ...options }:
    & { set: ImageSubset["set"]; members: Int32Array; store: FeatureStore; name: string }
    & Pick<CacheOptions, "normalization">
    & WalkOptions,
): Promise<FrozenFeatures> {
  const layer = part.end === "layer" ? part.layer : undefined;
  const parts = store.partsOf(set);
  const kept = parts.get(name) ?? { layer, rows: new Map<number, Float32Array>(), shape: [] };
  parts.set(name, kept);
  const missing = members.filter((index) => !kept.rows.has(index));
  if (missing.length === 0) return kept;
  const [, extract] = ends(model, part, set.size);
  const run = jit(
    (images: tf.Tensor) => extract(normalizeImages(images as tf.Tensor4D, normalization)),
    { name: "features" },
  );
  try {
    const how = { ...options, run: runOnImages(run, { size: set.size }) };
    for await (const { batch, values, shape } of infer({ set, indices: missing }, how)) {
      kept.shape = shape;
      const size = values.length / batch.indices.length;
      batch.indices.forEach((index, at) =>
        kept.rows.set(index, values.slice(at * size, (at + 1) * size))
      );
    }
  } finally {
    run.dispose();
  }
  return kept;
}

/**
 * The rest of a network after what a store has of all these images, as close to the end as there is;
 * undefined where it has nothing of this network's.
 */
export function keptFeatures(
  model: ImageModel,
  store: FeatureStore,
  { set, members, normalization }: {
    set: ImageSubset["set"];
    members: Int32Array;
    normalization: Normalization;
  },
): { network: Network; input(indices: Int32Array): tf.Tensor } | undefined {
  const blocks = model.blocks().map(({ name }) => name);
  const depth = ({ layer }: FrozenFeatures) => layer ? blocks.indexOf(layer) : Infinity;
  const parts = [...store.partsOf(set)].filter(([, { rows }]) =>
    members.every((index) => rows.has(index))
  ).sort(([, a], [, b]) => depth(b) - depth(a));
  for (const [name, kept] of parts) {
    if (depth(kept) < 0) continue; // another family's
    const { layer, rows, shape } = kept;
    const part: CachedPart = layer ? { end: "layer", layer } : { end: "pooled" };
    if (partName(model, part, normalization) !== name) continue;
    return {
      network: ends(model, part, set.size)[0],
      input: (indices) => tf.tensor(gathered(rows, indices), [indices.length, ...shape]),
    };
  }
}

/** A name that only the same values of a frozen part and the same normalisation have. */
function partName(model: ImageModel, part: CachedPart, normalization: Normalization): string {
  const blocks = model.blocks();
  const last = part.end === "layer" && blocks.findIndex(({ name }) => name === part.layer);
  const own = blocks.slice(0, last === false ? undefined : last + 1)
    .flatMap(({ parameters, modules }) => [
      ...Object.keys(parameters),
      ...Object.keys(modules).map((name) => `${name}.`),
    ]);
  const head = model.headParameters();
  const isFrozen = (name: string) =>
    last === false
      ? !Object.hasOwn(head, name)
      : own.some((start) => start.endsWith(".") ? name.startsWith(start) : name === start);
  const hash = createHash("sha256");
  hash.update(JSON.stringify([model.config, part, normalization]));
  for (const [name, { data }] of Object.entries(model.stateDict())) {
    if (!isFrozen(name)) continue;
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

function gathered(rows: FrozenFeatures["rows"], indices: Int32Array): Float32Array {
  const size = indices.length === 0 ? 0 : rows.get(indices[0]!)!.length;
  const values = new Float32Array(indices.length * size);
  indices.forEach((index, at) => values.set(rows.get(index)!, at * size));
  return values;
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
