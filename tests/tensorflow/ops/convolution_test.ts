import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import { conv2d, jit, tf } from "galaxykit/tensorflow";
import { inLoops, randomConvolution } from "./convolution_loops.ts";
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

Deno.test("Convolutions with a bias and their gradients are those of loops, traced, at each run", () => {
  const random = new Prng(11);
  for (let trial = 0; trial < 120; trial++) {
    const convolution = randomConvolution(random);
    const { shapes, groups, strides, padding } = convolution;
    const run = jit((x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor, dy: tf.Tensor) => {
      const of = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
        conv2d(x, filter, { bias, strides, padding, groups }) as tf.Tensor;
      const sum = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
        tf.sum(tf.mul(of(x, filter, bias), dy));
      return [of(x, filter, bias), ...tf.grads(sum)([x, filter, bias])];
    });
    const wanted = inLoops(convolution);
    const names = ["x", "filter", "bias", "dy"] as const;
    const inputs = names.map((name) => tf.tensor(convolution[name], shapes[name]));
    for (let again = 0; again < 4; again++) {
      for (
        const [at, output] of run(...inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor])
          .entries()
      ) {
        const values = output.dataSync();
        const loops = wanted[at]!;
        const scale = Math.max(...loops.map(Math.abs));
        const error = Math.max(...loops.map((value, place) => Math.abs(value - values[place]!)));
        const what = ["output", "of x", "of filter", "of bias"][at];
        assert.ok(
          error <= 1e-5 * scale,
          `${what}, ${JSON.stringify({ shapes, groups, strides, padding })}: ${error}`,
        );
        output.dispose();
      }
    }
    run.dispose();
    tf.dispose(inputs);
  }
});
