/**
 * The U-Net of Stable Diffusion (Rombach et al. 2022, "High-Resolution Image Synthesis with Latent
 * Diffusion Models", arXiv:2112.10752; the authors' code, MIT), under the names and with the
 * configuration of diffusers' `UNet2DConditionModel` (Apache-2.0).
 *
 * @module
 */

import {
  type CallOptions,
  Conv2d,
  Embedding,
  GroupNorm,
  Identity,
  Layer,
  Linear,
  Module,
  splitKey,
  zeros,
} from "../../nn/mod.ts";
import { refuseOther, refuseOutside } from "../../options.ts";
import { type Key, silu, tf } from "../../tensorflow/mod.ts";
import { checkKey, childOptions } from "../image_model.ts";
import { checkDivides, completeConfig, perBlock } from "./_config.ts";
import {
  type AttentionOptions,
  type BlockConditions,
  DownBlock,
  MidBlock,
  UpBlock,
} from "./_unet_blocks.ts";

/**
 * Settings of {@linkcode UNet2DConditionModel}, by diffusers' names: what a `config.json` holds. One
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

const WHAT = "make UNet2DConditionModel";

/** What attends in a block, by the first part of its type's name. */
const KINDS = { CrossAttn: "cross", Attn: "self", "": "none" } as const;

/** Two linear layers with SiLU between them. */
class TwoLayers extends Layer {
  readonly linear_1: Linear;
  readonly linear_2: Linear;

  constructor(inputs: number, outputs: number, { key }: { key?: Key }) {
    super();
    const [first, second] = splitKey(key);
    this.linear_1 = new Linear(inputs, outputs, { key: first });
    this.linear_2 = new Linear(outputs, outputs, { key: second });
    tf.dispose([first, second]);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return this.linear_2.call(silu(this.linear_1.call(x, options)), options);
  }
}

/** What a U-Net denoises under. */
export type UNetInputs = {
  /** Of the noise: a number for all images, or [batch]. It need not be whole. */
  timestep: tf.Tensor;
  /** What is attended to, such as the tokens of a text, [batch, tokens, cross_attention_dim]. */
  encoderHiddenStates?: tf.Tensor;
  /** 1 or true for tokens that are looked at, 0 or false for the others, [batch, tokens]. */
  encoderAttentionMask?: tf.Tensor;
  /** As `class_embed_type` says: [batch, numbers], or [batch]. */
  classLabels?: tf.Tensor;
};

/**
 * A U-Net that predicts, of noised latents, the noise (or what else it was trained for), under a time, a
 * context of tokens, and a class or a vector of numbers. Latents are [batch, height, width, channels],
 * of any size.
 *
 * What the layers inside give, by the names of `namedModules()`, such as `mid_block.attentions.0`, is
 * seen with `observe` of `galaxykit/nn`. First values are those of the authors: the last layer of each
 * branch, and of all, begins with zeros.
 *
 * @example
 * ```ts
 * import { UNet2DConditionModel } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const unet = new UNet2DConditionModel({
 *   block_out_channels: [8, 16],
 *   down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D"],
 *   up_block_types: ["CrossAttnUpBlock2D", "UpBlock2D"],
 *   layers_per_block: 1,
 *   norm_num_groups: 4,
 *   attention_head_dim: 2,
 *   cross_attention_dim: 6,
 *   class_embed_type: "projection", // Votes, say: 37 fractions, and which of them were asked for
 *   projection_class_embeddings_input_dim: 74,
 * }, { key: key(1) });
 * const noise = unet.call(tf.zeros([2, 13, 9, 4]), {
 *   timestep: tf.scalar(500),
 *   encoderHiddenStates: tf.zeros([2, 5, 6]),
 *   classLabels: tf.zeros([2, 74]),
 * });
 * assert.deepEqual(noise.shape, [2, 13, 9, 4]);
 * ```
 */
