/**
 * Latents on disk: images are encoded once, in all eight orientations, and a training reads them.
 *
 * A folder holds `latents.json` (what they are of, and each shard's SHA-256 as it is finished) and
 * `latents-00000.safetensors` and so on, in half precision. A shard is whole or absent, so that work
 * which was ended, by force too, goes on with the first one that is missing.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { orientation, ORIENTATIONS } from "../augment/mod.ts";
import type { Batched, ImageSet, Source } from "../data/mod.ts";
import { digestOfFile } from "../digest.ts";
import { isFile, writeJson } from "../files.ts";
import { readFloat16, writeFloat16 } from "../half_floats.ts";
import { interruptible } from "../interrupt.ts";
import { lockFolder } from "../lock.ts";
import { refuseOutside, refuseUnknown } from "../options.ts";
import type { OnProgress } from "../progress.ts";
import { foldIn, key, tf, uint8Tensor } from "../tensorflow/mod.ts";
import { openSafetensors, type SafetensorsFile, writeSafetensors } from "../weights/mod.ts";
import { codecInput } from "./_pictures.ts";
import type { LatentCodec } from "./latent_codec.ts";

/** Latents of some images, each in one orientation. */
export type LatentBatch = Batched & {
  /** [batch, rows, columns, channels]. */
  latents: Float32Array;
};

/** Latents of images in eight orientations: number 8 i + v is image i in view v. */
export type LatentSource = Source<LatentBatch> & Disposable & {
  /** Of one image: rows, columns, channels. */
  readonly shape: readonly [rows: number, columns: number, channels: number];
};

