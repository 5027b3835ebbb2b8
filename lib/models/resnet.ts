/**
 * ResNet (He et al. 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385), with
 * the names, the shapes and the strides of torchvision's `resnet18`, `resnet34`, `resnet50` and
 * `resnet101` (BSD-3-Clause): its weight files load as they are. In blocks with a bottleneck, the 3x3
 * convolution takes the stride, as torchvision does ("ResNet V1.5"), not the first 1x1 of the paper.
 *
 * @module
 */

import {
  BatchNorm2d,
  type CallOptions,
  Conv2d,
  DropPath,
  kaimingNormal,
  Layer,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  splitKey,
} from "../nn/mod.ts";
import { adaptiveAveragePool2d, type Key, tf } from "../tensorflow/mod.ts";
import {
  type BlockLayout,
  dropPathRates,
  ImageModel,
  type ImageModelOptions,
} from "./image_model.ts";

type BlockOptions = {
  inChannels: number;
  channels: number;
  stride: number;
  dropPath: number;
  key?: Key;
};

/** Two 3x3 convolutions beside a shortcut. */
class BasicBlock extends Layer {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample?: Sequential;
  readonly drop_path: DropPath;

  constructor({ inChannels, channels, stride, dropPath, key }: BlockOptions) {
    super();
    const keys = splitKey(key, 3);
    this.conv1 = conv(inChannels, channels, { kernelSize: 3, stride, key: keys[0] });
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = conv(channels, channels, { kernelSize: 3, key: keys[1] });
    this.bn2 = new BatchNorm2d(channels);
    if (stride !== 1 || inChannels !== channels) {
      this.downsample = shortcut(inChannels, channels, { stride, key: keys[2] });
    }
    this.drop_path = new DropPath(dropPath);
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const first = this.relu.call(this.bn1.callAfter(this.conv1, x, options));
    const second = this.bn2.callAfter(this.conv2, first, options);
    const branch = this.drop_path.call(second, options);
    return this.relu.call(tf.add(branch, this.downsample?.call(x, options) ?? x));
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
  readonly relu = new ReLU();
  readonly downsample?: Sequential;
  readonly drop_path: DropPath;

  constructor({ inChannels, channels, stride, dropPath, key }: BlockOptions) {
    super();
    const outChannels = channels * Bottleneck.expansion;
    const keys = splitKey(key, 4);
    this.conv1 = conv(inChannels, channels, { kernelSize: 1, key: keys[0] });
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = conv(channels, channels, { kernelSize: 3, stride, key: keys[1] });
    this.bn2 = new BatchNorm2d(channels);
    this.conv3 = conv(channels, outChannels, { kernelSize: 1, key: keys[2] });
    this.bn3 = new BatchNorm2d(outChannels);
    if (stride !== 1 || inChannels !== outChannels) {
      this.downsample = shortcut(inChannels, outChannels, { stride, key: keys[3] });
    }
    this.drop_path = new DropPath(dropPath);
    tf.dispose(keys);
  }

  call(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const first = this.relu.call(this.bn1.callAfter(this.conv1, x, options));
    const second = this.relu.call(this.bn2.callAfter(this.conv2, first, options));
    const third = this.bn3.callAfter(this.conv3, second, options);
    const branch = this.drop_path.call(third, options);
    return this.relu.call(tf.add(branch, this.downsample?.call(x, options) ?? x));
  }
}

/** A ResNet. Sides of the images are 32 pixels or more. */
export class ResNet extends ImageModel {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly maxpool?: MaxPool2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly fc: Linear;
  readonly #depths: readonly number[];

