/**
 * What tfjs-node's published examples do, on data of the same format made here: digits in the files
 * of MNIST, abalones in CSV, a climate from a generator.
 */

import * as tf from "@tensorflow/tfjs-node-gpu";
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { Prng } from "../../../lib/prng.ts";
import { temporaryFolder } from "../../temporary.ts";

/** Writes images of 28 x 28 bytes, a bar at the place of their label, as MNIST's files hold them. */
function writeDigits(folder: string, { name, count, seed }: {
  name: string;
  count: number;
  seed: number;
}): void {
  const random = new Prng(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  const pixels = new Uint8Array(count * 784);
  labels.forEach((label, i) => {
    for (let y = 4; y < 24; y++) {
      for (let x = 0; x < 28; x++) {
        const isBar = Math.abs(x - 2 - 2.5 * label) < 1.5;
        pixels[784 * i + 28 * y + x] = (isBar ? 200 : 20) + 50 * random.uniform();
      }
    }
  });
  const header = (...numbers: number[]) => {
    const view = new DataView(new ArrayBuffer(4 * numbers.length));
    numbers.forEach((number, i) => view.setUint32(4 * i, number));
    return new Uint8Array(view.buffer);
  };
  const write = (file: string, ...parts: Uint8Array[]) =>
    writeFileSync(join(folder, `${name}-${file}.gz`), gzipSync(Buffer.concat(parts)));
  write("images-idx3-ubyte", header(2051, count, 28, 28), pixels);
  write("labels-idx1-ubyte", header(2049, count), labels);
}

function readDigits(folder: string, name: string): { images: tf.Tensor4D; labels: tf.Tensor2D } {
  const read = (file: string) => gunzipSync(readFileSync(join(folder, `${name}-${file}.gz`)));
  const images = read("images-idx3-ubyte");
  assert.equal(images.readUInt32BE(0), 2051);
  const count = images.readUInt32BE(4);
  const pixels = Float32Array.from(images.subarray(16), (byte) => byte / 255);
  const labels = Int32Array.from(read("labels-idx1-ubyte").subarray(8));
  return {
    images: tf.tensor4d(pixels, [count, 28, 28, 1]),
    labels: tf.oneHot(tf.tensor1d(labels, "int32"), 10).toFloat() as tf.Tensor2D,
  };
}

Deno.test("MNIST: a network of tf.layers learns digits, is evaluated, saved and loaded", async () => {
  const folder = temporaryFolder();
  writeDigits(folder, { name: "train", count: 300, seed: 1 });
  writeDigits(folder, { name: "t10k", count: 50, seed: 2 });
  const { images, labels } = readDigits(folder, "train");
  const model = tf.sequential();
  model.add(tf.layers.conv2d({
    ...{ inputShape: [28, 28, 1], filters: 8, kernelSize: 5, activation: "relu" },
    kernelInitializer: "varianceScaling",
  }));
  model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }));
  model.add(tf.layers.dropout({ rate: 0.25 }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 10, activation: "softmax" }));
  model.compile({
    optimizer: "rmsprop",
    loss: "categoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const lines: string[] = [];
  model.summary(80, undefined, (line) => lines.push(line));
  assert.ok(lines.some((line) => line.startsWith("Total params: 11738")), lines.join("\n"));
  const seen: number[] = [];
  const { history } = await model.fit(images, labels, {
    ...{ epochs: 6, batchSize: 32, validationSplit: 0.2, verbose: 0 },
    callbacks: {
      onEpochEnd: (epoch, logs) => {
        seen.push(epoch);
        assert.ok(logs!.val_acc! >= 0);
      },
    },
  });
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  assert.ok((history.val_acc as number[])[5]! > 0.9, `${history.val_acc}`);

  const test = readDigits(folder, "t10k");
  const [loss, accuracy] = model.evaluate(test.images, test.labels) as tf.Scalar[];
  assert.ok(loss!.dataSync()[0]! < 0.5 && accuracy!.dataSync()[0]! > 0.9);
  await model.save(`file://${folder}/model`);
  const loaded = await tf.loadLayersModel(`file://${folder}/model/model.json`);
  const predict = (one: tf.LayersModel) =>
    (one.predict(test.images) as tf.Tensor).argMax(-1).dataSync();
  assert.deepEqual(predict(loaded), predict(model));
});

