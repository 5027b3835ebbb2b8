/**
 * Every differentiable op of tfjs, with inputs for which its gradient is tested.
 *
 * @module
 */

import { tf } from "galaxykit/tensorflow";

/** A function whose gradient is compared with finite differences. */
export type Case = {
  /** Told apart by it from the other cases of the kernel. @default {""} */
  name?: string;
  f: (...xs: never[]) => tf.Tensor;
  /** The shapes of its differentiable inputs. */
  shapes: readonly (readonly number[])[];
  /** Where the inputs lie. @default {from -2 to 2} */
  range?: readonly [number, number];
  /**
   * The inputs differ by at least 0.1 from each other and from 0: for functions with kinks, such as
   * max. @default {false}
   */
  apart?: boolean;
  /** Why there is no second gradient. @default {there is one} */
  first?: string;
  /** Why it cannot be traced. @default {it can} */
  eager?: string;
};

const POSITIVE = [0.3, 2] as const;
const INNER = [-0.8, 0.8] as const;
const NHWC = "NHWC";
const ZERO_ZERO_ONE = () => tf.tensor1d([0, 0, 1], "int32");

const ints = (values: number[], shape = [values.length]) => tf.tensor(values, shape, "int32");

type T = tf.Tensor;
type T3 = tf.Tensor3D;
type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;

/** Both operands of full shape, and each of them broadcast. */
function binary(
  f: (a: T, b: T) => T,
  more: Partial<Case> = {},
): Case[] {
  return [
    { f, shapes: [[2, 3], [2, 3]], ...more },
    { name: "second broadcast", f, shapes: [[2, 3], [3]], ...more },
    { name: "first broadcast", f, shapes: [[2, 1], [2, 3]], ...more },
    { name: "both broadcast", f, shapes: [[2, 1, 3], [4, 1]], ...more },
    { name: "scalar", f, shapes: [[], [2]], ...more },
  ];
}

function unary(f: (x: T) => T, more: Partial<Case> = {}): Case[] {
  return [{ f, shapes: [[2, 3]], ...more }, { name: "scalar", f, shapes: [[]], ...more }];
}

/** Over all axes, one, the last, several; kept or not. */
function reduction(
  f: (x: T, axis?: number | number[], keep?: boolean) => T,
  more: Partial<Case> = {},
): Case[] {
  return [
    { name: "all", f: (x: T) => f(x), shapes: [[2, 3]], ...more },
    { name: "axis 0", f: (x: T) => f(x, 0), shapes: [[2, 3]], ...more },
    { name: "axis -1, kept", f: (x: T) => f(x, -1, true), shapes: [[2, 3]], ...more },
    { name: "axes 0 and -1", f: (x: T) => f(x, [0, -1]), shapes: [[2, 3, 2]], ...more },
    { name: "axes out of order", f: (x: T) => f(x, [2, 0]), shapes: [[2, 3, 2]], ...more },
    { name: "a scalar", f: (x: T) => f(x), shapes: [[]], ...more },
  ];
}

