import assert from "node:assert/strict";
import {
  activationMaps,
  deletionAndInsertion,
  integratedGradients,
  logOdds,
  output,
  predictedClass,
  sumOf,
  type Target,
} from "galaxykit/explain";
import { resnet18 } from "galaxykit/models";
import { jit, key, normal, tf } from "galaxykit/tensorflow";

const model = resnet18({ width: 4, key: key(7) });
const images = normal(key(8), [4, 32, 32, 3]) as tf.Tensor4D;
/** Class 0 where the features are as strong as in these images, class 1 where much of them is gone. */
const strength = tf.tidy(() => tf.mean(model.pooled(images), -1, true));
const weakest = Math.min(...strength.dataSync());
model.classify = (pooled) =>
  tf.tidy(() => {
    const found = tf.mean(pooled, -1, true);
    return tf.concat([found, tf.sub(1.9 * weakest, found)], 1);
  });
const named = output(0);
/** What follows the changed image: another class for another image. */
const following: Target = (outputs) => tf.max(outputs, -1);

function apart(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);
}

for (const options of [{ method: "scoreCam" }, { smooth: "augment" }] as const) {
  Deno.test(`activationMaps() explains the class of the whole image: ${JSON.stringify(options)}`, async () => {
    const before = tf.memory().numTensors;
    const maps: tf.Tensor[] = [];
    for (const target of [undefined, named, following]) {
      const explain = activationMaps(model, { ...options, target, layers: ["layer2"] });
      maps.push(await explain(images));
      explain.dispose();
    }
    const [own, wanted, other] = maps;
    assert.ok(apart(own!, wanted!) < 1e-4);
    if (options.smooth === undefined) assert.ok(apart(own!, other!) > 1e-2);
    tf.dispose(maps);
    assert.equal(tf.memory().numTensors, before);
  });
}

/** Class 0 while more than a half of 10 is there, then class 1. */
function sums(): ReturnType<typeof resnet18> {
  const light = resnet18({ classes: 2, width: 4, key: key(1) });
  light.call = (x: tf.Tensor) =>
    tf.tidy(() => {
      const sum = tf.reshape(tf.sum(x, [1, 2, 3]), [-1, 1]);
      return tf.concat([sum, tf.sub(10, sum)], 1);
    });
  return light;
}

Deno.test("integratedGradients() explains the class of the whole image", () => {
  const light = sums();
  const image = tf.tensor4d([4, 1, 3, 2], [1, 2, 2, 1]);
  const before = tf.memory().numTensors;
  const { attributions, missing } = integratedGradients(light, image, { steps: 8 });
  assert.deepEqual([...attributions.dataSync()], [4, 1, 3, 2]);
  assert.deepEqual([...missing.dataSync()], [0]);
  const other = integratedGradients(light, image, { steps: 8, target: following });
  assert.deepEqual([...other.attributions.dataSync()], [0, 0, 0, 0]); // there and back again
  tf.dispose([attributions, missing, other]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("deletionAndInsertion() explains the class of the whole image", async () => {
  const light = sums();
  const image = tf.tensor3d([4, 1, 3, 2], [2, 2, 1]);
  const map = tf.tensor2d([40, 10, 30, 20], [2, 2]);
  const before = tf.memory().numTensors;
  const { deletion, insertion } = await deletionAndInsertion(light, image, { map, steps: 4 });
  assert.deepEqual([...deletion.values], [10, 6, 3, 1, 0]);
  assert.deepEqual([...insertion.values], [0, 4, 7, 9, 10]);
  const shares = await deletionAndInsertion(light, image, {
    ...{ map, steps: 4 },
    target: (outputs, whole) => predictedClass()(tf.softmax(outputs), whole),
  });
  assert.ok(shares.deletion.values[4]! < 1e-3 && shares.insertion.values[4]! > 0.99);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("predictedClass() has the gradient of its class alone, traced too", () => {
  const logits = tf.tensor2d([[1, 5, 5], [7, 3, 0]]); // of two that are as likely, the first
  const whole = tf.tensor2d([[0, 0, 1], [0, 1, 0]]);
  const gradient = (x: tf.Tensor, of?: tf.Tensor) =>
    tf.grad((y: tf.Tensor) => tf.sum(sumOf([predictedClass(), output(0)])(y, of)))(x);
  const traced = jit(gradient);
  for (const run of [gradient, traced]) {
    assert.deepEqual(run(logits).arraySync(), [[1, 1, 0], [2, 0, 0]]);
    assert.deepEqual(run(logits, whole).arraySync(), [[1, 0, 1], [1, 1, 0]]);
  }
  traced.dispose();
});

Deno.test("predictedClass() of a model with one output is that output, with its gradient", () => {
  const logits = tf.tensor2d([[-2], [3]]);
  assert.deepEqual([...predictedClass()(logits).dataSync()], [-2, 3]);
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(predictedClass()(tf.mul(x, 4), logits)));
  assert.deepEqual([...gradient(logits).dataSync()], [4, 4]);
});

Deno.test("logOdds() is the logarithm of the odds of the likeliest class, with its gradient", () => {
  const logits = tf.tensor2d([[1, 5, 2], [90, -90, -95], [0.3, 0.1, 0.2]]);
  const found = [...logOdds()(logits).dataSync()];
  [5 - Math.log(Math.E + Math.E ** 2), 180 - Math.log1p(Math.exp(-5))].forEach((wanted, i) =>
    assert.ok(Math.abs(found[i]! - wanted) < 1e-4, `${found[i]}, ${wanted} wanted`)
  );
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(logOdds()(x)))(logits);
  // Against differences of the function itself
  const values = logits.dataSync();
  const slopes = gradient.dataSync();
  for (const at of [6, 7, 8]) {
    const [low, high] = [-1e-2, 1e-2].map((step) => {
      const moved = tf.tensor2d(values.map((v, i) => i === at ? v + step : v), [3, 3]);
      return logOdds()(moved).dataSync()[2]!;
    });
    assert.ok(Math.abs((high! - low!) / 2e-2 - slopes[at]!) < 1e-3);
  }
  assert.ok(slopes.every((slope) => Number.isFinite(slope)));
  const hidden = tf.tensor2d([[4, 2], [0, 6]]);
  const whole = tf.tensor2d([[1, 5], [7, 3]]);
  assert.deepEqual([...logOdds()(hidden, whole).dataSync()], [-2, -6]);
  assert.deepEqual([...logOdds()(tf.tensor2d([[3], [4]])).dataSync()], [3, 4]);
});
