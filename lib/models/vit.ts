/**
 * Vision transformers (Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words", arXiv:2010.11929;
 * the authors' code, Apache-2.0): the plain one, DINOv2 (Oquab et al. 2023, arXiv:2304.07193) with layer
 * scale, SwiGLU and registers (Darcet et al. 2023, arXiv:2309.16588), the encoder of masked autoencoders
 * (MAE, He et al. 2021, arXiv:2111.06377), and masked Siamese networks (MSN, Assran et al. 2022,
 * arXiv:2204.07141), under the names of those who publish them: see `vit_names.ts`. Those of this file
 * are timm's (Apache-2.0); the others are in `_vit_networks.ts`.
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
  type LoadableTensor,
  Mlp,
  type MultiHeadAttention,
  SelfAttention,
  splitKey,
  SwiGlu,
  UnfusedSelfAttention,
} from "../nn/mod.ts";
import { refuseOutside } from "../options.ts";
import { checkpoint, type Key, normal, tf } from "../tensorflow/mod.ts";
import { type StoredTensor, toFloat32 } from "../weights/mod.ts";
import { TRUNCATED_NORMAL, truncatedNormal002 } from "./_init.ts";
import { CARDS } from "./cards.ts";
import {
  type BlockLayout,
  childOptions,
  dropPathRates,
  ImageModel,
  type ImageModelOptions,
} from "./image_model.ts";
import { fromTransformers, isOfTransformers, vitName, type VitNames } from "./vit_names.ts";
import { type PositionResampling, resample, resizePositions } from "./vit_positions.ts";

/** Settings of a vision transformer. `width` is that of a token, `size` that of its positions. */
export type ViTOptions = ImageModelOptions & {
  /** @default {the published network's, or the width in 64ths} */
  heads?: number;
  /** Number of blocks. @default {the published network's} */
  depth?: number;
  /** Side of a patch, in pixels. @default {the published network's} */
  patch?: number;
  /** Number of register tokens. @default {the published network's} */
  registers?: number;
  /** What normalisations add to the variance. @default {the published network's} */
  epsilon?: number;
  /** What the last layer is given. @default {"class"} */
  pooling?: VitPooling;
  /** How positions are taken over to images of another size. @default {as the model's card says} */
  positions?: PositionResampling;
  /** First value of {@linkcode ViT.checkpointing}. @default {false} */
  checkpointing?: boolean;
};

/**
 * What the last layer is given of the tokens after the last normalisation: the class token's; the mean
 * of the patches'; or both, one after the other, as transformers' `Dinov2ForImageClassification` does.
 */
export type VitPooling = "class" | "mean" | "class_and_mean";

/** A network as somebody published it. */
export type VitNetwork = {
  name: string;
  patch: number;
  width: number;
  depth: number;
  size: number;
  /** @default {the width in 64ths} */
  heads?: number;
  /** @default {0} */
  registers?: number;
  /** First value of the factors of each branch; none without. */
  layerScale?: number;
  /** What normalisations add to the variance. @default {1e-6} */
  epsilon?: number;
  /** What follows attention; `swiglu` is as large as `mlp`. @default {"mlp"} */
  feedForward?: "mlp" | "swiglu";
  /** Under whose names its weights are. @default {"timm"} */
  names?: VitNames;
  /** Whether positions are sines and cosines, which are not trained. @default {false} */
  fixedPositions?: boolean;
};

/** Attention and two linear layers, each beside its input and after a normalisation. */
class ViTBlock extends Layer {
  readonly norm1: LayerNorm;
  readonly attn: MultiHeadAttention;
  readonly ls1: Layer;
  readonly drop_path1: DropPath;
  readonly norm2: LayerNorm;
  readonly mlp: Layer;
  readonly ls2: Layer;
  readonly drop_path2: DropPath;

