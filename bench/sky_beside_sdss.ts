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
import { median } from "../lib/statistics.ts";
import { KINDS, realImages, simulatedImages, SIZE } from "./sky_pictures.ts";
import { measure } from "./sky_statistics.ts";

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
