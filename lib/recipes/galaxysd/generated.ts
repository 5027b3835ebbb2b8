/**
 * Generated galaxies, kept.
 *
 * @module
 */

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { ConditionLayout } from "../../data/mod.ts";
import { takeRows } from "../../data/source.ts";
import { textToImage } from "../../generation/mod.ts";
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
  const labels = all.map((request) => conditionOf(request, { layout }));
  const width = labels[0]!.length;
  const { images, isStopped } = await textToImage(model, {
    ...(model.textEncoder && {
      prompt: all.map(({ prompt }) => told === "votes" ? "" : prompt),
      restoreMean: false, // A small text encoder's is nearly 0
    }),
    ...(model.unet.config.class_embed_type !== null && told !== "captions" && {
      classLabels: { values: labels.flatMap((values) => [...values]), width },
    }),
    seeds: all.map((_, at) => seed + at % each),
    ...{ steps: sampling.steps, guidance: sampling.guidance, batchSize: 32 },
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
