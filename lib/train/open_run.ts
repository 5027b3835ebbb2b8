/**
 * Runs, opened again.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createModel, type ImageModel, type ModelConfig } from "../models/mod.ts";
import type { Module } from "../nn/mod.ts";
import { inspect, someOf } from "../inspect.ts";
import type { Outputs } from "./losses.ts";
import { RunFolder } from "./run_folder.ts";

/** A run, and its network with the best weights. Dispose of the model after use. */
export type OpenedRun<M extends Module = ImageModel> = {
  run: RunFolder;
  /** All of `config.json`. */
  config: Record<string, unknown>;
  model: M;
  /** What it learnt, where that was images with labels. */
  outputs?: Outputs;
  /** Changes when predictions do. */
  fingerprint: string;
};

/**
 * Opens a run with its best weights, whoever trained it.
 *
 * @param options `model`: a network of one's own, which the kit cannot make by itself
 * @throws {Error} When there is no run, it has not finished an epoch, or its network is not one of
 * the kit's and none is given
 *
 * @example
 * ```ts
 * import { memorySource } from "galaxykit/data";
 * import { Linear } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import { openRun, train } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const run = `${Deno.makeTempDirSync()}/line`;
 * const model = new Linear(1, 1, { key: key(1) });
 * const set = memorySource({ x: Float32Array.of(0, 1, 2, 3) }, { length: 4 });
 * await train({
 *   inputs: ({ x }: { x: Float32Array; indices: Int32Array }) => tf.tensor2d(x, [x.length, 1]),
 *   loss: (x) => ({ loss: tf.mean(tf.square(tf.sub(model.call(x), x))) }),
 * }, { model, train: { set }, batchSize: 2, epochs: 2, rate: 0.1, seed: 1, run });
 * const opened = openRun(run, { model: new Linear(1, 1, {}) }); // A network of the kit needs none
 * assert.deepEqual(opened.model.stateDict(), model.stateDict());
 * ```
 */
export function openRun(path: string): OpenedRun;
export function openRun<M extends Module>(path: string, options: { model: M }): OpenedRun<M>;
export function openRun(
  path: string,
  { model: given }: { model?: Module } = {},
): OpenedRun<Module> {
  const run = new RunFolder(path);
  const config = run.readConfig();
  const { model: made, objective } = config as {
    model?: Partial<ModelConfig> | null;
    objective?: { outputs?: Outputs } | null;
  };
  if (!("training" in config)) {
    const inside = [...Deno.readDirSync(path)].map(({ name }) => name)
      .filter((name) => new RunFolder(run.file(name)).exists).sort();
    throw new Error(
      `Cannot open "${path}": it is no training${
        inside.length > 0
          ? `, but holds some: ${inside.join(", ")}; name one of them`
          : "recipe" in config
          ? `, but what the recipe ${
            JSON.stringify(config.recipe)
          } made, and holds none; name the folder of a training`
          : ""
      }`,
    );
  }
  if (given === undefined && made?.options === undefined) {
    throw new Error(
      `Cannot open the run "${path}": its network, ${
        made?.name ?? "of no name"
      }, is not one of the kit's; in code, give one as \`model\``,
    );
  }
  const model = given ?? createModel(made as ModelConfig);
  try {
    run.readModel(model);
  } catch (error) {
    if (given === undefined) model.dispose();
    throw error;
  }
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([made, objective]))
    .update(Deno.readFileSync(run.file("model.safetensors")))
    .digest("hex");
  const opened = { run, config, model, outputs: objective?.outputs, fingerprint };
  return Object.defineProperty(opened, inspect, { value: () => describe(opened) });
}

/** What a console and a notebook show of a run: where it is, its network, what that tells. */
function describe({ run, config, model, outputs }: OpenedRun<Module>): string {
  const { training } = config as { training?: { seed?: number } };
  const told = outputs === undefined
    ? []
    : "classes" in outputs
    ? [`classes ${someOf(outputs.classes)}`]
    : [`vote fractions ${someOf(outputs.fractions)}`];
  const seed = training?.seed === undefined ? [] : [`seed ${training.seed}`];
  return [`Run ${run.path}`, Deno.inspect(model).split("\n")[0]!, ...told, ...seed].join("\n  ");
}
