import { batchNorm, batchNormTraining, groupNorm, layerNorm, tf } from "galaxykit/tensorflow";
import { type Tensors, testFixture } from "./reference.ts";

function running(old: tf.Tensor, now: tf.Tensor, momentum: number): tf.Tensor {
  return tf.add(tf.mul(old, 1 - momentum), tf.mul(now, momentum));
}

type BatchNormOptions = { training: boolean; momentum: number; eps: number };

function torchBatchNorm(
  { input, weight, bias, running_mean, running_var }: Tensors,
  { training, momentum, eps }: BatchNormOptions,
): tf.Tensor[] {
  const affine = { scale: weight, offset: bias, epsilon: eps };
  if (!training) {
    return [batchNorm(input!, { ...affine, mean: running_mean!, variance: running_var! })];
  }
  const { y, mean, variance } = batchNormTraining(input!, affine);
  return [y, running(running_mean!, mean, momentum), running(running_var!, variance, momentum)];
}

testFixture("ops_normalization.safetensors", {
  batch_norm: torchBatchNorm,
  batch_norm_steps: ({ inputs, running_mean, running_var }, options) => {
    const steps = tf.unstack(inputs!).map((input) => {
      const step = torchBatchNorm(
        { input, running_mean: running_mean!, running_var: running_var! },
        options,
      );
      [, running_mean, running_var] = step;
      return step;
    });
    return [0, 1, 2].map((index) => tf.stack(steps.map((step) => step[index]!)));
  },
  group_norm: ({ input, weight, bias }, { num_groups, eps }) =>
    groupNorm(input!, { groups: num_groups, scale: weight, offset: bias, epsilon: eps }),
  layer_norm: ({ input, weight, bias }, { eps }) =>
    layerNorm(input!, { scale: weight, offset: bias, epsilon: eps }),
});
