/**
 * `tf.node`: images, saved models and TensorBoard.
 *
 * @module
 */

import "./union.ts";
import type { CustomCallback } from "@tensorflow/tfjs-layers";
import * as callbacks from "@tensorflow/tfjs-node-gpu/dist/callbacks.js";
import tensorboard from "@tensorflow/tfjs-node-gpu/dist/tensorboard.js";
import { existsSync } from "node:fs";
import { openEventFile } from "../summaries.ts";

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

type Writer = InstanceType<typeof tensorboard.SummaryFileWriter>;

const writers = new Map<string, Writer>();

/**
 * The writer of a folder, one for all that write there. tfjs-node keeps to it when the folder was
 * removed since, and everything is lost.
 */
function writerOf(
  ...[logdir, maxQueue, flushMillis, filenameSuffix]: Parameters<
    typeof tensorboard.summaryFileWriter
  >
): Writer {
  if (typeof logdir !== "string" || logdir === "") {
    // deno-lint-ignore galaxykit/error-message -- tfjs's own words
    throw new TypeError(`Invalid logdir: ${logdir}. Expected a non-empty string for logdir.`);
  }
  const known = writers.get(logdir);
  if (known !== undefined && existsSync(logdir)) return known;
  const file = openEventFile(logdir, { maxQueue, flushMillis, filenameSuffix });
  const writer = new tensorboard.SummaryFileWriter(file as never);
  writers.set(logdir, writer);
  return writer;
}

// Where the callback looks for it.
Object.assign(tensorboard, { summaryFileWriter: writerOf });

export const summaryFileWriter: typeof tensorboard.summaryFileWriter = writerOf;
