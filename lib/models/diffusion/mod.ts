/**
 * The networks of latent diffusion: a U-Net and an autoencoder.
 *
 * @module
 */

export * from "./autoencoder.ts";
export * from "./folder.ts";
export * from "./lora.ts";
export { diffusionState, ldmNames } from "./names.ts";
export { fitPatchCodec, PatchCodec, type PatchCodecConfig } from "./patch_codec.ts";
export * from "./configs.ts";
export * from "./posterior.ts";
export * from "./unet.ts";
export type { UNetConfig } from "./unet_config.ts";
