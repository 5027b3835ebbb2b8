/**
 * Vision transformers (Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words", arXiv:2010.11929;
 * the authors' code, Apache-2.0) under timm's names (Apache-2.0), those of DINOv2 (Oquab et al.
 * 2023, arXiv:2304.07193) with layer scale and registers (Darcet et al. 2023, arXiv:2309.16588) among
 * them. The positions are learned for one image size; `resizePositions` takes those of another
 * over.
 *
 * @module
 */

import {
  type CallOptions,
  Conv2d,
  DropPath,
  Identity,
  initialize,
  type Initializer,
  Layer,
  LayerNorm,
  LayerScale,
  Linear,
  Mlp,
  SelfAttention,
  splitKey,
} from "../nn/mod.ts";
import { type Key, normal, tf } from "../tensorflow/mod.ts";
import { TRUNCATED_NORMAL, truncatedNormal002 } from "./_init.ts";
import {
  type BlockLayout,
  childOptions,
  dropPathRates,
  ImageModel,
  type ImageModelOptions,
} from "./image_model.ts";

/** Settings of a vision transformer. `width` is that of a token. */
export type ViTOptions = ImageModelOptions & {
  /** @default {the width in 64ths} */
  heads?: number;
  /** Number of blocks. @default {the published network's} */
  depth?: number;
};

const NORMALIZATION = { epsilon: 1e-6 };

/** Attention and two linear layers, each beside its input and after a normalisation. */
class ViTBlock extends Layer {
  readonly norm1: LayerNorm;
  readonly attn: SelfAttention;
  readonly ls1: Layer;
  readonly drop_path1: DropPath;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly ls2: Layer;
  readonly drop_path2: DropPath;

  constructor(width: number, { heads, layerScale, dropPath, key }: {
    heads: number;
    layerScale?: number;
    dropPath: number;
    key?: Key;
  }) {
    super();
    const [forAttention, forMlp] = splitKey(key);
    const scale = () =>
      layerScale === undefined ? new Identity() : new LayerScale(width, { initial: layerScale });
    this.norm1 = new LayerNorm(width, NORMALIZATION);
    this.attn = new SelfAttention(width, { heads, ...TRUNCATED_NORMAL, key: forAttention });
    this.ls1 = scale();
    this.drop_path1 = new DropPath(dropPath);
    this.norm2 = new LayerNorm(width, NORMALIZATION);
    this.mlp = new Mlp(width, { hidden: 4 * width, ...TRUNCATED_NORMAL, key: forMlp });
    this.ls2 = scale();
    this.drop_path2 = new DropPath(dropPath);
    tf.dispose([forAttention, forMlp]);
  }

  call(x: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    const [first, second] = [childOptions(options, 0), childOptions(options, 1)];
    const mixed = this.ls1.call(this.attn.call(this.norm1.call(x), first));
    const y = tf.add(x, this.drop_path1.call(mixed, first));
    const changed = this.ls2.call(this.mlp.call(this.norm2.call(y), second));
    return tf.add(y, this.drop_path2.call(changed, second));
  }
}

/** A vision transformer. Its features are tokens: class, registers, then the patches, row by row. */
export class ViT extends ImageModel {
  readonly cls_token: tf.Variable;
  readonly reg_token?: tf.Variable;
  readonly pos_embed: tf.Variable;
  readonly patch_embed: { proj: Conv2d };
  /** `blocks` in files. */
  readonly body: readonly ViTBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;
  /** Side of the images, in pixels. */
  readonly size: number;
  /** Side of a patch, in pixels. */
  readonly patch: number;
  /** Tokens before those of the patches: the class token and the registers. */
  readonly prefixTokens: number;

