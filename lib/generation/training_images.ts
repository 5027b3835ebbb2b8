/**
 * Images at fixed seeds while a model learns.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isFolder, writeFileAtomic } from "../files.ts";
import { type OptionNames, refuseUnknown } from "../options.ts";
import {
  display as displayed,
  type ImageGrid,
  imageGrid,
  type LiveDisplay,
  liveDisplay,
} from "../plot/mod.ts";
import type { Picture } from "./_pictures.ts";
import type { Pipeline } from "./pipeline.ts";
import { textToImage, type TextToImageOptions, textToImageOptions } from "./text_to_image.ts";

/** Options of {@linkcode TrainingImages}: those of `textToImage`, which stay the same throughout. */
export type TrainingImagesOptions = Omit<TextToImageOptions, "onStep" | "onImages"> & {
  /** Where the images are kept: a PNG file a row, and `all.png` with the rows as they are shown. */
  folder: string;
  /** What stands under the images. @default {their prompts, where they differ; else seeds} */
  captions?: readonly string[];
  /** Where the rows are shown as they come; `false` for nowhere. @default {the notebook, elsewhere nowhere} */
  display?: LiveDisplay | false;
};

/** Rows in a grid at most: the first, the last, and those between at even distances. */
const MOST = 8;

/**
 * Images of the same prompts and seeds at several times of a training, a row each time. They draw
 * nothing from the training's keys, so that it comes to the same, to the bit, with them or without.
 *
 * A training that is taken up again with the same folder goes on with the rows that are there.
 *
 * @example
 * ```ts
 * import { type Pipeline, TrainingImages } from "galaxykit/generation";
 * import { UNet2DConditionModel } from "galaxykit/models";
 * import { euler } from "galaxykit/diffusion";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const pipeline: Pipeline = { // A codec may be any two functions: here latents are pixels
 *   unet: new UNet2DConditionModel({
 *     ...{ in_channels: 3, out_channels: 3, block_out_channels: [4], norm_num_groups: 2 },
 *     ...{ down_block_types: ["DownBlock2D"], mid_block_type: null, up_block_types: ["UpBlock2D"] },
 *   }, { key: key(1) }),
 *   codec: {
 *     ...{ latentChannels: 3, factor: 1 },
 *     encode: (x: tf.Tensor) => x.clone() as tf.Tensor4D,
 *     decode: (x: tf.Tensor) => x.clone() as tf.Tensor4D,
 *   },
 *   sampler: euler(),
 * };
 * const folder = `${Deno.makeTempDirSync()}/images`;
 * const images = new TrainingImages(pipeline, { folder, seeds: [1, 2], steps: 2, width: 8 });
 * // In a training: onEpoch: ({ epoch }) => ema.during(() => images.add(epoch * stepsPerEpoch))
 * await images.add(100);
 * assert.deepEqual(
 *   [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
 *   ["all.png", "step-000100.png"],
 * );
 * ```
 */
export class TrainingImages {
  readonly #pipeline: Pipeline;
  readonly #options: TextToImageOptions;
  readonly #folder: string;
  readonly #captions?: readonly string[];
  readonly #display?: LiveDisplay;
  #rows?: Map<number, Row>;

  /** @throws {TypeError} For an option that there is not */
  constructor(pipeline: Pipeline, options: TrainingImagesOptions) {
    refuseUnknown(options, OPTIONS, { what: "show a training" });
    const { folder, captions, display = liveDisplay(), ...rest } = options;
    this.#pipeline = pipeline;
    this.#folder = folder;
    this.#captions = captions;
    this.#display = display || undefined;
    this.#options = { ...rest, display: false };
  }

