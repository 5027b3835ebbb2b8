/**
 * What was generated.
 *
 * @module
 */

import { inspect, someOf } from "../inspect.ts";
import {
  display,
  type ImageGrid,
  imageGrid,
  type ImageGridOptions,
  type MediaBundle,
} from "../plot/mod.ts";
import { count } from "../text.ts";
import type { MadePicture, Picture } from "./_pictures.ts";

/** A generated image. */
export type GeneratedImage = MadePicture & {
  /** Where all that is random in it comes from. */
  readonly seed: number;
  /** What it was to show, where that was said in words. */
  readonly prompt?: string;
  /** What the codec made it of, [rows, columns, channels]. */
  readonly latents: Float32Array;
  readonly latentShape: readonly [rows: number, columns: number, channels: number];
};

/** Generated images, which a notebook shows. */
export class Generation {
  /** Those that were finished, in the order they were asked for. */
  readonly images: readonly GeneratedImage[];
  /** Whether a signal, or a notebook's stop button, ended it before all were finished. */
  readonly isStopped: boolean;
  readonly #isShown: boolean;

  /** @param options `isShown`: whether a notebook shows the images already. */
  constructor(
    images: readonly GeneratedImage[],
    { isStopped = false, isShown = false }: { isStopped?: boolean; isShown?: boolean } = {},
  ) {
    this.images = images;
    this.isStopped = isStopped;
    this.#isShown = isShown;
  }

  /**
   * The images side by side with their seeds, and prompts where they differ.
   *
   * @throws {RangeError} When there is none
   */
  grid(options: ImageGridOptions = {}): ImageGrid {
    return gridOf(this.images, options);
  }

  /** What a notebook shows: the images, unless it does already. */
  [display](): MediaBundle | Promise<MediaBundle> {
    if (this.#isShown || this.images.length === 0) return { "text/plain": this[inspect]() };
    return this.grid()[display]();
  }

  [inspect](): string {
    const seeds = this.images.map(({ seed }) => seed);
    const plural = seeds.length === 1 ? "" : "s";
    return [
      `${count(seeds.length)} generated image${plural}`,
      this.isStopped ? ", stopped before all were finished" : "",
      seeds.length > 0 ? ` (seed${plural} ${someOf(seeds.map(String))})` : "",
    ].join("");
  }
}

/** Images with their captions. */
export function gridOf(
  images: readonly (Picture & { seed: number; prompt?: string })[],
  options: ImageGridOptions = {},
): ImageGrid {
  const prompts = new Set(images.map(({ prompt }) => prompt));
  const [only] = prompts;
  const largest = Math.max(...images.map(({ width, height = width }) => Math.max(width, height)));
  return imageGrid(
    images.map(({ pixels, width, height, seed, prompt }) => ({
      ...{ pixels, width, height },
      caption: prompts.size > 1 ? `${prompt}\nseed ${seed}` : `seed ${seed}`,
    })),
    {
      ...prompts.size === 1 && only ? { title: only } : {},
      tileSize: Math.min(256, Math.max(128, largest)),
      ...options,
    },
  );
}
