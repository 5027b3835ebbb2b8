import * as tf from "@tensorflow/tfjs-node-gpu";
import assert from "node:assert/strict";
import cases from "../../reference/keras_layers.json" with { type: "json" };
import { temporaryFolder } from "../../temporary.ts";

type Values = { shape: number[]; values: number[] };

const tensor = ({ values, shape }: Values) => tf.tensor(values, shape);

for (const { layer: name, options, input, weights, output } of cases) {
  const make = tf.layers[name as "dense"] as unknown as (options: object) => tf.layers.Layer;
  const title = `tf.layers.${name}(${JSON.stringify(options)})`;

  Deno.test(`${title} says what Keras says, learns, is saved and loaded`, async () => {
    const layer = make(options);
    const start = tf.input({ shape: input.shape.slice(1) });
    const end = layer.apply(start) as tf.SymbolicTensor;
    layer.setWeights(weights.map(tensor));
    const model = tf.model({ inputs: start, outputs: end });
    const x = tensor(input);
    const y = model.predict(x) as tf.Tensor;
    assert.deepEqual(y.shape, output.shape);
    y.dataSync().forEach((value, at) => {
      const wanted = output.values[at]!;
      const tolerance = 2e-5 * Math.max(1, Math.abs(wanted));
      assert.ok(Math.abs(value - wanted) < tolerance, `${value}, in Keras ${wanted}`);
    });

    const folder = temporaryFolder();
    model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(1e-3) });
    if (layer.trainableWeights.length > 0) {
      const { history } = await model.fit(x, tf.zerosLike(y), { epochs: 3, verbose: 0 });
      const [first, , last] = history.loss as number[];
      assert.ok(last! < first!, `${history.loss}`);
    }
    await model.save(`file://${folder}`);
    const loaded = await tf.loadLayersModel(`file://${folder}/model.json`);
    assert.deepEqual(
      (loaded.predict(x) as tf.Tensor).dataSync(),
      (model.predict(x) as tf.Tensor).dataSync(),
    );
  });
}

Deno.test("tf.layers.embedding() learns, with a mask before what is repeated", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 10, outputDim: 4, inputLength: 3, maskZero: true }),
      tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 2 }) as never }),
      tf.layers.dense({ units: 1, activation: "sigmoid" }),
    ],
  });
  model.compile({ loss: "binaryCrossentropy", optimizer: tf.train.adam(0.1), metrics: ["acc"] });
  const words = tf.tensor2d([[1, 2, 0], [3, 4, 5], [1, 5, 0], [3, 2, 2]], [4, 3], "int32");
  const options = { epochs: 30, verbose: 0 };
  const { history } = await model.fit(words, tf.tensor2d([[0], [1], [0], [1]]), options);
  assert.equal((history.acc as number[]).at(-1), 1);
});

Deno.test("each loss and optimiser that a model can name is there", async () => {
  const losses = [
    ...["meanSquaredError", "meanAbsoluteError", "meanSquaredLogarithmicError", "squaredHinge"],
    ...["hinge", "categoricalHinge", "logcosh", "categoricalCrossentropy", "cosineProximity"],
    ...["sparseCategoricalCrossentropy", "binaryCrossentropy", "kullbackLeiblerDivergence"],
    ...["poisson", "meanAbsolutePercentageError"],
  ];
  const optimizers = ["sgd", "adam", "adamax", "adadelta", "adagrad", "rmsprop"];
  for (const loss of losses) {
    const labels = loss.startsWith("sparse") ? tf.tensor2d([[0], [1], [2]]) : tf.eye(3);
    const chosen = loss === "meanSquaredError" ? optimizers : ["sgd"];
    for (const optimizer of chosen) {
      const model = tf.sequential();
      model.add(tf.layers.dense({ units: 3, activation: "softmax", inputShape: [4] }));
      model.compile({ loss, optimizer, metrics: ["mse", "mae"] });
      const { history } = await model.fit(tf.randomUniform([3, 4]), labels, { verbose: 0 });
      assert.ok(Number.isFinite((history.loss as number[])[0]), `${loss}, ${optimizer}`);
    }
  }
});
