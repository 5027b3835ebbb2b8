/**
 * Random changes of images and of what is learnt of them, on the engine, drawn from keys.
 *
 * ```ts
 * import { compose, cutout, flipsAndQuarterTurns } from "galaxykit/augment";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const augment = compose(flipsAndQuarterTurns, cutout({ side: 0.5 }));
 * assert.deepEqual(augment(key(1), tf.ones([2, 8, 8, 3])).shape, [2, 8, 8, 3]);
 * ```
 *
 * @module
 */

export * from "./augmentation.ts";
export * from "./colour.ts";
export * from "./geometry.ts";
export * from "./mix.ts";
export * from "./noise.ts";
export { orientation, ORIENTATIONS } from "./orientations.ts";
export * from "./survey_jitter.ts";
