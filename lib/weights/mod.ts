/**
 * Weights in files: safetensors, the format of published models and of this kit's runs.
 *
 * ```ts
 * import { openSafetensors, toFloat32, writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * writeSafetensors(path, {
 *   "fc.weight": { dtype: "F32", shape: [1, 2], data: Float32Array.of(1, 2) },
 * });
 * using file = openSafetensors(path);
 * assert.deepEqual([...toFloat32(file.get("fc.weight"))], [1, 2]);
 * ```
 *
 * @module
 */

export { type Dtype, type StoredTensor, toFloat32 } from "./dtypes.ts";
export { SafetensorsError, type SafetensorsErrorCode } from "./error.ts";
export { openPytorch, type PytorchFile } from "./pytorch.ts";
export { PytorchError, type PytorchErrorCode } from "./pytorch_error.ts";
export {
  openSafetensors,
  readSafetensors,
  type SafetensorsContent,
  type SafetensorsFile,
  writeSafetensors,
} from "./safetensors.ts";
export { type LazyTensor, stateDictOf, type TensorInfo, type WeightsFile } from "./weights_file.ts";
