/**
 * What a U-Net is made of, and what that comes to for each of its blocks.
 *
 * @module
 */

import { refuseOther, refuseOutside } from "../../options.ts";
import { checkDivides, completeConfig, perBlock } from "./_config.ts";
import type { AttentionOptions } from "./_unet_blocks.ts";

/**
 * Settings of a U-Net, by diffusers' names: what a `config.json` holds. One
 * number, where a list is possible, is that of every block, from the outermost.
 */
export type UNetConfig = {
  /** Side of the latents that it was trained on, for who draws noise. @default {null} */
  sample_size: number | readonly [number, number] | null;
  /** Channels of the latents. @default {4} */
  in_channels: number;
  /** @default {4} */
  out_channels: number;
  /** Whether cosines of the time come before the sines. @default {true} */
  flip_sin_to_cos: boolean;
  /** Shift of the frequencies of the time. @default {0} */
  freq_shift: number;
  /** `CrossAttnDownBlock2D`, `AttnDownBlock2D` (no context) or `DownBlock2D` (no attention). */
  down_block_types: readonly string[];
  /** `UNetMidBlock2DCrossAttn`, `UNetMidBlock2D` (one residual block) or null. */
  mid_block_type: string | null;
  /** `CrossAttnUpBlock2D`, `AttnUpBlock2D` or `UpBlock2D`, from the innermost. */
  up_block_types: readonly string[];
  /** Channels. @default {[320, 640, 1280, 1280]} */
  block_out_channels: readonly number[];
  /** Residual blocks; one more on the way up. @default {2} */
  layers_per_block: number | readonly number[];
  /** Share of the values that training drops in residual blocks. @default {0} */
  dropout: number;
  /** Groups of the normalisations. @default {32} */
  norm_num_groups: number;
  /** Added to variances, but for those of the transformers. @default {1e-5} */
  norm_eps: number;
  /** Width of the context's tokens. @default {1280} */
  cross_attention_dim: number | readonly number[];
  /** Transformer blocks in one. @default {1} */
  transformer_layers_per_block: number | readonly number[];
  /**
   * The number of heads, in spite of its name; in `AttnDownBlock2D` and `AttnUpBlock2D` the width of
   * one. @default {8}
   */
  attention_head_dim: number | readonly number[];
  /** Whether transformers begin and end in linear layers, as in SD 2. @default {false} */
  use_linear_projection: boolean;
  /**
   * What becomes of `classLabels`, which is added to the embedding of the time. `"projection"`: numbers,
   * by two layers; `"simple_projection"`: by one; `"timestep"`: as a time; `"identity"`: they are of
   * its width already; null: an index, where `num_class_embeds` is given. @default {null}
   */
  class_embed_type: "projection" | "simple_projection" | "timestep" | "identity" | null;
  /** Number of classes. @default {null} */
  num_class_embeds: number | null;
  /** Numbers that a projection is given. @default {null} */
  projection_class_embeddings_input_dim: number | null;
  /** Whether the class stands beside the time and is not added to it. @default {false} */
  class_embeddings_concat: boolean;
  /** `"scale_shift"`: the embedding scales, too (adaptive group normalisation). @default {"default"} */
  resnet_time_scale_shift: "default" | "scale_shift";
  /** Width of the embedding of the time. @default {4 · the first channels} */
  time_embedding_dim: number | null;
  /** For half precision: all is float32 here. @default {false} */
  upcast_attention: boolean;
  /** Side of the first kernel, odd. @default {3} */
  conv_in_kernel: number;
  /** Side of the last kernel, odd. @default {3} */
  conv_out_kernel: number;
};

const DEFAULTS: UNetConfig = {
  ...{ sample_size: null, in_channels: 4, out_channels: 4, flip_sin_to_cos: true, freq_shift: 0 },
  down_block_types: [...new Array<string>(3).fill("CrossAttnDownBlock2D"), "DownBlock2D"],
  mid_block_type: "UNetMidBlock2DCrossAttn",
  up_block_types: ["UpBlock2D", ...new Array<string>(3).fill("CrossAttnUpBlock2D")],
  ...{ block_out_channels: [320, 640, 1280, 1280], layers_per_block: 2, dropout: 0 },
  ...{ norm_num_groups: 32, norm_eps: 1e-5, cross_attention_dim: 1280 },
  ...{ transformer_layers_per_block: 1, attention_head_dim: 8, use_linear_projection: false },
  ...{ class_embed_type: null, num_class_embeds: null },
  ...{ projection_class_embeddings_input_dim: null, class_embeddings_concat: false },
  ...{ resnet_time_scale_shift: "default", time_embedding_dim: null, upcast_attention: false },
  ...{ conv_in_kernel: 3, conv_out_kernel: 3 },
};

/** Settings of diffusers that can have one value here. */
const FIXED = {
  ...{ center_input_sample: [false], only_cross_attention: [false], downsample_padding: [1] },
  ...{ mid_block_scale_factor: [1], act_fn: ["silu", "swish"], encoder_hid_dim: [null] },
  ...{ reverse_transformer_layers_per_block: [null], encoder_hid_dim_type: [null] },
  ...{ num_attention_heads: [null], dual_cross_attention: [false], addition_embed_type: [null] },
  ...{ addition_time_embed_dim: [null], addition_embed_type_num_heads: [64] },
  ...{ resnet_skip_time_act: [false], resnet_out_scale_factor: [1] },
  ...{ time_embedding_type: ["positional"], time_embedding_act_fn: [null] },
  ...{ timestep_post_act: [null], time_cond_proj_dim: [null], attention_type: ["default"] },
  ...{ mid_block_only_cross_attention: [null, false], cross_attention_norm: [null] },
};