export class UNet2DConditionModel extends Module {
  readonly conv_in: Conv2d;
  readonly time_embedding: TwoLayers;
  readonly class_embedding?: Layer;
  readonly down_blocks: readonly DownBlock[];
  readonly mid_block?: MidBlock;
  readonly up_blocks: readonly UpBlock[];
  readonly conv_norm_out: GroupNorm;
  readonly conv_out: Conv2d;
  readonly #config: UNetConfig;

  /**
   * @param config What is missing has diffusers' default
   * @param options `key`: where first values come from; without, the values are to be loaded
   * @throws {RangeError} For a setting that is unknown, out of range, or does not fit the others
   */
  constructor(config: Partial<UNetConfig> = {}, { key }: { key?: Key } = {}) {
    super();
    checkKey(key, { what: WHAT });
    this.#config = completeConfig(config, { what: WHAT, defaults: DEFAULTS, fixed: FIXED });
    const made = this.#config;
    const plan = planOf(made);
    const { widths, embedding } = plan;
    const blocks = widths.length;
    const keys = splitKey(key, 6 + 2 * blocks);
    const first = made.block_out_channels[0]!;
    this.conv_in = new Conv2d(made.in_channels, first, {
      ...{ kernelSize: made.conv_in_kernel, padding: (made.conv_in_kernel - 1) / 2, key: keys[0] },
    });
    this.time_embedding = new TwoLayers(first, embedding, { key: keys[1] });
    this.class_embedding = classEmbedding(made, { embedding, key: keys[2] });
    const resnet = {
      groups: made.norm_num_groups,
      epsilon: made.norm_eps,
      embedding: made.class_embeddings_concat ? 2 * embedding : embedding,
      scaleShift: made.resnet_time_scale_shift === "scale_shift",
      dropout: made.dropout,
    };
    const skips = [first];
    this.down_blocks = widths.map((channels, at) => {
      const isLast = at === blocks - 1;
      const inputs = new Array<number>(plan.layers[at]!).fill(channels);
      inputs[0] = at === 0 ? first : widths[at - 1]!;
      skips.push(...new Array<number>(inputs.length + (isLast ? 0 : 1)).fill(channels));
      const attention = plan.down[at]!;
      return new DownBlock({ inputs, channels, attention, resnet, isLast, key: keys[6 + at] });
    });
    const deepest = widths.at(-1)!;
    if (plan.mid) {
      this.mid_block = new MidBlock({
        inputs: plan.mid.kind === "none" ? [deepest] : [deepest, deepest],
        ...{ channels: deepest, attention: plan.mid, resnet, key: keys[3] },
      });
    }
    let below = deepest;
    this.up_blocks = widths.toReversed().map((channels, at) => {
      const isLast = at === blocks - 1;
      const layers = plan.layers.at(-1 - at)! + 1;
      const inputs = Array.from(
        { length: layers },
        (_, layer) => (layer === 0 ? below : channels) + skips.pop()!,
      );
      below = channels;
      const [attention, key] = [plan.up[at]!, keys[6 + blocks + at]];
      return new UpBlock({ inputs, channels, attention, resnet, isLast, key });
    });
    this.conv_norm_out = new GroupNorm(made.norm_num_groups, first, { epsilon: made.norm_eps });
    this.conv_out = new Conv2d(first, made.out_channels, {
      ...{ kernelSize: made.conv_out_kernel, padding: (made.conv_out_kernel - 1) / 2 },
      ...{ init: zeros, biasInit: zeros, key: keys[4] },
    });
    tf.dispose(keys);
  }

  override get modelName(): string {
    return "UNet2DConditionModel";
  }

