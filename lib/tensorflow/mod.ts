/**
 * The engine: TensorFlow under tfjs, with `jit`, randomness from keys, and the ops that tfjs lacks.
 *
 * ```ts
 * import { jit, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const square = jit((x: tf.Tensor) => tf.mul(x, x));
 * assert.equal(square(tf.scalar(3)).dataSync()[0], 9);
 * ```
 *
 * @module
 */

export { backend, tf } from "./engine.ts";
export { DataType } from "./c/dtypes.ts";
export { installLibrary, type InstallOptions } from "./install/install.ts";
export * from "./jit.ts";
export { findLibrary, type Library } from "./install/library.ts";
export * from "./ops/mod.ts";
export * from "./random.ts";
export { attribute, type RawAttributes, rawOp } from "./raw.ts";
export { formatReport, type Report, statusReport } from "./report.ts";
export { type Device, listDevices } from "./c/runtime.ts";
export { TensorFlowError } from "./c/status.ts";
export { flattenTree, type FlatTree, type Tree } from "./tree.ts";
