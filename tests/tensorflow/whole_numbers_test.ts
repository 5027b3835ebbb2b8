import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";

const image = () => tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
const rows = () => tf.ones([3, 4]);

const OPS: { [attribute: string]: (n: number) => tf.Tensor | tf.Tensor[] } = {
  reps: (n) => tf.tile(rows(), [1, n]),
  depth: (n) => tf.oneHot(tf.tensor1d([0], "int32"), n),
  k: (n) => tf.topk(rows(), n).values,
  begin: (n) => tf.slice(rows(), [n, 0], [1, 1]),
  size: (n) => tf.slice(rows(), [0, 0], [1, n]),
  paddings: (n) => tf.pad(rows(), [[0, n], [0, 0]]),
  cropSize: (n) => tf.image.cropAndResize(image(), [[0, 0, 1, 1]], [0], [n, 2]),
  numOrSizeSplits: (n) => tf.split(rows(), [n, 3 - n]),
  perm: (n) => tf.transpose(rows(), [n, 0]),
  strides: (n) => tf.stridedSlice(rows(), [0, 0], [2, 2], [1, n]),
};

for (const [name, op] of Object.entries(OPS)) {
  Deno.test(`an op refuses a fraction and NaN for ${name}, op by op and in jit`, () => {
    tf.tidy(() => {
      op(name === "depth" ? 2 : 1);
      for (const wrong of [1.5, NaN]) {
        using traced = jit(() => op(wrong));
        for (const run of [() => op(wrong), traced]) {
          assert.throws(run, new RegExp(`${name}'? must be .*(whole|between|atleast|>).*${wrong}`));
        }
      }
    });
  });
}

Deno.test("resizing refuses a size that is not whole", () => {
  tf.tidy(() => {
    assert.throws(() => tf.image.resizeBilinear(image(), [1.5, 2]), /size must be .*found 1.5/);
    assert.throws(() => tf.image.resizeNearestNeighbor(image(), [2, NaN]), /size .*found NaN/);
  });
});
