import assert from "node:assert/strict";
import {
  batchNorm,
  batchNormTraining,
  groupNorm,
  jit,
  key,
  layerNorm,
  normal,
  tf,
} from "galaxykit/tensorflow";
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

Deno.test("layerNorm() gives the same traced and not, of far, constant and single values, too", () => {
  const far = tf.add(normal(key(1), [2, 5, 3, 16]), 1000);
  const cases: Record<string, tf.Tensor> = {
    far,
    constant: tf.fill([4, 7], 3),
    single: tf.ones([3, 1]),
    wide: normal(key(2), [2, 5000]),
    row: normal(key(3), [9]),
  };
  for (const [name, x] of Object.entries(cases)) {
    const channels = x.shape.at(-1)!;
    const [scale, offset] = [normal(key(4), [channels]), normal(key(5), [channels])];
    for (const affine of [{}, { scale }, { offset }, { scale, offset, epsilon: 1e-3 }]) {
      const run = (x: tf.Tensor) => layerNorm(x, affine);
      const [eager, traced, xla] = [run(x), jit(run)(x), jit(run, { compiler: "xla" })(x)]
        .map((y) => y.dataSync());
      for (const [at, value] of eager!.entries()) {
        // Of values near 1000 float32 keeps 4 digits behind the point; what rounding leaves of a
        // constant row is divided by √ε
        const tolerance = ["far", "constant"].includes(name) ? 2e-3 : 1e-5;
        for (const [how, found] of Object.entries({ traced: traced![at]!, xla: xla![at]! })) {
          assert.ok(Math.abs(found - value) <= tolerance, `${name}: ${found} ${how}, ${value} not`);
        }
      }
    }
  }
});
