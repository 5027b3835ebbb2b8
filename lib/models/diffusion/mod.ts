/**
 * The networks of latent diffusion: a U-Net and an autoencoder.
 *
 * @module
 */

export * from "./autoencoder.ts";
export {
  type DiffusionModel,
  type DiffusionModelClass,
  openDiffusionModel,
  type OpenDiffusionOptions,
  saveDiffusionModel,
} from "./folder.ts";
export * from "./lora.ts";
export { diffusionState, ldmNames } from "./names.ts";
export { fitPatchCodec, PatchCodec, type PatchCodecConfig } from "./patch_codec.ts";
export * from "./configs.ts";
export * from "./pipeline_files.ts";
export * from "./posterior.ts";
export * from "./stable_diffusion.ts";
export * from "./unet.ts";
export type { UNetConfig } from "./unet_config.ts";
