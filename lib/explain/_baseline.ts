/**
 * What stands for nothing in an image.
 *
 * @module
 */

import type { tf } from "../tensorflow/mod.ts";

/**
 * Refuses a baseline that cannot be broadcast to the images.
 *
 * @throws {TypeError} Naming both shapes
 */
export function refuseBaseline(
  baseline: tf.Tensor | undefined,
  { shape, what }: { shape: readonly number[]; what: string },
): void {
  if (baseline === undefined) return;
  const from = shape.length - baseline.rank;
  if (
    from >= 0 && baseline.shape.every((side, axis) => side === 1 || side === shape[from + axis])
  ) {
    return;
  }
  throw new TypeError(
    `Cannot ${what}: the baseline must be broadcast to [${shape}], [${baseline.shape}] found`,
  );
}
