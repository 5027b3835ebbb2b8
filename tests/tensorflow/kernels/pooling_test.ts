import { tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { assertStored, readCases, restore, type Stored, testKernels } from "./reference.ts";
import { testWindows } from "./windows.ts";

await testKernels({
  MaxPoolWithArgmax: ({ x }, { filterSize, strides, pad, includeBatchInIndex }) => {
    const { result, indexes } = tf.maxPoolWithArgmax(
      x,
      filterSize,
      strides,
      pad,
      includeBatchInIndex,
    );
    return [result!, indexes!];
  },
});

await testWindows({
  maxPool: ({ x }, { filterSize, strides, pad, rounding }) =>
    tf.maxPool(x as tf.Tensor4D, filterSize, strides, pad, rounding ?? undefined),
  avgPool: ({ x }, { filterSize, strides, pad, rounding }) =>
    tf.avgPool(x as tf.Tensor4D, filterSize, strides, pad, rounding ?? undefined),
  maxPool3d: ({ x }, { filterSize, strides, pad }) =>
    tf.maxPool3d(x as tf.Tensor5D, filterSize, strides, pad),
  avgPool3d: ({ x }, { filterSize, strides, pad }) =>
    tf.avgPool3d(x as tf.Tensor5D, filterSize, strides, pad),
});

type Argmax = {
  kernel: string;
  inputs: { x: Stored };
  options: { filterSize: number; strides: number; pad: number };
  output: Stored;
  indices: Stored;
};

Deno.test("maxPoolWithArgmax() with padding gives places in the image, as PyTorch does", async () => {
  const cases = (await readCases<Argmax>("windows.json"))
    .filter(({ kernel }) => kernel === "maxPoolWithArgmax");
  assert.equal(cases.length, 2);
  for (const { inputs, options: { filterSize, strides, pad }, output, indices } of cases) {
    const x = restore(inputs.x) as tf.Tensor4D;
    const { result, indexes } = tf.maxPoolWithArgmax(x, filterSize, strides, pad);
    assertStored(result!, output, "values");
    assertStored(indexes!, { ...indices, dtype: "int32" }, "indices");
    const whole = tf.maxPoolWithArgmax(x, filterSize, strides, pad, true);
    const image = x.size / x.shape[0];
    const perImage = indices.values.length / x.shape[0];
    assert.deepEqual(
      [...whole.indexes!.dataSync()],
      indices.values.map((index, at) => Number(index) + image * Math.floor(at / perImage)),
    );
  }
});

Deno.test("maxPoolWithArgmax() gives -1 for a window that sees only padding", () => {
  const { result, indexes } = tf.maxPoolWithArgmax(tf.ones([1, 1, 1, 1]) as tf.Tensor4D, 1, 1, 1);
  assert.deepEqual([...indexes!.dataSync()], [-1, -1, -1, -1, 0, -1, -1, -1, -1]);
  assert.deepEqual(result!.dataSync()[0], -Infinity);
});

Deno.test("maxPool() of whole numbers with padding stays whole", () => {
  const x = tf.tensor4d([-5, -3, -2, -7], [1, 2, 2, 1], "int32");
  const y = tf.maxPool(x, 2, 2, 1);
  assert.deepEqual([y.dtype, [...y.dataSync()]], ["int32", [-5, -3, -2, -7]]);
});

Deno.test("maxPool() and avgPool() refuse padding that is no whole number, and windows that do not fit", () => {
  const x = tf.ones([1, 2, 2, 1]) as tf.Tensor4D;
  for (const [name, pool] of Object.entries({ maxPool: tf.maxPool, avgPool: tf.avgPool })) {
    for (const pad of [-1, 0.5, NaN]) {
      assert.throws(() => pool(x, 2, 1, pad), {
        name: "RangeError",
        message:
          `Cannot run ${name}: pad must be "valid", "same" or whole numbers of at least 0, found ${pad}`,
      });
    }
    assert.throws(() => pool(x, 5, 1, 1), {
      name: "RangeError",
      message:
        `Cannot run ${name}: the window of 5x5 pixels must not be larger than the padded image, found 4 pixels along axis 1`,
    });
  }
});
