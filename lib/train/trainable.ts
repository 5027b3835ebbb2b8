/**
 * Which part of a network a phase trains.
 *
 * @module
 */

import type { ImageModel } from "../models/mod.ts";
import { BatchNorm2d } from "../nn/mod.ts";
import { refuseUnknown } from "../options.ts";

/**
 * What a phase trains:
 *
 * - `"head"`: the last layer alone
 * - `{ lastBlocks: n }`: the last n of `model.blocks()`, or of its stages, and the last layer
 * - `"all"`: everything
 * - a function: the parameters whose names it approves of, and no others
 */
export type Trainable =
  | "head"
  | "all"
  | { lastBlocks: number; by?: "block" | "stage" }
  | ((name: string) => boolean);

/**
 * The names of the parameters that a phase trains.
 *
 * @throws {RangeError} When there are fewer blocks, or nothing would be trained
 *
 * @example
 * ```ts
 * import { resnet18 } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import { trainedParameters } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 2, width: 4, key: key(1) });
 * assert.deepEqual(trainedParameters(model, "head"), ["fc.weight", "fc.bias"]);
 * assert.equal(trainedParameters(model, { lastBlocks: 1 }).length, 6 + 2);
 * ```
 */
export function trainedParameters(model: ImageModel, trainable: Trainable): string[] {
  const names = Object.keys(model.namedParameters());
  if (trainable === "all") return names;
  if (typeof trainable === "function") {
    const chosen = names.filter((name) => trainable(name));
    if (chosen.length > 0) return chosen;
    throw new RangeError(
      `Cannot train ${model.modelName}: the function chooses none of its ${names.length} parameters (${
        names.slice(0, 3).join(", ")
      } …)`,
    );
  }
  if (trainable !== "head" && (typeof trainable !== "object" || trainable === null)) {
    throw new RangeError(
      `Cannot train ${model.modelName}: trainable must be "head", "all", { lastBlocks: 2 } or a function of names, found ${
        JSON.stringify(trainable)
      }`,
    );
  }
  const chosen = new Set(Object.keys(model.headParameters()));
  if (trainable !== "head") {
    refuseUnknown(trainable, { lastBlocks: true, by: true }, {
      what: `train part of ${model.modelName}`,
    });
    const { lastBlocks, by = "block" } = trainable;
    const blocks = model.blocks({ by });
    if (!(Number.isInteger(lastBlocks) && lastBlocks >= 1 && lastBlocks <= blocks.length)) {
      throw new RangeError(
        `Cannot train the last ${lastBlocks} ${by}s of ${model.modelName}: it has ${blocks.length}, ${
          blocks[0]!.name
        } to ${blocks.at(-1)!.name}; for the last layer alone write "head"`,
      );
    }
    for (const { parameters } of blocks.slice(-lastBlocks)) {
      for (const name of Object.keys(parameters)) chosen.add(name);
    }
  }
  return names.filter((name) => chosen.has(name));
}

/**
 * How far each parameter is from the last layer, in blocks (or stages): 0 in it, 1 in the last
 * block. What is in no block counts as the first one's.
 */
export function distanceFromHead(
  model: ImageModel,
  { by }: { by: "block" | "stage" },
): (name: string) => number {
  const blocks = model.blocks({ by });
  const distances = new Map<string, number>();
  blocks.forEach(({ parameters }, index) => {
    for (const name of Object.keys(parameters)) distances.set(name, blocks.length - index);
  });
  for (const name of Object.keys(model.headParameters())) distances.set(name, 0);
  return (name) => distances.get(name) ?? blocks.length;
}

/**
 * What batch normalisations do in training:
 *
 * - `"frozen"`: those of which nothing is trained use their running statistics and keep them, as
 *   layers that are not trainable do in Keras; the others follow the batches
 * - `"inference"`: all of them use and keep their running statistics, those of trained blocks, too,
 *   whose scale and offset are trained; PyTorch's `eval()` of the normalisations alone. For trained
 *   weights and small batches, which one odd image could rule
 * - `"update"`: all of them follow the batches, as in PyTorch unless they are put into evaluation
 */
export type BatchNormPolicy = "frozen" | "inference" | "update";

/**
 * Freezes all parameters but some, and the batch normalisations as the policy has it.
 */
export function freezeAllBut(
  model: ImageModel,
  trained: readonly string[],
  { batchNorm }: { batchNorm: BatchNormPolicy },
): void {
  const chosen = new Set(trained);
  for (const [name, variable] of Object.entries(model.namedParameters())) {
    variable.trainable = chosen.has(name);
  }
  for (const module of Object.values(model.namedModules())) {
    if (!(module instanceof BatchNorm2d)) continue;
    const isTrained = module.parameters().some(({ trainable }) => trainable);
    module.frozen = batchNorm === "inference" || batchNorm === "frozen" && !isTrained;
  }
}

/** Notes what is frozen; gives back how to make it so again. */
export function keepFrozen(model: ImageModel): () => void {
  const parameters = model.parameters().map((variable) => [variable, variable.trainable] as const);
  const norms = Object.values(model.namedModules()).filter((one) => one instanceof BatchNorm2d)
    .map((norm) => [norm, norm.frozen] as const);
  return function restore(): void {
    for (const [variable, trainable] of parameters) variable.trainable = trainable;
    for (const [norm, frozen] of norms) norm.frozen = frozen;
  };
}
