/**
 * Loading models of TensorFlow.js: what fails names the file and the next step.
 *
 * @module
 */

import "./union.ts";
import * as converter from "@tensorflow/tfjs-converter";
import * as layers from "@tensorflow/tfjs-layers";
import { io } from "@tensorflow/tfjs-core";

/** Runs a loader of tfjs; of errors that name no file, it makes one that does. */
async function load<T>(loader: string, source: unknown, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // tfjs's own words tell of files that are not there
    if (typeof source !== "string" || /does not exist|must be a file/.test(reason)) throw error;
    throw new TypeError(
      `Cannot load "${source}" with tf.${loader}: ${await fault(loader, source) ?? reason}`,
      { cause: error },
    );
  }
}

const NO_MODEL =
  "it holds no modelTopology; give the model.json that model.save or tensorflowjs_converter wrote";

/** What is wrong with a model, by its files; undefined when they tell of nothing. */
async function fault(loader: string, source: string): Promise<string | undefined> {
  const [handler] = io.getLoadHandlers(source);
  if (handler?.load === undefined) {
    return 'it is no address that tfjs knows; for a file write "file://" before its path';
  }
  let artifacts: io.ModelArtifacts;
  try {
    artifacts = await handler.load();
  } catch (error) {
    if (error instanceof SyntaxError) return "it is no JSON; save or copy the model again";
    return error instanceof TypeError ? NO_MODEL : undefined;
  }
  const topology = artifacts?.modelTopology as Record<string, unknown> | undefined | null;
  if (typeof topology !== "object" || topology === null) {
    return NO_MODEL;
  }
  const isGraph = "node" in topology;
  const isLayers = "model_config" in topology || "class_name" in topology || "config" in topology;
  if (loader === "loadLayersModel" && isGraph) return "it is a graph model; use tf.loadGraphModel";
  if (loader === "loadGraphModel" && isLayers) {
    return "it is a layers model; use tf.loadLayersModel";
  }
  if (!isGraph && !isLayers) {
    return "its modelTopology holds neither layers nor a graph; save or copy the model again";
  }
  const wanted = artifacts.weightSpecs?.reduce((sum, spec) => sum + bytesOf(spec), 0);
  const data = artifacts.weightData;
  const found = data === undefined
    ? 0
    : [data].flat().reduce((sum, { byteLength }) => sum + byteLength, 0);
  return wanted !== undefined && found < wanted
    ? `its weights hold ${found} bytes, and should hold ${wanted}; copy the weight files again`
    : undefined;
}

const BYTES: Record<string, number> = {
  float32: 4,
  int32: 4,
  complex64: 8,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/** How many bytes a weight takes; 0 for texts, whose lengths stand among them. */
function bytesOf({ shape, dtype, quantization }: io.WeightsManifestEntry): number {
  return shape.reduce((size, side) => size * side, BYTES[quantization?.dtype ?? dtype] ?? 0);
}

/** tfjs-layers' `loadLayersModel`. @throws {TypeError} Naming the file, and what is wrong with it */
export const loadLayersModel: typeof layers.loadLayersModel = (source, options) =>
  load("loadLayersModel", source, () => layers.loadLayersModel(source, options));

/** tfjs-converter's `loadGraphModel`. @throws {TypeError} Naming the file, and what is wrong with it */
export const loadGraphModel: typeof converter.loadGraphModel = (source, options, tfio) =>
  load("loadGraphModel", source, () => converter.loadGraphModel(source, options, tfio)) as never;
