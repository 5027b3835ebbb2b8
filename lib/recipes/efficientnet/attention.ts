/**
 * Where the article's network looks: maps of validation galaxies, by several methods and layers,
 * beside those of two networks that know nothing of the question; measured against the truth where the
 * sky is a simulated one, and by what the network says once their pixels are gone.
 *
 * @module
 */

import { type ImageBatch, Prng } from "../../data/mod.ts";
import {
  activationMaps,
  BlankMapError,
  deletionAndInsertion,
  logOdds,
  predictedClass,
  shareInside,
} from "../../explain/mod.ts";
import { firstModel } from "../../jobs/first_model.ts";
import type { ImageModel } from "../../models/mod.ts";
import { counting, type OnProgress } from "../../progress.ts";
import { median } from "../../statistics.ts";
import { softmax, tf, uint8Tensor } from "../../tensorflow/mod.ts";
import { infer, openRun } from "../../train/mod.ts";
import type { Example, Mapped, MapRow, MeanMap } from "./map_files.ts";
import type { EfficientnetRun, Prediction } from "./run_files.ts";
import { CLASSES, type Method } from "./settings.ts";
import type { TrainingData } from "./train.ts";
import type { TrueMask } from "./true_mask.ts";

/** Galaxies shown of each class, right and wrong. */
const SHOWN = 6;

/** Parts of the pixels that are taken away, and come, one after the other. */
const STEPS = 10;

/** Galaxies mapped at a time. */
const BATCH = 16;

type Places = readonly number[];

