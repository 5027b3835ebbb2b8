import assert from "node:assert/strict";
import { conv2d, jit, tf } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_convolution.safetensors", {
  conv2d: ({ input, weight, bias }, { stride, padding, dilation, groups }) =>
    conv2d(input!, tf.transpose(weight!, [2, 3, 1, 0]), {
      bias,
      strides: stride,
      padding,
      dilation,
      groups,
    }),
});

Deno.test("A filter's gradient has no explicit padding, which oneDNN's kernel does not take", () => {
  for (const padding of [1, [[0, 1], [0, 1]], [[2, 0], [1, 3]]] as const) {
    for (const strides of [1, 2]) {
      const gradient = jit((x: tf.Tensor, filter: tf.Tensor) =>
        tf.grad((filter) => tf.sum(conv2d(x, filter, { padding, strides })))(filter)
      );
      const { graphDef } = gradient.lower(tf.ones([1, 6, 6, 2]), tf.ones([3, 3, 2, 4]));
      const explicit = new TextDecoder("latin1").decode(graphDef).match(/EXPLICIT/g);
      assert.equal(explicit?.length, 1, `padding ${padding}, strides ${strides}`); // The convolution's
    }
  }
});