export const CASES: { [kernel: string]: Case[] } = {
  Abs: unary(tf.abs, { apart: true }),
  Acos: unary(tf.acos, { range: INNER }),
  Acosh: unary(tf.acosh, { range: [1.3, 3] }),
  Add: binary(tf.add),
  AddN: [{ f: (a: T, b: T, c: T) => tf.addN([a, b, c]), shapes: [[2, 3], [2, 3], [2, 3]] }],
  Asin: unary(tf.asin, { range: INNER }),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh, { range: INNER }),
  Atan2: binary(tf.atan2, { range: POSITIVE }),
  AvgPool: [
    { f: (x: T4) => tf.avgPool(x, 2, 1, "valid"), shapes: [[1, 4, 5, 2]] },
    {
      name: "same, strides",
      f: (x: T4) => tf.avgPool(x, [3, 2], 2, "same"),
      shapes: [[1, 5, 4, 2]],
    },
    { name: "padding by number", f: (x: T4) => tf.avgPool(x, 3, 2, 1), shapes: [[1, 5, 4, 2]] },
    { name: "rank 3", f: (x: T3) => tf.avgPool(x, 2, 2, "valid"), shapes: [[4, 4, 2]] },
    {
      name: "pool",
      f: (x: T4) => tf.pool(x, 2, "avg", "valid", [2, 2], 1),
      shapes: [[1, 6, 6, 1]],
    },
  ],
  AvgPool3D: [
    { f: (x: T5) => tf.avgPool3d(x, 2, 1, "valid"), shapes: [[1, 3, 3, 3, 2]] },
    { name: "same", f: (x: T5) => tf.avgPool3d(x, 2, 2, "same"), shapes: [[1, 3, 3, 3, 1]] },
  ],
  BatchMatMul: [false, true].flatMap((a) =>
    [false, true].flatMap((b) => [
      {
        name: `${a} ${b}`,
        f: (x: T, y: T) => tf.matMul(x, y, a, b),
        shapes: [a ? [3, 2] : [2, 3], b ? [4, 3] : [3, 4]],
      },
      {
        name: `${a} ${b}, first broadcast`,
        f: (x: T, y: T) => tf.matMul(x, y, a, b),
        shapes: [a ? [3, 2] : [2, 3], [2, ...(b ? [4, 3] : [3, 4])]],
      },
      {
        name: `${a} ${b}, both broadcast`,
        f: (x: T, y: T) => tf.matMul(x, y, a, b),
        shapes: [[2, 1, ...(a ? [3, 2] : [2, 3])], [1, 3, ...(b ? [4, 3] : [3, 4])]],
      },
    ])
  ),
  BatchToSpaceND: [
    { f: (x: T) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [1, 0]]), shapes: [[4, 2, 2, 3]] },
  ],
  Cast: [{ f: (x: T) => tf.cast(x, "float32"), shapes: [[3]] }],
  ClipByValue: unary((x) => tf.clipByValue(x, -0.75, 0.85), { apart: true }),
  Concat: [
    { f: (a: T, b: T) => tf.concat([a, b], 1), shapes: [[2, 3], [2, 1]] },
    { name: "axis -1", f: (a: T, b: T) => tf.concat([a, b], -1), shapes: [[2, 3], [2, 1]] },
    { name: "twice the same", f: (a: T) => tf.concat([a, a]), shapes: [[2, 3]] },
    { name: "with an empty one", f: (a: T) => tf.concat([a, tf.zeros([0, 3])]), shapes: [[2, 3]] },
  ],
  Conv2D: [
    {
      name: "fused with a bias, dilated",
      f: (x: T4, filter: T4, bias: tf.Tensor1D) =>
        tf.fused.conv2d({ x, filter, bias, strides: 1, pad: "same", dilations: 2 }),
      shapes: [[1, 5, 5, 2], [2, 2, 2, 3], [3]],
    },
    {
      name: "padding by number",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 2, 1),
      shapes: [[1, 5, 4, 2], [3, 3, 2, 3]],
    },
    {
      name: "padding of each side",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 1, [[0, 0], [1, 0], [0, 2], [0, 0]]),
      shapes: [[1, 5, 4, 2], [3, 3, 2, 3]],
    },
    {
      name: "dilated, padding by number",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 1, 2, NHWC, 2),
      shapes: [[1, 5, 5, 2], [3, 3, 2, 1]],
    },
    {
      name: "channels first",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 2, "same", "NCHW"),
      shapes: [[1, 2, 5, 4], [3, 3, 2, 1]],
    },
    {
      name: "channels first, dilated",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 1, "valid", "NCHW", 2),
      shapes: [[1, 2, 5, 5], [2, 2, 2, 3]],
    },
    { f: (x: T4, w: T4) => tf.conv2d(x, w, 1, "valid"), shapes: [[1, 5, 4, 2], [3, 2, 2, 3]] },
    {
      name: "same, strides",
      f: (x: T4, w: T4) => tf.conv2d(x, w, [2, 1], "same"),
      shapes: [[1, 5, 4, 2], [3, 2, 2, 3]],
    },
    {
      name: "dilated",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 1, "same", NHWC, [2, 3]),
      shapes: [[1, 6, 7, 2], [3, 2, 2, 3]],
    },
    {
      name: "dilated, valid",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 1, "valid", NHWC, 2),
      shapes: [[2, 6, 7, 2], [2, 2, 2, 3]],
    },
    {
      name: "rank 3",
      f: (x: T3, w: T4) => tf.conv2d(x, w, 1, "same"),
      shapes: [[4, 4, 1], [2, 2, 1, 2]],
    },
    {
      name: "one dimension",
      f: (x: T3, w: T3) => tf.conv1d(x, w, 1, "same", "NWC", 2),
      shapes: [[1, 6, 2], [3, 2, 2]],
    },
    {
      name: "one pixel, strides",
      f: (x: T4, w: T4) => tf.conv2d(x, w, 2, "valid"),
      shapes: [[1, 4, 4, 1], [1, 1, 1, 2]],
    },
  ],
  Conv2DBackpropInput: [
    {
      name: "padding by number",
      f: (x: T4, w: T4) => tf.conv2dTranspose(x, w, [1, 4, 4, 2], 2, 1),
      shapes: [[1, 2, 2, 3], [4, 4, 2, 3]],
    },
    {
      f: (x: T4, w: T4) => tf.conv2dTranspose(x, w, [1, 5, 5, 2], 2, "valid"),
      shapes: [[1, 2, 2, 3], [3, 3, 2, 3]],
    },
    {
      name: "same",
      f: (x: T4, w: T4) => tf.conv2dTranspose(x, w, [1, 4, 4, 2], 2, "same"),
      shapes: [[1, 2, 2, 3], [3, 3, 2, 3]],
    },
  ],
  Conv3D: [
    {
      f: (x: T5, w: T5) => tf.conv3d(x, w, 1, "valid"),
      shapes: [[1, 3, 3, 3, 2], [2, 2, 2, 2, 2]],
    },
    {
      name: "same, strides",
      f: (x: T5, w: T5) => tf.conv3d(x, w, 2, "same"),
      shapes: [[1, 3, 3, 3, 1], [2, 2, 2, 1, 2]],
    },
    {
      name: "dilated",
      f: (x: T5, w: T5) => tf.conv3d(x, w, 1, "valid", "NDHWC", [1, 2, 2]),
      shapes: [[1, 3, 5, 5, 1], [2, 2, 2, 1, 2]],
    },
  ],
  Conv3DBackpropInputV2: [
    {
      f: (x: T5, w: T5) => tf.conv3dTranspose(x, w, [1, 3, 3, 3, 2], 1, "valid"),
      shapes: [[1, 2, 2, 2, 2], [2, 2, 2, 2, 2]],
    },
    {
      name: "same, strides",
      f: (x: T5, w: T5) => tf.conv3dTranspose(x, w, [1, 4, 4, 4, 1], 2, "same"),
      shapes: [[1, 2, 2, 2, 2], [2, 2, 2, 1, 2]],
    },
  ],
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  CropAndResize: [
    {
      f: (x: T4) =>
        tf.image.cropAndResize(
          x,
          tf.tensor2d([[0.1, 0.2, 0.9, 0.8], [0, 0.3, 1, 1.4]]),
          tf.tensor1d([1, 0], "int32"),
          [3, 4],
        ),
      shapes: [[2, 4, 5, 2]],
    },
    {
      name: "nearest",
      f: (x: T4) =>
        tf.image.cropAndResize(
          x,
          tf.tensor2d([[0.1, 0.2, 0.9, 0.8], [0, 0.3, 1, 1.4]]),
          tf.tensor1d([1, 0], "int32"),
          [3, 4],
          "nearest",
        ),
      shapes: [[2, 4, 5, 2]],
    },
  ],
  Cumprod: [
    [0, false, false],
    [1, true, false],
    [-1, false, true],
    [1, true, true],
  ].map(([axis, exclusive, reverse]) => ({
    name: `axis ${axis}${exclusive ? ", exclusive" : ""}${reverse ? ", reverse" : ""}`,
    f: (x: T) => tf.cumprod(x, axis as number, exclusive as boolean, reverse as boolean),
    shapes: [[3, 4]],
  })),
  Cumsum: [0, 1, -1].flatMap((axis) =>
    [[false, false], [true, false], [false, true], [true, true]].map(([exclusive, reverse]) => ({
      name: `axis ${axis}${exclusive ? ", exclusive" : ""}${reverse ? ", reverse" : ""}`,
      f: (x: T) => tf.cumsum(x, axis, exclusive, reverse),
      shapes: [[3, 4]],
    }))
  ),
  DepthToSpace: [
    { f: (x: T4) => tf.depthToSpace(x, 2, NHWC), shapes: [[1, 2, 3, 8]] },
    { name: "block 3", f: (x: T4) => tf.depthToSpace(x, 3, NHWC), shapes: [[2, 1, 2, 9]] },
  ],
  DepthwiseConv2dNative: [
    {
      name: "fused with a bias and an activation, dilated",
      f: (x: T4, filter: T4, bias: tf.Tensor1D) =>
        tf.fused.depthwiseConv2d({
          x,
          filter,
          bias,
          strides: 1,
          pad: "same",
          dilations: 2,
          activation: "sigmoid",
        }),
      shapes: [[1, 5, 5, 2], [2, 2, 2, 1], [2]],
    },
    {
      name: "padding by number",
      f: (x: T4, w: T4) => tf.depthwiseConv2d(x, w, 1, 1),
      shapes: [[1, 5, 4, 2], [3, 3, 2, 1]],
    },
    {
      f: (x: T4, w: T4) => tf.depthwiseConv2d(x, w, 1, "valid"),
      shapes: [[1, 5, 4, 2], [3, 2, 2, 2]],
    },
    {
      name: "same, strides",
      f: (x: T4, w: T4) => tf.depthwiseConv2d(x, w, 2, "same"),
      shapes: [[1, 5, 4, 2], [3, 3, 2, 1]],
    },
    {
      name: "dilated",
      f: (x: T4, w: T4) => tf.depthwiseConv2d(x, w, 1, "same", NHWC, 2),
      shapes: [[2, 5, 6, 2], [3, 3, 2, 2]],
    },
    {
      name: "dilated unevenly, valid",
      f: (x: T4, w: T4) => tf.depthwiseConv2d(x, w, 1, "valid", NHWC, [1, 2]),
      shapes: [[1, 5, 6, 2], [3, 2, 2, 1]],
    },
    {
      name: "separable, dilated",
      f: (x: T4, w: T4, p: T4) => tf.separableConv2d(x, w, p, 1, "same", 2),
      shapes: [[1, 5, 5, 2], [2, 2, 2, 2], [1, 1, 4, 3]],
    },
  ],
  Diag: [
    { f: (x: T) => tf.diag(x), shapes: [[3]] },
    { name: "of a matrix", f: (x: T) => tf.diag(x), shapes: [[2, 3]] },
  ],
  Dilation2D: [
    {
      f: (x: T4, w: T3) => tf.dilation2d(x, w, 1, "valid"),
      shapes: [[1, 4, 4, 2], [2, 2, 2]],
      apart: true,
      first: "TensorFlow has none",
    },
    {
      name: "same, strides, dilated",
      f: (x: T4, w: T3) => tf.dilation2d(x, w, 2, "same", 2),
      shapes: [[1, 5, 5, 1], [2, 2, 1]],
      apart: true,
      first: "TensorFlow has none",
    },
  ],
  Einsum: [
    { f: (a: T, b: T) => tf.einsum("ij,jk->ik", a, b), shapes: [[2, 3], [3, 4]] },
    {
      name: "batched",
      f: (a: T, b: T) => tf.einsum("bij,bkj->bik", a, b),
      shapes: [[2, 2, 3], [2, 4, 3]],
    },
    { name: "summed alone", f: (a: T, b: T) => tf.einsum("ij,k->i", a, b), shapes: [[2, 3], [4]] },
    { name: "outer", f: (a: T, b: T) => tf.einsum("i,j->ji", a, b), shapes: [[2], [3]] },
    {
      name: "to a scalar",
      f: (a: T, b: T) => tf.einsum("ij,ij->", a, b),
      shapes: [[2, 3], [2, 3]],
    },
    { name: "trace", f: (a: T) => tf.einsum("ii->", a), shapes: [[3, 3]] },
    { name: "diagonal", f: (a: T) => tf.einsum("ii->i", a), shapes: [[3, 3]] },
    {
      name: "diagonal times",
      f: (a: T, b: T) => tf.einsum("iij,jk->ik", a, b),
      shapes: [[3, 3, 2], [2, 2]],
    },
    { name: "transposed", f: (a: T) => tf.einsum("ijk->kij", a), shapes: [[2, 3, 2]] },
    { name: "summed", f: (a: T) => tf.einsum("ijk->j", a), shapes: [[2, 3, 2]] },
    {
      name: "an ellipsis",
      f: (a: T, b: T) => tf.einsum("...i,ij->...j", a, b),
      shapes: [[2, 2, 3], [3, 2]],
    },
    {
      name: "an ellipsis, broadcast",
      f: (a: T, b: T) => tf.einsum("...ij,...jk->...ki", a, b),
      shapes: [[2, 1, 2, 3], [3, 3, 2]],
    },
  ],
  Elu: unary(tf.elu, { apart: true }),
  Erf: unary(tf.erf),
  Exp: [
    ...unary(tf.exp),
    { name: "logSoftmax", f: (x: T) => tf.logSoftmax(x), shapes: [[2, 3]] },
    { name: "logSoftmax of rank 1", f: (x: T) => tf.logSoftmax(x), shapes: [[3]] },
    { name: "logSumExp", f: (x: T) => tf.logSumExp(x, 1), shapes: [[2, 3]] },
  ],
  ExpandDims: [{ f: (x: T) => tf.expandDims(x, -1), shapes: [[2, 3]] }],
  Expm1: unary(tf.expm1),
  FlipLeftRight: [{ f: (x: T4) => tf.image.flipLeftRight(x), shapes: [[1, 3, 4, 2]] }],
  FusedBatchNorm: [
    {
      f: (x: T4, mean: tf.Tensor1D, scale: tf.Tensor1D, offset: tf.Tensor1D) =>
        tf.batchNorm(x, mean, tf.tensor1d([0.8, 1.3]), offset, scale),
      shapes: [[2, 3, 2, 2], [2], [2], [2]],
    },
    {
      name: "variance",
      f: (x: T4, variance: tf.Tensor1D) => tf.batchNorm(x, tf.tensor1d([0.2, 0.3]), variance),
      shapes: [[2, 2, 2, 2], [2]],
      range: POSITIVE,
    },
    {
      name: "rank 2",
      f: (x: tf.Tensor2D, mean: tf.Tensor1D, variance: tf.Tensor1D) =>
        tf.batchNorm2d(x, mean, variance, undefined, tf.tensor1d([1, 2, 3])),
      shapes: [[2, 3], [3], [3]],
      range: POSITIVE,
    },
    {
      name: "statistics of full shape",
      f: (x: T4, mean: T4, variance: T4) => tf.batchNorm4d(x, mean, variance),
      shapes: [[1, 2, 2, 2], [1, 2, 2, 2], [1, 2, 2, 2]],
      range: POSITIVE,
    },
    {
      name: "over another axis",
      f: (x: T4, mean: T4, variance: T4, offset: T4, scale: T4) =>
        tf.batchNorm4d(x, mean, tf.add(tf.square(variance), 0.5), offset, scale),
      shapes: [[2, 3, 2, 2], [1, 3, 1, 1], [1, 3, 1, 1], [1, 3, 1, 1], [1, 3, 1, 1]],
    },
  ],
  GatherNd: [
    { f: (x: T) => tf.gatherND(x, ints([1, 0, 1], [3, 1])), shapes: [[2, 3]] },
    {
      name: "elements",
      f: (x: T) => tf.gatherND(x, ints([1, 0, 0, 2, 1, 0], [3, 2])),
      shapes: [[2, 3]],
    },
    {
      name: "indices of rank 3",
      f: (x: T) => tf.gatherND(x, ints([1, 0, 0, 2, 1, 0, 1, 1], [2, 2, 2])),
      shapes: [[2, 3, 2]],
    },
  ],
  GatherV2: [
    { f: (x: T) => tf.gather(x, ints([1, 0, 1])), shapes: [[2, 3]] },
    { name: "axis 1", f: (x: T) => tf.gather(x, ints([1, 0, 1]), 1), shapes: [[2, 3, 2]] },
    { name: "axis -1", f: (x: T) => tf.gather(x, ints([1, 0, 1]), -1), shapes: [[2, 2, 3]] },
    { name: "axis -2", f: (x: T) => tf.gather(x, ints([1, 0, 1]), -2), shapes: [[2, 2, 3]] },
    {
      name: "indices of rank 2",
      f: (x: T) => tf.gather(x, ints([1, 0, 1, 1, 0, 0], [2, 3]), 1),
      shapes: [[3, 2, 2]],
    },
    {
      name: "one batch dimension",
      f: (x: T) => tf.gather(x, ints([1, 0, 1, 1, 0, 0], [2, 3]), 1, 1),
      shapes: [[2, 3, 2]],
    },
    {
      name: "one batch dimension, axis 2",
      f: (x: T) => tf.gather(x, ints([1, 0, 1, 1, 0, 0], [2, 3]), 2, 1),
      shapes: [[2, 3, 2]],
    },
    {
      name: "one batch dimension, axis -1",
      f: (x: T) => tf.gather(x, ints([1, 0, 1, 1, 0, 0], [2, 3]), -1, 1),
      shapes: [[2, 3, 2]],
    },
    {
      name: "two batch dimensions",
      f: (x: T) => tf.gather(x, ints([1, 0, 1, 1, 0, 0, 1, 0], [2, 2, 2]), 2, 2),
      shapes: [[2, 2, 2, 3]],
    },
    { name: "a scalar index", f: (x: T) => tf.gather(x, tf.scalar(1, "int32")), shapes: [[2, 3]] },
    {
      name: "boolean mask",
      f: (x: T) => tf.gather(x, ints([0, 2]), 1),
      shapes: [[2, 3]],
    },
  ],
  Identity: [{ f: (x: T) => tf.clone(x), shapes: [[3]] }],
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.3), { apart: true }),
  Log: unary(tf.log, { range: POSITIVE }),
  Log1p: unary(tf.log1p, { range: POSITIVE }),
  LRN: [
    { f: (x: T4) => tf.localResponseNormalization(x), shapes: [[1, 2, 2, 7]] },
    {
      name: "options",
      f: (x: T4) => tf.localResponseNormalization(x, 1, 0.7, 1.2, 0.6),
      shapes: [[1, 2, 1, 4]],
    },
  ],
  Max: reduction(tf.max, { apart: true }),
  Maximum: binary(tf.maximum, { apart: true }),
  MaxPool: [
    {
      name: "padding by number",
      f: (x: T4) => tf.maxPool(x, 3, 2, 1),
      shapes: [[1, 5, 4, 1]],
      apart: true,
    },
    { f: (x: T4) => tf.maxPool(x, 2, 1, "valid"), shapes: [[1, 4, 5, 1]], apart: true },
    {
      name: "same, strides",
      f: (x: T4) => tf.maxPool(x, 3, 2, "same"),
      shapes: [[1, 5, 4, 1]],
      apart: true,
    },
    {
      name: "rank 3",
      f: (x: T3) => tf.maxPool(x, 2, 2, "valid"),
      shapes: [[4, 4, 1]],
      apart: true,
    },
  ],
  MaxPool3D: [
    {
      name: "padding by number",
      f: (x: T5) => tf.maxPool3d(x, 2, 2, 1),
      shapes: [[1, 3, 3, 2, 1]],
      apart: true,
    },
    { f: (x: T5) => tf.maxPool3d(x, 2, 1, "valid"), shapes: [[1, 3, 3, 2, 1]], apart: true },
  ],
  MaxPoolWithArgmax: [
    {
      f: (x: T4) => tf.maxPoolWithArgmax(x, 2, 2, "same").result as T,
      shapes: [[1, 4, 4, 1]],
      apart: true,
    },
    {
      name: "padding by number",
      f: (x: T4) => tf.maxPoolWithArgmax(x, 3, 2, 1 as never).result as T,
      shapes: [[1, 5, 5, 1]],
      apart: true,
    },
  ],
  Mean: reduction(tf.mean),
  Min: reduction(tf.min, { apart: true }),
  Minimum: binary(tf.minimum, { apart: true }),
  MirrorPad: [
    { f: (x: T) => tf.mirrorPad(x, [[1, 2], [2, 0]], "reflect"), shapes: [[3, 4]] },
    {
      name: "symmetric",
      f: (x: T) => tf.mirrorPad(x, [[1, 2], [3, 0]], "symmetric"),
      shapes: [[3, 4]],
    },
    {
      name: "one axis",
      f: (x: T) => tf.mirrorPad(x, [[0, 0], [2, 2]], "reflect"),
      shapes: [[2, 3]],
    },
  ],
  Mod: binary(tf.mod, { range: POSITIVE, apart: true }),
  Multiply: binary(tf.mul),
  Neg: unary(tf.neg),
  Pack: [
    { f: (a: T, b: T) => tf.stack([a, b], 1), shapes: [[2, 3], [2, 3]] },
    { name: "axis -1", f: (a: T, b: T) => tf.stack([a, b], -1), shapes: [[2, 3], [2, 3]] },
    { name: "one", f: (a: T) => tf.stack([a]), shapes: [[2, 3]] },
  ],
  PadV2: [
    { f: (x: T) => tf.pad(x, [[1, 0], [0, 2]], 3), shapes: [[2, 3]] },
  ],
  Pow: [
    ...binary(tf.pow, { range: POSITIVE }),
    { name: "of negative numbers", f: (x: T) => tf.pow(x, 3), shapes: [[4]] },
    {
      name: "by whole numbers",
      f: (x: T) => tf.pow(x, tf.tensor1d([0, 1, 2, 3], "int32")),
      shapes: [[4]],
    },
  ],
  Prelu: [
    { f: (x: T, a: T) => tf.prelu(x, a), shapes: [[2, 3], [2, 3]], apart: true },
    { name: "broadcast", f: (x: T, a: T) => tf.prelu(x, a), shapes: [[2, 3], [3]], apart: true },
  ],
  Prod: reduction(tf.prod),
  RealDiv: binary(tf.div, { range: POSITIVE }),
  Reciprocal: unary(tf.reciprocal, { range: POSITIVE }),
  Relu: unary(tf.relu, { apart: true }),
  Relu6: unary((x) => tf.relu6(tf.mul(x, 8)), { apart: true }),
  Reshape: [{ f: (x: T) => tf.reshape(x, [3, 2]), shapes: [[2, 3]] }],
  ResizeBilinear: resizing(tf.image.resizeBilinear),
  ResizeNearestNeighbor: resizing(tf.image.resizeNearestNeighbor),
  Reverse: [
    { f: (x: T) => tf.reverse(x, 0), shapes: [[2, 3]] },
    { name: "all", f: (x: T) => tf.reverse(x), shapes: [[2, 3]] },
    { name: "axis -1", f: (x: T) => tf.reverse(x, [-1]), shapes: [[2, 3]] },
  ],
  RotateWithOffset: [
    {
      f: (x: T4) => tf.image.rotateWithOffset(x, 0.7, 0.3, [0.4, 0.6]),
      shapes: [[2, 5, 6, 2]],
    },
  ],
  Rsqrt: unary(tf.rsqrt, { range: POSITIVE }),
  ScatterNd: [
    {
      f: (x: T) => tf.scatterND(ints([3, 1], [2, 1]), x, [5, 2]),
      shapes: [[2, 2]],
    },
    {
      name: "an index twice",
      f: (x: T) => tf.scatterND(ints([1, 0, 1], [3, 1]), x, [2]),
      shapes: [[3]],
    },
    {
      name: "elements",
      f: (x: T) => tf.scatterND(ints([1, 0, 0, 2], [2, 2]), x, [2, 3]),
      shapes: [[2]],
    },
  ],
  Select: [
    {
      f: (a: T, b: T) => tf.where(tf.tensor2d([[1, 0, 1], [0, 0, 1]], [2, 3], "bool"), a, b),
      shapes: [[2, 3], [2, 3]],
    },
    {
      name: "broadcast",
      f: (a: T, b: T) => tf.where(tf.tensor1d([1, 0, 1], "bool"), a, b),
      shapes: [[2, 1], [1, 3]],
    },
    {
      name: "scalars",
      f: (a: T, b: T) => tf.where(tf.tensor2d([[1, 0, 1], [0, 0, 1]], [2, 3], "bool"), a, b),
      shapes: [[], [2, 3]],
    },
  ],
  Selu: unary(tf.selu, { apart: true }),
  Sigmoid: unary(tf.sigmoid),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Slice: [
    { f: (x: T) => tf.slice(x, [1, 0], [1, 2]), shapes: [[2, 3]] },
    { name: "to the end", f: (x: T) => tf.slice(x, 1), shapes: [[3, 2]] },
    { name: "-1", f: (x: T) => tf.slice(x, [0, 1], [-1, -1]), shapes: [[3, 2]] },
  ],
  Softmax: [
    { f: (x: T) => tf.softmax(x), shapes: [[2, 3]] },
    { name: "axis -1", f: (x: T) => tf.softmax(x, -1), shapes: [[2, 2, 3]] },
  ],
  Softplus: unary(tf.softplus),
  SpaceToBatchND: [
    { f: (x: T) => tf.spaceToBatchND(x, [2, 2], [[0, 1], [1, 0]]), shapes: [[1, 3, 3, 2]] },
  ],
  SparseSegmentMean: [
    {
      f: (x: tf.Tensor2D) =>
        tf.sparse.sparseSegmentMean(x, tf.tensor1d([0, 2, 2], "int32"), ZERO_ZERO_ONE()),
      shapes: [[3, 2]],
      eager: "the number of segments depends on values",
    },
  ],
  SparseSegmentSum: [
    {
      f: (x: tf.Tensor2D) =>
        tf.sparse.sparseSegmentSum(x, tf.tensor1d([0, 2, 2], "int32"), ZERO_ZERO_ONE()),
      shapes: [[3, 2]],
      eager: "the number of segments depends on values",
    },
  ],
  SparseToDense: [
    {
      f: (x: tf.Tensor1D, d: tf.Scalar) => tf.sparseToDense(ints([0, 3]), x, [5], d),
      shapes: [[2], []],
    },
    {
      name: "a matrix",
      f: (x: tf.Tensor1D) => tf.sparseToDense(ints([0, 1, 1, 2], [2, 2]), x, [2, 3], 0),
      shapes: [[2]],
    },
    {
      name: "one value",
      f: (x: tf.Scalar) => tf.sparseToDense(ints([0, 1, 1, 2], [2, 2]), x, [2, 3], 0),
      shapes: [[]],
    },
  ],
  SplitV: [
    {
      f: (x: T) => {
        const [a, b, c] = tf.split(x, 3, 1);
        return tf.add(tf.mul(a!, b!), c!);
      },
      shapes: [[2, 3]],
    },
    { name: "one is used", f: (x: T) => tf.split(x, [1, 2], -1)[1]!, shapes: [[2, 3]] },
    { name: "one part", f: (x: T) => tf.split(x, 1)[0]!, shapes: [[2, 3]] },
  ],
  Sqrt: unary(tf.sqrt, { range: POSITIVE }),
  Square: unary(tf.square),
  SquaredDifference: binary(tf.squaredDifference),
  StridedSlice: [
    { f: (x: T) => tf.stridedSlice(x, [0, 1], [3, 4], [2, 1]), shapes: [[3, 4]] },
    {
      name: "backwards",
      f: (x: T) => tf.stridedSlice(x, [2, 3], [0, -5], [-1, -2]),
      shapes: [[3, 4]],
    },
    {
      name: "masks",
      f: (x: T) => tf.stridedSlice(x, [1, 1], [2, 2], [1, 2], 1, 2),
      shapes: [[3, 4]],
    },
    {
      name: "new and shrunk axes",
      f: (x: T) => tf.stridedSlice(x, [0, 1, 0], [1, 2, 3], [1, 1, 2], 0, 0, 0, 1, 2),
      shapes: [[3, 4]],
    },
    {
      name: "ellipsis",
      f: (x: T) => tf.stridedSlice(x, [0, 1], [0, 3], [1, 2], 0, 0, 1),
      shapes: [[2, 3, 4]],
    },
  ],
  Sub: binary(tf.sub),
  Sum: reduction(tf.sum),
  Tan: unary(tf.tan, { range: INNER }),
  Tanh: unary(tf.tanh),
  TensorScatterUpdate: [
    {
      f: (x: T, u: T) => tf.tensorScatterUpdate(x, ints([1, 2], [2, 1]), u),
      shapes: [[4, 2], [2, 2]],
    },
    {
      name: "elements",
      f: (x: T, u: T) => tf.tensorScatterUpdate(x, ints([1, 0, 0, 1], [2, 2]), u),
      shapes: [[2, 2], [2]],
    },
  ],
  Tile: [
    { name: "broadcastTo", f: (x: T) => tf.broadcastTo(x, [2, 3]), shapes: [[1, 3]] },
    { name: "broadcastTo, more axes", f: (x: T) => tf.broadcastTo(x, [4, 2, 3]), shapes: [[2, 1]] },
    { name: "broadcastTo, a scalar", f: (x: T) => tf.broadcastTo(x, [2, 3]), shapes: [[]] },
    { f: (x: T) => tf.tile(x, [2, 3]), shapes: [[2, 3]] },
    { name: "rank 1", f: (x: T) => tf.tile(x, [3]), shapes: [[2]] },
    { name: "rank 5", f: (x: T) => tf.tile(x, [1, 2, 1, 1, 2]), shapes: [[2, 1, 2, 1, 2]] },
    { name: "a scalar", f: (x: T) => tf.tile(x, []), shapes: [[]] },
  ],
  TopK: [
    { f: (x: T) => tf.topk(x, 2).values, shapes: [[5]], apart: true },
    { name: "rows", f: (x: T) => tf.topk(x, 3).values, shapes: [[3, 4]], apart: true },
    {
      name: "unsorted",
      f: (x: T) => tf.topk(x, 2, false).values,
      shapes: [[2, 2, 3]],
      apart: true,
    },
  ],
  Transform: [
    {
      f: (x: T4) => tf.image.transform(x, tf.tensor2d([[1.1, 0.2, -0.3, 0.1, 0.9, 0.2, 0, 0]])),
      shapes: [[2, 4, 5, 2]],
    },
    {
      name: "another for each image, reflected",
      f: (x: T4) =>
        tf.image.transform(
          x,
          tf.tensor2d([[1, 0, -2, 0, 1, 1, 0, 0], [0.5, 0, 0, 0, 2, 1, 0, 0]]),
          "nearest",
          "reflect",
          0,
          [3, 6],
        ),
      shapes: [[2, 4, 5, 1]],
    },
  ],
  Transpose: [
    { f: (x: T) => tf.transpose(x), shapes: [[2, 3]] },
    { name: "by axes", f: (x: T) => tf.transpose(x, [2, 0, 1]), shapes: [[2, 3, 2]] },
  ],
  Unpack: [
    {
      f: (x: T) => {
        const [a, b] = tf.unstack(x, 1);
        return tf.mul(a!, tf.square(b!));
      },
      shapes: [[3, 2]],
    },
    { name: "axis -1", f: (x: T) => tf.unstack(x, -1)[0]!, shapes: [[3, 2]] },
    { name: "one", f: (x: T) => tf.unstack(x)[0]!, shapes: [[1, 2]] },
  ],
  UnsortedSegmentSum: [
    { f: (x: T) => tf.unsortedSegmentSum(x, ints([2, 0, 2]) as tf.Tensor1D, 4), shapes: [[3, 2]] },
    {
      name: "negative",
      f: (x: T) => tf.unsortedSegmentSum(x, ints([1, -1, 0]) as tf.Tensor1D, 2),
      shapes: [[3]],
    },
  ],
};

