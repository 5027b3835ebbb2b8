/**
 * EfficientNet (Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
 * Networks", arXiv:1905.11946; the authors' TensorFlow code, Apache-2.0), B0 to B7, under timm's
 * names (Apache-2.0). `efficientnet_b0` and so on pad as PyTorch does, the same on both sides;
 * `tf_efficientnet_b0` and so on as the authors' code and Keras do, with their epsilon: weights that
 * TensorFlow trained want those. `tf_efficientnet_lite0` to `2` are EfficientNet-Lite, made for small
 * machines (the same authors' code of March 2020, `efficientnet/lite`): ReLU6, no squeeze and
 * excitation, and a first and last stage that are scaled neither in width nor in depth. The functions
 * of `efficientnet_keys.ts` rename weights from elsewhere.
 *
 * @module
 */

import {
  BatchNorm2d,
  type CallOptions,
  Conv2d,
  type Layer,
  Linear,
  ReLU6,
  Sequential,
  SiLU,
  splitKey,
  zeros,
} from "../nn/mod.ts";
import { adaptiveAveragePool2d, type Key, tf } from "../tensorflow/mod.ts";
import { kaimingNormalOfGroups, uniformOfOutputs } from "./_init.ts";
import { type BlockLayout, ImageModel, type ImageModelOptions } from "./image_model.ts";
import { DepthwiseSeparable, InvertedResidual, type MBConvOptions } from "./_mbconv.ts";

/** Settings of an EfficientNet. `width` is the stem's before scaling, 32 in the paper. */
export type EfficientNetOptions = ImageModelOptions & {
  /** All channels are multiples of this. @default {8} */
  channelDivisor?: number;
  /** Added to variances in batch normalisation. @default {1e-5; 1e-3 in tf_efficientnet} */
  epsilon?: number;
  /**
   * Share of the batch in the new running statistics. The authors and Keras trained with 0.01.
   *
   * @default {0.1}
   */
  momentum?: number;
};

/** The stages of B0: table 1 of the paper. */
const STAGES = [
  { depth: 1, kernelSize: 3, stride: 1, expansion: 1, channels: 16 },
  { depth: 2, kernelSize: 3, stride: 2, expansion: 6, channels: 24 },
  { depth: 2, kernelSize: 5, stride: 2, expansion: 6, channels: 40 },
  { depth: 3, kernelSize: 3, stride: 2, expansion: 6, channels: 80 },
  { depth: 3, kernelSize: 5, stride: 1, expansion: 6, channels: 112 },
  { depth: 4, kernelSize: 5, stride: 2, expansion: 6, channels: 192 },
  { depth: 1, kernelSize: 3, stride: 1, expansion: 6, channels: 320 },
] as const;

/** Factors of width and depth by which B0 is scaled. */
const SCALES = {
  b0: [1.0, 1.0],
  b1: [1.0, 1.1],
  b2: [1.1, 1.2],
  b3: [1.2, 1.4],
  b4: [1.4, 1.8],
  b5: [1.6, 2.2],
  b6: [1.8, 2.6],
  b7: [2.0, 3.1],
  lite0: [1.0, 1.0],
  lite1: [1.0, 1.1],
  lite2: [1.1, 1.2],
} as const;

/** An EfficientNet. Sides of the images are 32 pixels or more. */
export class EfficientNet extends ImageModel {
  readonly conv_stem: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Layer;
  /** `blocks` in files. */
  readonly body: Sequential;
  readonly conv_head: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly act2: Layer;
  readonly classifier: Linear;
  readonly #depths: readonly number[];

