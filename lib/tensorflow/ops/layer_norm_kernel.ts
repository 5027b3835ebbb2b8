/**
 * oneDNN's layer normalisation: one pass over the values, which ops by themselves take seven for.
 * TensorFlow's graph rewriter puts it in the place of what Keras writes alone; so it is asked for by
 * name.
 *
 * @module
 */

import { usesOneDnnAlone } from "../c/runtime.ts";
import { tf } from "../engine.ts";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { activeGraph } from "../trace.ts";
import { asRows, reshape } from "./reshape.ts";

/**
 * Normalised over the last axis, times scale plus offset; undefined where there is no such kernel:
 * on a GPU, under XLA, without oneDNN. Nor is there outside a trace, where nobody would drop the ops
 * for the gradient that go unused.
 */
export function layerNormKernel(
  x: tf.Tensor,
  { scale, offset, epsilon }: { scale?: tf.Tensor; offset?: tf.Tensor; epsilon: number },
): tf.Tensor | undefined {
  const graph = activeGraph();
  if (graph === undefined || graph.xla) return undefined;
  if (Deno.build.arch !== "x86_64" || !usesOneDnnAlone()) return undefined;
  const channels = x.shape[x.rank - 1]!;
  const rows = asRows(x);
  const inputs = [rows, scale ?? tf.ones([channels]), offset ?? tf.zeros([channels])];
  const attributes = { ...FLOAT, epsilon: attribute.float(epsilon) };
  return reshape(rawOp("_MklLayerNorm", inputs, { attributes })[0], x.shape);
}
