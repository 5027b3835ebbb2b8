/**
 * Generated galaxies as image files, one folder per class.
 *
 * @module
 */

import { join } from "node:path";
import sharp from "sharp";
import { forEachConcurrent } from "../data/images/concurrency.ts";
import { temporaryName } from "../files.ts";
import { galaxy, type GalaxyKind, galaxyKinds } from "./placeholder.ts";

/**
 * Writes `count` generated galaxies, each kind in turn, as `folder/kind/000012.png`. The folder
 * appears when it is complete: the images are written under a temporary name beside it.
 *
 * @throws {RangeError} When the count is no positive integer
 * @throws {Error} When the folder exists already, or cannot be written; nothing is left behind
 *
 * @example
 * ```ts
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 6, size: 32, seed: 1 });
 * const names = [...Deno.readDirSync(`${folder}/spiral`)].map(({ name }) => name);
 * assert.deepEqual(names.sort(), ["000002.png", "000005.png"]);
 * ```
 */
export async function writeGalaxyFolder(
  folder: string,
  { count, size = 96, seed, format = "png" }: {
    /** Number of images of all kinds together. */
    count: number;
    /** Side of an image, in pixels. @default {96} */
    size?: number;
    /** Any integer; the same seed writes the same pixels. */
    seed: number;
    /** PNG keeps the pixels exactly, JPEG (quality 90) is what surveys serve. @default {"png"} */
    format?: "png" | "jpeg";
  },
): Promise<void> {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`Cannot write galaxies: count must be a positive integer, ${count} found`);
  }
  if (exists(folder)) {
    throw new Error(`Cannot write galaxies to "${folder}": it exists already, name a new folder`);
  }
  const temporary = temporaryName(folder);
  try {
    for (const kind of galaxyKinds) Deno.mkdirSync(join(temporary, kind), { recursive: true });
    await forEachConcurrent(count, {
      limit: navigator.hardwareConcurrency + 1, // one is drawn while the others are encoded
      async task(index) {
        const kind: GalaxyKind = galaxyKinds[index % galaxyKinds.length];
        const name = `${String(index).padStart(6, "0")}.${format === "png" ? "png" : "jpg"}`;
        const pixels = galaxy({ seed, index, size, kind });
        await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
          .toFormat(format, format === "jpeg" ? { quality: 90 } : {})
          .toFile(join(temporary, kind, name));
      },
    });
    Deno.renameSync(temporary, folder);
  } catch (cause) {
    if (exists(temporary)) Deno.removeSync(temporary, { recursive: true });
    throw new Error(`Cannot write galaxies to "${folder}": ${(cause as Error).message}`, { cause });
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