  /** What it is made from again: all settings, plain JSON, a copy. */
  get config(): UNetConfig {
    return structuredClone(this.#config);
  }

  /**
   * What it predicts, [batch, height, width, out_channels].
   *
   * @param sample Noised latents, [batch, height, width, in_channels]
   * @param options `checkpointing`: whether gradients compute each layer again, which saves the memory
   * of what is inside them. @default {false}
   * @throws {TypeError} For inputs that are missing, not wanted or of another shape
   */
  call(
    sample: tf.Tensor,
    inputs: UNetInputs,
    options: CallOptions & { checkpointing?: boolean } = {},
  ): tf.Tensor4D {
    this.#check(sample, inputs);
    return tf.tidy(() => {
      const conditions: BlockConditions = {
        ...options,
        embedding: silu(this.#embedding(sample.shape[0]!, inputs)),
        context: inputs.encoderHiddenStates,
        bias: inputs.encoderAttentionMask && biasOf(inputs.encoderAttentionMask),
      };
      const of = (part: number) => ({ ...conditions, ...childOptions(options, part) });
      const skips = [this.conv_in.call(sample)];
      for (const [at, block] of this.down_blocks.entries()) {
        skips.push(...block.call(skips.at(-1)!, of(at)));
      }
      const deepest = this.mid_block?.call(skips.at(-1)!, of(this.down_blocks.length)) ??
        skips.at(-1)!;
      const last = this.up_blocks.reduce((x, block, at) => {
        const own = skips.splice(-block.resnets.length).reverse();
        const size = skips.at(-1)?.shape.slice(1, 3) as [number, number] | undefined;
        return block.call(x, own, { ...of(this.down_blocks.length + 1 + at), size });
      }, deepest);
      return this.conv_out.call(silu(this.conv_norm_out.call(last))) as tf.Tensor4D;
    });
  }

  /** Of the time and the class, [batch, width]. */
  #embedding(batch: number, { timestep, classLabels }: UNetInputs): tf.Tensor {
    const times = tf.broadcastTo(tf.reshape(tf.cast(timestep, "float32"), [-1]), [batch]);
    const ofTime = this.time_embedding.call(this.#waves(times));
    if (this.class_embedding === undefined) return ofTime;
    const isTime = this.#config.class_embed_type === "timestep";
    const labels = isTime ? this.#waves(tf.cast(classLabels!, "float32")) : classLabels!;
    const ofClass = this.class_embedding.call(labels);
    return this.#config.class_embeddings_concat
      ? tf.concat([ofTime, ofClass], -1)
      : tf.add(ofTime, ofClass);
  }

  /** Sines and cosines of the times, [batch, width] (Vaswani et al. 2017, arXiv:1706.03762). */
  #waves(times: tf.Tensor): tf.Tensor {
    const { flip_sin_to_cos, freq_shift, block_out_channels } = this.#config;
    const half = block_out_channels[0]! / 2;
    // Rounded as float32 does: 1,000 times the error of a frequency is what the wave is off by
    const frequencies = Float32Array.from(
      { length: half },
      (_, at) =>
        Math.exp(
          Math.fround(Math.fround(Math.fround(-Math.log(10000)) * at) / (half - freq_shift)),
        ),
    );
    const angles = tf.mul(tf.reshape(times, [-1, 1]), tf.tensor2d(frequencies, [1, half]));
    const waves = [tf.sin(angles), tf.cos(angles)];
    return tf.concat(flip_sin_to_cos ? waves.reverse() : waves, -1);
  }

  #check(sample: tf.Tensor, inputs: UNetInputs): void {
    const { in_channels, class_embed_type, cross_attention_dim } = this.#config;
    const { timestep, encoderHiddenStates, encoderAttentionMask, classLabels } = inputs;
    const [batch] = sample.shape;
    const refuse = (wanted: string, found: tf.Tensor | undefined) => {
      throw new TypeError(
        `Cannot run ${this.modelName}: ${wanted}, found ${
          found === undefined ? "none" : `${found.dtype}[${found.shape}]`
        }`,
      );
    };
    if (sample.rank !== 4 || sample.shape[3] !== in_channels) {
      refuse(`sample must be [batch, height, width, ${in_channels}]`, sample);
    }
    if (timestep === undefined || timestep.size !== 1 && `${timestep.shape}` !== `${batch}`) {
      refuse(`timestep must be one number, or [${batch}]`, timestep);
    }
    const widths = [cross_attention_dim].flat();
    const attends = this.#config.down_block_types.concat(this.#config.up_block_types)
      .some((type) => type.startsWith("CrossAttn")) ||
      this.#config.mid_block_type === "UNetMidBlock2DCrossAttn";
    const [found, width] = [encoderHiddenStates?.shape, encoderHiddenStates?.shape[2]];
    if (attends && (found?.length !== 3 || found[0] !== batch || !widths.includes(width!))) {
      refuse(`encoderHiddenStates must be [${batch}, tokens, ${widths[0]}]`, encoderHiddenStates);
    }
    if (encoderAttentionMask && `${encoderAttentionMask.shape}` !== `${found?.slice(0, 2)}`) {
      refuse(`encoderAttentionMask must be [${found?.slice(0, 2)}]`, encoderAttentionMask);
    }
    if (this.class_embedding === undefined) {
      if (classLabels) refuse("classLabels are for a model with class_embed_type", classLabels);
      return;
    }
    const numbers = class_embed_type?.endsWith("projection")
      ? `,${this.#config.projection_class_embeddings_input_dim}`
      : class_embed_type === "identity"
      ? `,${this.time_embedding.linear_2.weight.shape[1]}`
      : "";
    if (`${classLabels?.shape}` !== `${batch}${numbers}`) {
      refuse(`classLabels must be [${batch}${numbers}]`, classLabels);
    }
  }
}

