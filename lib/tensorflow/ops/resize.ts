/**
 * Resizing of images.
 *
 * @module
 */

import { tf } from "../engine.ts";
import { attribute, FLOAT, rawOp } from "../raw.ts";
import { checkChoice } from "../kernels/kernel.ts";
import { checkFloat } from "./check.ts";
import { differentiableOne } from "./differentiable.ts";
import { separable } from "./separable.ts";
import { checkPairs } from "./window.ts";

const METHODS = ["nearest", "nearest-exact", "bilinear", "bicubic"];

/**
 * Resizes images as PyTorch's `interpolate` does (`align_corners=False`, no antialiasing): output
 * pixel i looks at position (i + ½) · input / output - ½.
 *
 * @param x [batch, height, width, channels]
 * @param size [height, width] of the output
 * @throws {TypeError} When x is no float32 image batch
 *
 * @example
 * ```ts
 * import { resize, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([0, 4], [1, 1, 2, 1]);
 * assert.deepEqual([...resize(x, [1, 4]).dataSync()], [0, 1, 3, 4]);
 * ```
 */
export function resize(
  x: tf.Tensor,
  size: readonly [number, number],
  { method = "bilinear" }: {
    /**
     * `"bicubic"` uses Keys' kernel with a = -0.75, repeating the border, as PyTorch does;
     * `"nearest"` takes pixel floor(i · input / output), `"nearest-exact"` the one whose centre is
     * nearest. @default {"bilinear"}
     */
    method?: "nearest" | "nearest-exact" | "bilinear" | "bicubic";
  } = {},
): tf.Tensor4D {
  checkFloat("resize", { x }, [4]);
  checkPairs("resize", { size });
  checkChoice("resize", { method }, METHODS);
  if (method === "bicubic") {
    return separable("resize", x, {
      rows: cubicWeights(x.shape[1]!, size[0]),
      columns: cubicWeights(x.shape[2]!, size[1]),
    });
  }
  const attributes = { ...FLOAT, half_pixel_centers: attribute.bool(method !== "nearest") };
  const op = method === "bilinear" ? "ResizeBilinear" : "ResizeNearestNeighbor";
  return differentiableOne({
    op: "resize",
    inputs: { x },
    forward: () => {
      const [output] = rawOp(op, [x, tf.tensor1d([...size], "int32")], { attributes });
      return { output, saved: [x] };
    },
    gradient: (dy, [x]) => ({
      x: () => {
        const shape = op === "ResizeBilinear"
          ? x
          : tf.tensor1d([x.shape[1]!, x.shape[2]!], "int32");
        return rawOp(`${op}Grad`, [dy, shape], { attributes })[0];
      },
    }),
  }) as tf.Tensor4D;
}

/** A matrix [outputs, inputs]: Keys' kernel (https://doi.org/10.1109/TASSP.1981.1163711). */
function cubicWeights(inputs: number, outputs: number): Float32Array[] {
  return Array.from({ length: outputs }, (_, index) => {
    const position = (index + 0.5) * inputs / outputs - 0.5;
    const line = new Float32Array(inputs);
    for (let at = Math.floor(position) - 1; at <= Math.floor(position) + 2; at++) {
      const inside = Math.min(Math.max(at, 0), inputs - 1);
      line[inside]! += keys(Math.abs(position - at));
    }
    return line;
  });
}

function keys(distance: number): number {
  const a = -0.75;
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance ** 2 + 1;
  if (distance < 2) return a * (((distance - 5) * distance + 8) * distance - 4);
  return 0;
}
