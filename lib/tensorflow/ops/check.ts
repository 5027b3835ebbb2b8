/**
 * What the ops refuse, before TensorFlow does in its own words.
 *
 * @module
 */

import type { tf } from "../engine.ts";

/** @throws {TypeError} When a tensor is no float32, or not of one of the ranks */
// deno-lint-ignore galaxykit/few-arguments
export function checkFloat(
  op: string,
  tensors: { [name: string]: tf.Tensor | undefined },
  ranks: readonly number[] = [],
): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor === undefined) continue;
    if (tensor.dtype !== "float32") {
      throw new TypeError(
        `Cannot run ${op}: ${name} must be float32, found ${
          describe(tensor)
        }; cast it with toFloat`,
      );
    }
    if (ranks.length > 0 && !ranks.includes(tensor.rank)) {
      throw new TypeError(
        `Cannot run ${op}: ${name} must have ${ranks.join(" or ")} dimensions, found ${
          describe(tensor)
        }`,
      );
    }
  }
}

/** @throws {TypeError} When a tensor is no int32 */
// deno-lint-ignore galaxykit/few-arguments
export function checkInteger(op: string, name: string, tensor: tf.Tensor): void {
  if (tensor.dtype === "int32") return;
  throw new TypeError(`Cannot run ${op}: ${name} must be int32, found ${describe(tensor)}`);
}

/** @throws {TypeError} When a tensor is not of this shape */
// deno-lint-ignore galaxykit/few-arguments
export function checkShape(
  op: string,
  name: string,
  tensor: tf.Tensor | undefined,
  shape: readonly number[],
): void {
  if (tensor === undefined) return;
  if (
    tensor.rank === shape.length && tensor.shape.every((length, axis) => length === shape[axis])
  ) {
    return;
  }
  throw new TypeError(
    `Cannot run ${op}: ${name} must have shape [${shape}], found [${tensor.shape}]`,
  );
}

/** `float32[2,3]`. */
export function describe(tensor: tf.Tensor): string {
  return `${tensor.dtype}[${tensor.shape}]`;
}
