/** `deno task classify`: trains a classifier on a folder of images. */

import { runCommand } from "../lib/cli.ts";
import { classify, trainingOptions } from "./_training.ts";

await runCommand({
  name: "classify",
  summary: "Train ResNet-18 on a folder of images, one subfolder a class; leaves a run folder.",
  options: {
    images: {
      type: "string",
      value: "DIR",
      description: "the images; without it, generated galaxies",
    },
    out: {
      type: "string",
      value: "RUN",
      description: "the run folder (runs/classify-N if not given)",
    },
    ...trainingOptions,
    resume: { type: "boolean", description: "go on with the run in --out, with its own settings" },
  },
}, classify);
