/**
 * Features of galaxies, computed once and kept.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { decodeImages, imageSet } from "../../data/mod.ts";
import { counting, type OnProgress } from "../../progress.ts";
import { type Features, pooledFeatures } from "../../train/mod.ts";
import { readSafetensors, writeSafetensors } from "../../weights/mod.ts";
import type { Backbone } from "./backbone.ts";

/** Images whose features are computed, and kept, together. */
const PART = 1000;

/**
 * The pooled features of image files. They are kept in parts in a folder: a second call with the same
 * weights and files reads them, a stopped one goes on. Files are known by name, length and time.
 *
 * @throws {DOMException} When the signal aborts
 */
export async function keptFeatures(
  { model, preprocessing, fingerprint }: Backbone,
  { paths, folder, signal, onProgress }: {
    paths: readonly string[];
    folder: string;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<Features> {
  const { size, cropFraction, filter, mean, std } = preprocessing;
  const report = counting(onProgress, { what: "Computing features", unit: "images" });
  const total = paths.length;
  const parts: Features[] = [];
  for (let start = 0; start < paths.length; start += PART) {
    const own = paths.slice(start, start + PART);
    const file = join(folder, `${digest(fingerprint, own)}.safetensors`);
    if (!existsSync(file)) {
      const images = await decodeImages(own, { size, cropFraction, filter, signal });
      const set = imageSet({ images, size });
      const { values, width } = await pooledFeatures(model, { set }, {
        normalization: { mean, std },
        signal,
        onProgress: (at) => "done" in at && report({ done: start + at.done, total }),
      });
      writeSafetensors(file, {
        features: { dtype: "F32", shape: [own.length, width], data: values },
      });
    }
    const { shape, data } = readSafetensors(file).tensors.features!;
    parts.push({ values: data as Float32Array, width: shape[1]! });
    report({ done: start + own.length, total });
  }
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { values, width: parts[0]!.width };
}

/** What the features of these files depend on. */
function digest(fingerprint: string, paths: readonly string[]): string {
  const hash = createHash("sha256").update(fingerprint);
  for (const path of paths) {
    const { size, mtimeMs } = statSync(path);
    hash.update(JSON.stringify([path, size, mtimeMs]));
  }
  return hash.digest("hex").slice(0, 20);
}
