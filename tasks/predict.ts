/** `deno task predict`: the classes of a folder of images, by a trained run. */

import { basename, join, resolve } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { progress } from "../lib/plot/mod.ts";
import { predictImages } from "../lib/recipes/mod.ts";

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
    skipBad: { type: "boolean", description: "leave out files that are no images" },
  },
}, async ({ run, images, out, skipBad }, { signal }) => {
  const file = out ?? join(run, `predictions_${basename(resolve(images))}.parquet`);
  let bar: ReturnType<typeof progress> | undefined;
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
  if (bad.length > 0) console.log(`${bad.length} files left out, the first ${bad[0]!.path}`);
  console.log(`${count} predictions: ${file}`);
});
