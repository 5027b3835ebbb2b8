/**
 * tfjs on TensorFlow: the backend registered, nothing loaded yet. The first op loads (and, on a
 * first use, installs) TensorFlow.
 *
 * @module
 */

import "./node_compat.ts";
import * as tf from "./core.ts";
import type {} from "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.d.ts";
import "./tfjs_gradients.js";
import "@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js";
import { Backend } from "./backend.ts";
import "./gradients/mod.ts";
import "./kernels/mod.ts";
import "./lean_engine.ts";
import "./show_tensors.ts";

if (tf.findBackendFactory("tensorflow") === null) {
  tf.registerBackend("tensorflow", () => new Backend());
  // tfjs falls back to these in silence: a hundred times slower, and not asked for.
  for (const name of ["webgl", "cpu"]) {
    if (tf.findBackendFactory(name) !== null) tf.removeBackend(name);
  }
}

/** The kit's backend; loads TensorFlow. */
export function backend(): Backend {
  return tf.backend() as unknown as Backend;
}

export { tf };
