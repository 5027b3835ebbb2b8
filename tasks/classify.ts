/** `deno task classify`: trains a classifier on a folder of images. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lib/cli.ts";
import { COMMON } from "../lib/jobs/common_settings.ts";
import { CLASSIFY, trainImageFolder } from "../lib/jobs/mod.ts";
import { flagOf } from "../lib/settings.ts";
import { writeGalaxyFolder } from "../lib/sky/mod.ts";
import { freeFolder } from "./_folders.ts";
import { reporting } from "./_reports.ts";

/** Generated images: enough to learn from in a minute. */
const GENERATED = { count: 600, size: 96, seed: 1 };

await runCommand({
  name: "classify",
  summary: "Train a network on a folder of images, one subfolder a class; leaves a run folder. " +
    "Without images: generated galaxies.",
  options: {
    out: {
      type: "string",
      value: "RUN",
      defaultText: "runs/classify-N",
      description: "the run folder",
    },
    resume: { type: "boolean", description: "go on with the run in out, with its own settings" },
    tensorBoard: COMMON.tensorBoard,
    checkpointSeconds: {
      type: "number",
      default: 30,
      minimum: 0,
      description: "seconds between two checkpoints",
    },
  },
  settings: CLASSIFY,
}, async ({ out, resume, tensorBoard, checkpointSeconds }, { settings: given, signal }) => {
  if (resume && out === undefined) {
    throw new Error("Cannot resume: --out is missing; name the run folder to go on with");
  }
  const [first] = Object.keys(given);
  if (resume && first !== undefined) {
    throw new Error(
      `Cannot resume with ${
        flagOf(first)
      }: a resumed run keeps the settings of its config.json; leave the option out, or start another run`,
    );
  }
  const folder = out ?? freeFolder("runs", "classify");
  const settings = resume
    ? undefined
    : { ...given, images: given.images ?? await generatedImages() };
  const stopped = {
    ...{ signal, kept: join(folder, "config.json") },
    command: `deno task classify --resume --out ${folder}`,
  };
  await reporting(stopped, async (onProgress) => {
    const { report, best, history, figure } = await trainImageFolder(folder, {
      ...{ settings, resume, tensorBoard, checkpointSeconds, signal, onProgress },
    });
    console.log(
      `\nThe best epoch is ${best.epoch} of ${history.length}. On the validation images:\n`,
    );
    console.log(report.text);
    console.log(`\nConfusion matrix: ${figure}`);
  });
});

/** A folder of generated galaxies, made at the first use. */
async function generatedImages(): Promise<string> {
  const { count, size, seed } = GENERATED;
  const folder = join("runs", `galaxies-${count}-${size}-${seed}`);
  if (!existsSync(folder)) {
    console.log(`Drawing ${count} galaxies into ${folder}`);
    await writeGalaxyFolder(folder, { count, size, seed });
  }
  return folder;
}
