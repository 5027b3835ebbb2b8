/**
 * The blocks of EfficientNet: inverted residuals of MobileNetV2 (Sandler et al. 2018,
 * arXiv:1801.04381), with squeeze and excitation or without, under timm's names.
 *
 * @module
 */

import {
  BatchNorm2d,
  type CallOptions,
  Conv2d,
  DropPath,
  Layer,
  splitKey,
  SqueezeExcite,
  zeros,
} from "../nn/mod.ts";
import { type Key, tf } from "../tensorflow/mod.ts";
import { kaimingNormalOfGroups } from "./_init.ts";

/** Settings of a block. */
export type MBConvOptions = {
  inChannels: number;
  outChannels: number;
  /** Of the depthwise convolution. */
  kernelSize: number;
  stride: number;
  /** Channels of the depthwise convolution for each of the input. */
  expansion: number;
  /** The same zeros on both sides, or TensorFlow's. */
  padding: "symmetric" | "same";
  /** Makes what follows the normalisations, but for the last. */
  activation: () => Layer;
  /** Whether the filtered channels are weighed by squeeze and excitation. */
  squeezeExcite: boolean;
  normalization: { epsilon: number; momentum: number };
  dropPath: number;
  key?: Key;
};

/** A depthwise and a 1x1 convolution: a block without expansion. */
export class DepthwiseSeparable extends Layer {
  readonly conv_dw: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Layer;
  readonly se?: SqueezeExcite;
  readonly conv_pw: Conv2d;
  readonly bn2: BatchNorm2d;
  /** Of blocks whose input is added to the output. */
  readonly drop_path?: DropPath;

  constructor(options: MBConvOptions) {
    super();
    const { inChannels, outChannels, stride, normalization, dropPath } = options;
    const keys = splitKey(options.key, 3);
    this.conv_dw = depthwise(inChannels, options, keys[0]);
    this.bn1 = new BatchNorm2d(inChannels, normalization);
    this.act1 = options.activation();
    this.se = squeezeExcite(inChannels, options, keys[1]);
    this.conv_pw = pointwise(inChannels, outChannels, keys[2]);
    this.bn2 = new BatchNorm2d(outChannels, normalization);
    if (stride === 1 && inChannels === outChannels) this.drop_path = new DropPath(dropPath);
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const filtered = this.act1.call(this.bn1.callAfter(this.conv_dw, x, options));
    const hidden = this.se?.call(filtered, options) ?? filtered;
    const output = this.bn2.callAfter(this.conv_pw, hidden, options);
    return this.drop_path ? tf.add(this.drop_path.call(output, options), x) : output;
  }
}

/** A 1x1 convolution that expands, a depthwise one, and a 1x1 one that projects. */
export class InvertedResidual extends Layer {
  readonly conv_pw: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Layer;
  readonly conv_dw: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly act2: Layer;
  readonly se?: SqueezeExcite;
  readonly conv_pwl: Conv2d;
  readonly bn3: BatchNorm2d;
  /** Of blocks whose input is added to the output. */
  readonly drop_path?: DropPath;

  constructor(options: MBConvOptions) {
    super();
    const { inChannels, outChannels, stride, expansion, normalization, dropPath } = options;
    const hidden = inChannels * expansion;
    const keys = splitKey(options.key, 4);
    this.conv_pw = pointwise(inChannels, hidden, keys[0]);
    this.bn1 = new BatchNorm2d(hidden, normalization);
    this.act1 = options.activation();
    this.conv_dw = depthwise(hidden, options, keys[1]);
    this.bn2 = new BatchNorm2d(hidden, normalization);
    this.act2 = options.activation();
    this.se = squeezeExcite(hidden, options, keys[2]);
    this.conv_pwl = pointwise(hidden, outChannels, keys[3]);
    this.bn3 = new BatchNorm2d(outChannels, normalization);
    if (stride === 1 && inChannels === outChannels) this.drop_path = new DropPath(dropPath);
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const expanded = this.act1.call(this.bn1.callAfter(this.conv_pw, x, options));
    const filtered = this.act2.call(this.bn2.callAfter(this.conv_dw, expanded, options));
    const hidden = this.se?.call(filtered, options) ?? filtered;
    const output = this.bn3.callAfter(this.conv_pwl, hidden, options);
    return this.drop_path ? tf.add(this.drop_path.call(output, options), x) : output;
  }
}

function pointwise(inChannels: number, outChannels: number, key?: Key): Conv2d {
  const init = kaimingNormalOfGroups(1);
  return new Conv2d(inChannels, outChannels, { kernelSize: 1, bias: false, init, key });
}

function depthwise(
  channels: number,
  { kernelSize, stride, padding }: MBConvOptions,
  key?: Key,
): Conv2d {
  return new Conv2d(channels, channels, {
    kernelSize,
    stride,
    padding: padding === "same" ? "same" : (kernelSize - 1) / 2,
    groups: channels,
    bias: false,
    init: kaimingNormalOfGroups(channels),
    key,
  });
}

/** A quarter of the block's input channels in between, whatever the expansion. */
function squeezeExcite(
  channels: number,
  { inChannels, squeezeExcite }: MBConvOptions,
  key?: Key,
): SqueezeExcite | undefined {
  if (!squeezeExcite) return undefined;
  const reduced = Math.max(1, Math.floor(inChannels / 4));
  const init = kaimingNormalOfGroups(1);
  return new SqueezeExcite(channels, { reduced, init, biasInit: zeros, key });
}