/** A mask as numbers to add to scores: diffusers' -10000 for tokens that are not looked at. */
function biasOf(mask: tf.Tensor): tf.Tensor {
  const [batch, tokens] = mask.shape as [number, number];
  const hidden = tf.sub(1, tf.cast(mask, "float32"));
  return tf.reshape(tf.mul(hidden, -10000), [batch, 1, 1, tokens]);
}

/** What the settings come to for each block; up blocks from the innermost. */
type Plan = {
  widths: number[];
  embedding: number;
  layers: number[];
  down: AttentionOptions[];
  mid: AttentionOptions | undefined;
  up: AttentionOptions[];
};

function planOf(config: UNetConfig): Plan {
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

function classEmbedding(
  config: UNetConfig,
  { embedding, key }: { embedding: number; key?: Key },
): Layer | undefined {
  const { class_embed_type, num_class_embeds, block_out_channels } = config;
  const inputs = config.projection_class_embeddings_input_dim;
  if (class_embed_type === null) {
    if (num_class_embeds === null) {
      if (!config.class_embeddings_concat) return undefined;
      throw new RangeError(
        `Cannot ${WHAT}: class_embeddings_concat must be false without class_embed_type, found true`,
      );
    }
    refuseOutside({ num_class_embeds }, { num_class_embeds: "whole [1, ∞)" }, { what: WHAT });
    return new Embedding(num_class_embeds, embedding, { key });
  }
  const types = ["projection", "simple_projection", "timestep", "identity"];
  refuseOther({ class_embed_type }, { class_embed_type: types }, { what: WHAT });
  if (class_embed_type === "identity") return new Identity();
  if (class_embed_type === "timestep") {
    return new TwoLayers(block_out_channels[0]!, embedding, { key });
  }
  if (inputs === null) {
    throw new RangeError(
      `Cannot ${WHAT}: class_embed_type "${class_embed_type}" must have projection_class_embeddings_input_dim beside it, found none`,
    );
  }
  const count = { projection_class_embeddings_input_dim: inputs };
  const whole = { projection_class_embeddings_input_dim: "whole [1, ∞)" } as const;
  refuseOutside(count, whole, { what: WHAT });
  return class_embed_type === "projection"
    ? new TwoLayers(inputs, embedding, { key })
    : new Linear(inputs, embedding, { key });
}
