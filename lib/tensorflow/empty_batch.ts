/**
 * Convolutions of no images: oneDNN gives them the shape of its input, with the wrong channels.
 *
 * @module
 */

import type { Attribute } from "./c/attributes.ts";
import type { Handle } from "./c/handles.ts";
import { type Executor, free } from "./eager.ts";
import { Graph } from "./graph.ts";

/** The ops that are meant: the batch is the first axis of the first input and of the output. */
const CONVOLUTIONS = new Set(["Conv2D", "Conv3D", "DepthwiseConv2dNative"]);

/** Whether an op is a convolution of an empty batch. */
export function isEmptyConvolution(op: string, [x]: readonly Handle[]): boolean {
  return CONVOLUTIONS.has(op) && x?.shape[0] === 0;
}

/** What the convolution gives: nothing, in the shape that one image would have. */
export function convolveNothing(
  executor: Executor,
  { op, attributes, inputs }: { op: string; attributes: readonly Attribute[]; inputs: Handle[] },
): Handle {
  const [x, filter] = inputs as [Handle, Handle];
  const shape = [1, ...x.shape.slice(1)];
  const image = executor.create(x.dtype, shape, new Float32Array(shape.reduce((a, b) => a * b)));
  const [one] = executor.execute(op, attributes, [image, filter], 1);
  const empty = executor.create(x.dtype, [0, ...one!.shape.slice(1)], new Float32Array(0));
  if (!(executor instanceof Graph)) [image, one!].forEach(free);
  return empty;
}
