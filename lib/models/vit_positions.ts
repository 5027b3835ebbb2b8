/**
 * Positions of a vision transformer for images of another size.
 *
 * @module
 */

import type { StateTensor } from "../nn/mod.ts";
import { tf } from "../tensorflow/mod.ts";

/**
 * How positions are taken over to another grid of patches, always bicubic; with which a network was
 * published is on its card. From 37 to 16 patches a side, as from 518 to 224 pixels in DINOv2, they
 * are several per cent of the positions' norm apart.
 *
 * - `antialias`: by size, averaging where the new grid is coarser (a = -0.5): timm; facebook's and
 *   transformers' DINOv2 with registers.
 * - `size`: by size, between the four nearest alone (a = -0.75): transformers' DINOv2, ViT,
 *   ViT-MAE and ViT-MSN.
 * - `offset`: the same at coordinates for a grid that is 0.1 patches larger: facebook's DINOv2 without
 *   registers, and transformers' in its first releases.
 */
export type PositionResampling = "antialias" | "size" | "offset";

/**
 * Resamples learned positions from a square grid of patches to another grid. Positions of tokens
 * before the patches stay as they are.
 *
 * @param positions As in a file, [1, tokens, width]
 * @throws {RangeError} When the tokens are no square grid after those of the prefix
 *
 * @example
 * ```ts
 * import { resizePositions } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * // DINOv2's positions for 518 pixels (37 x 37 patches), used for 224 pixels
 * const data = new Float32Array((1 + 37 * 37) * 8).fill(2);
 * const positions = { dtype: "F32", shape: [1, 1 + 37 * 37, 8], data } as const;
 * const resized = resizePositions(positions, { rows: 224 / 14, prefixTokens: 1 });
 * assert.deepEqual(resized.shape, [1, 1 + 16 * 16, 8]);
 * assert.ok(resized.data.every((value) => Math.abs(Number(value) - 2) < 1e-5));
 * ```
 */
export function resizePositions(
  positions: StateTensor & { dtype: "F32" },
  grid: PositionGrid,
): StateTensor & { dtype: "F32" } {
  return tf.tidy(() => {
    const [, tokens, width] = positions.shape as [number, number, number];
    const stored = tf.tensor3d(positions.data, [1, tokens, width]);
    const resized = resample(stored, grid);
    return { dtype: "F32", shape: resized.shape, data: resized.dataSync() as Float32Array };
  });
}

/** The grid that positions are wanted for. */
export type PositionGrid = {
  /** Patches from top to bottom. */
  rows: number;
  /** Patches from left to right. @default {as many as rows} */
  columns?: number;
  /** Tokens before the patches that have a position. */
  prefixTokens: number;
  /** @default {"antialias"} */
  resampling?: PositionResampling;
};

/** As {@linkcode resizePositions}, of tensors, with its gradient. */
export function resample(
  positions: tf.Tensor,
  { rows, columns = rows, prefixTokens, resampling = "antialias" }: PositionGrid,
): tf.Tensor {
  const [, tokens, width] = positions.shape as [number, number, number];
  const side = Math.sqrt(tokens - prefixTokens);
  if (!Number.isInteger(side)) {
    throw new RangeError(
      `Cannot resize positions: the tokens after the first ${prefixTokens} must make a square, found ${
        tokens - prefixTokens
      }`,
    );
  }
  if (rows === side && columns === side) return positions.clone();
  const lines = (outputs: number) =>
    tf.tensor2d(cubicWeights(side, outputs, resampling), [outputs, side]);
  return tf.tidy(() => {
    const prefix = tf.slice(positions, [0, 0, 0], [1, prefixTokens, width]);
    const patches = tf.slice(positions, [0, prefixTokens, 0], [1, side ** 2, width]);
    // Rows, then columns
    const resized = tf.matMul(lines(rows), tf.reshape(patches, [side, side * width]));
    const turned = tf.transpose(tf.reshape(resized, [rows, side, width]), [1, 0, 2]);
    const both = tf.matMul(lines(columns), tf.reshape(turned, [side, rows * width]));
    const grid = tf.transpose(tf.reshape(both, [columns, rows, width]), [1, 0, 2]);
    return tf.concat([prefix, tf.reshape(grid, [1, rows * columns, width])], 1);
  });
}

/** A matrix [outputs, inputs]; each line sums to 1. */
function cubicWeights(
  inputs: number,
  outputs: number,
  resampling: PositionResampling,
): Float32Array {
  const isAveraged = resampling === "antialias";
  const scale = inputs / (resampling === "offset" ? outputs + 0.1 : outputs);
  // The kernel is widened where the output is coarser than the input
  const stretch = isAveraged ? Math.max(scale, 1) : 1;
  const matrix = new Float32Array(outputs * inputs);
  for (let output = 0; output < outputs; output++) {
    const centre = (output + 0.5) * scale - 0.5;
    const reach = 2 * stretch;
    const weights = new Map<number, number>();
    for (let at = Math.ceil(centre - reach); at <= centre + reach; at++) {
      // Beyond the edge nothing is averaged; otherwise the edge goes on
      if (isAveraged && (at < 0 || at >= inputs)) continue;
      const input = Math.min(Math.max(at, 0), inputs - 1);
      const weight = keys((at - centre) / stretch, isAveraged ? -0.5 : -0.75);
      weights.set(input, (weights.get(input) ?? 0) + weight);
    }
    const sum = [...weights.values()].reduce((total, weight) => total + weight);
    for (const [input, weight] of weights) matrix[output * inputs + input] = weight / sum;
  }
  return matrix;
}

/** Keys' kernel (https://doi.org/10.1109/TASSP.1981.1163711). */
function keys(position: number, a: number): number {
  const x = Math.abs(position);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x ** 2 + 1;
  if (x < 2) return a * (((x - 5) * x + 8) * x - 4);
  return 0;
}
