/**
 * Where a trained network looks: Grad-CAM of validation galaxies, measured against the truth where
 * the sky is a simulated one.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type ImageBatch, Prng, readTable, writeTable } from "../../data/mod.ts";
import { activationMaps, BlankMapError, shareInside } from "../../explain/mod.ts";
import { counting, type OnProgress } from "../../progress.ts";
import type { ImageModel } from "../../models/mod.ts";
import { tf, uint8Tensor } from "../../tensorflow/mod.ts";
import { infer, openRun, type RunFolder } from "../../train/mod.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../weights/mod.ts";
import { CLASSES, type EfficientnetSettings, type Variant } from "./settings.ts";
import type { TrainingData } from "./train.ts";
import type { TrueMask } from "./true_mask.ts";
import { VARIANT_NAMES } from "./variants.ts";

/** Galaxies shown of each class, right and wrong. */
const SHOWN = 6;

/** What a map is like. */
export type MapRow = {
  id: string;
  target: string;
  prediction: string;
  confidence: number;
  /** Whether a map could be made: nothing may speak for the class. */
  blank: boolean;
  /** Root mean square distance of the map from the image's centre, in sides of the image. */
  radius: number;
  /** Share of the map inside the galaxy; NaN where the truth is not known. */
  inside: number;
  /** Share of the image inside the galaxy: what a map without preference would have. */
  area: number;
};

/** A galaxy to show. */
export type Example = {
  id: string;
  target: string;
  prediction: string;
  confidence: number;
  /** size x size x 3 values in [0, 255]. */
  pixels: Uint8Array;
  /** size x size values in [0, 1]. */
  map: Float32Array;
  size: number;
};