  constructor(
    { name, scale: [widthFactor, depthFactor], tensorflow, lite, width: published }: {
      name: string;
      scale: readonly [width: number, depth: number];
      width: number;
      /** Whether to pad and normalise as TensorFlow's networks do. */
      tensorflow: boolean;
      /** Whether it is an EfficientNet-Lite. */
      lite: boolean;
    },
    options: EfficientNetOptions,
  ) {
    const { width = published, channelDivisor = 8, key } = options;
    const { epsilon = tensorflow ? 1e-3 : 1e-5, momentum = 0.1 } = options;
    const own = { channelDivisor, epsilon, momentum };
    const parts = { name, headName: "classifier", mapLayer: "act2", createHead, own };
    super(parts, { ...options, width });
    const { classes, inChannels, dropPathRate } = this.config.options;
    const scaled = (channels: number, factor: number = widthFactor) =>
      roundChannels(channels * factor * width / 32, channelDivisor);
    const endFactor = lite ? 1 : widthFactor; // Of stem and head
    const normalization = { epsilon, momentum };
    const padding = tensorflow ? "same" : "symmetric";
    const keys = splitKey(key, STAGES.length + 3);
    const init = kaimingNormalOfGroups(1);
    const activation = lite ? () => new ReLU6() : () => new SiLU();
    const squeezeExcite = !lite;
    this.#depths = STAGES.map(({ depth }, stage) => {
      const isFixed = lite && [0, STAGES.length - 1].includes(stage);
      return isFixed ? depth : Math.ceil(depth * depthFactor);
    });
    const count = this.#depths.reduce((sum, depth) => sum + depth);

    const stem = scaled(32, endFactor);
    this.conv_stem = new Conv2d(inChannels, stem, {
      kernelSize: 3,
      stride: 2,
      padding: tensorflow ? "same" : 1,
      bias: false,
      init,
      key: keys[0],
    });
    this.bn1 = new BatchNorm2d(stem, normalization);
    this.act1 = activation();
    let [current, place] = [stem, 0];
    const stages = STAGES.map((stage, index) => {
      const { kernelSize, expansion } = stage;
      const outChannels = scaled(stage.channels);
      const blockKeys = splitKey(keys[index + 1], this.#depths[index]);
      const blocks = blockKeys.map((key, block) => {
        const options: MBConvOptions = {
          ...{ inChannels: current, outChannels, kernelSize, expansion, padding, normalization },
          ...{ activation, squeezeExcite },
          stride: block === 0 ? stage.stride : 1,
          dropPath: dropPathRate * place++ / count,
          key,
        };
        current = outChannels;
        return expansion === 1 ? new DepthwiseSeparable(options) : new InvertedResidual(options);
      });
      tf.dispose(blockKeys);
      return new Sequential(blocks);
    });
    this.body = new Sequential(stages);
    const features = scaled(1280, endFactor);
    this.conv_head = new Conv2d(current, features, {
      ...{ kernelSize: 1, bias: false, init },
      key: keys[STAGES.length + 1],
    });
    this.bn2 = new BatchNorm2d(features, normalization);
    this.act2 = activation();
    this.classifier = createHead(features, { classes, key: keys[STAGES.length + 2] });
    tf.dispose(keys);
  }

  features(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const stem = this.act1.call(this.bn1.callAfter(this.conv_stem, x, options));
    const body = this.body.call(stem, options);
    return this.act2.call(this.bn2.callAfter(this.conv_head, body, options));
  }

  pooled(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return adaptiveAveragePool2d(this.features(x, options), 1).reshape([x.shape[0]!, -1]);
  }

  protected override members(): [string, unknown][] {
    return super.members().map(([name, member]) => [name === "body" ? "blocks" : name, member]);
  }

  protected layout(): BlockLayout[] {
    const blocks = this.#depths.flatMap((depth, stage) =>
      Array.from({ length: depth }, (_, block) => {
        const name = `blocks.${stage}.${block}`;
        return { name, stage: `blocks.${stage}`, parts: [name] };
      })
    );
    blocks.at(-1)!.parts.push("conv_head", "bn2", "act2");
    return [{ name: "stem", stage: "stem", parts: ["conv_stem", "bn1", "act1"] }, ...blocks];
  }
}

/** An EfficientNet from its options. */
type Create = (options: EfficientNetOptions) => EfficientNet;

/**
 * EfficientNet-B0: 5.3 million parameters at 1,000 classes.
 *
 * @example
 * ```ts
 * import { efficientnetB0 } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = efficientnetB0({ classes: 2, width: 8, key: key(1) });
 * assert.deepEqual(model.call(tf.zeros([1, 64, 64, 3])).shape, [1, 2]);
 * assert.deepEqual(model.blocks().slice(-3).map(({ name }) => name), [
 *   "blocks.5.2",
 *   "blocks.5.3",
 *   "blocks.6.0",
 * ]);
 * ```
 */
