/**
 * Configurations of published networks, for files that do not say theirs.
 *
 * @module
 */

import type { AutoencoderConfig } from "./autoencoder.ts";
import type { UNetConfig } from "./unet.ts";

/** Stable Diffusion 1.1 to 1.5: 860 million parameters. */
export const SD15_UNET: Readonly<Partial<UNetConfig>> = {
  sample_size: 64,
  cross_attention_dim: 768,
};

/** Stable Diffusion 2.1 at 768 pixels: 866 million parameters. */
export const SD21_UNET: Readonly<Partial<UNetConfig>> = {
  sample_size: 96,
  cross_attention_dim: 1024,
  attention_head_dim: [5, 10, 20, 20],
  use_linear_projection: true,
  upcast_attention: true,
};

/** The autoencoder of both: 84 million parameters. */
export const SD_AUTOENCODER: Readonly<Partial<AutoencoderConfig>> = {
  block_out_channels: [128, 256, 512, 512],
  down_block_types: new Array<string>(4).fill("DownEncoderBlock2D"),
  up_block_types: new Array<string>(4).fill("UpDecoderBlock2D"),
  layers_per_block: 2,
  sample_size: 512,
};
