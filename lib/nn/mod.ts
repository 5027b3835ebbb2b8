/**
 * Layers, and the trees that they make. A model's `stateDict()` has PyTorch's names and shapes.
 *
 * ```ts
 * import { Linear, ReLU, Sequential } from "galaxykit/nn";
 * import { key, split, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const [a, b] = split(key(1));
 * const model = new Sequential([
 *   new Linear(8, 16, { key: a }),
 *   new ReLU(),
 *   new Linear(16, 2, { key: b }),
 * ]);
 * assert.deepEqual(model.call(tf.ones([4, 8])).shape, [4, 2]);
 * assert.equal(model.parameterCount(), 8 * 16 + 16 + 16 * 2 + 2);
 * ```
 *
 * @module
 */

export * from "./activation.ts";
export * from "./attention.ts";
export * from "./conv.ts";
export * from "./drop_path.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export * from "./init.ts";
export * from "./layer_scale.ts";
export * from "./linear.ts";
export * from "./lora.ts";
export * from "./mlp.ts";
export * from "./mlp_head.ts";
export * from "./module.ts";
export * from "./normalization.ts";
export { isObserved, observe, type Observer } from "./observe.ts";
export * from "./pooling.ts";
export * from "./sequential.ts";
export * from "./squeeze_excite.ts";
export * from "./swiglu.ts";
export {
  type LoadableTensor,
  type LoadReport,
  loadVariables,
  type StateDict,
  type StateTensor,
  type StreamedTensor,
  streamVariables,
} from "./state_dict.ts";
