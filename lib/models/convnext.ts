/**
 * ConvNeXt (Liu et al. 2022, "A ConvNet for the 2020s", arXiv:2201.03545; the authors' code, MIT), in
 * the sizes of the paper and in timm's smaller ones, under timm's names (Apache-2.0). The encoders
 * of Zoobot (Walmsley et al. 2023) are of this family. In timm's sizes up to nano the two layers
 * after the convolution are 1x1 convolutions in files; they compute the same as linear layers.
 *
 * @module
 */

import {
  type CallOptions,
  Conv2d,
  DropPath,
  Layer,
  LayerNorm,
  Linear,
  Mlp,
  Sequential,
  splitKey,
} from "../nn/mod.ts";
import { type Key, tf } from "../tensorflow/mod.ts";
import { TRUNCATED_NORMAL } from "./_init.ts";
import {
  type BlockLayout,
  childOptions,
  dropPathRates,
  ImageModel,
  type ImageModelOptions,
} from "./image_model.ts";

const NORMALIZATION = { epsilon: 1e-6 };

/** First value of the factors of each block's branch. */
const LAYER_SCALE = 1e-6;

/** What timm's three smallest share. */
const SMALL = { depths: [2, 2, 6, 2], convolutions: true } as const;

type Depths = readonly [number, number, number, number];

/** A 7x7 depthwise convolution, a normalisation and two linear layers, beside the input. */
class ConvNeXtBlock extends Layer {
  readonly gamma: tf.Variable;
  readonly conv_dw: Conv2d;
  readonly norm: LayerNorm;
  readonly mlp: Mlp;
  readonly drop_path: DropPath;

  constructor(channels: number, { convolutions, dropPath, key }: {
    convolutions: boolean;
    dropPath: number;
    key?: Key;
  }) {
    super();
    const [forConv, forMlp] = splitKey(key);
    this.gamma = this.parameter(tf.fill([channels], LAYER_SCALE));
    this.conv_dw = new Conv2d(channels, channels, {
      ...{ kernelSize: 7, padding: 3, groups: channels, ...TRUNCATED_NORMAL, key: forConv },
    });
    this.norm = new LayerNorm(channels, NORMALIZATION);
    this.mlp = new Mlp(channels, {
      ...{ hidden: 4 * channels, convolutions, ...TRUNCATED_NORMAL, key: forMlp },
    });
    this.drop_path = new DropPath(dropPath);
    tf.dispose([forConv, forMlp]);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const hidden = this.norm.call(this.conv_dw.call(x, options));
    const branch = tf.mul(this.mlp.call(hidden, options), this.gamma);
    return tf.add(this.drop_path.call(branch, options), x);
  }
}

/** Blocks of one resolution; before them, but for the first stage, the image is halved. */
class ConvNeXtStage extends Layer {
  readonly downsample?: Sequential;
  readonly blocks: Sequential;

  constructor({ inChannels, channels, convolutions, dropPaths, key }: {
    inChannels: number;
    channels: number;
    convolutions: boolean;
    /** One for each block. */
    dropPaths: readonly number[];
    key?: Key;
  }) {
    super();
    const keys = splitKey(key, dropPaths.length + 1);
    if (inChannels !== channels) {
      this.downsample = new Sequential([
        new LayerNorm(inChannels, NORMALIZATION),
        patches(inChannels, channels, { size: 2, key: keys[dropPaths.length] }),
      ]);
    }
    this.blocks = new Sequential(
      dropPaths.map((dropPath, index) =>
        new ConvNeXtBlock(channels, { convolutions, dropPath, key: keys[index] })
      ),
    );
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    return this.blocks.call(this.downsample?.call(x, options) ?? x, options);
  }
}

/** A ConvNeXt. Sides of the images are 32 pixels or more. */
export class ConvNeXt extends ImageModel {
  readonly stem: Sequential;
  readonly stages: readonly ConvNeXtStage[];
  readonly head: { norm: LayerNorm; fc: Linear };
  readonly #depths: Depths;

