import { jit, tf } from "galaxykit/tensorflow";
import * as tfjsNode from "@tensorflow/tfjs-node-gpu";
import assert from "node:assert/strict";

function assertNear(found: tf.Tensor, wanted: number[]): void {
  found.dataSync().forEach((value, i) =>
    assert.ok(Math.abs(value - wanted[i]!) < 1e-5, `${value} ${wanted[i]}`)
  );
  assert.equal(found.size, wanted.length);
}

Deno.test("signal.frame() and stft() refuse steps that never end", () => {
  const signal = tf.range(0, 12) as tf.Tensor1D;
  assert.deepEqual(tf.signal.frame(signal, 4, 2).shape, [5, 4]);
  assert.deepEqual(tf.signal.stft(signal, 4, 2).shape, [5, 3]);
  for (const step of [0, -1, 0.5, NaN]) {
    for (const pad of [false, true]) {
      assert.throws(() => tf.signal.frame(signal, 2, step, pad), {
        message:
          `Cannot run signal.frame: frameStep must be a whole number in [1, ∞), found ${step}`,
      });
    }
    assert.throws(() => tf.signal.stft(signal, 2, step), /frameStep must be .* found/);
    assert.throws(() => tf.signal.frame(signal, step, 1), /frameLength must be .* found/);
  }
  assert.throws(() => tf.signal.stft(signal, 2, 1, NaN), /fftLength must be .* found NaN/);
  assert.throws(() => tf.signal.hannWindow(NaN), /windowLength must be .* found NaN/);
  assert.throws(() => tf.signal.hammingWindow(2.5), /windowLength must be .* found 2.5/);
});

Deno.test("truncatedNormal() and randomGamma() refuse what no number can be drawn for", () => {
  for (const { truncatedNormal, randomGamma } of [tf, tfjsNode]) {
    assert.throws(() => truncatedNormal([2], NaN, 1), /mean must be .* found NaN/);
    assert.throws(() => truncatedNormal([2], 0, -1), /stdDev must be .* found -1/);
    assert.throws(() => truncatedNormal([2], 0, NaN), /stdDev must be .* found NaN/);
    assert.throws(() => randomGamma([2], NaN), /alpha must be .* found NaN/);
    assert.throws(() => randomGamma([2], -3), /alpha must be .* found -3/);
    assert.throws(() => randomGamma([2], 1, 0), /beta must be .* found 0/);
    assert.deepEqual(truncatedNormal([2], 3, 0).arraySync(), [3, 3]);
    assert.deepEqual(randomGamma([2], 1).shape, [2]);
  }
});

Deno.test("losses.softmaxCrossEntropy() has TensorFlow's gradients, the labels' too", () => {
  const labels = tf.tensor2d([[0.2, 0.3, 0.5], [1, 0, 0]]);
  const logits = tf.tensor2d([[1, 2, -1], [0.5, 0, 3]]);
  const loss = (labels: tf.Tensor, logits: tf.Tensor) => {
    const { NONE } = tf.Reduction;
    const rows = tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0, NONE);
    return tf.sum(tf.mul(rows, [1, 2]));
  };
  // tf.nn.softmax_cross_entropy_with_logits of TensorFlow 2.21
  const byLabels = [1.3490121, 0.3490122, 3.3490121, 5.247746, 6.247746, 0.2477459];
  const byLogits = [0.0594965, 0.4053845, -0.464881, -1.8549571, 0.087973, 1.7669841];
  for (const f of [tf.grads(loss), jit(tf.grads(loss))]) {
    const [dLabels, dLogits] = f([labels, logits]) as [tf.Tensor, tf.Tensor];
    assertNear(dLabels, byLabels);
    assertNear(dLogits, byLogits);
  }
  assertNear(loss(labels, logits), [2.0490122 + 2 * 2.623873]);
});

Deno.test("floorDiv() has the gradient 0", () => {
  const quotient = (a: tf.Tensor, b: tf.Tensor) => tf.floorDiv(a, b);
  const [da, db] = tf.grads(quotient)([tf.tensor1d([5, -7]), tf.tensor1d([2, 3])]);
  assert.deepEqual([[...da!.dataSync()], [...db!.dataSync()]], [[0, 0], [0, 0]]);
  const [, one] = tf.grads(quotient)([tf.tensor1d([5, -7]), tf.scalar(2)]);
  assert.deepEqual([one!.shape, one!.dataSync()[0]], [[], 0]);
});

Deno.test("train's optimisers refuse settings that would spoil every weight", () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => tf.train.sgd(NaN), /train.sgd: learningRate must be .* found NaN/],
    [() => tf.train.adam(-1), /train.adam: learningRate must be .* found -1/],
    [() => tf.train.adam(0.1, 1.5), /beta1 must be in \[0, 1\), found 1.5/],
    [() => tf.train.adam(0.1, 0.9, 0.9, -1), /epsilon must be .* found -1/],
    [() => tf.train.adamax(0.1, 0.9, NaN), /beta2 must be .* found NaN/],
    [() => tf.train.rmsprop(0.1, 2), /decay must be .* found 2/],
    [() => tf.train.momentum(0.1, NaN), /momentum must be .* found NaN/],
    [() => tf.train.adadelta(0.1, -1), /rho must be .* found -1/],
    [() => tfjsNode.train.adagrad(Infinity), /learningRate must be .* found Infinity/],
  ];
  for (const [make, message] of wrong) assert.throws(make, message);
  assert.ok(tf.train.adam() instanceof tf.AdamOptimizer);
  assert.ok(tf.train.rmsprop(0.1, 0.9, 0, null as never, true) instanceof tf.RMSPropOptimizer);
});

Deno.test("oneHot() and gather() refuse indices in lists that are not whole", () => {
  for (const { oneHot, gather } of [tf, tfjsNode]) {
    assert.deepEqual(oneHot([0, 1], 2).arraySync(), [[1, 0], [0, 1]]);
    assert.deepEqual(gather([4, 5], [1, 0]).arraySync(), [5, 4]);
    for (const wrong of [1.5, NaN]) {
      assert.throws(() => oneHot([0, wrong], 3), /oneHot: indices must be .* found/);
      assert.throws(() => gather([4, 5], [[0, wrong]]), /gather: indices must be .* found/);
    }
  }
});
