/**
 * The files of a pipeline of diffusers that are read, of all that a repository has.
 *
 * @module
 */

import { weightsNames } from "../_weights_folder.ts";

/** Folders of models, and what their weights are called. */
const MODELS = {
  unet: { safetensors: "diffusion_pytorch_model", bin: "diffusion_pytorch_model" },
  vae: { safetensors: "diffusion_pytorch_model", bin: "diffusion_pytorch_model" },
  text_encoder: { safetensors: "model", bin: "pytorch_model" },
};

/**
 * Chooses the files that `openPipeline` of `galaxykit/generation` reads: of each model its configuration and
 * one form of its weights, all of the tokenizer, and the scheduler's configuration.
 *
 * @param files Paths in the repository
 * @param options `variant`: such as `fp16`. @default {the one without}
 * @throws {RangeError} When there is no pipeline, or no such weights of a model
 *
 * @example
 * ```ts
 * import { pipelineFiles } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const weights = ["bin", "safetensors", "fp16.safetensors"]
 *   .map((ending) => `unet/diffusion_pytorch_model.${ending}`);
 * assert.deepEqual(
 *   pipelineFiles(["model_index.json", "v1-5.ckpt", "unet/config.json", ...weights]),
 *   ["model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"],
 * );
 * ```
 */
export function pipelineFiles(
  files: readonly string[],
  { variant }: { variant?: string } = {},
): string[] {
  for (const needed of ["model_index.json", "unet/config.json"]) {
    if (files.includes(needed)) continue;
    throw new RangeError(
      `Cannot find a pipeline: there must be ${needed} among the files, found ${
        files.slice(0, 6).join(", ") || "none"
      }`,
    );
  }
  const models = Object.entries(MODELS).filter(([model]) => files.includes(`${model}/config.json`));
  const weights = models.map(([model, names]) => {
    const wanted = weightsNames({ names, variant }).map((name) => `${model}/${name}`);
    const found = wanted.find((name) => files.includes(name));
    if (found !== undefined) return found;
    throw new RangeError(
      `Cannot find the weights of ${model}: there must be ${wanted[0]}, found ${
        files.filter((file) => file.startsWith(`${model}/`)).join(", ")
      }`,
    );
  });
  return [
    "model_index.json",
    ...models.map(([model]) => `${model}/config.json`),
    ...weights,
    ...files.filter((file) => /^(tokenizer\/[^/]+\.(json|txt)|scheduler\/[^/]+\.json)$/.test(file)),
  ];
}
