/**
 * TensorFlow's convolution ops and their gradients.
 *
 * @module
 */

import { backend, tf } from "../engine.ts";
import { attribute, FLOAT, type RawAttributes, rawOp } from "../raw.ts";
import { reshape } from "./reshape.ts";
import { isNone, paddingAttributes, type Sides, sidesOf, spatial } from "./window.ts";

/** How a kernel moves over the image. */
export type Settings = { strides: [number, number]; sides: Sides };

/** The ops of one kind of convolution, without gradients of their own. */
export class Kernel {
  readonly #op: string;
  /** The form that TensorFlow wants the filter in. */
  readonly #form: (shape: readonly number[], channels: number) => number[];

  constructor(op: string, form: (shape: readonly number[], channels: number) => number[]) {
    this.#op = op;
    this.#form = form;
  }

  forward(x: tf.Tensor, filter: tf.Tensor, settings: Settings): tf.Tensor {
    const formed = reshape(filter, this.#form(filter.shape, x.shape[3]!));
    if (this === DEPTHWISE) return this.#depthwise(x, formed, settings);
    return this.#run("", [x, formed], settings);
  }

  /**
   * Without explicit padding: once TensorFlow's rewriter has joined it with a bias, the process
   * ends on a failed check in `DepthwiseConv2DNativeShape` (seen with 2.21 and oneDNN).
   */
  #depthwise(x: tf.Tensor, filter: tf.Tensor, settings: Settings): tf.Tensor {
    const { image, padding } = implicitlyPadded(x, filter.shape, settings);
    const attributes = { ...FLOAT, strides: spatial(settings.strides), padding };
    return rawOp(this.#op, [image, filter], { attributes })[0];
  }

  inputGradient(
    shape: readonly number[],
    filter: tf.Tensor,
    dy: tf.Tensor,
    settings: Settings,
  ): tf.Tensor {
    const turned = this === PLAIN ? turnedAround(shape, filter, dy, settings) : undefined;
    if (turned !== undefined) return turned;
    const formed = reshape(filter, this.#form(filter.shape, shape[3]!));
    return this.#run("BackpropInput", [integers(shape), formed, dy], settings);
  }

  filterGradient(
    x: tf.Tensor,
    shape: readonly number[],
    dy: tf.Tensor,
    settings: Settings,
  ): tf.Tensor {
    const formed = integers(this.#form(shape, x.shape[3]!));
    if (this === DEPTHWISE) {
      return reshape(this.#run("BackpropFilter", [x, formed, dy], settings), shape);
    }
    // TensorFlow gives oneDNN none with explicit padding, and its own kernel is several times slower
    const { image, padding } = implicitlyPadded(x, shape, settings);
    const run = (image: tf.Tensor, strides: Settings["strides"], padding: RawAttributes[string]) =>
      rawOp("Conv2DBackpropFilter", [image, formed, dy], {
        attributes: { ...FLOAT, strides: spatial(strides), padding },
      })[0];
    const isPointwise = shape[0] === 1 && shape[1] === 1;
    if (!isPointwise || Math.max(...settings.strides) === 1) {
      return run(image, settings.strides, padding);
    }
    // oneDNN's kernel for pointwise filters writes past its memory where strides are above 1 (2.21)
    return run(everySecond(image, settings.strides), [1, 1], attribute.string("VALID"));
  }

  #run(suffix: string, inputs: tf.Tensor[], { strides, sides }: Settings): tf.Tensor {
    const attributes = { ...FLOAT, strides: spatial(strides), ...paddingAttributes(sides) };
    return rawOp(this.#op + suffix, inputs, { attributes })[0];
  }
}

/** Every output channel looks at every input channel. */
export const PLAIN = new Kernel("Conv2D", (shape) => [...shape]);

/** Every input channel has kernels of its own. */
export const DEPTHWISE = new Kernel(
  "DepthwiseConv2dNative",
  ([height, width, , outputs], channels) => [height!, width!, channels, outputs! / channels],
);

/**
 * The gradient of the input as a convolution of `dy` with the filter turned around. On CPUs it is
 * up to 20 times faster than TensorFlow's own op, which rearranges the filter value by value.
 * Undefined where the op is better: on GPUs, and for strides unless the filter is large.
 */
function turnedAround(
  [, height, width]: readonly number[],
  filter: tf.Tensor,
  dy: tf.Tensor,
  { strides, sides }: Settings,
): tf.Tensor | undefined {
  const isStrided = strides[0] > 1 || strides[1] > 1;
  const [kernelHeight, kernelWidth] = filter.shape as [number, number];
  const top = kernelHeight - 1 - sides.top;
  const left = kernelWidth - 1 - sides.left;
  const bottom = height! + kernelHeight - 1 - top - ((dy.shape[1]! - 1) * strides[0] + 1);
  const right = width! + kernelWidth - 1 - left - ((dy.shape[2]! - 1) * strides[1] + 1);
  if (backend().isUsingGpuDevice || Math.min(top, bottom, left, right) < 0) return undefined;
  if (isStrided && filter.size < dy.size) return undefined;
  const spread = dilate(dilate(dy, 1, strides[0]), 2, strides[1]);
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return PLAIN.forward(spread, turned, { strides: [1, 1], sides: { top, bottom, left, right } });
}

/** An image, padded where TensorFlow's "SAME" or "VALID" do not say what is to be added; no gradient. */
function implicitlyPadded(
  x: tf.Tensor,
  filter: readonly number[],
  { strides, sides }: Settings,
): { image: tf.Tensor; padding: RawAttributes[string] } {
  const size = [x.shape[1]!, x.shape[2]!] as const;
  const same = sidesOf("same", { size, window: [filter[0]!, filter[1]!], strides });
  const { top, bottom, left, right } = sides;
  if (isNone(sides)) return { image: x, padding: attribute.string("VALID") };
  if (String(Object.values(sides)) === String(Object.values(same))) {
    return { image: x, padding: attribute.string("SAME") };
  }
  const image = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
  return { image, padding: attribute.string("VALID") };
}

/** The pixels that a kernel of one pixel looks at; no gradient. */
function everySecond(x: tf.Tensor, [vertical, horizontal]: readonly [number, number]): tf.Tensor {
  const bounds = [
    integers([0, 0, 0, 0]),
    integers(x.shape),
    integers([1, vertical, horizontal, 1]),
  ];
  return rawOp("StridedSlice", [x, ...bounds], {
    attributes: { ...FLOAT, Index: attribute.type("int32") },
  })[0];
}

/** Puts `dilation - 1` zeros between the rows of an axis. */
// deno-lint-ignore galaxykit/few-arguments -- tensors in the order of the formula
export function dilate(x: tf.Tensor, axis: number, dilation: number): tf.Tensor {
  if (dilation === 1) return x;
  const length = x.shape[axis]!;
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const rows = before.reduce((product, side) => product * side, length);
  const apart = tf.pad(x.reshape([rows, 1, -1]), [[0, 0], [0, dilation - 1], [0, 0]])
    .reshape([...before, length * dilation, ...after]);
  const size = apart.shape.map((side, at) => at === axis ? (length - 1) * dilation + 1 : side);
  return tf.slice(apart, size.map(() => 0), size);
}

function integers(values: readonly number[]): tf.Tensor {
  return tf.tensor1d([...values], "int32");
}
