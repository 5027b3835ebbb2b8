/**
 * A GalaxySD in a folder: a pipeline, and what its numbers mean.
 *
 * @module
 */

import { join } from "node:path";
import { answersOf, type ConditionLayout, gz2Tree } from "../../data/mod.ts";
import { isFile, writeJson } from "../../files.ts";
import { openPipeline, type Pipeline, savePipeline } from "../../generation/mod.ts";
import { findKitPipeline, isKitSource } from "../../weights/kit.ts";

/** The kit's own model, which is here without a download. */
export const OWN_PIPELINE = "kit:galaxysd_small";

/** What a model was told of galaxies beside their captions. */
const LAYOUT = "conditions.json";

/**
 * Opens what generates galaxies: a model that was trained with the kit, or any pipeline of Stable
 * Diffusion's kind.
 *
 * @param source A folder, `hf:organisation/name`, or `kit:NAME`. @default {"kit:galaxysd_small"}
 * @returns The pipeline; what the numbers mean that it may be told beside a prompt; and whether prompts
 * with weights in them keep their mean, as GalaxySD's do: that of the kit's text encoders is nearly 0
 * @throws {RangeError} When the folder is no pipeline; as `openPipeline` of `galaxykit/generation` does
 *
 * @example
 * ```ts
 * import { openGalaxyPipeline, saveGalaxyPipeline } from "galaxykit/recipes";
 * import { dpmSolver } from "galaxykit/diffusion";
 * import { AutoencoderCodec } from "galaxykit/generation";
 * import { autoencoderConfigs, AutoencoderKL, UNet2DConditionModel } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/pipeline`;
 * await saveGalaxyPipeline(folder, {
 *   unet: new UNet2DConditionModel({
 *     ...{ block_out_channels: [8], down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
 *     ...{ mid_block_type: null, norm_num_groups: 4, layers_per_block: 1 },
 *   }, { key: key(1) }),
 *   codec: new AutoencoderCodec(new AutoencoderKL(autoencoderConfigs.tiny, { key: key(2) })),
 *   sampler: dpmSolver(),
 * }, { layout: { answers: ["a01"], quantities: [] } });
 * const { layout } = await openGalaxyPipeline(folder);
 * assert.deepEqual(layout.answers, ["a01"]);
 * ```
 */
export async function openGalaxyPipeline(
  source: string = OWN_PIPELINE,
): Promise<{ pipeline: Pipeline; layout: ConditionLayout; restoreMean: boolean }> {
  const folder = isKitSource(source) ? findKitPipeline(source).path : source;
  const isOfKit = isGalaxyPipeline(folder);
  return {
    pipeline: await openPipeline(folder, isHalf(folder) ? { variant: "fp16" } : {}),
    layout: isOfKit
      ? JSON.parse(Deno.readTextFileSync(join(folder, LAYOUT)))
      : { answers: answersOf(gz2Tree).map(({ id }) => id), quantities: [] },
    restoreMean: !isOfKit,
  };
}

/** Whether a folder holds all that {@linkcode saveGalaxyPipeline} writes. */
export function isGalaxyPipeline(folder: string): boolean {
  return isFile(join(folder, LAYOUT));
}

/** Whether a folder has its U-Net in half precision alone. */
function isHalf(folder: string): boolean {
  const has = (dot: string) =>
    isFile(join(folder, "unet", `diffusion_pytorch_model${dot}.safetensors`));
  return has(".fp16") && !has("");
}

/** Writes a pipeline into a folder, with what its numbers mean, which comes last. */
export async function saveGalaxyPipeline(
  folder: string,
  pipeline: Pipeline,
  { layout, variant, signal }: {
    layout: ConditionLayout;
    /** In half precision. */
    variant?: "fp16";
    signal?: AbortSignal;
  },
): Promise<void> {
  await savePipeline(folder, pipeline, { variant, signal });
  writeJson(join(folder, LAYOUT), layout);
}
