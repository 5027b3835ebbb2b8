/**
 * The autoencoder of Stable Diffusion, from images to latents and back (Rombach et al. 2022,
 * "High-Resolution Image Synthesis with Latent Diffusion Models", arXiv:2112.10752; the authors'
 * code, MIT), under the names and with the configuration of diffusers' `AutoencoderKL` (Apache-2.0).
 *
 * @module
 */

import { Conv2d, GroupNorm, type Layer, Module, splitKey } from "../../nn/mod.ts";
import { refuseOutside } from "../../options.ts";
import { type Key, silu, tf } from "../../tensorflow/mod.ts";
import { checkKey } from "../image_model.ts";
import { ImageAttention } from "./_attention.ts";
import { checkDivides, completeConfig, perBlock } from "./_config.ts";
import { Downsample, ResnetBlock, Upsample } from "./_resnet_block.ts";
import { inTiles } from "./_tiles.ts";
import { posteriorMode, samplePosterior } from "./posterior.ts";

/** Settings of {@linkcode AutoencoderKL}, by diffusers' names: what a `config.json` holds. */
export type AutoencoderConfig = {
  /** Channels of the images. @default {3} */
  in_channels: number;
  /** @default {3} */
  out_channels: number;
  /** All `DownEncoderBlock2D`: each halves the size, but for the last. */
  down_block_types: readonly string[];
  /** All `UpDecoderBlock2D`. */
  up_block_types: readonly string[];
  /** Channels, from the outermost. @default {[64]} */
  block_out_channels: readonly number[];
  /** Residual blocks; one more in the decoder. @default {1} */
  layers_per_block: number;
  /** @default {4} */
  latent_channels: number;
  /** Groups of the normalisations. @default {32} */
  norm_num_groups: number;
  /** Side of the images that it was trained on, and of tiles, in pixels. @default {32} */
  sample_size: number | readonly [number, number];
  /** Latents are multiplied by it for the U-Net: 1 / their standard deviation. @default {0.18215} */
  scaling_factor: number;
  /** Taken from the latents before that. @default {null: nothing} */
  shift_factor: number | null;
  /** For half precision: all is float32 here. @default {true} */
  force_upcast: boolean;
  /** Whether a 1x1 convolution follows the encoder. @default {true} */
  use_quant_conv: boolean;
  /** Whether a 1x1 convolution precedes the decoder. @default {true} */
  use_post_quant_conv: boolean;
  /** Whether the pixels look at each other where they are fewest. @default {true} */
  mid_block_add_attention: boolean;
};

const DEFAULTS: AutoencoderConfig = {
  ...{ in_channels: 3, out_channels: 3, down_block_types: ["DownEncoderBlock2D"] },
  ...{ up_block_types: ["UpDecoderBlock2D"], block_out_channels: [64], layers_per_block: 1 },
  ...{ latent_channels: 4, norm_num_groups: 32, sample_size: 32, scaling_factor: 0.18215 },
  ...{ shift_factor: null, force_upcast: true, use_quant_conv: true, use_post_quant_conv: true },
  mid_block_add_attention: true,
};

/** Settings of diffusers that can have one value here. */
const FIXED = { act_fn: ["silu", "swish"], latents_mean: [null], latents_std: [null] };

const WHAT = "make AutoencoderKL";

type PartOptions = {
  widths: readonly number[];
  layers: number;
  groups: number;
  attention: boolean;
  key?: Key;
};

const EPSILON = 1e-6;

/** Residual blocks at one size. */
class Stage extends Module {
  readonly resnets: readonly ResnetBlock[];
  /** At the end of a stage of the encoder. */
  readonly downsamplers?: readonly [Downsample];
  /** At the end of a stage of the decoder. */
  readonly upsamplers?: readonly [Upsample];

  constructor(
    widths: readonly number[],
    { groups, resize, key }: { groups: number; resize?: "down" | "up"; key?: Key },
  ) {
    super();
    const keys = splitKey(key, widths.length);
    this.resnets = widths.slice(1).map((width, at) =>
      new ResnetBlock(widths[at]!, width, { groups, epsilon: EPSILON, key: keys[at] })
    );
    const [channels, forConv] = [widths.at(-1)!, keys.at(-1)];
    if (resize === "up") this.upsamplers = [new Upsample(channels, { key: forConv })];
    if (resize === "down") {
      const padding = [[0, 1], [0, 1]] as const;
      this.downsamplers = [new Downsample(channels, { padding, key: forConv })];
    }
    tf.dispose(keys);
  }