/** Kernels without a gradient, and why. */
export const WITHOUT: { [reason: string]: string[] } = {
  "they jump from one value to the next": [
    "ArgMax",
    "ArgMin",
    "Ceil",
    "Equal",
    "Floor",
    "FloorDiv",
    "Greater",
    "GreaterEqual",
    "IsFinite",
    "IsInf",
    "IsNan",
    "Less",
    "LessEqual",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "LogicalXor",
    "All",
    "Any",
    "NotEqual",
    "OneHot",
    "Round",
    "Sign",
    "Step",
  ],
  "they give the same whatever the values are": [
    "OnesLike",
    "ZerosLike",
    "Fill",
    "LinSpace",
    "Range",
  ],
  "they give whole numbers": [
    "Bincount",
    "BitwiseAnd",
    "BroadcastArgs",
    "DenseBincount",
    "LowerBound",
    "Multinomial",
    "NonMaxSuppressionV3",
    "NonMaxSuppressionV4",
    "NonMaxSuppressionV5",
    "RaggedRange",
    "SearchSorted",
    "SparseReshape",
    "UpperBound",
  ],
  "the number of outputs depends on the values": [
    "RaggedGather",
    "RaggedTensorToTensor",
    "SparseFillEmptyRows",
    "Unique",
  ],
  "tfjs's tape knows gradients of float32 alone": [
    "Complex",
    "ComplexAbs",
    "FFT",
    "IFFT",
    "Imag",
    "Real",
  ],
  "they work on texts": [
    "StaticRegexReplace",
    "StringNGrams",
    "StringSplit",
    "StringToHashBucketFast",
  ],
  "they belong to the browser": ["Draw", "FromPixels"],
  "no op of tf runs them": ["BroadcastTo", "LogSoftmax", "MatrixBandPart", "Pool"],
  "they are run where no gradient is wanted": [
    "_FusedMatMul",
    "FusedConv2D",
    "FusedDepthwiseConv2D",
  ],
  "they are gradients, tested as second ones": [
    "AvgPoolGrad",
    "AvgPool3DGrad",
    "Conv2DBackpropFilter",
    "Conv3DBackpropFilterV2",
    "DepthwiseConv2dNativeBackpropFilter",
    "DepthwiseConv2dNativeBackpropInput",
    "Dilation2DBackpropFilter",
    "Dilation2DBackpropInput",
    "EluGrad",
    "LRNGrad",
    "MaxPoolGrad",
    "MaxPool3DGrad",
    "ResizeBilinearGrad",
    "ResizeNearestNeighborGrad",
  ],
};

/** Larger, smaller, by aligned corners, by the middles of pixels. */
function resizing(resize: typeof tf.image.resizeBilinear) {
  const cases: [height: number, width: number, align: boolean, half: boolean][] = [
    [5, 7, false, false],
    [2, 3, false, false],
    [5, 7, true, false],
    [5, 7, false, true],
    [2, 3, false, true],
  ];
  return cases.map(([height, width, align, half]) => ({
    name: `${height}x${width}${align ? " aligned" : ""}${half ? " half" : ""}`,
    f: (x: T4) => resize(x, [height, width], align, half),
    shapes: [[2, 3, 4, 2]],
  }));
}
