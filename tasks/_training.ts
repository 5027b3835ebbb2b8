/**
 * What `classify` and `demo` share: generated images where none are given, progress, the closing
 * words.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { progress } from "../lib/plot/mod.ts";
import { LIMITS, PROFILES, type Settings, trainImageFolder } from "../lib/jobs/mod.ts";
import { writeGalaxyFolder } from "../lib/sky/mod.ts";
import type { OptionValues } from "../lib/cli.ts";

/** Options of a training run. Those without a default are the profile's. */
export const trainingOptions = {
  profile: {
    ...LIMITS.profile,
    default: "small",
    description: "how much to spend: seconds, or minutes on two cores",
  },
  epochs: { ...LIMITS.epochs, description: `passes over the images: ${profileValues("epochs")}` },
  size: {
    ...LIMITS.size,
    description: `side of what the network sees, in pixels: ${profileValues("size")}`,
  },
  crop: {
    ...LIMITS.crop,
    description: `share of the image that is looked at, about its centre: ${profileValues("crop")}`,
  },
  batch: { ...LIMITS.batch, description: `images in a step: ${profileValues("batch")}` },
  rate: { ...LIMITS.rate, description: `highest learning rate: ${profileValues("rate")}` },
  weights: {
    type: "string",
    value: "WEIGHTS",
    description: "trained weights of a ResNet-18 to begin with: a file, or hf:organisation/name",
  },
  augmentation: {
    ...LIMITS.augmentation,
    description: `random changes of training images: ${profileValues("augmentation")}`,
  },
  seed: {
    ...LIMITS.seed,
    description: `where every random choice comes from: ${profileValues("seed")}`,
  },
  skipBad: { type: "boolean", description: "leave out files that are no images, or damaged ones" },
  checkpointSeconds: {
    type: "number",
    default: 30,
    minimum: 0,
    description: "seconds between two checkpoints",
  },
} as const;

type TrainingOptions = Partial<OptionValues<typeof trainingOptions>> & {
  images?: string;
  out?: string;
  resume?: boolean;
};

/** Generated images: enough to learn from in a minute. */
const GENERATED = { count: 600, size: 96, seed: 1 };

/** Trains, showing progress, and says what came out. */
export async function classify(
  { out, resume = false, images, skipBad = false, checkpointSeconds, ...given }: TrainingOptions,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  if (resume && out === undefined) {
    throw new Error("Cannot resume: --out is missing; name the run folder to go on with");
  }
  const chosen = Object.entries({ images, ...given, "skip-bad": skipBad || undefined })
    .filter(([name, value]) => value !== undefined && name !== "profile");
  if (resume && chosen.length > 0) {
    throw new Error(
      `Cannot resume with --${
        chosen[0]![0]
      }: a resumed run keeps the settings of its config.json; leave the option out, or start another run`,
    );
  }
  const folder = out ?? freeFolder("runs", "classify");
  const settings: (Partial<Settings> & { images: string }) | undefined = resume ? undefined : {
    ...given,
    skipBad: skipBad || undefined,
    images: images ?? await generatedImages(),
  };
  let bar: ReturnType<typeof progress> | undefined;
  let trained = false;
  try {
    const { report, best, history, figure } = await trainImageFolder(folder, {
      settings,
      resume,
      checkpointSeconds,
      signal,
      onDecode({ done, total }) {
        bar ??= progress({ label: "Reading images", total });
        bar.update(done);
      },
      onStart({ set, bad, train, validation, model }) {
        bar?.done();
        bar = undefined;
        if (bad.length > 0) console.log(leftOut(bad));
        console.log(
          `${set.labels.length.toLocaleString("en")} images of ${set.classes.length} classes (${
            set.classes.join(", ")
          }): ${train} to train on, ${validation} for validation`,
        );
        console.log(
          `${model.modelName}, ${
            model.parameterCount().toLocaleString("en")
          } parameters; the run is kept in ${folder}`,
        );
      },
      onStep({ epoch, step, steps, loss }) {
        bar ??= progress({ label: `Epoch ${epoch}`, total: steps, start: step - 1, unit: "steps" });
        bar.update(step, `loss ${loss.toFixed(3)}`);
      },
      onEpoch(row) {
        trained = true;
        bar?.done();
        bar = undefined;
        console.log(
          `epoch ${row.epoch}: loss ${row.train_loss.toFixed(4)}, validation ${
            row.validation_loss.toFixed(4)
          }; accuracy ${row.train_accuracy.toFixed(4)}, validation ${
            row.validation_accuracy.toFixed(4)
          } (${row.seconds.toFixed(1)} s)`,
        );
      },
    });
    if (!trained) {
      console.log(`The run was finished already: all ${history.length} epochs are trained`);
    }
    console.log(
      `\nThe best epoch is ${best.epoch} of ${history.length}. On the validation images:\n`,
    );
    console.log(report.text);
    console.log(`\nConfusion matrix: ${figure}`);
  } catch (error) {
    bar?.done();
    bar = undefined;
    if (signal.aborted && existsSync(join(folder, "config.json"))) {
      console.error(`Stopped. To go on: deno task classify --resume --out ${folder}`);
    }
    throw error;
  } finally {
    bar?.done();
  }
}

/** Says that files were left out, and why. */
export function leftOut(bad: readonly { path: string; reason: string }[]): string {
  const [first] = bad;
  return `${bad.length} ${bad.length === 1 ? "file" : "files"} left out: ${first!.path} (${
    first!.reason
  })${bad.length > 1 ? " and others" : ""}`;
}

/** What a setting is when it is not given: "20, tiny 6". */
function profileValues(
  name: "epochs" | "size" | "crop" | "batch" | "rate" | "augmentation" | "seed",
) {
  const { small, tiny } = PROFILES;
  return small[name] === tiny[name] ? `${small[name]}` : `${small[name]}, tiny ${tiny[name]}`;
}

/** `runs/classify-1`, or the first number that is free. */
export function freeFolder(parent: string, name: string): string {
  for (let number = 1;; number++) {
    const folder = join(parent, `${name}-${number}`);
    if (!existsSync(folder)) return folder;
  }
}

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
