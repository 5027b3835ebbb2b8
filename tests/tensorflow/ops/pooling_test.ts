import assert from "node:assert/strict";
import {
  adaptiveAveragePool2d,
  averagePool2d,
  jit,
  key,
  maxPool2d,
  normal,
  type Padding,
  tf,
} from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_pooling.safetensors", {
  max_pool2d: ({ input }, { kernel_size, stride, padding }) =>
    maxPool2d(input!, { size: kernel_size, strides: stride, padding }),
  avg_pool2d: ({ input }, { kernel_size, stride, padding, count_include_pad }) =>
    averagePool2d(input!, {
      size: kernel_size,
      strides: stride,
      padding,
      countIncludePad: count_include_pad,
    }),
  adaptive_avg_pool2d: ({ input }, { output_size }) => adaptiveAveragePool2d(input!, output_size),
});

Deno.test("maxPool2d() with padding is the same with XLA, and so is its gradient", () => {
  const x = normal(key(1), [2, 7, 6, 3]);
  for (const padding of [1, [0, 1], [[0, 1], [2, 0]], "same"] as Padding[]) {
    const run = (x: tf.Tensor) => {
      const pool = (x: tf.Tensor) => maxPool2d(x, { size: 3, strides: 2, padding });
      return [pool(x), tf.grad((x) => tf.sum(tf.square(pool(x))))(x)];
    };
    const wanted = run(x);
    jit(run, { compiler: "xla" })(x).forEach((found, at) =>
      assert.deepEqual(found.dataSync(), wanted[at]!.dataSync(), `${JSON.stringify(padding)} ${at}`)
    );
  }
});
