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
import { batchNorm, conv, linear } from "./layers.ts";

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
  let x = conv(weights, "conv1", images, { strides: 2 });
  x = relu(batchNorm(weights, "bn1", x, { training }));
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
  let y = conv(weights, `${name}.conv1`, x, { strides });
  y = relu(batchNorm(weights, `${name}.bn1`, y, { training }));
  y = batchNorm(weights, `${name}.bn2`, conv(weights, `${name}.conv2`, y), { training });
  return relu(tf.add(y, shortcut(weights, name, x, { strides, training, isFirst })));
};

const bottleneck: Block = function (weights, name, x, { strides, training, isFirst }) {
  let y = relu(batchNorm(weights, `${name}.bn1`, conv(weights, `${name}.conv1`, x), { training }));
  y = conv(weights, `${name}.conv2`, y, { strides });
  y = relu(batchNorm(weights, `${name}.bn2`, y, { training }));
  y = batchNorm(weights, `${name}.bn3`, conv(weights, `${name}.conv3`, y), { training });
  return relu(tf.add(y, shortcut(weights, name, x, { strides, training, isFirst })));
};

const shortcut: Block = function (weights, name, x, { strides, training, isFirst }) {
  if (!isFirst) return x;
  const y = conv(weights, `${name}.downsample.0`, x, { strides });
  return batchNorm(weights, `${name}.downsample.1`, y, { training });
};
