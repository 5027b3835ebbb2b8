/**
 * `tf.io` of tfjs-node: tfjs-core's, with files and HTTP as Node has them.
 *
 * @module
 */

import "./union.ts";
import { io } from "@tensorflow/tfjs-core";

export type * from "@tensorflow/tfjs-core/dist/io/io.d.ts";
export { fileSystem, nodeHTTPRequest } from "@tensorflow/tfjs-node-gpu/dist/io/index.js";
export const {
  browserFiles,
  browserHTTPRequest,
  CompositeArrayBuffer,
  concatenateArrayBuffers,
  copyModel,
  decodeWeights,
  decodeWeightsStream,
  encodeWeights,
  fromMemory,
  fromMemorySync,
  getLoadHandlers,
  getModelArtifactsForJSON,
  getModelArtifactsForJSONSync,
  getModelArtifactsInfoForJSON,
  getSaveHandlers,
  getWeightSpecs,
  http,
  isHTTPScheme,
  listModels,
  loadWeights,
  moveModel,
  registerLoadRouter,
  registerSaveRouter,
  removeModel,
  weightsLoaderFactory,
  withSaveHandler,
  withSaveHandlerSync,
} = io;
