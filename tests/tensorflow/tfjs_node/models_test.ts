import * as tf from "@tensorflow/tfjs-node-gpu";
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import values from "../../reference/tfjs_models/values.json" with { type: "json" };
import { temporaryFolder } from "../../temporary.ts";

const REFERENCE = fileURLToPath(import.meta.resolve("../../reference/tfjs_models"));

function assertNear(found: tf.Tensor, wanted: number[]): void {
  const values = found.dataSync();
  assert.equal(values.length, wanted.length);
  values.forEach((value, i) =>
    assert.ok(Math.abs(value - wanted[i]!) < 1e-6, `${value} ${wanted[i]}`)
  );
}

/** A network with a layer of each of these kinds, and what it says of some images. */
function someModel(): { model: tf.LayersModel; images: tf.Tensor4D } {
  const input = tf.input({ shape: [8, 8, 2] });
  const layers = tf.layers;
  let x = layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu" })
    .apply(input) as tf.SymbolicTensor;
  x = layers.batchNormalization().apply(x) as tf.SymbolicTensor;
  const pooled = layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor;
  const rows = layers.reshape({ targetShape: [8, 32] }).apply(x);
  const last = layers.bidirectional({ layer: layers.lstm({ units: 3 }) as never })
    .apply(rows) as tf.SymbolicTensor;
  const joined = layers.concatenate().apply([pooled, last]);
  const output = layers.dense({ units: 3, activation: "softmax" }).apply(joined);
  return {
    model: tf.model({ inputs: input, outputs: output as tf.SymbolicTensor }),
    images: tf.randomUniform([5, 8, 8, 2], 0, 1, "float32", 1),
  };
}

Deno.test("a model that was saved to file:// and loaded says the same, and trains on", async () => {
  const folder = `${temporaryFolder()}/model`;
  const { model, images } = someModel();
  model.compile({ loss: "categoricalCrossentropy", optimizer: tf.train.adam(0.01) });
  const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1], "int32"), 3).toFloat();
  await model.fit(images, labels, { epochs: 2, verbose: 0 });
  const { modelArtifactsInfo } = await model.save(`file://${folder}`, { includeOptimizer: true });
  assert.equal(modelArtifactsInfo.weightDataBytes, statSync(`${folder}/weights.bin`).size);
  const loaded = await tf.loadLayersModel(`file://${folder}/model.json`);
  const wanted = (model.predict(images) as tf.Tensor).dataSync();
  assert.deepEqual((loaded.predict(images) as tf.Tensor).dataSync(), wanted);
  // The optimiser came along
  const { history } = await loaded.fit(images, labels, { epochs: 20, verbose: 0 });
  const losses = history.loss as number[];
  assert.ok(losses[19]! < losses[0]!, `${losses}`);
});

Deno.test("tf.io.fileSystem() saves and loads as file:// does", async () => {
  const folder = temporaryFolder();
  const { model, images } = someModel();
  await model.save(tf.io.fileSystem(folder));
  const loaded = await tf.loadLayersModel(tf.io.fileSystem(`${folder}/model.json`));
  assert.deepEqual(
    (loaded.predict(images) as tf.Tensor).dataSync(),
    (model.predict(images) as tf.Tensor).dataSync(),
  );
});

Deno.test("a model is loaded over HTTP", async () => {
  const folder = temporaryFolder();
  const { model, images } = someModel();
  await model.save(`file://${folder}`);
  await using server = Deno.serve(
    { port: 0, onListen() {} },
    (request) => new Response(Deno.readFileSync(`${folder}${new URL(request.url).pathname}`)),
  );
  const url = `http://localhost:${server.addr.port}/model.json`;
  for (const source of [url, tf.io.nodeHTTPRequest(url)]) {
    const loaded = await tf.loadLayersModel(source);
    assert.deepEqual(
      (loaded.predict(images) as tf.Tensor).dataSync(),
      (model.predict(images) as tf.Tensor).dataSync(),
    );
  }
});

Deno.test("what is not there, or is a file, is refused by its path", async () => {
  const folder = temporaryFolder();
  await assert.rejects(tf.loadLayersModel(`file://${folder}/none/model.json`), {
    message: `Path ${folder}/none/model.json does not exist: loading failed`,
  });
  Deno.writeTextFileSync(`${folder}/file`, "");
  const { model } = someModel();
  await assert.rejects(model.save(`file://${folder}/file`), /file exists as a file/i);
  await assert.rejects(model.save(`file://${folder}/none/deep`), /ENOENT|no such file/i);
  await assert.rejects(tf.node.loadSavedModel(folder), {
    message: `There is no saved_model.pb file in the directory: ${folder}`,
  });
  assert.ok(!existsSync(`${folder}/none`));
});