/** Makes the run's maps, unless they are there. */
export async function makeMaps(
  run: EfficientnetRun,
  { data, mask, signal, onProgress }: {
    data: TrainingData;
    /** The true extent of a galaxy by its id. */
    mask?: TrueMask;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<void> {
  if (run.maps.isWhole) return;
  const { settings } = run;
  const { layers, methods, tested } = settings.mapping;
  const predictions = run.predictions(run.first);
  const order = [...new Prng(settings.seed, [51]).permutation(predictions.length)];
  const measured = balanced(predictions, { order, count: settings.mapping.galaxies });
  const shown = chooseExamples(predictions, order);
  const masks = new Map(measured.map((place) => [place, mask?.(predictions[place].id)]));
  const networks = mappedNetworks(run);
  const total = networks.length * layers.length * methods.length * measured.length;
  const report = counting(onProgress, { what: "Mapping galaxies", unit: "maps" });
  const rows: MapRow[] = [];
  const means: MeanMap[] = [];
  const examples: Example[] = [];
  for (const network of networks) {
    const model = await open(network, { run, signal });
    try {
      for (const [layer, method] of layers.flatMap((l) => methods.map((m) => [l, m] as const))) {
        const isHeadline = layer === layers[0] && method === methods[0];
        const isShown = isHeadline && network === "trained";
        const places = isShown ? [...new Set([...measured, ...shown])] : measured;
        const kept: Kept[] = [];
        for await (const map of mapsOf(model, { places, layer, method, data, signal })) {
          kept.push(map);
          if (measured.includes(map.place)) report({ done: rows.length + kept.length, total });
        }
        const own = kept.filter(({ place }) => measured.includes(place));
        const middle = meanOf(own);
        const faithful = network === "trained"
          ? await test(model, { maps: spread(own, { count: tested, predictions }), data, signal })
          : new Map<number, Faithful>();
        for (const { place, map } of own) {
          const { id, target } = predictions[place];
          rows.push({
            ...{ network, layer, method, id, target },
            ...measure(map, masks.get(place), middle),
            ...faithful.get(place) ?? { deletion: NaN, insertion: NaN },
          });
        }
        if (isHeadline) means.push(...meansOf(own, { of: network, predictions, data }));
        if (isShown) {
          means.push(...await meanGalaxies(measured, { predictions, data }));
          examples.push(...shown.flatMap((place) => {
            const { map, pixels } = kept.find((one) => one.place === place)!;
            return map ? [{ ...predictions[place], pixels, map, size: data.set.size }] : [];
          }));
        }
      }
    } finally {
      model.dispose();
    }
  }
  run.maps.write({ rows, examples, means });
}

/** The trained network, and those without knowledge that were trained or can be had. */
function mappedNetworks({ article }: EfficientnetRun): Mapped[] {
  return ["trained", ...(article.ways.includes("shuffled") ? ["shuffled" as const] : []), "random"];
}

async function open(
  network: Mapped,
  { run, signal }: { run: EfficientnetRun; signal?: AbortSignal },
): Promise<ImageModel> {
  const { network: article, seed } = run.first;
  if (network === "random") {
    const { model, size } = article;
    const first = { model, size, seed, weights: "none" };
    return (await firstModel(first, { classes: CLASSES.length, signal })).model;
  }
  const way = network === "trained" ? "two_phases" : "shuffled";
  return openRun(run.training({ network: article, way, seed }).path).model;
}

/** As many places of each class, in an order drawn by the seed. */
function balanced(
  predictions: readonly Prediction[],
  { order, count }: { order: Places; count: number },
): number[] {
  return CLASSES.flatMap((name) =>
    order.filter((place) => predictions[place].target === name)
      .slice(0, Math.ceil(count / CLASSES.length))
  );
}

/** Right and wrong predictions of each class: right ones at random, wrong ones the surest first. */
function chooseExamples(predictions: readonly Prediction[], order: Places): number[] {
  return CLASSES.flatMap((name) => {
    const own = order.filter((place) => predictions[place].target === name);
    const isRight = (place: number) => predictions[place].prediction === name;
    const wrong = own.filter((place) => !isRight(place))
      .sort((a, b) => predictions[b].confidence - predictions[a].confidence);
    return [...own.filter(isRight).slice(0, SHOWN), ...wrong.slice(0, SHOWN)];
  });
}

/** A map, undefined where it is blank. */
type Kept = { place: number; pixels: Uint8Array; map?: Float32Array };

/** Some maps that are not blank, as many of each class. */
function spread(
  maps: readonly Kept[],
  { count, predictions }: { count: number; predictions: readonly Prediction[] },
): Kept[] {
  return CLASSES.flatMap((name) =>
    maps.filter(({ place, map }) => map && predictions[place].target === name)
      .slice(0, Math.ceil(count / CLASSES.length))
  );
}

/** The maps of validation galaxies: of what speaks for the predicted class, against the other one. */
async function* mapsOf(
  model: ImageModel,
  { places, layer, method, data: { set, validation }, signal }: {
    /** Positions in the list of validation galaxies. */
    places: Places;
    layer: string;
    method: Method;
    data: TrainingData;
    signal?: AbortSignal;
  },
): AsyncGenerator<Kept> {
  const layers = [layer === "last" ? model.mapLayer : layer];
  const make = activationMaps(model, { method, layers, target: logOdds() });
  const shape = [set.size, set.size] as const;
  const area = set.size ** 2;

  /** The maps of a batch; NaN where nothing speaks for the class. */
  async function run({ images, indices }: ImageBatch): Promise<tf.Tensor> {
    const inputs = tf.tidy(() =>
      model.normalize(uint8Tensor<tf.Rank.R4>(images, [indices.length, ...shape, 3]))
    );
    try {
      const maps = await make(inputs);
      const failed = new Set(maps.failed.map(({ image }) => image));
      const has = Array.from(indices, (_, row) => failed.has(row) ? NaN : 0);
      const marked = tf.tidy(() => tf.add(maps, tf.reshape(tf.tensor1d(has), [-1, 1, 1])));
      maps.dispose();
      return marked;
    } catch (error) {
      if (!(error instanceof BlankMapError)) throw error;
      return tf.fill([indices.length, ...shape], NaN);
    } finally {
      inputs.dispose();
    }
  }
  try {
    const indices = Int32Array.from(places, (place) => validation[place]);
    const how = { run, mayBeNaN: true, batchSize: BATCH, signal }; // NaN: the map is blank
    let done = 0;
    for await (const { batch, values } of infer({ set, indices }, how)) {
      for (let row = 0; row < batch.indices.length; row++) {
        const map = values.slice(area * row, area * (row + 1));
        const pixels = batch.images.slice(3 * area * row, 3 * area * (row + 1));
        yield { place: places[done++], pixels, map: Number.isNaN(map[0]) ? undefined : map };
      }
    }
  } finally {
    make.dispose();
  }
}

/** The sum of all maps that are not blank. */
type Sum = { sum: Float64Array; count: number };

function meanOf(maps: readonly Kept[]): Sum {
  const known = maps.flatMap(({ map }) => map ?? []);
  const all = maps.flatMap(({ map }) => map ? [map] : []);
  const sum = new Float64Array(all[0]?.length ?? known.length);
  for (const map of all) map.forEach((value, i) => sum[i] += value);
  return { sum, count: all.length };
}

/** What a map is like, and how much of it lies inside a mask, beside the mean map of the others. */
export function measure(
  map: Float32Array | undefined,
  mask: Uint8Array | undefined,
  { sum, count }: Sum,
): Pick<MapRow, "blank" | "radius" | "inside" | "prior" | "area"> {
  const area = mask ? mask.reduce((sum, value) => sum + value, 0) / mask.length : NaN;
  if (map === undefined) return { blank: true, radius: NaN, inside: NaN, prior: NaN, area };
  const size = Math.sqrt(map.length);
  let [all, squares] = [0, 0];
  map.forEach((value, i) => {
    const [x, y] = [i % size, Math.floor(i / size)].map((at) => (at + 0.5) / size - 0.5);
    all += value;
    squares += value * (x * x + y * y);
  });
  const radius = Math.sqrt(squares / all);
  // A galaxy as faint as its sky has no inside.
  if (!(mask && area > 0)) return { blank: false, radius, inside: NaN, prior: NaN, area };
  const others = sum.map((value, i) => Math.max(0, value - map[i]));
  const prior = count > 1 ? shareInside(others, mask) : NaN;
  return { blank: false, radius, inside: shareInside(map, mask), prior, area };
}

type Faithful = Pick<MapRow, "deletion" | "insertion">;

/** Deletion and insertion of some maps, by their places. */
async function test(
  model: ImageModel,
  { maps, data: { set }, signal }: {
    maps: readonly Kept[];
    data: TrainingData;
    signal?: AbortSignal;
  },
): Promise<Map<number, Faithful>> {
  const tested = new Map<number, Faithful>();
  const probability = predictedClass();
  for (const { place, pixels, map } of maps) {
    signal?.throwIfAborted();
    const { size } = set;
    const [image, baseline] = [pixels, skyOf(pixels, size)].map((bytes, isSky) =>
      tf.tidy(() => {
        const shape: [number, number, number] = isSky ? [1, 1, 3] : [size, size, 3];
        const images = uint8Tensor<tf.Rank.R4>(bytes, [1, ...shape]);
        return tf.reshape(model.normalize(images), shape) as tf.Tensor3D;
      })
    );
    const mapped = tf.tensor2d(map!, [size, size]);
    try {
      const { deletion, insertion } = await deletionAndInsertion(model, image, {
        ...{ map: mapped, baseline, steps: STEPS },
        target: (logits, whole) => probability(softmax(logits), whole),
      });
      tested.set(place, { deletion: deletion.area, insertion: insertion.area });
    } finally {
      tf.dispose([image, baseline, mapped]);
    }
  }
  return tested;
}

/** The sky of a picture: the median of its border, in each colour. */
export function skyOf(pixels: Uint8Array, size: number): Uint8Array {
  return Uint8Array.from({ length: 3 }, (_, colour) => {
    const border: number[] = [];
    for (let at = 0; at < size; at++) {
      for (const [x, y] of [[at, 0], [at, size - 1], [0, at], [size - 1, at]]) {
        border.push(pixels[3 * (y * size + x) + colour]);
      }
    }
    return Math.round(median(border));
  });
}

/** The mean map of each class. */
function meansOf(
  maps: readonly Kept[],
  { of, predictions, data: { set: { size } } }: {
    of: MeanMap["of"];
    predictions: readonly Prediction[];
    data: TrainingData;
  },
): MeanMap[] {
  return CLASSES.flatMap((target) => {
    const { sum, count } = meanOf(maps.filter(({ place }) => predictions[place].target === target));
    if (count === 0) return [];
    return [{ of, target, galaxies: count, map: Float32Array.from(sum, (v) => v / count), size }];
  });
}

/** The mean brightness of each class, from 0 to 1. */
async function meanGalaxies(
  places: Places,
  { predictions, data }: { predictions: readonly Prediction[]; data: TrainingData },
): Promise<MeanMap[]> {
  const { set, validation } = data;
  const { images } = await set.read(Int32Array.from(places, (place) => validation[place]));
  const area = set.size ** 2;
  const maps = places.map((place, row): Kept => {
    const pixels = images.subarray(3 * area * row, 3 * area * (row + 1));
    const map = Float32Array.from(
      { length: area },
      (_, i) => (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) / (3 * 255),
    );
    return { place, pixels, map };
  });
  return meansOf(maps, { of: "galaxies", predictions, data });
}
