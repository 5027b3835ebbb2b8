import assert from "node:assert/strict";
import {
  adaptiveAveragePool2d,
  averagePool2d,
  conv2d,
  gather,
  groupNorm,
  layerNorm,
  logSoftmax,
  maxPool2d,
  resize,
  tf,
} from "galaxykit/tensorflow";

const x = tf.ones([1, 6, 6, 2]);
const filter = tf.ones([3, 3, 2, 2]);
const PAIR = "must be a whole number from 1, or two of them";

Deno.test("Ops refuse numbers that TensorFlow would cut or pass over", () => {
  const calls: [() => unknown, string][] = [
    [() => conv2d(x, filter, { strides: 1.5 }), `conv2d: strides ${PAIR}, found 1.5`],
    [() => conv2d(x, filter, { strides: [1, 0] }), `conv2d: strides ${PAIR}, found [1,0]`],
    [() => conv2d(x, filter, { strides: NaN }), `conv2d: strides ${PAIR}, found null`],
    [() => conv2d(x, filter, { dilation: -1 }), `conv2d: dilation ${PAIR}, found -1`],
    [
      () => conv2d(x, filter, { groups: 0.5 }),
      "conv2d: groups must be a whole number in [1, ∞), found 0.5",
    ],
    [() => maxPool2d(x, { size: 2.5 }), `maxPool2d: size ${PAIR}, found 2.5`],
    [
      () => maxPool2d(x, { size: 2, strides: "2" as never }),
      `maxPool2d: strides ${PAIR}, found "2"`,
    ],
    [() => averagePool2d(x, { size: [2] as never }), `averagePool2d: size ${PAIR}, found [2]`],
    [() => adaptiveAveragePool2d(x, 0), `adaptiveAveragePool2d: size ${PAIR}, found 0`],
    [() => resize(x, [2, 2.5]), `resize: size ${PAIR}, found [2,2.5]`],
    [
      () => resize(x, [2, 2], { method: "linear" as never }),
      "resize: method must be one of nearest, nearest-exact, bilinear, bicubic, found linear",
    ],
    [
      () => gather(x, tf.tensor1d([0], "int32"), { axis: 0.5 }),
      "gather: axis must be in [-4, 4), found 0.5",
    ],
    [() => logSoftmax(x, { axis: 1.5 }), "logSoftmax: axis must be in [-4, 4), found 1.5"],
    [() => layerNorm(x, { epsilon: -1 }), "layerNorm: epsilon must be in [0, ∞), found -1"],
    [
      () => groupNorm(x, { groups: 2, epsilon: NaN }),
      "groupNorm: epsilon must be in [0, ∞), found NaN",
    ],
  ];
  for (const [call, message] of calls) {
    assert.throws(call, { name: "RangeError", message: `Cannot run ${message}` });
  }
});

Deno.test("Ops refuse padding of another kind", () => {
  for (const padding of ["SAME", -1, 0.5, [1], [[0, 1], 2], [[0, 1], [1, -1]], null]) {
    assert.throws(() => conv2d(x, filter, { padding: padding as never }), {
      name: "RangeError",
      message:
        `Cannot run conv2d: padding must be "same", "valid", or whole numbers from 0 (one, [height, width], or [[top, bottom], [left, right]]), found ${
          JSON.stringify(padding)
        }`,
    });
    assert.throws(() => maxPool2d(x, { size: 2, padding: padding as never }), /padding must be/);
  }
});
