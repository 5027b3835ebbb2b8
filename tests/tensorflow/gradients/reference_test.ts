import assert from "node:assert/strict";
import { jit, tf } from "galaxykit/tensorflow";
import reference from "../../reference/gradients.json" with { type: "json" };

type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;
type Stored = { shape: number[]; values: number[] };

const ints = (values: tf.TensorLike) => tf.tensor(values, undefined, "int32");
const bilinear = (x: tf.Tensor, size: [number, number]) =>
  tf.image.resizeBilinear(x as T4, size, false, true);
const nearest = (x: tf.Tensor, size: [number, number]) =>
  tf.image.resizeNearestNeighbor(x as T4, size, false, true);

/** The cases of `tests/reference/gradients.py` in the words of tfjs. */
const OPS: { [name: string]: (...xs: never[]) => tf.Tensor } = {
  "bilinear up, half pixels": (x: T4) => bilinear(x, [5, 7]),
  "bilinear down, half pixels": (x: T4) => bilinear(x, [2, 3]),
  "nearest up, half pixels": (x: T4) => nearest(x, [5, 7]),
  "nearest down, half pixels": (x: T4) => nearest(x, [2, 3]),
  "conv2d dilated": (x: T4, w: T4) => tf.conv2d(x, w, 1, "same", "NHWC", 2),
  "depthwise dilated": (x: T4, w: T4) => tf.depthwiseConv2d(x, w, 1, "valid", "NHWC", 2),
  "conv3d transposed": (x: T5, w: T5) => tf.conv3dTranspose(x, w, [1, 4, 4, 4, 1], 2, "same"),
  "einsum batched": (a: tf.Tensor, b: tf.Tensor) => tf.einsum("bij,bkj->bik", a, b),
  "einsum of a diagonal": (a: tf.Tensor, b: tf.Tensor) => tf.einsum("iij,jk->ik", a, b),
  "einsum with an ellipsis": (a: tf.Tensor, b: tf.Tensor) => tf.einsum("...ij,...jk->...ik", a, b),
  "gatherND": (x: tf.Tensor) => tf.gatherND(x, ints([[1, 0], [0, 2], [1, 0]])),
  "scatterND": (x: tf.Tensor) => tf.scatterND(ints([[1], [3], [1]]), x, [5, 2]),
  "tensorScatterUpdate": (x: tf.Tensor, u: tf.Tensor) =>
    tf.tensorScatterUpdate(x, ints([[2], [0]]), u),
  "cumprod": (x: tf.Tensor) => tf.cumprod(x, 1),
  "cumprod exclusive and reverse": (x: tf.Tensor) => tf.cumprod(x, 0, true, true),
  "cumsum along the first axis": (x: tf.Tensor) => tf.cumsum(x, 0, true),
  "prod over axes": (x: tf.Tensor) => tf.prod(x, [0, -1]),
  "depthToSpace": (x: T4) => tf.depthToSpace(x, 2, "NHWC"),
  "stridedSlice backwards": (x: tf.Tensor) => tf.stridedSlice(x, [0, 1], [0, 4], [-2, 2], 1, 1),
  "stridedSlice with new and shrunk axes": (x: tf.Tensor) =>
    tf.stridedSlice(x, [0, 1, 0, 0], [0, 2, 0, 0], [1, 1, 1, 2], 8, 8, 4, 1, 2),
  "topk": (x: tf.Tensor) => tf.topk(x, 2).values,
  "mirrorPad reflect": (x: tf.Tensor) => tf.mirrorPad(x, [[1, 2], [2, 0]], "reflect"),
  "mirrorPad symmetric": (x: tf.Tensor) => tf.mirrorPad(x, [[3, 0], [1, 4]], "symmetric"),
  "matMul broadcast": (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b),
  "maximum broadcast": (a: tf.Tensor, b: tf.Tensor) => tf.maximum(a, b),
  "gather with batch dimensions": (x: tf.Tensor) =>
    tf.gather(x, ints([[1, 0, 1], [2, 2, 0]]), 2, 1),
  "cropAndResize": (x: T4, boxes: tf.Tensor2D) =>
    tf.image.cropAndResize(x, boxes, ints([1, 0]) as tf.Tensor1D, [3, 4]),
  "localResponseNormalization": (x: T4) => tf.localResponseNormalization(x, 1, 0.7, 1.2, 0.6),
};

for (const { name, inputs, output, cotangent, gradients } of reference.cases) {
  Deno.test(`Gradients are TensorFlow's: ${name}`, () => {
    tf.tidy(() => {
      const op = OPS[name]!;
      const run = (xs: tf.Tensor[]) => {
        const y = op(...xs as never[]);
        const grads = tf.grads((...xs) => op(...xs as never[]));
        return [y, ...grads(xs, asTensor(cotangent))];
      };
      const traced = jit(run);
      const wanted = [output, ...gradients];
      for (
        const [mode, found] of [run, traced].map((f) => [f.name, f(inputs.map(asTensor))] as const)
      ) {
        wanted.forEach((stored, at) => {
          assert.deepEqual(found[at]!.shape, stored.shape, `shape of ${at} by ${mode}`);
          const values = found[at]!.dataSync();
          stored.values.forEach((value, index) =>
            assert.ok(
              Math.abs(value - values[index]!) <= 1e-5 * Math.max(1, Math.abs(value)),
              `${at === 0 ? "output" : `gradient ${at}`}[${index}] by ${mode}: ${
                values[index]
              }, by TensorFlow ${value}`,
            )
          );
        });
      }
      traced.dispose();
    });
  });
}

Deno.test("cumprod has a gradient where a factor is 0", () => {
  const gradient = tf.grad((x) => tf.cumprod(x))(tf.tensor1d([2, 0, 3, 0]));
  // y = a, ab, abc, abcd: 1 + b + bc + bcd, a + ac + acd, ab + abd, abc
  assert.deepEqual([...gradient.dataSync()], [1, 8, 0, 0]);
});

Deno.test("max and min hand the whole gradient to each of the equal values, as tfjs does", () => {
  const x = tf.tensor1d([1, 3, 3]);
  assert.deepEqual([...tf.grad((x) => tf.max(x))(x).dataSync()], [0, 1, 1]);
  const [a, b] = tf.grads((a, b) => tf.maximum(a, b))([x, tf.tensor1d([3])]);
  assert.deepEqual([...a!.dataSync()], [0, 1, 1]);
  assert.deepEqual([...b!.dataSync()], [1]);
});

Deno.test("clipByValue passes the gradient at its borders, as TensorFlow does", () => {
  const gradient = tf.grad((x) => tf.clipByValue(x, -1, 1))(tf.tensor1d([-2, -1, 0, 1, 2]));
  assert.deepEqual([...gradient.dataSync()], [0, 1, 1, 1, 0]);
});

function asTensor({ shape, values }: Stored): tf.Tensor {
  return tf.tensor(values, shape);
}
