/**
 * All names of tfjs-node, and what happens when it is imported.
 *
 * @module
 */

import "./union.ts";
import * as callbacks from "@tensorflow/tfjs-node-gpu/dist/callbacks.js";
import { nodeFileSystemRouter } from "@tensorflow/tfjs-node-gpu/dist/io/file_system.js";
import { version as tfjsNode } from "@tensorflow/tfjs-node-gpu/dist/version.js";
import { version_converter } from "@tensorflow/tfjs-converter";
import { version_data } from "@tensorflow/tfjs-data";
import { registerCallbackConstructor, version_layers } from "@tensorflow/tfjs-layers";
import { tf } from "../engine.ts";

export * from "../core.ts";
export * from "@tensorflow/tfjs-layers";
export * from "@tensorflow/tfjs-converter";
export * as data from "@tensorflow/tfjs-data";
export * as io from "./io.ts";
export { loadGraphModel, loadLayersModel } from "./models.ts";
export * as node from "./node.ts";

/** The versions of the packages behind it; there are no other backends than TensorFlow. */
export const version = {
  "tfjs-core": tf.version_core,
  "tfjs-data": version_data,
  "tfjs-layers": version_layers,
  "tfjs-converter": version_converter,
  "tfjs": tf.version_core,
  "tfjs-node": tfjsNode,
};

// As tfjs-node does on import. TensorFlow itself is loaded by the first op.
tf.io.registerLoadRouter(nodeFileSystemRouter);
tf.io.registerSaveRouter(nodeFileSystemRouter);
registerCallbackConstructor(1, callbacks.ProgbarLogger as never);
await tf.setBackend("tensorflow");
