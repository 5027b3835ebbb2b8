/**
 * `tf.node`: images, saved models and TensorBoard.
 *
 * @module
 */

import "./union.ts";
import type { CustomCallback } from "@tensorflow/tfjs-layers";
import * as callbacks from "@tensorflow/tfjs-node-gpu/dist/callbacks.js";
import * as tensorboard from "@tensorflow/tfjs-node-gpu/dist/tensorboard.js";

export {
  decodeBmp,
  decodeGif,
  decodeImage,
  decodeJpeg,
  decodePng,
  encodeJpeg,
  encodePng,
} from "@tensorflow/tfjs-node-gpu/dist/image.js";
export {
  getMetaGraphsFromSavedModel,
  getNumOfSavedModels,
  loadSavedModel,
} from "@tensorflow/tfjs-node-gpu/dist/saved_model.js";

/** A callback of `fit` and `fitDataset` that writes losses, metrics and weights for TensorBoard. */
export const tensorBoard = callbacks.tensorBoard as unknown as (
  logdir?: string,
  args?: callbacks.TensorBoardCallbackArgs,
) => CustomCallback;

export const summaryFileWriter = tensorboard.summaryFileWriter;