Deno.test("abalone: tf.data.csv() reads a file in batches, fitDataset() learns from it", async () => {
  const path = join(temporaryFolder(), "abalone.csv");
  const random = new Prng(3);
  const rows = Array.from({ length: 400 }, (_, i) => {
    const length = 0.2 + 0.6 * random.uniform();
    return ["MFI"[i % 3], length.toFixed(4), (2 * length).toFixed(4), Math.round(4 + 12 * length)];
  });
  writeFileSync(path, ["sex,length,weight,rings", ...rows.map((row) => row.join(","))].join("\n"));
  const csv = tf.data.csv(`file://${path}`, {
    hasHeader: true,
    columnConfigs: { rings: { isLabel: true } },
  });
  assert.deepEqual(await csv.columnNames(), ["sex", "length", "weight", "rings"]);
  type Row = { xs: Record<string, number | string>; ys: Record<string, number> };
  const dataset = csv.map((row) => {
    const { xs, ys } = row as unknown as Row;
    const sex = ["F", "M", "I"].indexOf(xs.sex as string);
    return { xs: [sex, Number(xs.length), Number(xs.weight)], ys: [ys.rings!] };
  }).shuffle(100, "seed").batch(50);
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 20, activation: "sigmoid", inputShape: [3] }),
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: "meanSquaredError" });
  const { history } = await model.fitDataset(dataset.take(6), {
    ...{ epochs: 15, validationData: dataset.skip(6) as never, verbose: 0 },
  });
  const losses = history.val_loss as number[];
  assert.ok(losses[14]! < losses[0]! / 2, `${losses}`);
});

Deno.test("jena: a GRU learns from a generator, stops early, and gives its memory back", async () => {
  const climate = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i / 10));
  const examples = (seed: number) =>
    tf.data.generator(function* () {
      const random = new Prng(seed);
      for (;;) {
        const starts = Array.from({ length: 16 }, () => Math.floor(560 * random.uniform()));
        const xs = tf.tensor3d(starts.flatMap((at) => [...climate.subarray(at, at + 12)]), [
          ...[16, 12, 1],
        ] as [number, number, number]);
        yield { xs, ys: tf.tensor2d(starts.map((at) => climate[at + 14]!), [16, 1]) };
      }
    });
  const model = tf.sequential();
  model.add(tf.layers.gru({ units: 8, inputShape: [12, 1], dropout: 0.1, recurrentDropout: 0.1 }));
  model.add(tf.layers.dense({ units: 1, kernelRegularizer: tf.regularizers.l2({ l2: 1e-4 }) }));
  model.compile({ loss: "meanAbsoluteError", optimizer: "rmsprop" });
  const options = { batchesPerEpoch: 10, verbose: 0, validationBatches: 2 };
  const { history } = await model.fitDataset(examples(1), {
    ...{ ...options, epochs: 4, validationData: examples(2) as never },
  });
  const losses = history.val_loss as number[];
  assert.ok(losses[3]! < losses[0]!, `${losses}`);
  const before = tf.memory().numTensors;
  const { epoch } = await model.fitDataset(examples(1), {
    ...{ ...options, epochs: 9, validationData: examples(2) as never },
    callbacks: tf.callbacks.earlyStopping({ monitor: "val_loss", minDelta: 10, patience: 1 }),
  });
  assert.equal(epoch.length, 2);
  assert.ok(tf.memory().numTensors - before < 5, `${tf.memory().numTensors - before}`);
});

Deno.test("getting started: a line is learnt from two rows of numbers", async () => {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 1, inputShape: [1] }));
  model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
  const xs = tf.tensor2d([-1, 0, 1, 2, 3, 4], [6, 1]);
  const ys = tf.tensor2d([-3, -1, 1, 3, 5, 7], [6, 1]);
  await model.fit(xs, ys, { epochs: 250, verbose: 0 });
  const [value] = (model.predict(tf.tensor2d([20], [1, 1])) as tf.Tensor).dataSync();
  assert.ok(Math.abs(value! - 39) < 1, `${value}`);
});

Deno.test("polynomial: variables, chained ops and an optimiser find the coefficients", () => {
  const truth = [-0.8, -0.2, 0.9, 0.5];
  const [a, b, c, d] = truth.map(() => tf.variable(tf.scalar(0)));
  const predict = (x: tf.Tensor) =>
    a!.mul(x.pow(tf.scalar(3, "int32"))).add(b!.mul(x.square())).add(c!.mul(x)).add(d!);
  const x = tf.linspace(-1, 1, 100);
  const y = tf.tidy(() =>
    truth.reduce((sum, value, i) => sum.add(x.pow(3 - i).mul(value)), tf.zerosLike(x))
  );
  const optimizer = tf.train.sgd(0.5);
  for (let i = 0; i < 400; i++) {
    optimizer.minimize(() => predict(x).sub(y).square().mean() as tf.Scalar);
  }
  [a, b, c, d].forEach((found, i) =>
    assert.ok(Math.abs(found!.dataSync()[0]! - truth[i]!) < 0.05, `${found} ${truth[i]}`)
  );
});
