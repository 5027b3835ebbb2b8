/**
 * Memory that a checkpoint takes beside a model and its optimiser: what writing one and going on from
 * one adds to the resident peak, each in a process of its own (Linux: /proc).
 *
 *     deno run -A bench/checkpoint_memory.ts [--depth 11] [--whole]
 *
 * The model is a ViT-B/16 of `depth` blocks (11: 318 MB), with AdamW three times that. `--whole`
 * writes and reads all at once instead, to compare.
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { createModel, type ImageModel } from "../lib/models/mod.ts";
import { loadVariables, type StateDict, streamVariables } from "../lib/nn/mod.ts";
import { key, normal, tf } from "../lib/tensorflow/mod.ts";
import { count } from "../lib/text.ts";
import { adamw, type Optimizer } from "../lib/train/mod.ts";
import {
  openSafetensors,
  readSafetensors,
  stateDictOf,
  streamSafetensors,
  writeSafetensors,
} from "../lib/weights/mod.ts";

type Trained = { model: ImageModel; optimizer: Optimizer };

await runCommand({
  name: "checkpoint_memory",
  summary: "Print what writing and resuming a checkpoint adds to the resident peak.",
  options: {
    depth: { type: "integer", default: 11, minimum: 1, description: "blocks of the ViT-B/16" },
    whole: { type: "boolean", default: false, description: "all at once, to compare" },
    part: { type: "string", default: "", description: "what a child process does" },
    path: { type: "string", default: "", description: "the checkpoint of a child process" },
  },
}, async ({ depth, whole, part, path }) => {
  if (part === "write") return await write(path, { depth, whole });
  if (part === "resume") return resume(path, { depth, whole });
  const folder = Deno.makeTempDirSync();
  try {
    for (const part of ["write", "resume"]) {
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", import.meta.filename!, "--part", part, "--depth", `${depth}`],
          ...["--path", `${folder}/last.safetensors`, ...whole ? ["--whole"] : []],
        ],
        stdout: "inherit",
        stderr: "inherit",
      }).output();
      if (!success) Deno.exit(1);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

async function write(path: string, options: { depth: number; whole: boolean }): Promise<void> {
  const base = started();
  const { model, optimizer } = create(options.depth, key(1));
  Object.values(optimizer.state).forEach((variable, index) =>
    tf.tidy(() => variable.assign(normal(key(index), variable.shape)))
  );
  Deno.writeTextFileSync("/proc/self/clear_refs", "5"); // The peak counts from here
  if (options.whole) {
    const state: StateDict = prefixed("model/", model.stateDict());
    for (const [name, variable] of Object.entries(optimizer.state)) {
      const data = await variable.data() as Float32Array;
      state[`state/${name}`] = { dtype: "F32", shape: variable.shape, data };
    }
    writeSafetensors(path, state);
  } else {
    await streamSafetensors(path, {
      ...prefixed("model/", model.streamState()),
      ...prefixed("state/", streamVariables(optimizer.state)),
    });
  }
  print("write", { base, model, optimizer });
}

function resume(path: string, options: { depth: number; whole: boolean }): void {
  const base = started();
  const { model, optimizer } = create(options.depth);
  if (options.whole) {
    const tensors = Object.entries(readSafetensors(path).tensors);
    const part = (prefix: string) =>
      Object.fromEntries(
        tensors.filter(([name]) => name.startsWith(prefix))
          .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
      );
    model.loadStateDict(part("model/"));
    loadVariables(optimizer.state, part("state/"), { into: "AdamW" });
  } else {
    using file = openSafetensors(path);
    model.loadStateDict(stateDictOf(file, { prefix: "model/" }));
    loadVariables(optimizer.state, stateDictOf(file, { prefix: "state/" }), { into: "AdamW" });
  }
  print("resume", { base, model, optimizer });
}

/** Starts TensorFlow; the resident memory before there is a model. */
function started(): number {
  tf.tidy(() => void normal(key(0), [8]).dataSync());
  return status("VmRSS");
}

/** Without a key nothing is drawn. */
function create(depth: number, from?: tf.Tensor1D): Trained {
  const model = createModel({ name: "vit_base_patch16_224", options: { depth } }, { key: from });
  return { model, optimizer: adamw(model.namedParameters()) };
}

/** What the peak has beyond the values of model and optimiser, and what was there before them. */
function print(part: string, { base, model, optimizer }: { base: number } & Trained): void {
  const values = [...model.parameters(), ...Object.values(optimizer.state)];
  const bytes = values.reduce((sum, { size }) => sum + 4 * size, 0);
  const peak = status("VmHWM");
  const megabytes = (value: number) => `${count(Math.round(value / 1e6))} MB`;
  console.log(
    `${part.padEnd(7)} values ${megabytes(bytes)}, before them ${megabytes(base)}, peak ${
      megabytes(peak)
    }: ${megabytes(peak - base - bytes)} more`,
  );
}

/** A line of /proc/self/status, in bytes. */
function status(name: "VmRSS" | "VmHWM"): number {
  const [, kilobytes] = Deno.readTextFileSync("/proc/self/status")
    .match(RegExp(`^${name}:\\s+(\\d+) kB`, "m"))!;
  return Number(kilobytes) * 1024;
}

function prefixed<T>(prefix: string, part: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [prefix + name, one]));
}
