/**
 * ResNet (He et al. 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385), with
 * the names, the shapes and the strides of torchvision's `resnet18`, `resnet34` and `resnet50`
 * (BSD-3-Clause): its weight files load as they are. In blocks with a bottleneck, the 3x3
 * convolution takes the stride, as torchvision does ("ResNet V1.5"), not the first 1x1 of the paper.
 *
 * @module
 */

import {
  BatchNorm2d,
  type CallOptions,
  Conv2d,
  kaimingNormal,
  Layer,
  Linear,
  MaxPool2d,
  Sequential,
} from "../nn/mod.ts";
import { adaptiveAveragePool2d, type Key, relu, split, tf } from "../tensorflow/mod.ts";

/** Settings of a ResNet. */
export type ResNetOptions = {
  /** Outputs of the last layer. @default {1000} */
  classes?: number;
  /** Channels of the images. @default {3} */
  inChannels?: number;
  /** Channels of the first stage; each further one doubles them. @default {64} */
  width?: number;
  /** Where the first values come from. */
  key: Key;
};

type Block = (
  options: { inChannels: number; channels: number; stride: number; key: Key },
) => Layer;

/** Two 3x3 convolutions beside a shortcut. */
class BasicBlock extends Layer {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample?: Sequential;

  constructor({ inChannels, channels, stride, key }: Parameters<Block>[0]) {
    super();
    const keys = split(key, 3);
    this.conv1 = conv(inChannels, channels, { kernelSize: 3, stride, key: keys[0]! });
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = conv(channels, channels, { kernelSize: 3, key: keys[1]! });
    this.bn2 = new BatchNorm2d(channels);
    if (stride !== 1 || inChannels !== channels) {
      this.downsample = shortcut(inChannels, channels, { stride, key: keys[2]! });
    }
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const first = relu(this.bn1.callAfter(this.conv1, x, options));
    const second = this.bn2.callAfter(this.conv2, first, options);
    return relu(tf.add(second, this.downsample?.call(x, options) ?? x));
  }
}

/** 1x1, 3x3 and 1x1 convolutions beside a shortcut; the last one has four times the channels. */
class Bottleneck extends Layer {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample?: Sequential;

  constructor({ inChannels, channels, stride, key }: Parameters<Block>[0]) {
    super();
    const outChannels = channels * Bottleneck.expansion;
    const keys = split(key, 4);
    this.conv1 = conv(inChannels, channels, { kernelSize: 1, key: keys[0]! });
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = conv(channels, channels, { kernelSize: 3, stride, key: keys[1]! });
    this.bn2 = new BatchNorm2d(channels);
    this.conv3 = conv(channels, outChannels, { kernelSize: 1, key: keys[2]! });
    this.bn3 = new BatchNorm2d(outChannels);
    if (stride !== 1 || inChannels !== outChannels) {
      this.downsample = shortcut(inChannels, outChannels, { stride, key: keys[3]! });
    }
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const first = relu(this.bn1.callAfter(this.conv1, x, options));
    const second = relu(this.bn2.callAfter(this.conv2, first, options));
    const third = this.bn3.callAfter(this.conv3, second, options);
    return relu(tf.add(third, this.downsample?.call(x, options) ?? x));
  }
}

/** A ResNet. Images are [batch, height, width, channels], normalised; sides of 32 pixels or more. */
export class ResNet extends Layer {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly fc: Linear;
  readonly #name: string;
  readonly #pool = new MaxPool2d(3, { stride: 2, padding: 1 });

  constructor(
    { name, block, depths }: {
      name: string;
      block: typeof BasicBlock | typeof Bottleneck;
      depths: readonly [number, number, number, number];
    },
    { classes = 1000, inChannels = 3, width = 64, key }: ResNetOptions,
  ) {
    super();
    this.#name = name;
    const keys = split(key, 6);
    this.conv1 = new Conv2d(inChannels, width, {
      kernelSize: 7,
      stride: 2,
      padding: 3,
      bias: false,
      init: kaimingNormal,
      key: keys[0]!,
    });
    this.bn1 = new BatchNorm2d(width);
    let current = width;
    const stages = depths.map((depth, stage) => {
      const channels = width * 2 ** stage;
      const stageKeys = split(keys[stage + 1]!, depth);
      const layers = stageKeys.map((key, index) => {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const layer = new block({ inChannels: current, channels, stride, key });
        current = channels * block.expansion;
        return layer;
      });
      tf.dispose(stageKeys);
      return new Sequential(layers);
    });
    [this.layer1, this.layer2, this.layer3, this.layer4] = stages as [
      Sequential,
      Sequential,
      Sequential,
      Sequential,
    ];
    this.fc = new Linear(current, classes, { key: keys[5]! });
    tf.dispose(keys);
  }

  override get modelName(): string {
    return this.#name;
  }

  /** The last feature map, [batch, height / 32, width / 32, features]. */
  features(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const stem = this.#pool.call(relu(this.bn1.callAfter(this.conv1, x, options)));
    return [this.layer1, this.layer2, this.layer3, this.layer4]
      .reduce((value: tf.Tensor, stage) => stage.call(value, options), stem);
  }

  /** The mean of the last feature map, [batch, features]. */
  pooled(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return adaptiveAveragePool2d(this.features(x, options), 1).reshape([x.shape[0]!, -1]);
  }

  /** Logits, [batch, classes]. */
  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return this.fc.call(this.pooled(x, options));
  }
}

/**
 * ResNet-18: 11.7 million parameters at 1,000 classes.
 *
 * @example
 * ```ts
 * import { resnet18 } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 3, width: 8, key: key(1) });
 * assert.deepEqual(model.call(tf.zeros([2, 64, 64, 3])).shape, [2, 3]);
 * ```
 */
export function resnet18(options: ResNetOptions): ResNet {
  return new ResNet({ name: "resnet18", block: BasicBlock, depths: [2, 2, 2, 2] }, options);
}

/** ResNet-34: 21.8 million parameters at 1,000 classes. */
export function resnet34(options: ResNetOptions): ResNet {
  return new ResNet({ name: "resnet34", block: BasicBlock, depths: [3, 4, 6, 3] }, options);
}

/** ResNet-50: 25.6 million parameters at 1,000 classes. */
export function resnet50(options: ResNetOptions): ResNet {
  return new ResNet({ name: "resnet50", block: Bottleneck, depths: [3, 4, 6, 3] }, options);
}

function conv(
  inChannels: number,
  outChannels: number,
  { kernelSize, stride = 1, key }: { kernelSize: 1 | 3; stride?: number; key: Key },
): Conv2d {
  const padding = kernelSize === 3 ? 1 : 0;
  const options = { kernelSize, stride, padding, bias: false, init: kaimingNormal, key };
  return new Conv2d(inChannels, outChannels, options);
}

function shortcut(
  inChannels: number,
  outChannels: number,
  { stride, key }: { stride: number; key: Key },
): Sequential {
  return new Sequential([
    conv(inChannels, outChannels, { kernelSize: 1, stride, key }),
    new BatchNorm2d(outChannels),
  ]);
}