  constructor(
    { name, patch, registers = 0, layerScale, ...published }: {
      name: string;
      patch: number;
      width: number;
      depth: number;
      size: number;
      registers?: number;
      /** First value of the factors of each branch; none without. */
      layerScale?: number;
    },
    options: ViTOptions,
  ) {
    const { width = published.width, depth = published.depth, size = published.size } = options;
    const { heads = width / 64, key } = options;
    const parts = { name, headName: "head", mapLayer: `blocks.${depth - 1}.norm1`, createHead };
    super({ ...parts, own: { heads, depth } }, { ...options, width, size });
    const { classes, inChannels, dropPathRate } = this.config.options;
    if (size % patch !== 0) {
      throw new RangeError(
        `Cannot make ${name}: the size must be a multiple of its patch of ${patch} pixels, found ${size}`,
      );
    }
    if (!Number.isInteger(heads) || heads < 1) {
      throw new RangeError(
        `Cannot make ${name}: heads must be given where the width is no multiple of 64, found ${width}`,
      );
    }
    [this.size, this.patch, this.prefixTokens] = [size, patch, 1 + registers];
    const keys = splitKey(key, depth + 5);
    const tokens = (key: Key | undefined, count: number) => {
      const shape = [1, count, width];
      return this.parameter(initialize(token, key, { shape, fanIn: 1, fanOut: 1 }));
    };
    this.cls_token = tokens(keys[0], 1);
    if (registers > 0) this.reg_token = tokens(keys[1], registers);
    // DINOv2 with registers gives no position to the tokens that have none
    const positions = (size / patch) ** 2 + (registers > 0 ? 0 : 1);
    const shape = { shape: [1, positions, width], fanIn: 1, fanOut: 1 };
    this.pos_embed = this.parameter(initialize(truncatedNormal002, keys[2], shape));
    this.patch_embed = {
      proj: new Conv2d(inChannels, width, {
        ...{ kernelSize: patch, stride: patch, ...TRUNCATED_NORMAL, key: keys[3] },
      }),
    };
    const rates = dropPathRates(dropPathRate, depth);
    this.body = rates.map((dropPath, index) =>
      new ViTBlock(width, { heads, layerScale, dropPath, key: keys[index + 5] })
    );
    this.norm = new LayerNorm(width, NORMALIZATION);
    this.head = createHead(width, { classes, key: keys[4] });
    tf.dispose(keys);
  }

  protected override members(): [string, unknown][] {
    return super.members().map(([name, member]) => [name === "body" ? "blocks" : name, member]);
  }

  /** The tokens after the last normalisation, [batch, tokens, width]. */
  features(x: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    const tokens = this.body.reduce(
      (value, block, index) => block.call(value, childOptions(options, index)),
      this.#embed(x, options),
    );
    return this.norm.call(tokens);
  }

  /** The class token, [batch, width]. */
  pooled(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const tokens = this.features(x, options);
    const [batch, , width] = tokens.shape as [number, number, number];
    return tf.slice(tokens, [0, 0, 0], [batch, 1, width]).reshape([batch, width]);
  }

  override asMap(
    output: tf.Tensor,
    { height, width }: { height: number; width: number },
  ): tf.Tensor4D {
    const [rows, columns] = [height / this.patch, width / this.patch];
    const [batch, tokens, features] = output.shape as [number, number, number];
    if (output.rank !== 3 || tokens !== this.prefixTokens + rows * columns) {
      return super.asMap(output, { height, width });
    }
    return tf.slice(output, [0, this.prefixTokens, 0], [batch, rows * columns, features])
      .reshape([batch, rows, columns, features]);
  }

  protected layout(): BlockLayout[] {
    const stem = ["cls_token", "reg_token", "pos_embed", "patch_embed"];
    const blocks = this.body.map((_, index) => {
      const name = `blocks.${index}`;
      return { name, stage: name, parts: [name] };
    });
    blocks.at(-1)!.parts.push("norm");
    return [{ name: "stem", stage: "stem", parts: stem }, ...blocks];
  }

  /** The tokens of the patches with their positions, after the class token and the registers. */
  #embed(x: tf.Tensor, options: CallOptions): tf.Tensor {
    const [batch, height, width] = x.shape as tf.Tensor4D["shape"];
    if (height !== this.size || width !== this.size) {
      throw new TypeError(
        `Cannot run ${this.modelName}: its positions are for images of ${this.size}x${this.size} pixels, found ${height}x${width}; create it with that size`,
      );
    }
    const map = this.patch_embed.proj.call(x, options);
    const patches = map.reshape([batch, -1, map.shape[3]!]);
    const prefix = [this.cls_token, ...(this.reg_token ? [this.reg_token] : [])]
      .map((token) => tf.tile(token, [batch, 1, 1]));
    return this.reg_token
      ? tf.concat([...prefix, tf.add(patches, this.pos_embed)], 1)
      : tf.add(tf.concat([...prefix, patches], 1), this.pos_embed);
  }
}