  /**
   * Generates a row, keeps it, and shows it below the earlier ones. Where a signal stops it, there is
   * none.
   *
   * @param step How many steps of the training are done
   * @throws {RangeError} When the folder's rows are of other images; as `textToImage` does
   */
  async add(step: number): Promise<void> {
    const rows = this.#rows ??= await keptRows(this.#folder);
    const { images, isStopped } = await textToImage(this.#pipeline, this.#options);
    if (isStopped) return;
    const row = joined(images);
    const other = rows.values().find(({ width, height }) =>
      width !== row.width || height !== row.height
    );
    if (other !== undefined) {
      throw new RangeError(
        `Cannot go on with the images in "${this.#folder}": its rows must be ${row.width}x${row.height} pixels, found ${other.width}x${other.height}; give the same prompts and seeds, or name another folder`,
      );
    }
    writeFileAtomic(join(this.#folder, fileOf(step)), await pngOf(row));
    rows.set(step, row);
    const grid = (await this.grid())!;
    await grid.save(join(this.#folder, ALL));
    this.#display?.show(await grid[displayed]());
  }

  /** The rows, of many some from the first to the last; nothing where there is none yet. */
  async grid(): Promise<ImageGrid | undefined> {
    const rows = this.#rows ??= await keptRows(this.#folder);
    if (rows.size === 0) return undefined;
    const steps = someOf([...rows.keys()].sort((a, b) => a - b));
    const captions = this.#names();
    const tiles = steps.map((step) => parted(rows.get(step)!, { count: captions.length }));
    return imageGrid(
      tiles.flatMap((row, at) =>
        at < tiles.length - 1 ? row : row.map((tile, i) => ({ ...tile, caption: captions[i] }))
      ),
      {
        ...{ columns: captions.length, tileSize: 96 },
        rows: steps.map((step) => `After step ${step.toLocaleString("en")}`),
      },
    );
  }

  /** What the images are called. */
  #names(): readonly string[] {
    const { prompt = "", seeds = [0], classLabels } = this.#options;
    const prompts = [prompt].flat();
    const numbers = classLabels ? classLabels.values.length / classLabels.width : 1;
    const count = Math.max(prompts.length, seeds.length, numbers, this.#captions?.length ?? 0);
    if (this.#captions !== undefined) return this.#captions;
    if (prompts.length > 1) return prompts;
    return Array.from({ length: count }, (_, at) => `seed ${seeds[at] ?? seeds[0]}`);
  }
}

const { onStep: _, onImages: __, ...generating } = textToImageOptions;
const OPTIONS: OptionNames<TrainingImagesOptions> = { ...generating, folder: true, captions: true };

const ALL = "all.png";

/** Pictures side by side, pixel by pixel. */
type Row = { pixels: Uint8Array; width: number; height: number };

function fileOf(step: number): string {
  return `step-${`${step}`.padStart(6, "0")}.png`;
}

async function keptRows(folder: string): Promise<Map<number, Row>> {
  const names = isFolder(folder) ? readdirSync(folder) : [];
  const { default: sharp } = await import("sharp");
  const rows = new Map<number, Row>();
  for (const name of names) {
    const [, step] = /^step-(\d+)\.png$/.exec(name) ?? [];
    if (step === undefined) continue;
    const image = sharp(join(folder, name)).removeAlpha().raw();
    const { data, info: { width, height } } = await image.toBuffer({ resolveWithObject: true });
    rows.set(Number(step), { pixels: new Uint8Array(data), width, height });
  }
  return rows;
}

async function pngOf({ pixels, width, height }: Row): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return await sharp(pixels, { raw: { width, height, channels: 3 } }).png().toBuffer();
}

function joined(images: readonly (Picture & { height: number })[]): Row {
  const { width, height } = images[0]!;
  const line = 3 * width;
  const pixels = new Uint8Array(images.length * height * line);
  for (const [at, { pixels: own }] of images.entries()) {
    for (let y = 0; y < height; y++) {
      pixels.set(own.subarray(y * line, (y + 1) * line), (y * images.length + at) * line);
    }
  }
  return { pixels, width: images.length * width, height };
}

function parted(
  { pixels, width, height }: Row,
  { count }: { count: number },
): (Picture & { pixels: Uint8Array })[] {
  const line = 3 * width / count;
  return Array.from({ length: count }, (_, at) => {
    const own = new Uint8Array(height * line);
    for (let y = 0; y < height; y++) {
      const from = (y * count + at) * line;
      own.set(pixels.subarray(from, from + line), y * line);
    }
    return { pixels: own, width: width / count, height };
  });
}

/** Some of many, from the first to the last. */
function someOf<T>(all: readonly T[]): T[] {
  if (all.length <= MOST) return [...all];
  return Array.from(
    { length: MOST },
    (_, at) => all[Math.round(at * (all.length - 1) / (MOST - 1))]!,
  );
}