  constructor(
    { name, block, depths, width: published = 64, pooledStem = true }: {
      name: string;
      block: typeof BasicBlock | typeof Bottleneck;
      depths: readonly [number, number, number, number];
      /** @default {64} */
      width?: number;
      /**
       * Whether the stem's convolution has stride 2, and pooling follows; else it has stride 4, which
       * takes a sixth of the time for maps of the same size. @default {true}
       */
      pooledStem?: boolean;
    },
    options: ImageModelOptions,
  ) {
    const { width = published, key } = options;
    super({ name, headName: "fc", mapLayer: "layer4", createHead }, { ...options, width });
    const { classes, inChannels, dropPathRate } = this.config.options;
    this.#depths = depths;
    const keys = splitKey(key, 6);
    this.conv1 = new Conv2d(inChannels, width, {
      kernelSize: 7,
      stride: pooledStem ? 2 : 4,
      padding: 3,
      bias: false,
      init: kaimingNormal,
      key: keys[0],
    });
    this.bn1 = new BatchNorm2d(width);
    if (pooledStem) this.maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
    const rates = dropPathRates(dropPathRate, depths.reduce((sum, depth) => sum + depth));
    let current = width;
    const stages = depths.map((depth, stage) => {
      const channels = width * 2 ** stage;
      const stageKeys = splitKey(keys[stage + 1], depth);
      const layers = stageKeys.map((key, index) => {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const dropPath = rates.shift()!;
        const layer = new block({ inChannels: current, channels, stride, dropPath, key });
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
    this.fc = createHead(current, { classes, key: keys[5] });
    tf.dispose(keys);
  }

  features(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    const stem = this.relu.call(this.bn1.callAfter(this.conv1, x, options));
    return [this.layer1, this.layer2, this.layer3, this.layer4].reduce(
      (value, stage) => stage.call(value, options),
      this.maxpool?.call(stem) ?? stem,
    );
  }

  pooled(x: tf.Tensor, options?: CallOptions): tf.Tensor {
    return adaptiveAveragePool2d(this.features(x, options), 1).reshape([x.shape[0]!, -1]);
  }

  protected layout(): BlockLayout[] {
    return [
      { name: "stem", stage: "stem", parts: ["conv1", "bn1", "relu", "maxpool"] },
      ...this.#depths.flatMap((depth, index) =>
        Array.from({ length: depth }, (_, block) => {
          const name = `layer${index + 1}.${block}`;
          return { name, stage: `layer${index + 1}`, parts: [name] };
        })
      ),
    ];
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
export function resnet18(options: ImageModelOptions): ResNet {
  return new ResNet({ name: "resnet18", block: BasicBlock, depths: [2, 2, 2, 2] }, options);
}

/** ResNet-34: 21.8 million parameters at 1,000 classes. */
export function resnet34(options: ImageModelOptions): ResNet {
  return new ResNet({ name: "resnet34", block: BasicBlock, depths: [3, 4, 6, 3] }, options);
}

/** ResNet-50: 25.6 million parameters at 1,000 classes. */
export function resnet50(options: ImageModelOptions): ResNet {
  return new ResNet({ name: "resnet50", block: Bottleneck, depths: [3, 4, 6, 3] }, options);
}

/** ResNet-101: 44.5 million parameters at 1,000 classes. */
export function resnet101(options: ImageModelOptions): ResNet {
  return new ResNet({ name: "resnet101", block: Bottleneck, depths: [3, 4, 23, 3] }, options);
}

/** The kit's own, for images of 128 pixels: 0.7 million parameters at 37 classes. */
export function resnet18Mini(options: ImageModelOptions): ResNet {
  const own = { name: "resnet18_mini", width: 16, pooledStem: false };
  return new ResNet({ ...own, block: BasicBlock, depths: [2, 2, 2, 2] }, options);
}

function createHead(features: number, { classes, key }: { classes: number; key?: Key }): Linear {
  return new Linear(features, classes, { key });
}

function conv(
  inChannels: number,
  outChannels: number,
  { kernelSize, stride = 1, key }: { kernelSize: 1 | 3; stride?: number; key?: Key },
): Conv2d {
  const padding = kernelSize === 3 ? 1 : 0;
  const options = { kernelSize, stride, padding, bias: false, init: kaimingNormal, key };
  return new Conv2d(inChannels, outChannels, options);
}

function shortcut(
  inChannels: number,
  outChannels: number,
  { stride, key }: { stride: number; key?: Key },
): Sequential {
  return new Sequential([
    conv(inChannels, outChannels, { kernelSize: 1, stride, key }),
    new BatchNorm2d(outChannels),
  ]);
}
