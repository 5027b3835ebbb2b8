/**
 * Configurations of the U-Net and the autoencoder: published ones, and two for few cores. Those of one
 * name fit each other, and `clipTextConfigs`.
 *
 * @module
 */

import type { AutoencoderConfig } from "./autoencoder.ts";
import type { UNetConfig } from "./unet_config.ts";

/**
 * `sd15`: Stable Diffusion 1.1 to 1.5, 860 million parameters. `sd21`: Stable Diffusion 2.1 at 768
 * pixels, 866 million. `small`: for 64 pixels, 2.3 million, with 74 numbers (37 fractions of votes, and
 * which were asked for) beside the text. `tiny`: for tests.
 *
 * @example
 * ```ts
 * import { unetConfigs, UNet2DConditionModel } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const unet = new UNet2DConditionModel(unetConfigs.tiny, { key: key(1) });
 * const noise = unet.call(tf.zeros([1, 8, 8, 4]), {
 *   timestep: tf.scalar(1),
 *   encoderHiddenStates: tf.zeros([1, 16, 32]),
 *   classLabels: tf.zeros([1, 74]),
 * });
 * assert.deepEqual(noise.shape, [1, 8, 8, 4]);
 * ```
 */
export const unetConfigs = {
  sd15: { sample_size: 64, cross_attention_dim: 768 },
  sd21: {
    ...{ sample_size: 96, cross_attention_dim: 1024, attention_head_dim: [5, 10, 20, 20] },
    ...{ use_linear_projection: true, upcast_attention: true },
  },
  small: {
    ...{ sample_size: 16, block_out_channels: [48, 96], layers_per_block: 1, norm_num_groups: 16 },
    ...{ attention_head_dim: 4, cross_attention_dim: 128 },
    down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D"],
    up_block_types: ["CrossAttnUpBlock2D", "UpBlock2D"],
    ...{ class_embed_type: "projection", projection_class_embeddings_input_dim: 74 },
  },
  tiny: {
    ...{ sample_size: 8, block_out_channels: [8, 16], layers_per_block: 1, norm_num_groups: 4 },
    ...{ attention_head_dim: 2, cross_attention_dim: 32 },
    down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D"],
    up_block_types: ["CrossAttnUpBlock2D", "UpBlock2D"],
    ...{ class_embed_type: "projection", projection_class_embeddings_input_dim: 74 },
  },
} as const satisfies Readonly<Record<string, Partial<UNetConfig>>>;

const [DOWN, UP] = ["DownEncoderBlock2D", "UpDecoderBlock2D"] as const;

/**
 * `sd`: that of Stable Diffusion 1 and 2, 84 million parameters, eight pixels a latent. `small`: four
 * pixels a latent. `tiny`: for tests, two. What is trained anew has another `scaling_factor`.
 */
export const autoencoderConfigs = {
  sd: {
    ...{ block_out_channels: [128, 256, 512, 512], layers_per_block: 2, sample_size: 512 },
    ...{ down_block_types: [DOWN, DOWN, DOWN, DOWN], up_block_types: [UP, UP, UP, UP] },
  },
  small: {
    ...{ block_out_channels: [16, 32, 64], norm_num_groups: 8, sample_size: 64 },
    ...{ down_block_types: [DOWN, DOWN, DOWN], up_block_types: [UP, UP, UP] },
  },
  tiny: {
    ...{ block_out_channels: [8, 16], norm_num_groups: 4, sample_size: 16 },
    ...{ down_block_types: [DOWN, DOWN], up_block_types: [UP, UP] },
  },
} as const satisfies Readonly<Record<string, Partial<AutoencoderConfig>>>;
