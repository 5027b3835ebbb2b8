/** `deno task predict`: predicts galaxies with a trained run. */

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { PREDICT, predictImages } from "../lib/jobs/mod.ts";
import { writeSky } from "../lib/sky/mod.ts";
import { reporting } from "./_reports.ts";

/** The simulated sky that is looked at where nothing else is given. */
const SKY = { count: 100, size: 128, seed: 2 };

await runCommand({
  name: "predict",
  summary: "Predict galaxies, of a folder or a catalogue, with a trained run; writes a table. " +
    "Without images and data: those of a simulated sky.",
  options: {
    run: { type: "string", value: "RUN", required: true, description: "a run folder" },
    out: {
      type: "string",
      value: "FILE",
      defaultText: "predictions_NAME.parquet in RUN",
      description:
        "the table, .parquet or .csv, which takes the place of an older one; or a folder for parts",
    },
  },
  settings: PREDICT,
}, async ({ run, out }, { settings, signal }) => {
  await reporting({ signal, kept: run }, async (report) => {
    const source = settings.data ?? settings.images;
    const sky = join("runs", `sky-${SKY.count}-${SKY.size}-${SKY.seed}`);
    if (source === undefined && !existsSync(join(sky, "truth.parquet"))) {
      console.log(`Drawing ${SKY.count} simulated galaxies into ${sky}`);
      await writeSky(sky, { ...SKY, signal, onProgress: report });
    }
    const name = basename(resolve(source ?? sky)).replace(/\.(csv|parquet)(\.gz)?$/, "");
    const file = out ?? join(run, `predictions_${name}.parquet`);
    const { count, kept, temperature } = await predictImages(run, {
      ...settings,
      ...(source === undefined ? { data: sky } : {}),
      ...{ out: file, signal, onProgress: report },
    });
    report.done();
    if (temperature !== undefined) {
      console.log(`calibrated by temperature ${temperature.toFixed(3)}`);
    }
    if (kept > 0) console.log(`${kept} of them were predicted before the stop`);
    console.log(`${count} ${count === 1 ? "prediction" : "predictions"}: ${file}`);
  });
});