/** How messages begin. */
export const WHAT = "make UNet2DConditionModel";

/** What attends in a block, by the first part of its type's name. */
const KINDS = { CrossAttn: "cross", Attn: "self", "": "none" } as const;

/** A configuration with all its settings. */
export function completeUNetConfig(config: Partial<UNetConfig>): UNetConfig {
  return completeConfig(config, { what: WHAT, defaults: DEFAULTS, fixed: FIXED });
}

/** Whether any block attends to a context, such as the tokens of a text. */
export function attendsToContext(
  { down_block_types, mid_block_type, up_block_types }: UNetConfig,
): boolean {
  return [...down_block_types, ...up_block_types].some((type) => type.startsWith("CrossAttn")) ||
    mid_block_type === "UNetMidBlock2DCrossAttn";
}

/** What the settings come to for each block; up blocks from the innermost. */
export type UNetPlan = {
  widths: number[];
  embedding: number;
  layers: number[];
  down: AttentionOptions[];
  mid: AttentionOptions | undefined;
  up: AttentionOptions[];
};

/** @throws {RangeError} For settings that are out of range, or do not fit each other */
export function planOf(config: UNetConfig): UNetPlan {
  const { down_block_types, up_block_types, mid_block_type, block_out_channels } = config;
  const blocks = block_out_channels.length;
  const counts = [down_block_types, up_block_types].map(({ length }) => length);
  if (blocks < 1 || counts.some((count) => count !== blocks)) {
    throw new RangeError(
      `Cannot ${WHAT}: block_out_channels, down_block_types and up_block_types must have as many entries as each other, found ${blocks}, ${
        counts[0]
      } and ${counts[1]}`,
    );
  }
  const ofAll = { what: WHAT, blocks };
  const widths = perBlock({ block_out_channels }, ofAll);
  const layers = perBlock({ layers_per_block: config.layers_per_block }, ofAll);
  const heads = perBlock({ attention_head_dim: config.attention_head_dim }, ofAll);
  const contexts = perBlock({ cross_attention_dim: config.cross_attention_dim }, ofAll);
  const depths = perBlock({
    transformer_layers_per_block: config.transformer_layers_per_block,
  }, ofAll);
  refuseOutside(config, {
    ...{ in_channels: "whole [1, ∞)", out_channels: "whole [1, ∞)", norm_eps: "(0, ∞)" },
    ...{ norm_num_groups: "whole [1, ∞)", dropout: "[0, 1)", freq_shift: "(-∞, ∞)" },
  }, { what: WHAT });
  const embedding = config.time_embedding_dim ?? 4 * widths[0]!;
  refuseOutside({ time_embedding_dim: embedding }, { time_embedding_dim: "whole [1, ∞)" }, {
    what: WHAT,
  });
  for (const name of ["conv_in_kernel", "conv_out_kernel"] as const) {
    if (Number.isInteger(config[name]) && config[name] % 2 === 1 && config[name] > 0) continue;
    throw new RangeError(`Cannot ${WHAT}: ${name} must be odd, found ${config[name]}`);
  }
  refuseOther(config, {
    resnet_time_scale_shift: ["default", "scale_shift"],
  }, { what: WHAT });
  const groups = { of: "block_out_channels", by: "norm_num_groups" };
  const groupCounts = widths.map(() => config.norm_num_groups);
  checkDivides(widths, { what: WHAT, ...groups, divisors: groupCounts });
  if (widths[0]! % 2 !== 0) {
    throw new RangeError(
      `Cannot ${WHAT}: the first of block_out_channels must be even, found ${widths[0]}`,
    );
  }
  const attention = (kind: AttentionOptions["kind"], at: number): AttentionOptions => {
    if (kind === "none") return { kind };
    const by = { of: "block_out_channels", by: "attention_head_dim" };
    checkDivides([widths[at]!], { what: WHAT, ...by, divisors: [heads[at]!] });
    if (kind === "self") return { kind, heads: widths[at]! / heads[at]! };
    const linear = config.use_linear_projection;
    return { kind, heads: heads[at]!, context: contexts[at]!, depth: depths[at]!, linear };
  };
  const mids = { UNetMidBlock2DCrossAttn: "cross", UNetMidBlock2D: "none" } as const;
  if (mid_block_type !== null) {
    refuseOther({ mid_block_type }, { mid_block_type: Object.keys(mids) }, { what: WHAT });
  }
  return {
    widths,
    layers,
    embedding,
    down: kindsOf({ down_block_types }, "DownBlock2D").map(attention),
    mid: mid_block_type === null
      ? undefined
      : attention(mids[mid_block_type as keyof typeof mids], blocks - 1),
    up: kindsOf({ up_block_types }, "UpBlock2D")
      .map((kind, at) => attention(kind, blocks - 1 - at)),
  };
}

/** What attends in each block, by the names of their types. */
function kindsOf(
  setting: { readonly [name: string]: readonly string[] },
  ending: string,
): AttentionOptions["kind"][] {
  const [[name, types]] = Object.entries(setting) as [[string, readonly string[]]];
  const known = Object.fromEntries(
    Object.entries(KINDS).map(([start, kind]) => [`${start}${ending}`, kind]),
  );
  return types.map((type) => {
    refuseOther({ [name]: type }, { [name]: Object.keys(known) }, { what: WHAT });
    return known[type]!;
  });
}
