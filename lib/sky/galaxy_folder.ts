/**
 * Simulated galaxies as image files, one folder per class.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { forEachConcurrent } from "../data/images/concurrency.ts";
import { temporaryName } from "../files.ts";
import { refuseUnknown } from "../options.ts";
import { fractionsOf, tally } from "./consistency.ts";
import { encode } from "./sky_folder.ts";
import { SkyWorkers, threadsFor } from "./sky_workers.ts";
import type { Votes } from "./volunteers.ts";

/** The classes that {@linkcode writeGalaxyFolder} sorts galaxies into. */
export const galaxyKinds = ["edge-on", "smooth", "spiral"] as const;

/** A class of {@linkcode writeGalaxyFolder}. */
export type GalaxyKind = typeof galaxyKinds[number];

/**
 * Writes `count` pictures of simulated galaxies on whose class most volunteers agree, as many of
 * each class, as `folder/spiral/000002.png`; the classes are numbered in turn. The folder appears
 * when it is complete: the images are written under a temporary name beside it.
 *
 * - smooth: 7 of 10 see no features;
 * - edge-on, spiral: half see features, and 7 of 10 of them a disc from its edge, or spiral arms.
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
  options: {
    /** Number of images of all classes together. */
    count: number;
    /** Side of an image, in pixels. @default {96} */
    size?: number;
    /** Any integer; the same seed writes the same pixels. @default {0} */
    seed?: number;
    /** PNG keeps the pixels exactly, JPEG (quality 90) is what surveys serve. @default {"png"} */
    format?: "png" | "jpeg";
  },
): Promise<void> {
  refuseUnknown(options, { count: true, size: true, seed: true, format: true }, {
    what: "write galaxies",
  });
  const { count, size = 96, seed = 0, format = "png" } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`Cannot write galaxies: count must be a positive integer, ${count} found`);
  }
  if (existsSync(folder)) {
    throw new Error(`Cannot write galaxies to "${folder}": it exists already, name a new folder`);
  }
  const temporary = temporaryName(folder);
  try {
    using workers = new SkyWorkers({ workers: threadsFor(3 * count) }); // Of three one is sure
    const chosen = await choose(workers, { count, seed });
    for (const kind of galaxyKinds) Deno.mkdirSync(join(temporary, kind), { recursive: true });
    await forEachConcurrent(chosen.length, {
      limit: 3 * workers.count,
      async task(number) {
        const { index, kind, place } = chosen[number];
        const pixels = await workers.picture({ seed, index, survey: "sdss", size });
        const name = `${String(place).padStart(6, "0")}.${format === "png" ? "png" : "jpg"}`;
        Deno.writeFileSync(join(temporary, kind, name), await encode(pixels, { size, format }));
      },
    });
    Deno.renameSync(temporary, folder);
  } catch (cause) {
    if (existsSync(temporary)) Deno.removeSync(temporary, { recursive: true });
    throw new Error(`Cannot write galaxies to "${folder}": ${(cause as Error).message}`, { cause });
  }
}

/** A galaxy of the sky and its place in the folder. */
type Chosen = {
  index: number;
  kind: GalaxyKind;
  place: number;
};

/** The first galaxies of each class, numbered in turn: 0 edge-on, 1 smooth, 2 spiral, 3 edge-on … */
async function choose(
  workers: SkyWorkers,
  { count, seed }: { count: number; seed: number },
): Promise<Chosen[]> {
  const chosen: Chosen[] = [];
  /** The number that the next galaxy of each class gets. */
  const next = new Map(galaxyKinds.map((kind, k) => [kind, k]));
  const chunk = 16;
  const pieces = Array.from({ length: workers.count }, (_, piece) => piece * chunk);
  for (let first = 0; chosen.length < count; first += pieces.length * chunk) {
    const drawn = await Promise.all(pieces.map((offset) => {
      const start = first + offset;
      return workers.classify({ seed, start, end: start + chunk, survey: "sdss" });
    }));
    for (const { galaxy: { index }, votes } of drawn.flat()) {
      const kind = kindOf(votes);
      const place = kind === undefined ? count : next.get(kind)!;
      if (place >= count) continue;
      next.set(kind!, place + galaxyKinds.length);
      chosen.push({ index, kind: kind!, place });
    }
  }
  return chosen;
}

/** The class on which volunteers agree, if they do. */
function kindOf(votes: Votes): GalaxyKind | undefined {
  // Positions in the tree: smooth, features; edge-on; spiral (a01, a02, a04, a08).
  const [smooth, features, , edgeOn, , , , spiral] = fractionsOf(tally(votes));
  if (smooth >= 0.7) return "smooth";
  if (features < 0.5) return undefined;
  if (edgeOn >= 0.7) return "edge-on";
  return spiral >= 0.7 && edgeOn < 0.3 ? "spiral" : undefined;
}
