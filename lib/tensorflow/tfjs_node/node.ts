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
} from "./images.ts";
export {
  getMetaGraphsFromSavedModel,
  getNumOfSavedModels,
  loadSavedModel,
} from "@tensorflow/tfjs-node-gpu/dist/saved_model.js";

/**
 * A callback of `fit` and `fitDataset` that writes losses and metrics for TensorBoard, and the weights
 * as histograms where `histogramFreq` is given.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-node-gpu";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
 * model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
 * const [x, y] = [tf.ones([8, 1]), tf.zeros([8, 1])];
 * await model.fit(x, y, { callbacks: tf.node.tensorBoard(folder, { histogramFreq: 1 }) });
 * assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["train"]);
 * ```
 */
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

/**
 * Writes numbers and histograms for TensorBoard into a folder. What waits is written when the process
 * ends, or by `flush()`.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-node-gpu";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * const writer = tf.node.summaryFileWriter(folder);
 * writer.scalar("loss", 0.5, 1);
 * writer.histogram("weights", tf.randomNormal([100]), 1);
 * writer.flush();
 * assert.equal([...Deno.readDirSync(folder)].length, 1);
 * ```
 */
export const summaryFileWriter: typeof tensorboard.summaryFileWriter = writerOf;
