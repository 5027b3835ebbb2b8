import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { assertStored, readCases, restore, type Stored, testKernels } from "./reference.ts";

await testKernels({
  Transform: (
    { image, transforms },
    { interpolation, fillMode, fillValue, outputShape },
  ) => tf.image.transform(image, transforms, interpolation, fillMode, fillValue, outputShape),
});

type Rotation = {
  kernel: string;
  inputs: { image: Stored };
  options: { radians: number; center: number | [number, number]; fillValue: number };
  output: Stored;
};

const rotations = (await readCases<Rotation>("windows.json"))
  .filter(({ kernel }) => kernel === "rotateWithOffset");

Deno.test("rotateWithOffset() turns as SciPy does, at once and traced", () => {
  assert.equal(rotations.length, 2);
  for (const { inputs, options, output } of rotations) {
    const { radians, center, fillValue } = options;
    const turn = (image: tf.Tensor) =>
      tf.image.rotateWithOffset(image as tf.Tensor4D, radians, fillValue, center);
    const image = restore(inputs.image);
    assertStored(turn(image), output, "at once");
    assertStored(jit(turn)(image), output, "traced");
  }
});

Deno.test("rotateWithOffset() fills with a colour, and leaves alpha opaque", () => {
  const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 4]);
  const turned = tf.image.rotateWithOffset(image, Math.PI / 2, [10, 20, 30] as never, [0, 0]);
  assert.deepEqual([...turned.dataSync()], [1, 2, 3, 4, 10, 20, 30, 255]);
});

Deno.test("rotateWithOffset() refuses what is no number, and colours with too few channels", () => {
  const image = tf.ones([1, 2, 2, 3]) as tf.Tensor4D;
  assert.throws(() => tf.image.rotateWithOffset(image, NaN), {
    name: "RangeError",
    message: "Cannot run rotateWithOffset: radians must be a finite number, found NaN",
  });
  assert.throws(() => tf.image.rotateWithOffset(image, 1, 0, [0.5, Infinity]), {
    name: "RangeError",
    message: "Cannot run rotateWithOffset: center y must be a finite number, found Infinity",
  });
  assert.throws(() => tf.image.rotateWithOffset(image, 1, [1, 2] as never), {
    name: "RangeError",
    message:
      "Cannot run rotateWithOffset: fillValue must be a number, or one for each of 3 channels, found [1,2]",
  });
});

Deno.test("transform() refuses an interpolation and a fill mode that TensorFlow lacks", () => {
  const image = tf.ones([1, 2, 2, 1]) as tf.Tensor4D;
  const turn = tf.tensor2d([[1, 0, 0, 0, 1, 0, 0, 0]]);
  assert.throws(() => tf.image.transform(image, turn, "cubic" as never), {
    name: "RangeError",
    message: "Cannot run transform: interpolation must be one of nearest, bilinear, found cubic",
  });
  assert.throws(() => tf.image.transform(image, turn, "nearest", "mirror" as never), {
    name: "RangeError",
    message:
      "Cannot run transform: fillMode must be one of constant, reflect, wrap, nearest, found mirror",
  });
});