Deno.test("tf.loadGraphModel() runs a graph of TensorFlow as TensorFlow does", async () => {
  const model = await tf.loadGraphModel(`file://${REFERENCE}/graph/model.json`);
  const image = tf.tensor4d(values.graph.image, [2, 6, 6, 2]);
  const before = tf.memory().numTensors;
  const names = Object.keys(model.modelSignature!["outputs" as never]);
  assert.deepEqual(names, ["pooled", "probability"]);
  const { pooled, probability } = model.predict({ image }) as Record<string, tf.Tensor>;
  const found = pooled === undefined
    ? model.predict(image) as unknown as tf.Tensor[]
    : [pooled, probability!];
  assertNear(found[0]!, values.graph.pooled);
  assertNear(found[1]!, values.graph.probability);
  tf.dispose([found, pooled, probability]);
  assert.ok(tf.memory().numTensors <= before + 2);
  model.dispose();
});

Deno.test("tf.node.loadSavedModel() runs a network of Keras as Keras does", async () => {
  const folder = `${REFERENCE}/keras`;
  const [graph] = await tf.node.getMetaGraphsFromSavedModel(folder);
  assert.deepEqual(graph!.tags, ["serve"]);
  const { inputs } = graph!.signatureDefs["serving_default"]!;
  assert.deepEqual(Object.values(inputs).map(({ dtype, shape }) => [dtype, shape?.length]), [[
    "float32",
    4,
  ]]);
  const count = tf.node.getNumOfSavedModels();
  const model = await tf.node.loadSavedModel(folder);
  assert.equal(tf.node.getNumOfSavedModels(), count + 1);
  const image = tf.tensor4d(values.keras.image, [3, 8, 8, 1]);
  assertNear(model.predict(image) as tf.Tensor, values.keras.output);
  assertNear(
    (model.predict({ [Object.keys(inputs)[0]!]: image }) as Record<string, tf.Tensor>)[
      "output_0"
    ]!,
    values.keras.output,
  );
  model.dispose();
  assert.equal(tf.node.getNumOfSavedModels(), count);
});

Deno.test("a model that cannot be loaded is refused by its path, and with the next step", async () => {
  const folder = temporaryFolder();
  const { model } = someModel();
  await model.save(`file://${folder}/good`);
  const layers = `file://${folder}/good/model.json`;
  await assert.rejects(tf.loadGraphModel(layers), {
    message:
      `Cannot load "${layers}" with tf.loadGraphModel: it is a layers model; use tf.loadLayersModel`,
  });
  const graph = `file://${REFERENCE}/graph/model.json`;
  await assert.rejects(tf.loadLayersModel(graph), {
    message:
      `Cannot load "${graph}" with tf.loadLayersModel: it is a graph model; use tf.loadGraphModel`,
  });
  const path = `file://${folder}/model.json`;
  const contents = {
    "{}": /holds no modelTopology; give the model.json/,
    "null": /holds no modelTopology/,
    '{"modelTopology": {}}': /neither layers nor a graph; save or copy/,
    '{"modelTopology": ': /it is no JSON; save or copy/,
    "": /it is no JSON; save or copy/,
  };
  for (const [text, reason] of Object.entries(contents)) {
    Deno.writeTextFileSync(`${folder}/model.json`, text);
    for (const load of [tf.loadLayersModel, tf.loadGraphModel]) {
      const error = await load(path).then(() => assert.fail(), (error: Error) => error);
      assert.match(error.message, reason);
      assert.ok(error.message.startsWith(`Cannot load "${path}" with tf.load`), error.message);
    }
  }
  await assert.rejects(tf.loadLayersModel(`${folder}/good/model.json`), /write "file:\/\/" before/);
  const { size } = statSync(`${folder}/good/weights.bin`);
  Deno.truncateSync(`${folder}/good/weights.bin`, 10);
  await assert.rejects(tf.loadLayersModel(layers), {
    message:
      `Cannot load "${layers}" with tf.loadLayersModel: its weights hold 10 bytes, and should hold ${size}; copy the weight files again`,
  });
});
