/** `deno task sim-to-real`: train on the simulated sky, test on real galaxies. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/mod.ts";
import {
  SIM_TO_REAL,
  simToReal,
  simToRealReport,
  writeSimToRealReport,
} from "../lib/recipes/mod.ts";
import { writeSky } from "../lib/sky/mod.ts";

await runCommand({
  name: "sim-to-real",
  summary: "Train ResNet-18 on the simulated sky alone, and test it on real galaxies.",
  options: {
    data: {
      type: "string",
      value: "DIR",
      description: "a GZ2 table and its images; without it, another simulated sky, of DECaLS",
    },
    profile: {
      type: "string",
      default: "small",
      choices: Object.keys(SIM_TO_REAL) as (keyof typeof SIM_TO_REAL)[],
      description: "how much to spend: seconds, half an hour on two cores, or a GPU",
    },
    count: { type: "integer", minimum: 100, description: "simulated galaxies (the profile's)" },
    epochs: { type: "integer", minimum: 1, description: "passes over them (the profile's)" },
    width: {
      type: "integer",
      minimum: 1,
      description: "channels of the first stage (the profile's)",
    },
    out: {
      type: "string",
      value: "DIR",
      default: "runs/sim-to-real",
      description: "where sky, networks and report are kept",
    },
  },
}, async ({ data: given, profile, out, ...changes }, { signal }) => {
  const chosen = Object.entries(changes).filter(([, value]) => value !== undefined);
  const settings = { ...SIM_TO_REAL[profile], ...Object.fromEntries(chosen) };
  const data = given ?? await anotherSky(join(out, "decals"), { ...settings, signal });
  using report = reporter();
  try {
    const runs = await simToReal(data, {
      out,
      settings,
      signal,
      onSky: report,
      onTraining: ({ what, epoch, step, steps }) =>
        report({ what: `${what}, epoch ${epoch}`, done: step, total: steps, unit: "steps" }),
      onRun: ({ labelling, seed, sky, fineTuned, scratch }) => {
        const [a, b, c] = [sky, fineTuned, scratch].map((test) => test.balancedAccuracy.toFixed(3));
        report({
          message: `${labelling}, seed ${seed}: sky ${a}, then real ${b}, real alone ${c}`,
        });
      },
    });
    report.done();
    console.log(`\n${simToRealReport(runs)}`);
    const paths = await writeSimToRealReport(runs, { out, data });
    console.log(`Kept in ${paths.join(", ")}`);
  } catch (error) {
    report.done();
    if (signal.aborted && existsSync(join(out, "config.json"))) {
      console.error("Stopped. To go on, give the same command again");
    }
    throw error;
  }
});

/** A sky to test on where there is no real one: other galaxies, through another telescope. */
async function anotherSky(
  folder: string,
  { skySeed, few, signal }: { skySeed: number; few: number; signal: AbortSignal },
): Promise<string> {
  const sky = {
    count: 4 * few,
    seed: skySeed + 1,
    size: 96,
    survey: "decals",
    format: "png",
  } as const;
  using report = reporter();
  await writeSky(folder, { ...sky, signal, onProgress: report });
  return folder;
}
