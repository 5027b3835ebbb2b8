/** `deno task threshold`: what a label threshold costs and buys. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/mod.ts";
import {
  THRESHOLD,
  type ThresholdProfile,
  thresholdRange,
  thresholdReport,
  thresholdTradeOff,
} from "../lib/recipes/mod.ts";

await runCommand({
  name: "threshold",
  summary:
    "Sweep the share of votes that makes a label: kept galaxies, label noise, accuracy, calibration.",
  options: {
    data: {
      type: "string",
      value: "DIR",
      description: "votes and images, such as Kaggle's; without it, a simulated sky",
    },
    images: { type: "string", value: "DIR", description: "folder of the images (the table's)" },
    fractions: {
      type: "string",
      choices: ["raw", "weighted", "debiased"],
      description: "which vote fractions make the labels (raw, or what the table has)",
    },
    thresholds: {
      type: "string",
      value: "LOW:HIGH:COUNT",
      description: "thresholds at even distances (0.475:0.95:20)",
    },
    profile: {
      type: "string",
      default: "small",
      choices: Object.keys(THRESHOLD) as ThresholdProfile[],
      description: "how much to spend: seconds, or minutes on two cores",
    },
    model: { type: "string", description: "a model of the registry (efficientnet_b0_mini)" },
    weights: {
      type: "string",
      value: "WEIGHTS",
      description:
        "its weights: a file, hf:organisation/name, or none for random values (the model's)",
    },
    size: { type: "integer", minimum: 32, description: "side of its images (the model's)" },
    crop: {
      type: "number",
      above: 0,
      maximum: 1,
      description: "share of an image's side that it sees (the model's)",
    },
    at: {
      type: "number",
      minimum: 0.5,
      maximum: 1,
      description: "threshold of the curves of volunteers and of coverage (0.6)",
    },
    skipMissing: { type: "boolean", description: "leave out galaxies without an image" },
    out: {
      type: "string",
      value: "DIR",
      description: "where everything is kept (runs/threshold-PROFILE if not given)",
    },
    seed: { type: "integer", minimum: 0, description: "where random choices come from (0)" },
  },
}, async ({ data, images, profile, thresholds, skipMissing, out, ...changes }, { signal }) => {
  const chosen = Object.entries(changes).filter(([, value]) => value !== undefined);
  const settings = {
    ...THRESHOLD[profile],
    ...Object.fromEntries(chosen),
    ...(thresholds === undefined ? {} : { thresholds: thresholdRange(thresholds) }),
  };
  const folder = out ?? `runs/threshold-${profile}`;
  using report = reporter();
  try {
    const { outcome, page } = await thresholdTradeOff(folder, {
      ...{ data, images, skipMissing, settings, signal },
      onProgress: report,
    });
    report.done();
    console.log(`\n${thresholdReport(outcome)}`);
    console.log(`\nReport: ${page}; with a slider: ${join(folder, "threshold_tradeoff.html")}`);
  } catch (error) {
    report.done();
    if (signal.aborted && existsSync(join(folder, "config.json"))) {
      console.error("Stopped. To go on, give the same command again");
    }
    throw error;
  }
});
