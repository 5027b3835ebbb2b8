/**
 * `deno task predict [merge | script]`: predicts galaxies with a trained run, also in many tasks of a
 * cluster, for which it writes the script and whose tables it joins.
 */

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { runCommand } from "../lib/cli.ts";
import {
  ARRAY_SCHEDULERS,
  arrayScript,
  mergePredictions,
  PREDICT,
  predictImages,
  type TaskSpeed,
} from "../lib/jobs/mod.ts";
import { commandLine, settingsOf } from "../lib/settings.ts";
import { writeSky } from "../lib/sky/mod.ts";
import { count, textTable } from "../lib/text.ts";
import { reporting } from "./_reports.ts";

const [verb, ...rest] = Deno.args;

if (verb === "merge") {
  await runCommand({
    name: "predict merge",
    summary:
      "Join what all tasks have predicted to one table, when each galaxy is there exactly once.",
    options: {
      tasks: {
        type: "string",
        value: "DIR",
        required: true,
        description: "out of the tasks, with a folder for each",
      },
      out: {
        type: "string",
        value: "FILE",
        required: true,
        description: "the table, .parquet or .csv",
      },
      price: {
        type: "number",
        above: 0,
        description: "what an hour of a task costs, to project what a million galaxies would",
      },
    },
  }, ({ tasks, out, price }) => {
    const merged = mergePredictions(tasks, { out });
    console.log(speedTable(merged.tasks, price));
    if (merged.left > 0) console.log(`${count(merged.left)} galaxies were left out by the tasks`);
    console.log(`${count(merged.count)} predictions: ${out}`);
  }, { args: rest });
}

if (verb === "script") {
  await runCommand({
    name: "predict script",
    summary: "Print a script that predicts in many tasks: an array of Slurm, a Job of Kubernetes.",
    options: {
      for: {
        type: "string",
        choices: ARRAY_SCHEDULERS,
        required: true,
        description: "the scheduler",
      },
      tasks: { type: "integer", minimum: 1, required: true, description: "how many tasks" },
      run: { type: "string", value: "RUN", required: true, description: "a run folder" },
      out: {
        type: "string",
        value: "DIR",
        required: true,
        description: "folder for all tasks, on a disk that all see",
      },
      cores: { type: "integer", minimum: 1, default: 4, description: "processors of a task" },
      memory: { type: "integer", minimum: 1, default: 8, description: "memory of a task, in GB" },
    },
    settings: PREDICT,
  }, ({ for: scheduler, tasks, run, out, cores, memory }, { settings }) => {
    const { part: _, ...known } = settingsOf(PREDICT, settings);
    const args = ["--run", run, ...commandLine(PREDICT, { ...known, part: undefined })];
    console.log(
      arrayScript({ scheduler, tasks, args: [...args, "--out", out], cores, memory }).trimEnd(),
    );
  }, { args: rest });
}

/** The simulated sky that is looked at where nothing else is given. */
const SKY = { count: 100, size: 128, seed: 2 };

await runCommand({
  name: "predict",
  summary: "Predict galaxies, of a folder or a catalogue, with a trained run; writes a table. " +
    "Without images and data: those of a simulated sky. For many tasks: predict script, predict merge.",
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

/** Galaxies a second of each task, and what a million would take at that pace. */
function speedTable(tasks: readonly TaskSpeed[], price: number | undefined): string {
  const sum = (of: (task: TaskSpeed) => number) =>
    tasks.reduce((total, task) => total + of(task), 0);
  const rows = [...tasks, {
    name: "together",
    galaxies: sum(({ galaxies }) => galaxies),
    seconds: sum(({ seconds }) => seconds),
  }].map(({ name, galaxies, seconds }) => {
    const hours = 1e6 * seconds / galaxies / 3600;
    return [
      ...[name, count(galaxies), seconds.toFixed(1), (galaxies / seconds).toFixed(1)],
      hours.toFixed(1),
      ...(price === undefined ? [] : [(hours * price).toFixed(2)]),
    ].map((text) => text === "NaN" ? "-" : text);
  });
  return textTable([
    ...["task", "galaxies", "seconds", "galaxies/s", "task hours for a million"],
    ...(price === undefined ? [] : ["cost of a million"]),
  ], rows);
}
