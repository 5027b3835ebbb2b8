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
import { type BlockConditions, DownBlock, MidBlock, UpBlock } from "./_unet_blocks.ts";
import {
  attendsToContext,
  completeUNetConfig,
  planOf,
  type UNetConfig,
  WHAT,
} from "./unet_config.ts";

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
    this.#config = completeUNetConfig(config);
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
    const attends = attendsToContext(this.#config);
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
