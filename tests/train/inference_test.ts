import assert from "node:assert/strict";
import { orientation } from "galaxykit/augment";
import { tf, toFloat } from "galaxykit/tensorflow";
import { predictor, predictProbabilities } from "galaxykit/train";
import { galaxySet, normalization, tinyModel } from "./_problem.ts";

Deno.test("predictor() gives the mean over views, and warns of no traces", async () => {
  const set = galaxySet({ count: 3 });
  const model = tinyModel();
  using predict = predictor(model, { views: 8, normalization });
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => void warnings.push(text);
  let found: Float32Array[];
  try {
    found = await predictProbabilities(predict, { set, batchSize: 2 }); // two shapes
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(warnings, []);
  const { mean, std } = normalization;
  const wanted = tf.tidy(() => {
    const images = toFloat(tf.tensor4d(set.images!, [3, 32, 32, 3], "int32"));
    const views = Array.from({ length: 8 }, (_, view) => {
      const seen = tf.div(orientation(images as tf.Tensor4D, view), 255);
      return tf.softmax(model.call(tf.div(tf.sub(seen, mean), std)));
    });
    return tf.mean(tf.stack(views), 0).dataSync();
  });
  found.flatMap((row) => [...row]).forEach((value, at) =>
    assert.ok(Math.abs(value - wanted[at]!) < 1e-5, `${at}: ${value}, ${wanted[at]} wanted`)
  );
});

Deno.test("predictor() refuses numbers of views that there are not", () => {
  for (const views of [1.5, 0, -1, 9]) {
    assert.throws(() => predictor(tinyModel(), { views }), {
      name: "RangeError",
      message: `Cannot predict: views must be a whole number from 1 to 8, found ${views}`,
    });
  }
});
