/**
 * A small U-Net and decoder of latent diffusion, and the outermost level of Stable Diffusion 1's U-Net,
 * with diffusers' weights (https://arxiv.org/abs/2112.10752).
 *
 * @module
 */

import {
  autoencoderConfigs,
  AutoencoderKL,
  UNet2DConditionModel,
  type UNetConfig,
  unetConfigs,
} from "galaxykit/models";
import { tf } from "galaxykit/tensorflow";
import type { Workload } from "../workload.ts";
import { meanSquare } from "./layers.ts";

const UNET_BLOCK: Partial<UNetConfig> = {
  ...{ block_out_channels: [320], mid_block_type: null, layers_per_block: 1 },
  down_block_types: ["CrossAttnDownBlock2D"],
  up_block_types: ["CrossAttnUpBlock2D"],
  cross_attention_dim: 768,
};

export const unetInference = unet("unet_inference", unetConfigs.small);
export const unetTrain = training(unet("unet_train", unetConfigs.small));
export const unetBlockInference = unet("unet_block_inference", UNET_BLOCK);
export const unetBlockTrain = training(unet("unet_block_train", UNET_BLOCK));

export const decoderInference: Workload = {
  name: "decoder_inference",
  model: () => new AutoencoderKL(autoencoderConfigs.small),
  forward: (_weights, { latents }, model) => (model as AutoencoderKL).decode(latents!),
};

function unet(name: string, config: Partial<UNetConfig>): Workload {
  return {
    name,
    model: () => new UNet2DConditionModel(config),
    forward: (_weights, { latents, context, labels }, model) =>
      (model as UNet2DConditionModel).call(latents!, {
        timestep: tf.scalar(500),
        encoderHiddenStates: context,
        classLabels: labels,
      }),
  };
}

function training(workload: Workload): Workload {
  return { ...workload, loss: meanSquare, freeze: (model) => model.namedParameters() };
}