  call(x: tf.Tensor): tf.Tensor {
    const layers = [...this.resnets, ...this.downsamplers ?? [], ...this.upsamplers ?? []];
    return inTurn(layers, x);
  }
}

/** Two residual blocks, and attention between them. */
class Middle extends Module {
  readonly resnets: readonly [ResnetBlock, ResnetBlock];
  readonly attentions: readonly ImageAttention[];

  constructor(
    channels: number,
    { groups, attention, key }: Omit<PartOptions, "widths" | "layers">,
  ) {
    super();
    const keys = splitKey(key, 3);
    const [first, second] = keys.slice(0, 2).map((key) =>
      new ResnetBlock(channels, channels, { groups, epsilon: EPSILON, key })
    );
    this.resnets = [first!, second!];
    const options = { groups, epsilon: EPSILON, heads: 1, key: keys[2] };
    this.attentions = attention ? [new ImageAttention(channels, options)] : [];
    tf.dispose(keys);
  }

  call(x: tf.Tensor): tf.Tensor {
    return inTurn([this.resnets[0], ...this.attentions, this.resnets[1]], x);
  }
}

/** From images to the moments of latents. */
class Encoder extends Module {
  readonly conv_in: Conv2d;
  readonly down_blocks: readonly Stage[];
  readonly mid_block: Middle;
  readonly conv_norm_out: GroupNorm;
  readonly conv_out: Conv2d;

  constructor(
    { inputs, outputs }: { inputs: number; outputs: number },
    { widths, layers, key, ...options }: PartOptions,
  ) {
    super();
    const keys = splitKey(key, widths.length + 3);
    const conv = { kernelSize: 3, padding: 1 };
    const last = widths.length - 1;
    this.conv_in = new Conv2d(inputs, widths[0]!, { ...conv, key: keys[0] });
    this.down_blocks = widths.map((width, at) =>
      new Stage([widths[Math.max(at - 1, 0)]!, ...new Array<number>(layers).fill(width)], {
        ...{ groups: options.groups, resize: at < last ? "down" : undefined, key: keys[3 + at] },
      })
    );
    this.mid_block = new Middle(widths[last]!, { ...options, key: keys[1] });
    this.conv_norm_out = new GroupNorm(options.groups, widths[last]!, { epsilon: EPSILON });
    this.conv_out = new Conv2d(widths[last]!, outputs, { ...conv, key: keys[2] });
    tf.dispose(keys);
  }

  call(x: tf.Tensor): tf.Tensor {
    const y = inTurn([...this.down_blocks, this.mid_block], this.conv_in.call(x));
    return this.conv_out.call(silu(this.conv_norm_out.call(y)));
  }
}

/** From latents to images. */
class Decoder extends Module {
  readonly conv_in: Conv2d;
  readonly up_blocks: readonly Stage[];
  readonly mid_block: Middle;
  readonly conv_norm_out: GroupNorm;
  readonly conv_out: Conv2d;

  constructor(
    { inputs, outputs }: { inputs: number; outputs: number },
    { widths, layers, key, ...options }: PartOptions,
  ) {
    super();
    const keys = splitKey(key, widths.length + 3);
    const conv = { kernelSize: 3, padding: 1 };
    const [inward, last] = [widths.toReversed(), widths.length - 1];
    this.conv_in = new Conv2d(inputs, inward[0]!, { ...conv, key: keys[0] });
    this.mid_block = new Middle(inward[0]!, { ...options, key: keys[1] });
    this.up_blocks = inward.map((width, at) =>
      new Stage([inward[Math.max(at - 1, 0)]!, ...new Array<number>(layers + 1).fill(width)], {
        ...{ groups: options.groups, resize: at < last ? "up" : undefined, key: keys[3 + at] },
      })
    );
    this.conv_norm_out = new GroupNorm(options.groups, widths[0]!, { epsilon: EPSILON });
    this.conv_out = new Conv2d(widths[0]!, outputs, { ...conv, key: keys[2] });
    tf.dispose(keys);
  }

  call(x: tf.Tensor): tf.Tensor {
    const y = inTurn([this.mid_block, ...this.up_blocks], this.conv_in.call(x));
    return this.conv_out.call(silu(this.conv_norm_out.call(y)));
  }
}

/** How large images are taken apart. */
export type Tiling = {
  /** Side of a tile in pixels of the image. @default {sample_size} */
  size?: number;
  /** Share of a tile that the next one has, too. @default {0.25} */
  overlap?: number;
};