  constructor(
    { name, depths, width: published, convolutions = false }: {
      name: string;
      depths: Depths;
      width: number;
      /** Whether files hold the linear layers as 1x1 convolutions. */
      convolutions?: boolean;
    },
    options: ImageModelOptions,
  ) {
    const { width = published, key } = options;
    super({ name, headName: "head.fc", mapLayer: "stages.3", createHead }, { ...options, width });
    const { classes, inChannels, dropPathRate } = this.config.options;
    this.#depths = depths;
    const keys = splitKey(key, 6);
    this.stem = new Sequential([
      patches(inChannels, width, { size: 4, key: keys[0] }),
      new LayerNorm(width, NORMALIZATION),
    ]);
    const rates = dropPathRates(dropPathRate, depths.reduce((sum, depth) => sum + depth));
    this.stages = depths.map((depth, stage) =>
      new ConvNeXtStage({
        inChannels: width * 2 ** Math.max(0, stage - 1),
        channels: width * 2 ** stage,
        convolutions,
        dropPaths: rates.splice(0, depth),
        key: keys[stage + 1],
      })
    );
    const features = width * 8;
    this.head = {
      norm: new LayerNorm(features, NORMALIZATION),
      fc: createHead(features, { classes, key: keys[5] }),
    };
    tf.dispose(keys);
  }

  features(x: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    return this.stages.reduce(
      (value, stage, index) => stage.call(value, childOptions(options, index)),
      this.stem.call(x, options),
    );
  }

  pooled(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return this.head.norm.call(tf.mean(this.features(x, options), [1, 2]));
  }

  protected layout(): BlockLayout[] {
    const blocks = this.#depths.flatMap((depth, index) =>
      Array.from({ length: depth }, (_, block) => {
        const stage = `stages.${index}`;
        const name = `${stage}.blocks.${block}`;
        return { name, stage, parts: block === 0 ? [`${stage}.downsample`, name] : [name] };
      })
    );
    blocks.at(-1)!.parts.push("head.norm");
    return [{ name: "stem", stage: "stem", parts: ["stem"] }, ...blocks];
  }
}

/** ConvNeXt-Atto of timm: 3.7 million parameters at 1,000 classes. */
export function convnextAtto(options: ImageModelOptions): ConvNeXt {
  return new ConvNeXt({ name: "convnext_atto", ...SMALL, width: 40 }, options);
}

/** ConvNeXt-Femto of timm: 5.2 million parameters at 1,000 classes. */
export function convnextFemto(options: ImageModelOptions): ConvNeXt {
  return new ConvNeXt({ name: "convnext_femto", ...SMALL, width: 48 }, options);
}

/** ConvNeXt-Pico of timm: 9.0 million parameters at 1,000 classes. */
export function convnextPico(options: ImageModelOptions): ConvNeXt {
  return new ConvNeXt({ name: "convnext_pico", ...SMALL, width: 64 }, options);
}

/**
 * ConvNeXt-Nano of timm: 15.6 million parameters at 1,000 classes.
 *
 * @example
 * ```ts
 * import { convnextNano } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = convnextNano({ classes: 3, width: 8, key: key(1) });
 * assert.deepEqual(model.features(tf.zeros([2, 64, 64, 3])).shape, [2, 2, 2, 64]);
 * assert.deepEqual(model.call(tf.zeros([2, 64, 64, 3])).shape, [2, 3]);
 * ```
 */
export function convnextNano(options: ImageModelOptions): ConvNeXt {
  const depths = [2, 2, 8, 2] as const;
  return new ConvNeXt({ name: "convnext_nano", depths, width: 80, convolutions: true }, options);
}

/** The kit's own, of Nano's depths: 1.4 million parameters at 37 classes. */
export function convnextNanoMini(options: ImageModelOptions): ConvNeXt {
  const depths = [2, 2, 8, 2] as const;
  const name = "convnext_nano_mini";
  return new ConvNeXt({ name, depths, width: 24, convolutions: true }, options);
}

/** ConvNeXt-Tiny: 28.6 million parameters at 1,000 classes. */
export function convnextTiny(options: ImageModelOptions): ConvNeXt {
  return new ConvNeXt({ name: "convnext_tiny", depths: [3, 3, 9, 3], width: 96 }, options);
}

/** ConvNeXt-Small: 50.2 million parameters at 1,000 classes. */
export function convnextSmall(options: ImageModelOptions): ConvNeXt {
  return new ConvNeXt({ name: "convnext_small", depths: [3, 3, 27, 3], width: 96 }, options);
}

/** ConvNeXt-Base: 88.6 million parameters at 1,000 classes. */
export function convnextBase(options: ImageModelOptions): ConvNeXt {
  return new ConvNeXt({ name: "convnext_base", depths: [3, 3, 27, 3], width: 128 }, options);
}

/** A convolution of patches that do not overlap. */
function patches(
  inChannels: number,
  outChannels: number,
  { size, key }: { size: number; key?: Key },
): Conv2d {
  const options = { kernelSize: size, stride: size, ...TRUNCATED_NORMAL, key };
  return new Conv2d(inChannels, outChannels, options);
}

function createHead(features: number, { classes, key }: { classes: number; key?: Key }): Linear {
  return new Linear(features, classes, { key, ...TRUNCATED_NORMAL });
}
