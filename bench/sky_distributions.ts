/**
 * `deno run -A bench/sky_distributions.ts`: colours, sizes and concentrations of simulated galaxies
 * beside those of real ones, measured by the same code in cut-outs of the same kinds.
 *
 * The real ones are those of Galaxy Zoo 2's main sample in `shared/data` beside the project, some
 * 200 of each kind; the simulated ones are selected as that sample is.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { kolmogorovSmirnov } from "galaxykit/metrics";
import { distributions } from "galaxykit/plot";
import sharp from "sharp";
import { runCommand } from "../lib/cli.ts";
import { median } from "../lib/statistics.ts";
import { type Photometry, photometry } from "./sky_photometry.ts";
import { KINDS, realImages, simulatedImages } from "./sky_pictures.ts";

const QUANTITIES: {
  name: keyof Photometry;
  title: string;
  label: string;
  range: [number, number];
}[] = [
  { name: "gr", title: "Colour g − r", label: "g − r within petroR90, mag", range: [0, 1.6] },
  { name: "ri", title: "Colour r − i", label: "r − i within petroR90, mag", range: [-0.1, 0.8] },
  { name: "petroR90", title: "Size", label: "petroR90, arcsec", range: [2, 20] },
  { name: "concentration", title: "Concentration", label: "petroR90 / petroR50", range: [1.5, 4] },
];

await runCommand({
  name: "sky_distributions",
  summary: "Compare colours, sizes and concentrations of simulated and real galaxies.",
  options: {
    out: {
      type: "string",
      value: "FILE",
      default: "runs/sky_distributions.png",
      description: "figure",
    },
    count: { type: "integer", default: 250, minimum: 1, description: "galaxies of each kind" },
    seed: { type: "integer", default: 1, description: "of the simulated galaxies" },
  },
}, async ({ out, count, seed }) => {
  const samples = {
    simulated: await measureAll(await simulatedImages(count, seed)),
    real: await measureAll(await realImages(count, { sample: "original" })),
  };
  console.log("quantity       kind        simulated    real      KS");
  for (const { name } of [...QUANTITIES, { name: "radius" as const }]) {
    for (const kind of [...Object.keys(KINDS), "all"]) {
      const [simulated, real] = [samples.simulated, samples.real].map((rows) =>
        rows.filter((row) => kind === "all" || row.kind === kind).map((row) => row[name])
          .filter(Number.isFinite)
      );
      const distance = kolmogorovSmirnov({ a: simulated, b: real });
      const numbers = [median(simulated), median(real), distance].map((value) =>
        value.toFixed(2).padStart(10)
      );
      console.log(`${name.padEnd(15)}${kind.padEnd(11)}${numbers.join("")}`);
    }
  }
  const rows = Object.entries(samples).flatMap(([sample, rows]) =>
    rows.map((row) => ({ ...row, sample }))
  );
  const panels = await Promise.all(QUANTITIES.map(({ name, title, label, range }) =>
    distributions({
      [name]: Float64Array.from(rows, (row) => row[name]),
      sample: rows.map(({ sample }) => sample),
    }, { column: name, by: "sample", label, range, bins: 32, title }).png()
  ));
  await saveSheet(out, panels);
  console.log(`\n${out}`);
});

type Row = Photometry & { kind: string };

async function measureAll(images: Map<string, Uint8Array[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [kind, files] of images) {
    for (const file of files) rows.push({ kind, ...await photometry(file) });
  }
  return rows;
}

/** Two panels a row. */
async function saveSheet(path: string, panels: Uint8Array[]): Promise<void> {
  const sizes = await Promise.all(panels.map((panel) => sharp(panel).metadata()));
  const width = Math.max(...sizes.map(({ width }) => width));
  const height = Math.max(...sizes.map(({ height }) => height));
  Deno.mkdirSync(join(path, ".."), { recursive: true });
  const rows = Math.ceil(panels.length / 2);
  await sharp({
    create: { width: 2 * width, height: rows * height, channels: 3, background: "#fff" },
  }).composite(
    panels.map((panel, at) => ({
      input: Buffer.from(panel),
      left: at % 2 * width,
      top: (at >> 1) * height,
    })),
  ).png().toFile(path);
}
