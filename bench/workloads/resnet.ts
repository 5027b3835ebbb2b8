/**
 * ResNet-18 and ResNet-50 (https://arxiv.org/abs/1512.03385), under torchvision's names.
 *
 * @module
 */

import {
  adaptiveAveragePool2d,
  maxPool2d,
  relu,
  softmaxCrossEntropy,
  tf,
} from "galaxykit/tensorflow";
import type { Weights, Workload } from "../workload.ts";
import { convNorm, linear } from "./layers.ts";

export const resnet18Train: Workload = {
  name: "resnet18_train",
  forward: (weights, { images }) =>
    resnet(weights, images!, { block: basic, depths: [2, 2, 2, 2], training: true }),
  loss: (logits, { labels }) => softmaxCrossEntropy(logits, labels!),
};

export const resnet50Inference: Workload = {
  name: "resnet50_inference",
  forward: (weights, { images }) =>
    resnet(weights, images!, { block: bottleneck, depths: [3, 4, 6, 3], training: false }),
};

type Block = (
  weights: Weights,
  name: string,
  x: tf.Tensor,
  options: { strides: number; training: boolean; isFirst: boolean },
) => tf.Tensor;

function resnet(
  weights: Weights,
  images: tf.Tensor,
  { block, depths, training }: { block: Block; depths: number[]; training: boolean },
): tf.Tensor {
  let x = relu(convNorm(weights, ["conv1", "bn1"], images, { strides: 2, training }));
  x = maxPool2d(x, { size: 3, strides: 2, padding: 1 });
  depths.forEach((depth, stage) => {
    for (let index = 0; index < depth; index++) {
      const strides = stage > 0 && index === 0 ? 2 : 1;
      // Without change of form the first block of ResNet-18 needs no downsampling
      const isFirst = index === 0 && (stage > 0 || block === bottleneck);
      x = block(weights, `layer${stage + 1}.${index}`, x, { strides, training, isFirst });
    }
  });
  return linear(weights, "fc", tf.reshape(adaptiveAveragePool2d(x, 1), [x.shape[0]!, -1]));
}

const basic: Block = function (weights, name, x, { strides, training, isFirst }) {
  const first = convNorm(weights, [`${name}.conv1`, `${name}.bn1`], x, { strides, training });
  const second = convNorm(weights, [`${name}.conv2`, `${name}.bn2`], relu(first), { training });
  return relu(tf.add(second, shortcut(weights, name, x, { strides, training, isFirst })));
};

const bottleneck: Block = function (weights, name, x, { strides, training, isFirst }) {
  const normed = (index: number, x: tf.Tensor, strides = 1) =>
    convNorm(weights, [`${name}.conv${index}`, `${name}.bn${index}`], x, { strides, training });
  const y = normed(3, relu(normed(2, relu(normed(1, x)), strides)));
  return relu(tf.add(y, shortcut(weights, name, x, { strides, training, isFirst })));
};

const shortcut: Block = function (weights, name, x, { strides, training, isFirst }) {
  if (!isFirst) return x;
  const names = [`${name}.downsample.0`, `${name}.downsample.1`] as const;
  return convNorm(weights, names, x, { strides, training });
};