/** How latents are made. */
export type LatentCacheOptions = {
  /** What makes them. */
  codec: LatentCodec;
  /** What the codec is, for `latents.json`: such as the digest of its weights. */
  codecName: string;
  /**
   * Where latents are drawn from, of a codec that gives a distribution. @default {none: the most
   * probable ones}
   */
  seed?: number;
  /** Images encoded at once. @default {8} */
  batchSize?: number;
  /** Images of a shard. @default {256} */
  perShard?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** The file that tells what the folder holds. */
const RECORD = "latents.json";

type Recorded = {
  made: { codec: string; seed: number | null; images: string; perShard: number; shape: number[] };
  /** The SHA-256 of each shard. */
  shards: (string | null)[];
};

/**
 * Encodes images in all eight orientations into a folder, or goes on where that was stopped; what is
 * there is checked, and made anew where it is damaged. It is the images that are turned: a codec does
 * not give turned latents for turned images. Dispose of the source after use.
 *
 * @throws {Error} When the folder holds latents of other images, another codec or seed
 * @throws {RangeError} For an option out of its range; when a latent is NaN or beyond half precision
 * @throws {DOMException} When the signal aborts; the same call goes on
 *
 * @example
 * ```ts
 * import { openSurvey } from "galaxykit/data";
 * import { cacheLatents } from "galaxykit/generation";
 * import { fitPatchCodec } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const set = await openSurvey("data/sky").images({ size: 32, targets: [] });
 * const { codec } = fitPatchCodec(set.images!, { size: 32 });
 * const folder = Deno.makeTempDirSync();
 * using latents = await cacheLatents(folder, set, { codec, codecName: "patches of these" });
 * assert.equal(latents.length, 8 * set.length);
 * assert.deepEqual(latents.shape, [8, 8, 12]);
 * const { latents: some } = await latents.read(Int32Array.of(3, 8 * 5 + 1));
 * assert.equal(some.length, 2 * 8 * 8 * 12);
 * ```
 */
export async function cacheLatents(
  folder: string,
  set: ImageSet,
  options: LatentCacheOptions,
): Promise<LatentSource> {
  const what = "cache latents";
  refuseUnknown(options, {
    ...{ codec: true, codecName: true, seed: true, batchSize: true, perShard: true },
    ...{ signal: true, onProgress: true },
  }, { what });
  const { codec, codecName, seed, batchSize = 8, perShard = 256, onProgress } = options;
  refuseOutside({ batchSize, perShard, seed: seed ?? 0 }, {
    ...{ batchSize: "whole [1, ∞)", perShard: "whole [1, ∞)", seed: "whole [0, ∞)" },
  }, { what });
  const side = set.size / codec.factor;
  if (!Number.isInteger(side)) {
    throw new RangeError(
      `Cannot ${what}: images have sides of ${set.size} pixels, wanted a multiple of ${codec.factor}`,
    );
  }
  const shape = [side, side, codec.latentChannels] as const;
  using work = interruptible(options.signal);
  using _lock = lockFolder(folder, { what: "cache latents in", name: ".latents" });
  const record = begin(folder, {
    made: {
      ...{ codec: codecName, seed: seed ?? null, perShard, shape: [...shape] },
      images: await digestOfImages(set),
    },
    shards: Array.from({ length: Math.ceil(set.length / perShard) }, () => null),
  });
  using keys = seed === undefined ? undefined : disposable(key(seed));
  for (const [at, known] of record.shards.entries()) {
    const path = shardPath(folder, at);
    if (known !== null && isFile(path) && digestOfFile(path) === known) continue;
    const end = Math.min(set.length, (at + 1) * perShard);
    const latents = await encoded(set, {
      ...{ from: at * perShard, end, codec, key: keys?.tensor, batchSize, shape },
      signal: work.signal,
      onImages: (done) =>
        onProgress?.({ what: "Encoding", done, total: set.length, unit: "images" }),
    });
    writeSafetensors(path, {
      latents: {
        ...{ dtype: "F16", shape: [latents.length / tf.util.sizeFromShape([...shape]), ...shape] },
        data: writeFloat16(latents),
      },
    });
    record.shards[at] = digestOfFile(path);
    writeJson(join(folder, RECORD), record);
  }
  return sourceOf(folder, { set, perShard, shape, count: record.shards.length });
}

function begin(folder: string, wanted: Recorded): Recorded {
  Deno.mkdirSync(folder, { recursive: true });
  const path = join(folder, RECORD);
  if (!isFile(path)) {
    writeJson(path, wanted);
    return wanted;
  }
  const found = JSON.parse(Deno.readTextFileSync(path)) as Recorded;
  for (const [name, value] of Object.entries(wanted.made)) {
    const there = found.made?.[name as keyof Recorded["made"]];
    if (JSON.stringify(there) === JSON.stringify(value)) continue;
    throw new Error(
      `Cannot cache latents in "${folder}": it holds those of ${name} ${JSON.stringify(there)}, ${
        JSON.stringify(value)
      } wanted; name another folder`,
    );
  }
  return found;
}

/** Latents of images `from` to `end`, in eight orientations each. */
async function encoded(
  set: ImageSet,
  { from, end, codec, key, batchSize, shape, signal, onImages }: {
    from: number;
    end: number;
    codec: LatentCodec;
    key?: tf.Tensor1D;
    batchSize: number;
    shape: readonly number[];
    signal?: AbortSignal;
    onImages: (done: number) => void;
  },
): Promise<Float32Array> {
  const all = new Float32Array((end - from) * ORIENTATIONS * tf.util.sizeFromShape([...shape]));
  for (let first = from; first < end; first += batchSize) {
    signal?.throwIfAborted();
    const indices = Int32Array.from(
      { length: Math.min(batchSize, end - first) },
      (_, at) => first + at,
    );
    const { images, indices: found } = await set.read(indices);
    if (found.length < indices.length) {
      throw new Error(
        `Cannot cache latents: image ${
          set.ids[indices.find((index) => !found.includes(index))!]
        } cannot be read; leave it out of the set`,
      );
    }
    const pixels = tf.tidy(() =>
      codecInput(uint8Tensor(images, [indices.length, set.size, set.size, 3]))
    );
    try {
      for (let view = 0; view < ORIENTATIONS; view++) {
        const latents = tf.tidy(() => {
          const turned = orientation(pixels, view);
          if (key === undefined) return codec.encode(turned);
          // One key an image and view: no batch, and no stop, changes what is drawn
          return tf.concat(
            tf.unstack(turned).map((image, at) =>
              codec.encode(tf.expandDims(image), {
                key: foldIn(key, ORIENTATIONS * indices[at]! + view),
              })
            ),
          );
        });
        const values = await latents.data() as Float32Array;
        latents.dispose();
        for (const [at, index] of indices.entries()) {
          const own = values.subarray(
            at * tf.util.sizeFromShape([...shape]),
            (at + 1) * tf.util.sizeFromShape([...shape]),
          );
          checkHalf(own, set.ids[index]!);
          all.set(own, (ORIENTATIONS * (index - from) + view) * tf.util.sizeFromShape([...shape]));
        }
      }
    } finally {
      pixels.dispose();
    }
    onImages(first + indices.length);
  }
  return all;
}

/** The largest number of half precision. */
const LARGEST = 65504;

function checkHalf(values: Float32Array, id: string): void {
  const wrong = values.find((value) => !(Math.abs(value) <= LARGEST));
  if (wrong === undefined) return;
  throw new RangeError(
    `Cannot cache latents: one of ${id} is ${wrong}, wanted finite ones up to ${LARGEST}; look at the image, and at the codec's weights`,
  );
}

function sourceOf(
  folder: string,
  { set, perShard, shape, count }: {
    set: ImageSet;
    perShard: number;
    shape: readonly [number, number, number];
    count: number;
  },
): LatentSource {
  const files: SafetensorsFile[] = [];
  try {
    for (let at = 0; at < count; at++) files.push(openSafetensors(shardPath(folder, at)));
  } catch (error) {
    for (const file of files) file[Symbol.dispose]();
    throw error;
  }
  const shards = files.map((file) => file.view("latents").data as Uint16Array);
  const width = tf.util.sizeFromShape([...shape]);
  const length = ORIENTATIONS * set.length;
  return {
    length,
    shape,
    ids: Array.from(
      { length },
      (_, at) => `${set.ids[Math.floor(at / ORIENTATIONS)]}/${at % ORIENTATIONS}`,
    ),
    read(indices) {
      const latents = new Float32Array(indices.length * width);
      for (const [row, index] of indices.entries()) {
        const shard = Math.floor(index / ORIENTATIONS / perShard);
        const at = index - shard * ORIENTATIONS * perShard;
        latents.set(readFloat16(shards[shard]!.slice(at * width, (at + 1) * width)), row * width);
      }
      return { indices, latents };
    },
    [Symbol.dispose]() {
      for (const file of files) file[Symbol.dispose]();
    },
  };
}

function shardPath(folder: string, at: number): string {
  return join(folder, `latents-${`${at}`.padStart(5, "0")}.safetensors`);
}

/** What tells the images from others: their ids and bytes. */
async function digestOfImages(set: ImageSet): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([set.size, set.ids]));
  for (let from = 0; from < set.length; from += 256) {
    const length = Math.min(256, set.length - from);
    const { images } = await set.read(Int32Array.from({ length }, (_, at) => from + at));
    hash.update(images);
  }
  return hash.digest("hex").slice(0, 24);
}

function disposable(tensor: tf.Tensor1D): { tensor: tf.Tensor1D } & Disposable {
  return { tensor, [Symbol.dispose]: () => tensor.dispose() };
}