export const efficientnetB0: Create = create("b0");
/** EfficientNet-B1: 7.8 million parameters at 1,000 classes. */
export const efficientnetB1: Create = create("b1");
/** EfficientNet-B2: 9.1 million parameters at 1,000 classes. */
export const efficientnetB2: Create = create("b2");
/** EfficientNet-B3: 12.2 million parameters at 1,000 classes. */
export const efficientnetB3: Create = create("b3");
/** EfficientNet-B4: 19.3 million parameters at 1,000 classes. */
export const efficientnetB4: Create = create("b4");
/** EfficientNet-B5: 30.4 million parameters at 1,000 classes. */
export const efficientnetB5: Create = create("b5");
/** EfficientNet-B6: 43.0 million parameters at 1,000 classes. */
export const efficientnetB6: Create = create("b6");
/** EfficientNet-B7: 66.3 million parameters at 1,000 classes. */
export const efficientnetB7: Create = create("b7");

/**
 * The same as {@linkcode efficientnetB0}, padded and normalised as the authors' and Keras' networks:
 * what the paper's `EfficientNetB0` of Keras computes.
 */
export const tfEfficientnetB0: Create = create("b0", { tensorflow: true });
/** {@linkcode efficientnetB1} as in TensorFlow. */
export const tfEfficientnetB1: Create = create("b1", { tensorflow: true });
/** {@linkcode efficientnetB2} as in TensorFlow. */
export const tfEfficientnetB2: Create = create("b2", { tensorflow: true });
/** {@linkcode efficientnetB3} as in TensorFlow. */
export const tfEfficientnetB3: Create = create("b3", { tensorflow: true });
/** {@linkcode efficientnetB4} as in TensorFlow. */
export const tfEfficientnetB4: Create = create("b4", { tensorflow: true });
/** {@linkcode efficientnetB5} as in TensorFlow. */
export const tfEfficientnetB5: Create = create("b5", { tensorflow: true });
/** {@linkcode efficientnetB6} as in TensorFlow. */
export const tfEfficientnetB6: Create = create("b6", { tensorflow: true });
/** {@linkcode efficientnetB7} as in TensorFlow. */
export const tfEfficientnetB7: Create = create("b7", { tensorflow: true });

/** EfficientNet-Lite0: 4.7 million parameters at 1,000 classes, for images of 224 pixels. */
export const tfEfficientnetLite0: Create = create("lite0", { tensorflow: true });
/** EfficientNet-Lite1: 5.4 million parameters at 1,000 classes, for images of 240 pixels. */
export const tfEfficientnetLite1: Create = create("lite1", { tensorflow: true });
/** EfficientNet-Lite2: 6.1 million parameters at 1,000 classes, for images of 260 pixels. */
export const tfEfficientnetLite2: Create = create("lite2", { tensorflow: true });

/** The kit's own, half as wide: 1.1 million parameters at 37 classes. */
export const efficientnetB0Mini: Create = create("b0", {
  name: "efficientnet_b0_mini",
  width: 16,
});

function create(
  size: keyof typeof SCALES,
  own: { name?: string; tensorflow?: boolean; width?: number } = {},
): Create {
  const { tensorflow = false, width = 32 } = own;
  const { name = `${tensorflow ? "tf_" : ""}efficientnet_${size}` } = own;
  const lite = size.startsWith("lite");
  return (options) =>
    new EfficientNet({ name, scale: SCALES[size], tensorflow, lite, width }, options);
}

function createHead(features: number, { classes, key }: { classes: number; key?: Key }): Linear {
  return new Linear(features, classes, { key, init: uniformOfOutputs, biasInit: zeros });
}

/** The nearest multiple of the divisor, but not under 90 % of the channels. */
function roundChannels(channels: number, divisor: number): number {
  const rounded = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * channels ? rounded + divisor : rounded;
}
