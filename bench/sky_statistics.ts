/**
 * Simulated and real cut-outs of the same kinds, and a few numbers about a cut-out.
 *
 * @module
 */

import { join } from "node:path";
import sharp from "sharp";
import type { Galaxy } from "../lib/sky/galaxy.ts";
import { drawGalaxy } from "../lib/sky/population.ts";
import { renderGalaxy } from "../lib/sky/render.ts";
import { median } from "../lib/statistics.ts";

/** Side of GZ2's cut-outs, in pixels. */
export const SIZE = 424;

/** The sample of real galaxies, from the project's root. */
export const REAL = "../shared/data/gz2_hart16_sample";

/** Galaxies like those of the sample's labels. */
export const KINDS: Record<string, (galaxy: Galaxy) => boolean> = {
  spiral: ({ class: galaxyClass, companion, disc }) =>
    galaxyClass === "spiral" && !companion && disc!.inclination < 65,
  elliptical: ({ class: galaxyClass, companion, disc }) =>
    !companion &&
    (galaxyClass === "elliptical" || galaxyClass === "lenticular" && disc!.inclination < 60),
  "edge-on": ({ disc, companion }) => !companion && (disc?.inclination ?? 0) > 78,
  merger: ({ companion }) => companion !== null,
};

/**
 * The first `count` files of each kind in the real sample.
 *
 * @param options.sample Take those of one sample of GZ2 only; "original" is the main one, to r = 17
 */
export async function realImages(
  count: number,
  { sample }: { sample?: string } = {},
): Promise<Map<string, Uint8Array[]>> {
  const [header, ...lines] = Deno.readTextFileSync(join(REAL, "catalog.csv")).trim().split("\n")
    .map((line) => line.split(","));
  const [id, label, part] = ["asset_id", "derived_label", "sample"]
    .map((name) => header.indexOf(name));
  const images = new Map<string, Uint8Array[]>();
  for (const kind of Object.keys(KINDS)) {
    const chosen = lines.filter((line) =>
      line[label] === kind && (!sample || line[part] === sample)
    )
      .slice(0, count);
    images.set(
      kind,
      await Promise.all(
        chosen.map((line) => Deno.readFile(join(REAL, "images", `${line[id]}.jpg`))),
      ),
    );
  }
  return images;
}

/** The first galaxies of each kind, as JPEG files of the quality of the real ones. */
export async function simulatedImages(
  count: number,
  seed: number,
): Promise<Map<string, Uint8Array[]>> {
  const images = new Map<string, Uint8Array[]>();
  for (const [kind, belongs] of Object.entries(KINDS)) {
    const files: Uint8Array[] = [];
    for (let index = 0; files.length < count; index++) {
      const galaxy = drawGalaxy({ seed, index });
      if (!belongs(galaxy)) continue;
      const { pixels } = renderGalaxy(galaxy, { size: SIZE });
      files.push(
        await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
          .jpeg({ quality: 75 }).toBuffer(),
      );
    }
    images.set(kind, files);
  }
  return images;
}

/** One pixel in this many is looked at: prime to the side, so that all columns are. */
const STRIDE = 13;

/** Sky and its scatter far from the galaxy, median light near its middle, share of bright pixels. */
export async function measure(image: Uint8Array): Promise<number[]> {
  const pixels = await sharp(image).raw().toBuffer();
  const sky: number[][] = [];
  const middle: number[][] = [];
  let bright = 0;
  for (let at = 0; at < SIZE * SIZE; at += STRIDE) {
    const r = Math.hypot(at % SIZE - SIZE / 2, Math.floor(at / SIZE) - SIZE / 2);
    const rgb = [...pixels.subarray(3 * at, 3 * at + 3)];
    if (rgb[0] + rgb[1] + rgb[2] > 120) bright++;
    if (r > 150) sky.push(rgb);
    else if (r >= 10 && r < 20) middle.push(rgb);
  }
  // Without the brightest three tenths, which are stars and other galaxies.
  sky.sort((a, b) => a[0] + a[1] + a[2] - b[0] - b[1] - b[2]).length = Math.round(0.7 * sky.length);
  const channels = [0, 1, 2];
  const means = channels.map((k) => sky.reduce((sum, rgb) => sum + rgb[k], 0) / sky.length);
  const deviations = channels.map((k) =>
    Math.sqrt(sky.reduce((sum, rgb) => sum + (rgb[k] - means[k]) ** 2, 0) / sky.length)
  );
  return [
    ...means,
    ...deviations,
    ...channels.map((k) => median(middle.map((rgb) => rgb[k]))),
    bright * STRIDE / SIZE ** 2,
  ];
}
