/**
 * Latents that are cached in a process of its own, so that it can be killed: a line is printed after each
 * batch of images.
 *
 *     deno run -A tests/generation/_latents_child.ts FOLDER
 */

import { imageSet } from "galaxykit/data";
import { cacheLatents } from "galaxykit/generation";
import { meanCodec } from "./_pipelines.ts";

const [COUNT, SIZE] = [24, 8];

/** What is cached. */
export const set = imageSet({
  images: Uint8Array.from({ length: COUNT * SIZE * SIZE * 3 }, (_, at) => 97 * at % 256),
  size: SIZE,
});

/** How: six shards, each in two batches. */
export const options = { codec: meanCodec, codecName: "means", perShard: 4, batchSize: 2 };

if (import.meta.main) {
  using _latents = await cacheLatents(Deno.args[0]!, set, {
    ...options,
    onProgress(report) {
      if ("done" in report) console.log(report.done);
      // Time for the other process to kill this one in the middle
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    },
  });
  Deno.exit(0);
}
