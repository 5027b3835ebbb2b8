/**
 * The networks of a small GalaxySD, and the folder in which they lie.
 *
 * @module
 */

import { flowMatchHeun } from "../../diffusion/mod.ts";
import {
  clipTextConfigs,
  ClipTextModel,
  type PatchCodec,
  UNet2DConditionModel,
  unetConfigs,
} from "../../models/mod.ts";
import { ClipTokenizer, trainBytePairs } from "../../prompts/mod.ts";
import { type Key, split, tf } from "../../tensorflow/mod.ts";
import type { GalaxysdSettings } from "./settings.ts";

/** Parts of a pipeline that has learnt nothing yet. */
export type GalaxyModel = {
  unet: UNet2DConditionModel;
  codec: PatchCodec;
  textEncoder?: ClipTextModel;
  tokenizer?: ClipTokenizer;
  sampler: ReturnType<typeof flowMatchHeun>;
};

/** Tokens of a caption at most. */
const TOKENS = 32;

/** A tokenizer whose words are those of some captions. */
export function captionTokenizer(captions: readonly string[]): ClipTokenizer {
  return new ClipTokenizer(trainBytePairs(captions), { contextLength: TOKENS });
}

/** The networks that the settings name, with random values. */
export function newModel(
  { networks, width, told }: Pick<GalaxysdSettings, "networks" | "width" | "told">,
  { key, codec, tokenizer }: { key: Key; codec: PatchCodec; tokenizer: ClipTokenizer },
): GalaxyModel {
  const [forUNet, forText] = split(key) as [Key, Key];
  const base = unetConfigs[networks];
  const isTold = { captions: told !== "votes", votes: told !== "captions" };
  const textConfig = {
    ...clipTextConfigs[networks],
    max_position_embeddings: TOKENS,
    vocab_size: tokenizer.size,
    eos_token_id: tokenizer.endId,
  };
  try {
    return {
      unet: new UNet2DConditionModel({
        ...base,
        ...{ layers_per_block: 2, resnet_time_scale_shift: "scale_shift" },
        ...{ in_channels: codec.latentChannels, out_channels: codec.latentChannels },
        cross_attention_dim: textConfig.hidden_size,
        ...(width && { block_out_channels: [width, 2 * width] }),
        ...(isTold.captions ? {} : {
          down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
          mid_block_type: "UNetMidBlock2D",
          up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
        }),
        ...(isTold.votes
          ? {}
          : { class_embed_type: null, projection_class_embeddings_input_dim: null }),
      }, { key: forUNet }),
      codec,
      ...(isTold.captions &&
        { textEncoder: new ClipTextModel(textConfig, { key: forText }), tokenizer }),
      sampler: flowMatchHeun(),
    };
  } finally {
    tf.dispose([forUNet, forText]);
  }
}
