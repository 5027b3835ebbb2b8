import { conv2d, jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";

const CONVOLUTIONS: {
  [name: string]: [(x: tf.Tensor) => tf.Tensor, given: number[], made: number[]];
} = {
  conv1d: [(x) => tf.conv1d(x as tf.Tensor3D, tf.ones([3, 3, 2]), 1, "same"), [0, 4, 3], [0, 4, 2]],
  conv2d: [
    (x) => tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 3, 2]), 1, "same"),
    [0, 4, 4, 3],
    [0, 4, 4, 2],
  ],
  "conv2d with strides": [
    (x) => tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 3, 2]), 2, "valid"),
    [0, 9, 5, 3],
    [0, 4, 2, 2],
  ],
  "conv2d of the kit": [
    (x) => conv2d(x, tf.ones([3, 3, 3, 2]), { padding: 1, bias: tf.ones([2]) }),
    [0, 4, 4, 3],
    [0, 4, 4, 2],
  ],
  "fused conv2d": [
    (x) =>
      tf.fused.conv2d({
        x: x as tf.Tensor4D,
        filter: tf.ones([3, 3, 3, 2]),
        strides: 1,
        pad: "same",
        bias: tf.ones([2]),
        activation: "relu",
      }),
    [0, 4, 4, 3],
    [0, 4, 4, 2],
  ],
  depthwise: [
    (x) => tf.depthwiseConv2d(x as tf.Tensor4D, tf.ones([3, 3, 3, 2]), 1, "same"),
    [0, 4, 4, 3],
    [0, 4, 4, 6],
  ],
  conv3d: [
    (x) => tf.conv3d(x as tf.Tensor5D, tf.ones([3, 3, 3, 3, 2]), 1, "same"),
    [0, 4, 4, 4, 3],
    [0, 4, 4, 4, 2],
  ],
};

for (const [name, [convolve, given, made]] of Object.entries(CONVOLUTIONS)) {
  Deno.test(`${name} of an empty batch has the filter's channels, and so has its gradient`, () => {
    const run = (x: tf.Tensor) => ({
      y: convolve(x),
      dx: tf.grad((x) => tf.sum(convolve(x)))(x),
    });
    using traced = jit(run);
    using xla = jit(run, { compiler: "xla" });
    const before = tf.memory().numTensors;
    for (const f of [run, traced, xla]) {
      tf.tidy(() => {
        const { y, dx } = f(tf.zeros(given));
        assert.deepEqual([y.shape, dx.shape], [made, given]);
      });
    }
    assert.equal(tf.memory().numTensors, before);
  });
}
