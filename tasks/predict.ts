/** `deno task predict`: the classes of a folder of images, by a trained run. */

import { basename, join, resolve } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { progress } from "../lib/plot/mod.ts";
import { predictImages } from "../lib/recipes/mod.ts";
import { leftOut } from "./_training.ts";

await runCommand({
  name: "predict",
  summary: "Predict the classes of a folder of images; writes a table.",
  options: {
    run: { type: "string", value: "RUN", required: true, description: "a run folder" },
    images: { type: "string", value: "DIR", required: true, description: "the images" },
    out: {
      type: "string",
      value: "FILE",
      description: "the table, .parquet or .csv (predictions_DIR.parquet in RUN if not given)",
    },
    skipBad: {
      type: "boolean",
      description: "leave out files that are no images, or damaged ones",
    },
  },
}, async ({ run, images, out, skipBad }, { signal }) => {
  const file = out ?? join(run, `predictions_${basename(resolve(images))}.parquet`);
  let bar: ReturnType<typeof progress> | undefined;
  try {
    const { count, bad } = await predictImages(run, {
      images,
      out: file,
      bad: skipBad ? "skip" : "error",
      signal,
      onProgress(done, total) {
        bar ??= progress({ label: "Predicting", total });
        bar.update(done);
      },
    });
    bar?.done();
    bar = undefined;
    if (bad.length > 0) console.log(leftOut(bad));
    console.log(`${count} ${count === 1 ? "prediction" : "predictions"}: ${file}`);
  } finally {
    bar?.done();
  }
});
