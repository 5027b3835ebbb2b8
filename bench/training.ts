/**
 * The main job beside PyTorch: both train the same network with the same recipe on the same images
 * and split, from other random numbers, for several seeds; the table compares them epoch by epoch.
 *
 *     deno run -A bench/training.ts --images DIR [--seeds 3] [--epochs 20] [--out FILE]
 *
 * The Python with torch is `$GALAXYKIT_BENCH_PYTHON`, or `python3`.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../lib/cli.ts";
import { loadImageFolder, stratifiedSplit } from "../lib/data/mod.ts";
import { writeFileAtomic } from "../lib/files.ts";
import { modelCard } from "../lib/models/mod.ts";
import { mean } from "../lib/statistics.ts";
import { type ClassifySettings, classifySettings, trainImageFolder } from "../lib/jobs/mod.ts";
import type { Epoch } from "../lib/train/mod.ts";
import { writeSafetensors } from "../lib/weights/mod.ts";

const TWIN = fileURLToPath(new URL("reference/training.py", import.meta.url));

/** What both sides report of an epoch. */
type Row = Pick<Epoch, "train_loss" | "seconds" | `validation_${string}`>;

await runCommand({
  name: "training",
  summary: "Train beside PyTorch on the same images and split, for several seeds.",
  options: {
    images: { type: "string", value: "DIR", required: true, description: "one folder a class" },
    seeds: { type: "integer", default: 3, minimum: 1, description: "runs of each side" },
    epochs: { type: "integer", default: 20, minimum: 1, description: "passes over the images" },
    out: { type: "string", value: "FILE", description: "write the histories as JSON, too" },
  },
}, async ({ images, seeds, epochs, out }, { signal }) => {
  const folder = Deno.makeTempDirSync();
  const ours: Row[][] = [];
  const theirs: Row[][] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const settings = classifySettings({ images, epochs, seed });
    const { history } = await trainImageFolder(join(folder, `ours-${seed}`), {
      settings,
      checkpointSeconds: 1e9,
      signal,
    });
    ours.push(history);
    console.log(`seed ${seed}: galaxykit ${last(history)}`);
    theirs.push(await torch(settings, join(folder, `torch-${seed}.safetensors`)));
    console.log(`seed ${seed}: PyTorch   ${last(theirs[seed]!)}`);
    if (out !== undefined) writeFileAtomic(out, JSON.stringify({ ours, theirs }));
  }
  Deno.removeSync(folder, { recursive: true });
  console.log("\nmean ± spread over the seeds (spread: the standard deviation)\n");
  console.log("epoch  galaxykit: loss, accuracy           PyTorch: loss, accuracy");
  for (let epoch = 0; epoch < epochs; epoch++) {
    const cells = [ours, theirs].map((runs) =>
      (["train_loss", "validation_accuracy"] as const)
        .map((name) => spread(runs.map((history) => history[epoch]![name]))).join("  ")
    );
    console.log(`${String(epoch + 1).padStart(5)}  ${cells.join("    ")}`);
  }
});

/** Trains the twin: it gets the decoded images, the split and the settings. */
async function torch(settings: ClassifySettings, file: string): Promise<Row[]> {
  const set = await loadImageFolder(settings.images, {
    size: settings.size,
    cropFraction: settings.crop,
  });
  const fractions = { train: 1 - settings.validation, validation: settings.validation };
  const { train, validation } = stratifiedSplit({
    labels: set.labels,
    fractions,
    seed: settings.seed,
  });
  const shape = [set.labels.length, set.size, set.size, 3];
  const integers = (data: Int32Array) => ({ dtype: "I32", shape: [data.length], data }) as const;
  writeSafetensors(file, {
    images: { dtype: "U8", shape, data: set.images! },
    labels: integers(set.labels),
    train: integers(train),
    validation: integers(validation),
  });
  const { mean, std } = modelCard(settings.model);
  const child = await new Deno.Command(Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3", {
    args: [TWIN, file, JSON.stringify({ ...settings, classes: set.classes.length, mean, std })],
    // What the kit's engine does by mallopt, for PyTorch.
    env: {
      GLIBC_TUNABLES:
        "glibc.malloc.mmap_threshold=2147483647:glibc.malloc.trim_threshold=2147483647",
    },
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!child.success) throw new Error(`Cannot train beside PyTorch: ${TWIN} failed`);
  return JSON.parse(new TextDecoder().decode(child.stdout)) as Row[];
}

function last(history: readonly Row[]): string {
  const best = Math.max(...history.map((row) => row.validation_accuracy));
  const end = history[history.length - 1]!;
  const seconds = history.reduce((sum, row) => sum + row.seconds, 0);
  return `validation accuracy ${end.validation_accuracy.toFixed(4)} at the end, ${
    best.toFixed(4)
  } at best, training loss ${end.train_loss.toFixed(4)}, ${seconds.toFixed(0)} s`;
}

function spread(values: readonly number[]): string {
  const average = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) /
    Math.max(values.length - 1, 1);
  return `${average.toFixed(4)} ± ${Math.sqrt(variance).toFixed(4)}`;
}
