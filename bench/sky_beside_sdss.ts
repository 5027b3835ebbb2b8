/**
 * `deno run -A bench/sky_beside_sdss.ts`: simulated galaxies beside real SDSS cut-outs of the same
 * four kinds at the same scale, as a sheet to look at and as a table of medians to compare.
 *
 * The real ones are the sample of Galaxy Zoo 2 in `shared/data` beside the project.
 *
 * @module
 */

import { join } from "node:path";
import sharp from "sharp";
import { runCommand } from "../lib/cli.ts";
import { type Galaxy } from "../lib/sky/galaxy.ts";
import { drawGalaxy } from "../lib/sky/population.ts";
import { renderGalaxy } from "../lib/sky/render.ts";

const SIZE = 424;
const REAL = "../shared/data/gz2_hart16_sample";

/** Galaxies like those of the sample's labels. */
const KINDS: Record<string, (galaxy: Galaxy) => boolean> = {
  spiral: ({ class: galaxyClass, companion, disc }) =>
    galaxyClass === "spiral" && !companion && disc!.inclination < 65,
  elliptical: ({ class: galaxyClass, companion, disc }) =>
    !companion &&
    (galaxyClass === "elliptical" || galaxyClass === "lenticular" && disc!.inclination < 60),
  "edge-on": ({ disc, companion }) => !companion && (disc?.inclination ?? 0) > 78,
  merger: ({ companion }) => companion !== null,
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
    count: { type: "integer", default: 16, minimum: 1, description: "galaxies of each kind" },
    seed: { type: "integer", default: 1, description: "of the simulated galaxies" },
    cell: { type: "integer", default: 212, minimum: 16, description: "pixels of a picture's side" },
    crop: {
      type: "integer",
      default: SIZE,
      minimum: 16,
      description: "middle pixels shown, of 424",
    },
  },
}, async ({ out, count, seed, cell, crop }) => {
  const real = await realImages(count);
  const simulated = await simulatedImages(count, seed);
  const columns = Math.ceil(Math.sqrt(4 * count));
  const cells = await Promise.all([...simulated.entries(), ...real.entries()].flatMap(
    ([, images], group) =>
      images.map(async (image, number) => {
        const at = (group % 4) * count + number;
        const side = group < 4 ? 0 : columns * cell + 8;
        const left = Math.floor((SIZE - crop) / 2);
        return {
          input: await sharp(image).extract({ left, top: left, width: crop, height: crop })
            .resize(cell, cell).png().toBuffer(),
          left: side + (at % columns) * cell,
          top: Math.floor(at / columns) * cell,
        };
      }),
  ));
  const rows = Math.ceil(4 * count / columns);
  Deno.mkdirSync(join(out, ".."), { recursive: true });
  await sharp({
    create: { width: 2 * columns * cell + 8, height: rows * cell, channels: 3, background: "#fff" },
  }).composite(cells).png().toFile(out);
  console.log(`${out}: simulated on the left, real on the right\n`);
  console.log(
    "kind                  sky r g b       its noise r g b   light r g b at 10-20 px  area",
  );
  for (const kind of Object.keys(KINDS)) {
    for (const [name, images] of [["simulated", simulated], ["real", real]] as const) {
      const rowsOf = await Promise.all(images.get(kind)!.map(measure));
      const medians = rowsOf[0].map((_, column) => median(rowsOf.map((row) => row[column])));
      console.log(`${kind.padEnd(11)}${name.padEnd(11)}${medians.map(format).join("")}`);
    }
  }
});

function format(value: number, column: number): string {
  return value.toFixed(column === 9 ? 4 : 1).padStart(column % 3 === 0 ? 8 : 6);
}

async function realImages(count: number): Promise<Map<string, Uint8Array[]>> {
  const [header, ...lines] = Deno.readTextFileSync(join(REAL, "catalog.csv")).trim().split("\n")
    .map((line) => line.split(","));
  const [id, label] = ["asset_id", "derived_label"].map((name) => header.indexOf(name));
  const images = new Map<string, Uint8Array[]>();
  for (const kind of Object.keys(KINDS)) {
    const chosen = lines.filter((line) => line[label] === kind).slice(0, count);
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
async function simulatedImages(count: number, seed: number): Promise<Map<string, Uint8Array[]>> {
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

/** Sky and its scatter far from the galaxy, median light near its middle, share of bright pixels. */
async function measure(image: Uint8Array): Promise<number[]> {
  const pixels = await sharp(image).raw().toBuffer();
  const sky: number[][] = [];
  const middle: number[][] = [];
  let bright = 0;
  for (let at = 0; at < SIZE * SIZE; at++) {
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
    bright / SIZE ** 2,
  ];
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
