/**
 * Simulated and real cut-outs of the same kinds of galaxies.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { Galaxy } from "../lib/sky/galaxy.ts";
import { drawGalaxy } from "../lib/sky/population.ts";
import { renderGalaxy } from "../lib/sky/render.ts";

/** Side of GZ2's cut-outs, in pixels. */
export const SIZE = 424;

/** Where the real galaxies are, from the project's root. */
const SHARED = "../shared/data";

/** The sample of real galaxies. */
export const REAL = join(SHARED, "gz2_hart16_sample");

/** The two samples of images of the Galaxy Zoo challenge at Kaggle. */
const KAGGLE = [join(SHARED, "kaggle_sample/images"), join(SHARED, "kaggle_spirals/train")];

/** JPEG files of each kind. */
export type Pictures = Map<string, Uint8Array[]>;

/** Galaxies like those of the sample's labels. */
export const KINDS: Record<
  string,
  (galaxy: Omit<Galaxy, "stars" | "neighbours">) => boolean
> = {
  spiral: ({ class: galaxyClass, companion, disc }) =>
    galaxyClass === "spiral" && !companion && disc!.inclination < 65,
  elliptical: ({ class: galaxyClass, companion, disc }) =>
    !companion &&
    (galaxyClass === "elliptical" || galaxyClass === "lenticular" && disc!.inclination < 60),
  "edge-on": ({ disc, companion }) => !companion && (disc?.inclination ?? 0) > 78,
  merger: ({ companion }) => companion !== null,
};

/** The classes of Kaggle's labels that are of one of the kinds. */
const KAGGLE_KINDS: Record<string, string> = {
  0: "elliptical", // round
  1: "elliptical", // in-between
  3: "edge-on",
  4: "spiral",
};

/** Half of the real sample: the sky's look was tuned on one, the other never looked at. */
export type Half = "tuning" | "unseen";

/** The half that a galaxy is in, by the hash of its id. */
export function halfOf(id: string): Half {
  return createHash("sha256").update(id).digest()[0] % 2 === 0 ? "tuning" : "unseen";
}

/** A galaxy of the real sample. */
export type RealGalaxy = {
  id: string;
  file: string;
  /** One of the kinds. */
  label: string;
  /** Sample of GZ2; "original" is the main one, to r = 17. */
  sample: string;
  /** Weighted vote fraction of an answer, 0 where it is missing. */
  fraction: (answer: string) => number;
};

/** The real sample. */
export function realGalaxies(): RealGalaxy[] {
  const [header, ...lines] = linesOf(join(REAL, "catalog.csv"));
  return lines.map((line) => {
    const of = (name: string) => line[header.indexOf(name)];
    return {
      id: of("asset_id"),
      file: join(REAL, "images", `${of("asset_id")}.jpg`),
      label: of("derived_label"),
      sample: of("sample"),
      fraction: (answer) => Number(of(`${answer}_weighted_fraction`)) || 0,
    };
  });
}

/**
 * The first `count` files of each kind in the real sample.
 *
 * @param options.sample Take those of one sample of GZ2 only
 */
export async function realImages(
  count: number,
  { sample, half }: { sample?: string; half?: Half } = {},
): Promise<Pictures> {
  const galaxies = realGalaxies().filter((galaxy) =>
    (!sample || galaxy.sample === sample) && (!half || halfOf(galaxy.id) === half)
  );
  const images: Pictures = new Map();
  for (const kind of Object.keys(KINDS)) {
    const chosen = galaxies.filter(({ label }) => label === kind).slice(0, count);
    images.set(kind, await Promise.all(chosen.map(({ file }) => Deno.readFile(file))));
  }
  return images;
}

/** The first `count` of Kaggle's images of each kind that its labels know. */
export async function kaggleImages(count: number): Promise<Pictures> {
  const files = new Map<string, string>();
  const folders = [KAGGLE[0], join(KAGGLE[1], "spirals"), join(KAGGLE[1], "non_spirals")];
  for (const folder of folders) {
    for (const { name } of Deno.readDirSync(folder)) {
      files.set(name.replace(".jpg", ""), join(folder, name));
    }
  }
  const images: Pictures = new Map();
  const [, ...lines] = linesOf(join(SHARED, "kaggle_spirals/five_class_labels.csv"));
  for (const [, id, label] of lines) {
    const kind = KAGGLE_KINDS[label];
    const file = files.get(id);
    if (!kind || !file) continue;
    const found = images.get(kind) ?? [];
    if (found.length < count) images.set(kind, [...found, await Deno.readFile(file)]);
  }
  return images;
}

/** Whether the real galaxies are there. */
export function realImagesAreThere(): boolean {
  return existsSync(REAL);
}

function linesOf(path: string): string[][] {
  return Deno.readTextFileSync(path).trim().split("\n").map((line) => line.trim().split(","));
}

/** The first galaxies that belong to a kind. */
export function simulatedGalaxies(
  belongs: (galaxy: Galaxy) => boolean,
  { count, seed }: { count: number; seed: number },
): Galaxy[] {
  const galaxies: Galaxy[] = [];
  for (let index = 0; galaxies.length < count; index++) {
    const galaxy = drawGalaxy({ seed, index });
    if (belongs(galaxy)) galaxies.push(galaxy);
  }
  return galaxies;
}

/** A galaxy's picture as a JPEG file of the quality of the real ones. */
export async function pictureOf(galaxy: Galaxy): Promise<Uint8Array> {
  const { pixels } = renderGalaxy(galaxy, { size: SIZE });
  return await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .jpeg({ quality: 75 }).toBuffer();
}

/** The first galaxies of each kind. */
export async function simulatedImages(count: number, seed: number): Promise<Pictures> {
  const images: Pictures = new Map();
  for (const [kind, belongs] of Object.entries(KINDS)) {
    const files: Uint8Array[] = [];
    for (const galaxy of simulatedGalaxies(belongs, { count, seed })) {
      files.push(await pictureOf(galaxy));
    }
    images.set(kind, files);
  }
  return images;
}
