/**
 * Positions of a vision transformer for images of another size.
 *
 * @module
 */

import type { StateTensor } from "../nn/mod.ts";

/**
 * Resamples learned positions from one grid of patches to another, as timm and torch do: bicubic
 * with a = -0.5, averaging where the new grid is coarser. Positions of tokens before the patches
 * stay as they are.
 *
 * @param positions `pos_embed` of a file, [1, tokens, width]
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
 * const resized = resizePositions(positions, { side: 224 / 14, prefixTokens: 1 });
 * assert.deepEqual(resized.shape, [1, 1 + 16 * 16, 8]);
 * assert.ok(resized.data.every((value) => Math.abs(Number(value) - 2) < 1e-5));
 * ```
 */
export function resizePositions(
  positions: StateTensor & { dtype: "F32" },
  { side, prefixTokens }: {
    /** Patches along a side of the new grid. */
    side: number;
    /** Tokens before the patches that have a position; 0 in DINOv2's with registers. */
    prefixTokens: number;
  },
): StateTensor & { dtype: "F32" } {
  const [, tokens, width] = positions.shape as [number, number, number];
  const before = Math.sqrt(tokens - prefixTokens);
  if (!Number.isInteger(before)) {
    throw new RangeError(
      `Cannot resize positions: the tokens after the first ${prefixTokens} must make a square, found ${
        tokens - prefixTokens
      }`,
    );
  }
  const lines = cubicWeights(before, side);
  const prefix = positions.data.subarray(0, prefixTokens * width);
  const patches = positions.data.subarray(prefixTokens * width);
  // Rows, then columns
  const rows = mix(patches, lines, { outer: 1, inner: before * width });
  const resized = mix(rows, lines, { outer: side, inner: width });
  const data = new Float32Array(prefix.length + resized.length);
  data.set(prefix);
  data.set(resized, prefix.length);
  return { dtype: "F32", shape: [1, prefixTokens + side ** 2, width], data };
}

/** Applies a matrix [outputs, inputs] along the middle axis of [outer, inputs, inner]. */
function mix(
  values: Float32Array | Float64Array,
  lines: readonly Float64Array[],
  { outer, inner }: { outer: number; inner: number },
): Float64Array {
  const inputs = lines[0]!.length;
  const output = new Float64Array(outer * lines.length * inner);
  for (let block = 0; block < outer; block++) {
    lines.forEach((line, row) => {
      const to = (block * lines.length + row) * inner;
      line.forEach((weight, input) => {
        if (weight === 0) return;
        const from = (block * inputs + input) * inner;
        for (let i = 0; i < inner; i++) output[to + i]! += weight * values[from + i]!;
      });
    });
  }
  return output;
}

/** Each line sums to 1; the kernel is widened where the output is coarser than the input. */
function cubicWeights(inputs: number, outputs: number): Float64Array[] {
  const scale = inputs / outputs;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: outputs }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const line = Float64Array.from(
      { length: inputs },
      (_, input) => keys((input + 0.5 - centre) / stretch),
    );
    const sum = line.reduce((total, weight) => total + weight);
    return line.map((weight) => weight / sum);
  });
}

/** Keys' kernel (https://doi.org/10.1109/TASSP.1981.1163711) with a = -0.5. */
function keys(position: number): number {
  const [a, x] = [-0.5, Math.abs(position)];
  if (x < 1) return ((a + 2) * x - (a + 3)) * x ** 2 + 1;
  if (x < 2) return a * (((x - 5) * x + 8) * x - 4);
  return 0;
}
