/** `deno task predict`: predicts galaxies with a trained run. */

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/mod.ts";
import { VIEWS } from "../lib/augment/mod.ts";
import { predictImages } from "../lib/jobs/mod.ts";
import { writeSky } from "../lib/sky/mod.ts";
import { leftOut } from "./_training.ts";

/** The simulated sky that is looked at where nothing else is given. */
const SKY = { count: 100, size: 128, seed: 2 };

await runCommand({
  name: "predict",
  summary: "Predict galaxies, of a folder or a catalogue, with a trained run; writes a table.",
  options: {
    run: { type: "string", value: "RUN", required: true, description: "a run folder" },
    images: {
      type: "string",
      value: "DIR",
      description: "the images (a simulated sky if neither --images nor --data is given)",
    },
    data: {
      type: "string",
      value: "TABLE",
      description: "the galaxies: .parquet or .csv with ids and file_loc, or a survey's catalogue",
    },
    mapping: {
      type: "string",
      value: "FILE",
      description: "gz2_filename_mapping, for a catalogue without asset ids",
    },
    out: {
      type: "string",
      value: "FILE",
      description:
        "the table, .parquet or .csv, or a folder for parts (predictions_NAME.parquet in RUN if not given)",
    },
    views: {
      type: "integer",
      default: 1,
      minimum: 1,
      maximum: VIEWS,
      description: "turned and mirrored views that a prediction is the mean of",
    },
    calibrated: {
      type: "boolean",
      description: "calibrate by the temperature that fits the run's validation images",
    },
    shard: {
      type: "integer",
      default: 10_000,
      minimum: 1,
      description: "rows of a part; a stopped task goes on after the last whole one",
    },
    skipBad: {
      type: "boolean",
      description: "leave out galaxies whose image is missing, damaged, or no image",
    },
  },
}, async ({ run, images, data, mapping, out, skipBad, ...options }, { signal }) => {
  using report = reporter();
  try {
    const source = images ?? data;
    const sky = join("runs", `sky-${SKY.count}-${SKY.size}-${SKY.seed}`);
    if (source === undefined && !existsSync(join(sky, "truth.parquet"))) {
      console.log(`Drawing ${SKY.count} simulated galaxies into ${sky}`);
      await writeSky(sky, {
        ...SKY,
        signal,
        onProgress: report,
      });
    }
    const name = basename(resolve(data ?? images ?? sky)).replace(/\.(csv|parquet)(\.gz)?$/, "");
    const file = out ?? join(run, `predictions_${name}.parquet`);
    const { count, kept, bad, missing, temperature } = await predictImages(run, {
      ...options,
      images,
      data: source === undefined ? sky : data,
      mapping,
      out: file,
      bad: skipBad ? "skip" : "error",
      signal,
      onProgress: (done, total) => report({ what: "Predicting", done, total, unit: "images" }),
    });
    report.done();
    if (missing.length > 0) {
      console.log(`${missing.length} galaxies left out that have no image, first ${missing[0]}`);
    }
    if (bad.length > 0) console.log(leftOut(bad));
    if (temperature !== undefined) {
      console.log(`calibrated by temperature ${temperature.toFixed(3)}`);
    }
    if (kept > 0) console.log(`${kept} of them were predicted before the stop`);
    console.log(`${count} ${count === 1 ? "prediction" : "predictions"}: ${file}`);
  } catch (error) {
    report.done();
    if (signal.aborted) console.error("Stopped. To go on, give the same command again");
    throw error;
  }
});