/**
 * ViT-S/16: 22.1 million parameters at 1,000 classes.
 *
 * @example
 * ```ts
 * import { vitSmallPatch16 } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const options = { width: 32, heads: 2, depth: 2, size: 64, classes: 3 };
 * const model = vitSmallPatch16({ ...options, key: key(1) });
 * const images = tf.zeros([2, 64, 64, 3]);
 * const tokens = model.features(images);
 * assert.deepEqual(tokens.shape, [2, 1 + 4 * 4, 32]);
 * assert.deepEqual(model.asMap(tokens, { height: 64, width: 64 }).shape, [2, 4, 4, 32]);
 * assert.deepEqual(model.call(images).shape, [2, 3]);
 * ```
 */
export function vitSmallPatch16(options: ViTOptions): ViT {
  return new ViT({ name: "vit_small_patch16_224", ...SMALL, ...PATCH16 }, options);
}

/** ViT-B/16: 86.6 million parameters at 1,000 classes. */
export function vitBasePatch16(options: ViTOptions): ViT {
  return new ViT({ name: "vit_base_patch16_224", ...BASE, ...PATCH16 }, options);
}

/** ViT-L/16: 304.3 million parameters at 1,000 classes. */
export function vitLargePatch16(options: ViTOptions): ViT {
  return new ViT({ name: "vit_large_patch16_224", ...LARGE, ...PATCH16 }, options);
}

/** ViT-S/14 of DINOv2. */
export function vitSmallPatch14Dinov2(options: ViTOptions): ViT {
  return new ViT({ name: "vit_small_patch14_dinov2", ...SMALL, ...DINOV2 }, options);
}

/** ViT-B/14 of DINOv2. */
export function vitBasePatch14Dinov2(options: ViTOptions): ViT {
  return new ViT({ name: "vit_base_patch14_dinov2", ...BASE, ...DINOV2 }, options);
}

/** ViT-L/14 of DINOv2. */
export function vitLargePatch14Dinov2(options: ViTOptions): ViT {
  return new ViT({ name: "vit_large_patch14_dinov2", ...LARGE, ...DINOV2 }, options);
}

/** ViT-S/14 of DINOv2 with 4 registers. */
export function vitSmallPatch14Reg4Dinov2(options: ViTOptions): ViT {
  const name = "vit_small_patch14_reg4_dinov2";
  return new ViT({ name, ...SMALL, ...DINOV2, registers: 4 }, options);
}

/** ViT-B/14 of DINOv2 with 4 registers. */
export function vitBasePatch14Reg4Dinov2(options: ViTOptions): ViT {
  const name = "vit_base_patch14_reg4_dinov2";
  return new ViT({ name, ...BASE, ...DINOV2, registers: 4 }, options);
}

/** ViT-L/14 of DINOv2 with 4 registers. */
export function vitLargePatch14Reg4Dinov2(options: ViTOptions): ViT {
  const name = "vit_large_patch14_reg4_dinov2";
  return new ViT({ name, ...LARGE, ...DINOV2, registers: 4 }, options);
}

/** The kit's own, for two cores and images of 128 pixels: 1.9 million parameters at 37 classes. */
export function vitMini(options: ViTOptions): ViT {
  return new ViT({ name: "vit_small_mini", width: 192, depth: 4, patch: 16, size: 128 }, options);
}

/** The first value of class and register tokens. */
const token: Initializer = function (key, { shape }) {
  return tf.tidy(() => tf.mul(normal(key, [...shape]), 1e-6));
};

const SMALL = { width: 384, depth: 12 };
const BASE = { width: 768, depth: 12 };
const LARGE = { width: 1024, depth: 24 };
const PATCH16 = { patch: 16, size: 224 };
const DINOV2 = { patch: 14, size: 518, layerScale: 1e-5 };

function createHead(features: number, { classes, key }: { classes: number; key?: Key }): Linear {
  return new Linear(features, classes, { key, ...TRUNCATED_NORMAL });
}
