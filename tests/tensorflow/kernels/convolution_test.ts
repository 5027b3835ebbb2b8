import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { testWindows } from "./windows.ts";

await testWindows({
  conv2d: ({ x, filter }, { strides, pad, dataFormat }) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, dataFormat),
  depthwiseConv2d: ({ x, filter }, { strides, pad }) =>
    tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad),
});

Deno.test("fused.conv2d() with channels first is the one with channels last, turned", () => {
  const x = tf.randomNormal([2, 5, 4, 3], 0, 1, "float32", 5) as tf.Tensor4D;
  const filter = tf.randomNormal([3, 3, 3, 2], 0, 1, "float32", 6) as tf.Tensor4D;
  const bias = tf.tensor1d([0.5, -1]);
  const slopes = tf.tensor1d([0.1, -0.2]);
  const settings = { filter, strides: [1, 2] as [number, number], bias };
  const last = tf.fused.conv2d({
    ...settings,
    x,
    pad: [[0, 0], [0, 0], [1, 4], [0, 0]],
    activation: "prelu",
    preluActivationWeights: slopes,
  });
  const first = tf.fused.conv2d({
    ...settings,
    x: tf.transpose(x, [0, 3, 1, 2]),
    pad: [[0, 0], [0, 0], [0, 0], [1, 4]],
    dataFormat: "NCHW",
    activation: "prelu",
    preluActivationWeights: slopes,
  });
  assert.deepEqual(last.shape, [2, 3, 4, 2]);
  assert.deepEqual(tf.transpose(first, [0, 2, 3, 1]).dataSync(), last.dataSync());
});

Deno.test("depthwiseConv2d() with channels first is the one with channels last, turned", () => {
  const last = tf.randomNormal([2, 3, 3, 3], 0, 1, "float32", 7) as tf.Tensor4D; // Any axis may be taken for another
  const first = tf.transpose(last, [0, 3, 1, 2]) as tf.Tensor4D;
  const filter = tf.randomNormal([2, 2, 3, 2], 0, 1, "float32", 8) as tf.Tensor4D;
  const rows = [[0, 0], [1, 2], [0, 1], [0, 0]];
  const turned = [[0, 0], [0, 0], [1, 2], [0, 1]];
  for (
    const [strides, pads, dilations] of [
      [1, ["same", "same"], 1],
      [1, ["valid", "valid"], 2],
      [2, [1, 1], 1],
      [1, [rows, turned], 1],
    ] as unknown as [number, ["same", "same"], number][]
  ) {
    const conv = (format: "NHWC" | "NCHW", pad: "same") => (x: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter, strides, pad, format, dilations);
    const [one, other] = [conv("NHWC", pads[0]), conv("NCHW", pads[1])];
    const back = (x: tf.Tensor) => tf.transpose(x, [0, 2, 3, 1]).dataSync();
    assert.deepEqual(back(other(first)), one(last).dataSync());
    const [of, turnedOf] = [one, other].map((f) => tf.grad((x) => tf.sum(tf.square(f(x)))));
    assert.deepEqual(back(turnedOf!(first)), of!(last).dataSync());
  }
});

Deno.test("Windows want whole numbers: a stride of 1.5 is none of 1", () => {
  const x = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
  const filter = tf.ones([2, 2, 1, 1]) as tf.Tensor4D;
  const runs: [() => tf.Tensor, string][] = [
    [() => tf.conv2d(x, filter, 1.5, "valid"), "strides"],
    [() => tf.conv2d(x, filter, 1, "valid", "NHWC", 1.5), "dilations"],
    [() => tf.depthwiseConv2d(x, filter, 1.5, "valid"), "strides"],
    [
      () =>
        tf.conv3d(tf.ones([1, 4, 4, 4, 1]) as tf.Tensor5D, tf.ones([2, 2, 2, 1, 1]), 1.5, "valid"),
      "strides",
    ],
    [() => tf.maxPool(x, 2, 1.5, "valid"), "strides"],
    [() => tf.avgPool(x, 1.5, 1, "valid"), "ksize"],
    [() => tf.dilation2d(x, tf.ones([2, 2, 1]), 1.5, "same"), "strides"],
  ];
  for (const [run, name] of runs) {
    for (const f of [run, jit(run)]) {
      assert.throws(f, {
        message: `Cannot set attribute "${name}": a whole number wanted, found 1.5`,
      });
    }
  }
  assert.equal(tf.multinomial(tf.tensor1d([0.5, 0.5]), 2, 3.14).size, 2);
});

Deno.test("a transposed convolution refuses a shape that none has, op by op and in jit", () => {
  const image = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
  const filter = tf.ones([3, 3, 1, 1]) as tf.Tensor4D;
  const run = (shape: number[], pad: "same" | "valid") =>
    tf.conv2dTranspose(image, filter, shape as [number, number, number, number], 2, pad);
  for (const shape of [[1, 8, 8, 1], [1, 7, 8, 1]]) {
    assert.deepEqual(run(shape, "same").shape, shape);
  }
  assert.deepEqual(run([1, 9, 10, 1], "valid").shape, [1, 9, 10, 1]);
  // The process ended on [1, -8, 8, 1]
  for (const shape of [[1, 20, 20, 1], [1, -8, 8, 1], [2, 8, 8, 1], [1, 8, NaN, 1]]) {
    using traced = jit(() => run(shape, "same"));
    for (const f of [() => run(shape, "same"), traced]) {
      assert.throws(f, {
        name: "RangeError",
        message: /^Cannot run .*(shape|inputShape).* must be/,
      });
    }
  }
  assert.throws(() => run([1, 8, 8, 1], "valid"), /must be one that the same convolution takes/);
  const [volume, cube] = [tf.ones([1, 2, 2, 2, 1]), tf.ones([3, 3, 3, 1, 1])];
  const volumes = (shape: [number, number, number, number, number]) =>
    tf.conv3dTranspose(volume as tf.Tensor5D, cube as tf.Tensor5D, shape, 2, "same");
  assert.deepEqual(volumes([1, 4, 3, 4, 1]).shape, [1, 4, 3, 4, 1]);
  assert.throws(() => volumes([1, 9, 4, 4, 1]), /must be one that the same convolution takes/);
  assert.throws(
    () => tf.conv2dTranspose(image, filter, [1, 6, 6, 1], 1.5, "same"),
    /"strides": a whole number wanted, found 1.5/,
  );
});