  constructor(width: number, { heads, epsilon, layerScale, dropPath, isGated, isFused, key }: {
    heads: number;
    epsilon: number;
    layerScale?: number;
    dropPath: number;
    isGated: boolean;
    isFused: boolean;
    key?: Key;
  }) {
    super();
    const [forAttention, forMlp] = splitKey(key);
    const scale = () =>
      layerScale === undefined ? new Identity() : new LayerScale(width, { initial: layerScale });
    const attention = { heads, ...TRUNCATED_NORMAL, key: forAttention };
    const mlp = { ...TRUNCATED_NORMAL, key: forMlp };
    this.norm1 = new LayerNorm(width, { epsilon });
    this.attn = isFused
      ? new SelfAttention(width, attention)
      : new UnfusedSelfAttention(width, attention);
    this.ls1 = scale();
    this.drop_path1 = new DropPath(dropPath);
    this.norm2 = new LayerNorm(width, { epsilon });
    this.mlp = isGated
      // As many weights as without gates, in steps of 8
      ? new SwiGlu(width, { hidden: Math.ceil(Math.floor(8 * width / 3) / 8) * 8, ...mlp })
      : new Mlp(width, { hidden: 4 * width, ...mlp });
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

/**
 * A vision transformer. Its features are tokens: class, registers, then the patches, row by row. Images
 * of another size than its own, square or not, have the positions resampled on the way, as its card
 * says; these learn through that.
 *
 * @example
 * ```ts
 * import { attentionMaps, createModel, ViT } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const options = { width: 32, heads: 2, depth: 2, size: 56, classes: 3 };
 * const model = createModel({ name: "dinov2_with_registers_base", options }, { key: key(1) });
 * assert.ok(model instanceof ViT);
 * const images = tf.zeros([1, 42, 70, 3]);
 *
 * // Tokens after a block, by name
 * const { outputs } = model.inspect(images, { layers: ["encoder.layer.0"] });
 * const { patches, registers } = model.tokens(outputs["encoder.layer.0"]);
 * assert.deepEqual([patches.shape, registers.shape], [[1, 3 * 5, 32], [1, 4, 32]]);
 *
 * // What the class token looks at in the last block: a map for each head
 * const layer = "encoder.layer.1.attention";
 * const attention = attentionMaps(model, images, { layers: [layer] })[layer];
 * const ofClass = tf.transpose(tf.slice(attention, [0, 0, 0, 0], [-1, -1, 1, -1]).squeeze([2]), [0, 2, 1]);
 * assert.deepEqual(model.asMap(ofClass, { height: 42, width: 70 }).shape, [1, 3, 5, 2]);
 * ```
 */
export class ViT extends ImageModel {
  readonly cls_token: tf.Variable;
  /** Of no use but to the training of DINOv2, whose files have it. */
  readonly mask_token?: tf.Variable;
  readonly reg_token?: tf.Variable;
  readonly pos_embed: tf.Variable;
  readonly patch_embed: { proj: Conv2d };
  /** The blocks. */
  readonly body: readonly ViTBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;
  /** Side of the images that the positions are of, in pixels. */
  readonly size: number;
  /** Side of a patch, in pixels. */
  readonly patch: number;
  /** Tokens before those of the patches: the class token and the registers. */
  readonly prefixTokens: number;
  /**
   * Whether training keeps of each block its input alone, and its gradient runs the block again: less
   * memory, a third more time. It changes no number. Set it before a step is traced.
   */
  checkpointing: boolean;
  readonly #names: VitNames;
  readonly #isGated: boolean;
  readonly #pooling: VitPooling;
  readonly #resampling: PositionResampling;

  /** @throws {RangeError} When an option is out of range, or the patch does not divide the size */
  constructor(network: VitNetwork, options: ViTOptions) {
    const { name, layerScale, feedForward = "mlp", names = "timm", fixedPositions = false } =
      network;
    const { width = network.width, depth = network.depth, size = network.size } = options;
    const { patch = network.patch, registers = network.registers ?? 0, key } = options;
    const { epsilon = network.epsilon ?? 1e-6, pooling = "class", checkpointing = false } = options;
    const heads = options.heads ?? (options.width === undefined ? network.heads : undefined) ??
      width / 64;
    const positions = options.positions ??
      (Object.hasOwn(CARDS, name) ? CARDS[name]!.positions : undefined) ?? "antialias";
    const isGated = feedForward === "swiglu";
    const inFile = (path: string) => vitName(path, { names, gated: isGated });
    super(
      {
        ...{ name, createHead, headName: inFile("head"), headProperty: "head" },
        mapLayer: inFile(`body.${depth - 1}.norm1`),
        own: { heads, depth, patch, registers, epsilon, pooling, positions },
        unkept: ["checkpointing"],
      },
      { ...options, width, size },
    );
    [this.#names, this.#isGated, this.#pooling] = [names, isGated, pooling];
    [this.#resampling, this.checkpointing] = [positions, checkpointing];
    const { classes, inChannels, dropPathRate } = this.config.options;
    const what = `make ${name}`;
    if (!Number.isInteger(heads) || heads < 1) {
      throw new RangeError(
        `Cannot ${what}: heads must be given where the width is no multiple of 64, found ${width}`,
      );
    }
    refuseOutside({ depth, patch, registers, epsilon }, {
      ...{ depth: "whole [1, ∞)", patch: "whole [1, ∞)", registers: "whole [0, ∞)" },
      epsilon: "(0, ∞)",
    }, { what });
    refuseOther({ pooling }, ["class", "mean", "class_and_mean"], what);
    refuseOther({ positions }, ["antialias", "size", "offset"], what);
    if (size % patch !== 0) {
      throw new RangeError(
        `Cannot ${what}: the size must be a multiple of its patch of ${patch} pixels, found ${size}`,
      );
    }
    [this.size, this.patch, this.prefixTokens] = [size, patch, 1 + registers];
    const keys = splitKey(key, depth + 5);
    const tokens = (key: Key | undefined, count: number) => {
      const shape = [1, count, width];
      return this.parameter(initialize(token, key, { shape, fanIn: 1, fanOut: 1 }));
    };
    this.cls_token = tokens(keys[0], 1);
    if (names === "facebook" || names === "dinov2") {
      this.mask_token = this.buffer(tf.zeros([1, width]), { optional: true });
    }
    if (registers > 0) this.reg_token = tokens(keys[1], registers);
    const shape = [1, (size / patch) ** 2 + this.#prefixPositions, width];
    const init = fixedPositions ? sinesAndCosines : truncatedNormal002;
    const first = initialize(init, keys[2], { shape, fanIn: 1, fanOut: 1 });
    this.pos_embed = fixedPositions ? this.buffer(first) : this.parameter(first);
    this.patch_embed = {
      proj: new Conv2d(inChannels, width, {
        ...{ kernelSize: patch, stride: patch, ...TRUNCATED_NORMAL, key: keys[3] },
      }),
    };
    const block = { heads, epsilon, layerScale, isGated, isFused: !isOfTransformers(names) };
    this.body = dropPathRates(dropPathRate, depth).map((dropPath, index) =>
      new ViTBlock(width, { ...block, dropPath, key: keys[index + 5] })
    );
    this.norm = new LayerNorm(width, { epsilon });
    const pooled = pooling === "class_and_mean" ? 2 * width : width;
    this.head = createHead(pooled, { classes, key: keys[4] });
    tf.dispose(keys);
  }

  protected override nameInFile(path: string): string {
    return vitName(path, { names: this.#names, gated: this.#isGated });
  }

  /** Under whose names its weights are. */
  get names(): VitNames {
    return this.#names;
  }

  /** The tokens after the last normalisation, [batch, tokens, width]. */
  features(x: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    const run = (block: ViTBlock, tokens: tf.Tensor, { training, key }: CallOptions) => {
      if (!this.checkpointing || !training) return block.call(tokens, { training, key });
      const variables = block.parameters().filter(({ trainable }) => trainable);
      const constants = key === undefined ? [] : [key];
      return checkpoint(
        ([tokens, key]) => block.call(tokens!, { training, key: key as Key | undefined }),
        [tokens],
        { variables, constants },
      );
    };
    const tokens = this.body.reduce(
      (value, block, index) => run(block, value, childOptions(options, index)),
      this.#embed(x, options),
    );
    return this.norm.call(tokens);
  }

  /** What the last layer is given, [batch, features]: see {@linkcode VitPooling}. */
  pooled(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const { class: first, patches } = this.tokens(this.features(x, options));
    if (this.#pooling === "class") return first;
    const mean = tf.mean(patches, 1);
    return this.#pooling === "mean" ? mean : tf.concat([first, mean], 1);
  }

  /**
   * The tokens by what they stand for.
   *
   * @param output Of `features`, or of a block as `inspect` gives it, [batch, tokens, width]
   * @returns `class` [batch, width], `registers` and `patches` [batch, tokens, width], row by row
   */
  tokens(output: tf.Tensor): { class: tf.Tensor2D; registers: tf.Tensor3D; patches: tf.Tensor3D } {
    const [batch, tokens, width] = output.shape as [number, number, number];
    const part = (begin: number, end: number) =>
      tf.slice(output, [0, begin, 0], [batch, end - begin, width]) as tf.Tensor3D;
    return {
      class: part(0, 1).reshape([batch, width]) as tf.Tensor2D,
      registers: part(1, this.prefixTokens),
      patches: part(this.prefixTokens, tokens),
    };
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

  /**
   * Values of a file as this model takes them: without what transformers adds for other tasks, and with
   * the positions resampled where they are for images of another size.
   */
  override adapt(state: Readonly<Record<string, LoadableTensor>>): Record<string, LoadableTensor> {
    const own = isOfTransformers(this.#names) ? fromTransformers(state) : { ...state };
    const unused = this.nameInFile("mask_token");
    if (this.mask_token === undefined) delete own[unused];
    const name = this.nameInFile("pos_embed");
    const [found, [, tokens, width]] = [own[name], this.pos_embed.shape];
    if (found?.shape.length !== 3 || found.shape[2] !== width || found.shape[1] === tokens) {
      return own;
    }
    const data = toFloat32(found as StoredTensor);
    own[name] = resizePositions({ dtype: "F32", shape: found.shape, data }, {
      ...{ rows: this.size / this.patch, prefixTokens: this.#prefixPositions },
      resampling: this.#resampling,
    });
    return own;
  }

  protected layout(): BlockLayout[] {
    const stem = ["cls_token", "mask_token", "reg_token", "pos_embed", "patch_embed.proj"];
    const blocks = this.body.map((_, index) => {
      const name = this.nameInFile(`body.${index}`);
      return { name, stage: name, parts: [name] };
    });
    blocks.at(-1)!.parts.push(this.nameInFile("norm"));
    const parts = stem.map((path) => this.nameInFile(path));
    return [{ name: "stem", stage: "stem", parts }, ...blocks];
  }

  /** Tokens before the patches that have a position: in timm's with registers, none. */
  get #prefixPositions(): number {
    return this.#names === "timm" && this.prefixTokens > 1 ? 0 : 1;
  }

  /** The tokens of the patches with their positions, after the class token and the registers. */
  #embed(x: tf.Tensor, options: CallOptions): tf.Tensor {
    const [batch, height, width] = x.shape as tf.Tensor4D["shape"];
    if (height % this.patch !== 0 || width % this.patch !== 0) {
      throw new TypeError(
        `Cannot run ${this.modelName}: the sides of images must be multiples of its patch of ${this.patch} pixels, found ${height}x${width}`,
      );
    }
    const map = this.patch_embed.proj.call(x, options);
    const [, rows, columns, features] = map.shape as tf.Tensor4D["shape"];
    const before = this.#prefixPositions;
    const positions = resample(this.pos_embed, {
      ...{ rows, columns, prefixTokens: before, resampling: this.#resampling },
    });
    const patches = tf.add(
      map.reshape([batch, rows * columns, features]),
      tf.slice(positions, [0, before, 0], [1, rows * columns, features]),
    );
    const first = before === 0
      ? this.cls_token
      : tf.add(this.cls_token, tf.slice(positions, [0, 0, 0], [1, 1, features]));
    const prefix = [first, ...(this.reg_token ? [this.reg_token] : [])];
    return tf.concat([...prefix.map((token) => tf.tile(token, [batch, 1, 1])), patches], 1);
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

/**
 * Positions of MAE: of the column, then of the row, sines and cosines of as many frequencies as there
 * are fourths of the width. The class token has none.
 */
const sinesAndCosines: Initializer = function (_key, { shape }) {
  const [, tokens, width] = shape as [number, number, number];
  const side = Math.sqrt(tokens - 1);
  const quarter = Math.floor(width / 4);
  const values = new Float32Array(tokens * width);
  for (let patch = 0; patch < side ** 2; patch++) {
    const from = (patch + 1) * width;
    for (let at = 0; at < quarter; at++) {
      const frequency = 10_000 ** (-at / quarter);
      for (const [half, place] of [patch % side, Math.floor(patch / side)].entries()) {
        values[from + 2 * half * quarter + at] = Math.sin(place * frequency);
        values[from + (2 * half + 1) * quarter + at] = Math.cos(place * frequency);
      }
    }
  }
  return tf.tensor3d(values, [1, tokens, width]);
};

const SMALL = { width: 384, depth: 12 };
const BASE = { width: 768, depth: 12 };
const LARGE = { width: 1024, depth: 24 };
const PATCH16 = { patch: 16, size: 224 };
const DINOV2 = { patch: 14, size: 518, layerScale: 1e-5 };

function createHead(features: number, { classes, key }: { classes: number; key?: Key }): Linear {
  return new Linear(features, classes, { key, ...TRUNCATED_NORMAL });
}

function refuseOther(option: Record<string, string>, known: readonly string[], what: string): void {
  const [[name, value]] = Object.entries(option) as [[string, string]];
  if (known.includes(value)) return;
  throw new RangeError(
    `Cannot ${what}: ${name} must be one of ${known.join(", ")}, found ${value}`,
  );
}