/**
 * A variational autoencoder for images of [batch, height, width, channels] in [-1, 1], whose latents
 * have one pixel for 2ⁿ⁻¹ x 2ⁿ⁻¹ of theirs, where n is the number of blocks.
 *
 * @example
 * ```ts
 * import { AutoencoderKL } from "galaxykit/models";
 * import { key, split, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const [forModel, forLatents] = split(key(1));
 * const model = new AutoencoderKL({
 *   block_out_channels: [8, 16, 16],
 *   down_block_types: new Array(3).fill("DownEncoderBlock2D"),
 *   up_block_types: new Array(3).fill("UpDecoderBlock2D"),
 *   norm_num_groups: 4,
 * }, { key: forModel });
 * const images = tf.zeros([1, 24, 16, 3]);
 * const latents = model.toLatents(images, { key: forLatents });
 * assert.deepEqual(latents.shape, [1, 6, 4, 4]);
 * assert.deepEqual(model.toImages(latents).shape, [1, 24, 16, 3]);
 * ```
 */
export class AutoencoderKL extends Module {
  readonly encoder: Encoder;
  readonly quant_conv?: Conv2d;
  readonly post_quant_conv?: Conv2d;
  readonly decoder: Decoder;
  readonly #config: AutoencoderConfig;

  /**
   * @param config What is missing has diffusers' default
   * @param options `key`: where first values come from; without, the values are to be loaded
   * @throws {RangeError} For a setting that is unknown, out of range, or does not fit the others
   */
  constructor(config: Partial<AutoencoderConfig> = {}, { key }: { key?: Key } = {}) {
    super();
    checkKey(key, { what: WHAT });
    this.#config = completeConfig(config, { what: WHAT, defaults: DEFAULTS, fixed: FIXED });
    checkConfig(this.#config);
    const { latent_channels: latents, ...made } = this.#config;
    const keys = splitKey(key, 4);
    const options = {
      widths: made.block_out_channels,
      layers: made.layers_per_block,
      groups: made.norm_num_groups,
      attention: made.mid_block_add_attention,
    };
    const moments = { inputs: made.in_channels, outputs: 2 * latents };
    this.encoder = new Encoder(moments, { ...options, key: keys[0] });
    if (made.use_quant_conv) {
      this.quant_conv = new Conv2d(2 * latents, 2 * latents, { kernelSize: 1, key: keys[1] });
    }
    if (made.use_post_quant_conv) {
      this.post_quant_conv = new Conv2d(latents, latents, { kernelSize: 1, key: keys[2] });
    }
    const images = { inputs: latents, outputs: made.out_channels };
    this.decoder = new Decoder(images, { ...options, key: keys[3] });
    tf.dispose(keys);
  }

  override get modelName(): string {
    return "AutoencoderKL";
  }

  /** What it is made from again: all settings, plain JSON, a copy. */
  get config(): AutoencoderConfig {
    return structuredClone(this.#config);
  }

  /** Pixels of an image along one of its latents. */
  get factor(): number {
    return 2 ** (this.#config.block_out_channels.length - 1);
  }

  /**
   * The moments of the latents' posterior, [batch, rows, columns, 2 · latent_channels]: means and
   * logarithms of variances. {@linkcode posteriorMode} and {@linkcode samplePosterior} take them.
   *
   * @param options `tiling`: take the image apart, so that memory does not grow with its size. Results
   * differ from those of the whole, as each tile is normalised by itself. Do not trace it with `jit`,
   * which would run all tiles at once
   * @throws {TypeError} When images are of another shape, or their sides are no multiples of the factor
   */
  encode(images: tf.Tensor, { tiling }: { tiling?: Tiling } = {}): tf.Tensor4D {
    const { in_channels } = this.#config;
    checkImage(images, in_channels, "encode");
    const uneven = images.shape.slice(1, 3).some((side) => side % this.factor !== 0);
    if (uneven) {
      throw new TypeError(
        `Cannot encode: the sides of images must be multiples of ${this.factor} pixels, found ${
          images.shape[1]
        }x${images.shape[2]}`,
      );
    }
    const body = (x: tf.Tensor) =>
      tf.tidy(() => {
        const moments = this.encoder.call(x);
        return this.quant_conv?.call(moments) ?? moments;
      });
    return this.#run(images, body, { tiling, pixels: 1, scale: 1 / this.factor });
  }

  /**
   * Images from latents as {@linkcode encode} gives them, not scaled.
   *
   * @param options `tiling`: as in {@linkcode encode}
   * @throws {TypeError} When latents are of another shape
   */
  decode(latents: tf.Tensor, { tiling }: { tiling?: Tiling } = {}): tf.Tensor4D {
    checkImage(latents, this.#config.latent_channels, "decode");
    const body = (x: tf.Tensor) =>
      tf.tidy(() => this.decoder.call(this.post_quant_conv?.call(x) ?? x));
    return this.#run(latents, body, { tiling, pixels: this.factor, scale: this.factor });
  }

  /**
   * Latents as a U-Net takes them: shifted and scaled.
   *
   * @param options `key`: to draw from the posterior. @default {its mode}
   */
  toLatents(images: tf.Tensor, options: { key?: Key; tiling?: Tiling } = {}): tf.Tensor4D {
    const { scaling_factor, shift_factor } = this.#config;
    return tf.tidy(() => {
      const moments = this.encode(images, options);
      const latents = options.key === undefined
        ? posteriorMode(moments)
        : samplePosterior(options.key, moments);
      return tf.mul(tf.sub(latents, shift_factor ?? 0), scaling_factor) as tf.Tensor4D;
    });
  }

  /** Images of latents as a U-Net gives them. */
  toImages(latents: tf.Tensor, options: { tiling?: Tiling } = {}): tf.Tensor4D {
    const { scaling_factor, shift_factor } = this.#config;
    return tf.tidy(() =>
      this.decode(tf.add(tf.div(latents, scaling_factor), shift_factor ?? 0), options)
    );
  }

  #run(
    x: tf.Tensor,
    body: (x: tf.Tensor) => tf.Tensor,
    { tiling, pixels, scale }: { tiling?: Tiling; pixels: number; scale: number },
  ): tf.Tensor4D {
    if (tiling === undefined) return body(x) as tf.Tensor4D;
    const { size = [this.#config.sample_size].flat()[0]!, overlap = 0.25 } = tiling;
    refuseOutside({ overlap }, { overlap: "[0, 1)" }, { what: "tile images" });
    const side = size / this.factor;
    if (!Number.isInteger(side) || side < 1) {
      throw new RangeError(
        `Cannot tile images: size must be a multiple of ${this.factor} pixels, found ${size}`,
      );
    }
    // Whole latents, so that tiles of images and of latents overlap alike
    const shared = side - Math.floor(side * (1 - overlap));
    const [tile, common] = [side, shared].map((latents) => latents * this.factor / pixels);
    if (x.shape[1]! <= tile! && x.shape[2]! <= tile!) return body(x) as tf.Tensor4D;
    return inTiles(x, body, { size: tile!, overlap: common!, scale }) as tf.Tensor4D;
  }
}

function inTurn(layers: readonly (Layer | Stage | Middle)[], x: tf.Tensor): tf.Tensor {
  return layers.reduce((value, layer) => layer.call(value), x);
}

function checkImage(x: tf.Tensor, channels: number, what: string): void {
  if (x.rank === 4 && x.shape[3] === channels) return;
  throw new TypeError(
    `Cannot ${what}: the shape must be [batch, height, width, ${channels}], found [${x.shape}]`,
  );
}

function checkConfig(config: AutoencoderConfig): void {
  const { block_out_channels, norm_num_groups } = config;
  const blocks = block_out_channels.length;
  const types = { down_block_types: "DownEncoderBlock2D", up_block_types: "UpDecoderBlock2D" };
  for (const [name, type] of Object.entries(types)) {
    const found = config[name as keyof typeof types];
    if (found.length === blocks && found.every((one) => one === type)) continue;
    throw new RangeError(
      `Cannot ${WHAT}: ${name} must be ${type} for each of the ${blocks} block_out_channels, found ${
        found.join(", ")
      }`,
    );
  }
  refuseOutside(config, {
    ...{ in_channels: "whole [1, ∞)", out_channels: "whole [1, ∞)" },
    ...{ latent_channels: "whole [1, ∞)", layers_per_block: "whole [1, ∞)" },
    ...{ norm_num_groups: "whole [1, ∞)", scaling_factor: "(0, ∞)" },
  }, { what: WHAT });
  const widths = perBlock({ block_out_channels }, { what: WHAT, blocks });
  const names = { of: "block_out_channels", by: "norm_num_groups" };
  checkDivides(widths, { what: WHAT, ...names, divisors: widths.map(() => norm_num_groups) });
}
