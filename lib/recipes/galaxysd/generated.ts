/**
 * Generated galaxies, kept.
 *
 * @module
 */

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { ConditionLayout } from "../../data/mod.ts";
import { takeRows } from "../../data/source.ts";
import { textToImage, type TextToImageOptions } from "../../generation/mod.ts";
import type { OnProgress } from "../../progress.ts";
import { openSafetensors, writeSafetensors } from "../../weights/mod.ts";
import type { GalaxyModel } from "./model.ts";
import type { Bytes } from "./reader.ts";
import { conditionOf, type GalaxyRequest, type Told } from "./requests.ts";
import type { GalaxysdSettings } from "./settings.ts";

/** What is generated, and how. */
export type GenerationOrder = {
  requests: readonly GalaxyRequest[];
  /** Images of each request; their seeds count from `seed`. */
  each: number;
  seed: number;
  told: Told;
  sampling: GalaxysdSettings["sampling"];
};

/**
 * Images of some requests, one request after the other; what is in the file already is taken from
 * there, if it was ordered alike.
 */
export async function generated(
  path: string,
  order: GenerationOrder,
  { model, layout, signal, onProgress }: {
    model: GalaxyModel;
    layout: ConditionLayout;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<Bytes> {
  const { requests, each, seed, told, sampling } = order;
  const text = JSON.stringify(order);
  if (existsSync(path)) {
    using file = openSafetensors(path);
    if (file.metadata.order === text) {
      const { data, shape } = file.get("images");
      return {
        images: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        size: shape[1]!,
      };
    }
  }
  const all = requests.flatMap((request) => Array<GalaxyRequest>(each).fill(request));
  const { images, isStopped } = await textToImage(model, {
    ...askedFor(all, { model, layout, told }),
    seeds: all.map((_, at) => seed + at % each),
    ...{ steps: sampling.steps, guidance: sampling.guidance, batchSize: 32 },
    display: false, // Items show what is to be seen
    signal,
    onProgress,
  });
  if (isStopped) {
    signal?.throwIfAborted();
    throw new DOMException("Generating was stopped", "AbortError");
  }
  const size = images[0]!.width;
  const bytes = new Uint8Array(images.length * size * size * 3);
  images.forEach(({ pixels }, at) => bytes.set(pixels, at * size * size * 3));
  mkdirSync(dirname(path), { recursive: true });
  writeSafetensors(path, {
    images: { dtype: "U8", shape: [images.length, size, size, 3], data: bytes },
  }, { metadata: { order: text } });
  return { images: bytes, size };
}

/** What a model is told of requests, in words and in numbers. */
export function askedFor(
  requests: readonly GalaxyRequest[],
  { model: { textEncoder, unet }, layout, told }: {
    model: GalaxyModel;
    layout: ConditionLayout;
    told: Told;
  },
): Pick<TextToImageOptions, "prompt" | "restoreMean" | "classLabels"> {
  const labels = requests.map((request) => conditionOf(request, { layout }));
  return {
    ...(textEncoder && {
      prompt: requests.map(({ prompt }) => told === "votes" ? "" : prompt),
      restoreMean: false, // A small text encoder's is nearly 0
    }),
    ...(unet.config.class_embed_type !== null && told !== "captions" && {
      classLabels: { values: labels.flatMap((values) => [...values]), width: labels[0]!.length },
    }),
  };
}

/** Some pictures of many. */
export function someOf({ images, size }: Bytes, [from, to]: readonly [number, number]): Bytes {
  const bytes = size * size * 3;
  return { images: images.subarray(from * bytes, to * bytes), size };
}

/** The pictures of some rows. */
export function rowsOf({ images, size }: Bytes, rows: Int32Array): Bytes {
  const length = images.length / (size * size * 3);
  return { images: takeRows({ images }, { indices: rows, length }).images, size };
}

/** The bytes of each picture. */
export function eachOf({ images, size }: Bytes): Uint8Array[] {
  const bytes = size * size * 3;
  return Array.from(
    { length: images.length / bytes },
    (_, at) => images.subarray(at * bytes, (at + 1) * bytes),
  );
}