/** Writes `maps.parquet` and `examples.safetensors` into a finished run, unless they are there. */
export async function mapRun(
  run: RunFolder,
  { variant, settings, data, mask, signal, onProgress }: {
    variant: Variant;
    settings: EfficientnetSettings;
    data: TrainingData;
    /** The true extent of a galaxy by its id. */
    mask?: TrueMask;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<void> {
  if (existsSync(run.file("maps.parquet"))) return;
  const predictions = readTable(run.file("predictions.parquet"), { text: ["id"] })
    .toRecords() as unknown as Pick<MapRow, "id" | "target" | "prediction" | "confidence">[];
  const order = [...new Prng(settings.seed, [51]).permutation(predictions.length)];
  const measured = order.slice(0, settings.maps);
  const shown = chooseExamples(predictions, order);
  const what = `Grad-CAM, ${VARIANT_NAMES[variant]}`;
  const report = counting(onProgress, { what, unit: "galaxies" });
  const { model } = openRun(run.path);
  try {
    const rows: MapRow[] = [];
    const examples: Example[] = [];
    const places = [...new Set([...shown, ...measured])];
    let done = 0;
    for await (const { place, pixels, map } of mapsOf(model, { places, settings, data, signal })) {
      const prediction = predictions[place];
      if (measured.includes(place)) {
        rows.push({ ...prediction, ...measure(map, mask?.(prediction.id)) });
      }
      if (shown.includes(place) && map) {
        examples.push({ ...prediction, pixels, map, size: data.set.size });
      }
      report({ done: ++done, total: places.length });
    }
    writeExamples(run.file("examples.safetensors"), examples);
    const columns = Object.keys(rows[0]) as (keyof MapRow)[];
    writeTable(
      run.file("maps.parquet"),
      Object.fromEntries(columns.map((name) => [name, rows.map((row) => row[name])])),
    );
  } finally {
    model.dispose();
  }
}

/** Right and wrong predictions of each class: right ones at random, wrong ones the surest first. */
function chooseExamples(
  predictions: readonly Pick<MapRow, "target" | "prediction" | "confidence">[],
  order: readonly number[],
): number[] {
  return CLASSES.flatMap((name) => {
    const own = order.filter((place) => predictions[place].target === name);
    const isRight = (place: number) => predictions[place].prediction === name;
    const wrong = own.filter((place) => !isRight(place))
      .sort((a, b) => predictions[b].confidence - predictions[a].confidence);
    return [...own.filter(isRight).slice(0, SHOWN), ...wrong.slice(0, SHOWN)];
  });
}

/** The maps of validation galaxies, undefined where one is blank. */
async function* mapsOf(
  model: ImageModel,
  { places, settings, data, signal }: {
    /** Positions in the list of validation galaxies. */
    places: readonly number[];
    settings: EfficientnetSettings;
    data: TrainingData;
    signal?: AbortSignal;
  },
): AsyncGenerator<{ place: number; pixels: Uint8Array; map?: Float32Array }> {
  const layers = [settings.mapLayer === "last" ? model.mapLayer : settings.mapLayer];
  const gradCam = activationMaps(model, { layers });
  const { set, validation } = data;
  const shape = [set.size, set.size] as const;
  const area = set.size ** 2;

  /** The maps of a batch; NaN where nothing speaks for the class. */
  async function run({ images, indices }: ImageBatch): Promise<tf.Tensor> {
    const inputs = tf.tidy(() =>
      model.normalize(uint8Tensor<tf.Rank.R4>(images, [indices.length, ...shape, 3]))
    );
    try {
      const maps = await gradCam(inputs);
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
    const how = { run, mayBeNaN: true, batchSize: 16, signal }; // NaN: the map is blank
    let done = 0;
    for await (const { batch, values } of infer({ set, indices }, how)) {
      for (let row = 0; row < batch.indices.length; row++) {
        const map = values.slice(area * row, area * (row + 1));
        const pixels = batch.images.slice(3 * area * row, 3 * area * (row + 1));
        yield { place: places[done++], pixels, map: Number.isNaN(map[0]) ? undefined : map };
      }
    }
  } finally {
    gradCam.dispose();
  }
}

/** What a map is like, and how much of it lies inside a mask. */
export function measure(
  map: Float32Array | undefined,
  mask: Uint8Array | undefined,
): Pick<MapRow, "blank" | "radius" | "inside" | "area"> {
  const area = mask ? mask.reduce((sum, value) => sum + value, 0) / mask.length : NaN;
  if (map === undefined) return { blank: true, radius: NaN, inside: NaN, area };
  const size = Math.sqrt(map.length);
  let [sum, squares] = [0, 0];
  map.forEach((value, i) => {
    const [x, y] = [i % size, Math.floor(i / size)].map((at) => (at + 0.5) / size - 0.5);
    sum += value;
    squares += value * (x * x + y * y);
  });
  // A galaxy as faint as its sky has no inside.
  const inside = mask && area > 0 ? shareInside(map, mask) : NaN;
  return { blank: false, radius: Math.sqrt(squares / sum), inside, area };
}

function writeExamples(path: string, examples: readonly Example[]): void {
  const tensors: Record<string, StoredTensor> = {};
  examples.forEach(({ pixels, map, size }, i) => {
    tensors[`${i}.pixels`] = { dtype: "U8", shape: [size, size, 3], data: pixels };
    tensors[`${i}.map`] = { dtype: "F32", shape: [size, size], data: map };
  });
  const rows = examples.map(({ pixels: _, map: __, ...row }) => row);
  writeSafetensors(path, tensors, { metadata: { rows: JSON.stringify(rows) } });
}

/** The galaxies that {@linkcode mapRun} kept to show. */
export function readExamples(run: RunFolder): Example[] {
  const { tensors, metadata } = readSafetensors(run.file("examples.safetensors"));
  const rows = JSON.parse(metadata.rows!) as Omit<Example, "pixels" | "map">[];
  return rows.map((row, i) => ({
    ...row,
    pixels: tensors[`${i}.pixels`]!.data as Uint8Array,
    map: tensors[`${i}.map`]!.data as Float32Array,
  }));
}
