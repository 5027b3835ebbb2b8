/**
 * `deno run -A bench/sky_beside_sdss.ts`: a sheet to look at. For each kind of galaxy a row of simulated
 * ones stands above a row of real SDSS cut-outs at the same scale.
 *
 * The real ones are the sample of Galaxy Zoo 2 in `shared/data` beside the project: of its four
 * labels the first, of all other kinds those that most volunteers answered so. Nobody was asked for
 * shells; below them are galaxies seen as disturbed.
 *
 * @module
 */

import { join } from "node:path";
import sharp, { type OverlayOptions } from "sharp";
import { runCommand } from "../lib/cli.ts";
import type { Galaxy } from "../lib/sky/galaxy.ts";
import { drawSubject, type Omens } from "../lib/sky/population.ts";
import { KINDS, pictureOf, realGalaxies, type RealGalaxy, SIZE } from "./sky_pictures.ts";

type Row = {
  holds: (galaxy: Omit<Galaxy, "stars" | "neighbours">) => boolean;
  wanted?: (omens: Omens) => boolean;
  /** How much a real galaxy is of the kind, by its vote fractions; 0 for not at all. */
  real: (votes: RealGalaxy) => number;
};

const odd = (answer: string) => ({ fraction }: RealGalaxy) =>
  fraction("t06_odd_a14_yes") * fraction(`t08_odd_feature_${answer}`);
const labelled = (name: string): Row => ({
  holds: KINDS[name],
  wanted: name === "merger" ? ({ companion }) => companion : undefined,
  real: ({ label }) => Number(label === name),
});
const isEarly = (name: string) => name === "elliptical" || name === "lenticular";

const ROWS: Record<string, Row> = {
  spiral: labelled("spiral"),
  elliptical: labelled("elliptical"),
  "edge-on": labelled("edge-on"),
  merger: labelled("merger"),
  irregular: {
    holds: ({ class: name, companion }) => name === "irregular" && !companion,
    real: odd("a22_irregular"),
  },
  tails: {
    holds: ({ tails }) => tails.length > 1,
    real: odd("a21_disturbed"),
  },
  ring: {
    holds: ({ rings, companion, disc }) =>
      !companion && rings.some(({ strength }) => strength > 0.12) && disc!.inclination < 60,
    real: odd("a19_ring"),
  },
  lane: {
    holds: ({ dustLane, class: name }) => isEarly(name) && dustLane !== null,
    wanted: ({ earlyLane }) => earlyLane,
    real: odd("a38_dust_lane"),
  },
  "edge-on lane": {
    holds: ({ dustLane, disc, companion }) =>
      !companion && (disc?.inclination ?? 0) > 80 && (dustLane?.opticalDepth ?? 0) > 0.6,
    real: odd("a38_dust_lane"),
  },
  boxy: {
    holds: ({ bulge, disc, companion }) =>
      !companion && (disc?.inclination ?? 0) > 80 && bulge.boxiness > 0.5 && bulge.fraction > 0.15,
    real: ({ fraction }) => fraction("t02_edgeon_a04_yes") * fraction("t09_bulge_shape_a26_boxy"),
  },
  arc: {
    holds: ({ arc }) => arc !== null,
    wanted: ({ arc }) => arc,
    real: odd("a20_lens_or_arc"),
  },
  shells: { holds: ({ shells }) => shells !== null, real: odd("a21_disturbed") },
};

await runCommand({
  name: "sky_beside_sdss",
  summary: "Show simulated galaxies beside real ones.",
  options: {
    out: {
      type: "string",
      value: "FILE",
      default: "runs/sky_beside_sdss.png",
      description: "sheet",
    },
    kinds: {
      type: "string",
      value: "NAMES",
      default: Object.keys(ROWS).join(","),
      description: "with commas between",
    },
    count: { type: "integer", default: 8, minimum: 1, description: "galaxies of each kind" },
    seed: { type: "integer", default: 1, description: "of the simulated galaxies" },
    cell: { type: "integer", default: 128, minimum: 16, description: "pixels of a picture's side" },
    crop: {
      type: "integer",
      default: SIZE,
      minimum: 16,
      description: "middle pixels shown, of 424",
    },
  },
}, async ({ out, kinds, count, seed, cell, crop }) => {
  const names = kinds.split(",");
  const real = realGalaxies();
  const cells: OverlayOptions[] = [];
  for (const [row, name] of names.entries()) {
    if (!Object.hasOwn(ROWS, name)) {
      throw new RangeError(
        `Cannot show galaxies: kinds must be among ${
          Object.keys(ROWS).join(", ")
        }, "${name}" found`,
      );
    }
    const kind = ROWS[name];
    const scores = new Map(real.map((galaxy) => [galaxy, kind.real(galaxy)]));
    const theirs = real.filter((galaxy) => scores.get(galaxy)! > 0)
      .sort((a, b) => scores.get(b)! - scores.get(a)!)
      .slice(0, count)
      .map(({ file }) => Deno.readFileSync(file));
    const ours = await Promise.all(simulated(kind, { count, seed }).map(pictureOf));
    for (const [side, images] of [ours, theirs].entries()) {
      for (const [column, image] of images.entries()) {
        const left = Math.floor((SIZE - crop) / 2);
        cells.push({
          input: await sharp(image).extract({ left, top: left, width: crop, height: crop })
            .resize(cell, cell).png().toBuffer(),
          left: column * cell,
          top: (2 * row + side) * cell + 6 * row,
        });
      }
    }
  }
  Deno.mkdirSync(join(out, ".."), { recursive: true });
  await sharp({
    create: {
      width: count * cell,
      height: names.length * (2 * cell + 6) - 6,
      channels: 3,
      background: "#fff",
    },
  }).composite(cells).png().toFile(out);
  console.log(`${out}: ${names.join(", ")}; of each, simulated ones above real ones`);
});

/** The first galaxies of a kind. */
function simulated(
  { holds, wanted }: Row,
  { count, seed }: { count: number; seed: number },
): Galaxy[] {
  const galaxies: Galaxy[] = [];
  for (let index = 0; galaxies.length < count; index++) {
    const drawn = drawSubject({ seed, index }, wanted);
    if (drawn && holds(drawn.subject)) galaxies.push(drawn.inField());
  }
  return galaxies;
}
