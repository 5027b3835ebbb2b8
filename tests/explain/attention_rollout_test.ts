import assert from "node:assert/strict";
import { attentionRollout } from "galaxykit/explain";
import { resnet18, vitMini } from "galaxykit/models";
import { observe, SelfAttention } from "galaxykit/nn";
import { key, normal, resize, tf } from "galaxykit/tensorflow";
import { assertClose, valuesOf } from "../nn/reference.ts";

const model = vitMini({ size: 32, classes: 2, key: key(1) });
const images = normal(key(2), [2, 32, 32, 3]) as tf.Tensor4D;

/** The formulas of the paper in plain loops, from what the queries and keys are. */
function rolledOut(discard: number): tf.Tensor {
  const layers = Object.values(model.namedLayers()).filter((l) => l instanceof SelfAttention);
  const blocks: { values: number[][][]; heads: number }[] = [];
  observe(
    new Map(layers.map(({ qkv, heads }) => [qkv, (x: tf.Tensor) => {
      blocks.push({ values: x.arraySync() as number[][][], heads });
    }])),
    () => model.call(images),
  );
  const [rows, columns] = [32 / model.patch, 32 / model.patch];
  const maps = [0, 1].map((image) => {
    let rolled: number[][] | undefined;
    for (const { values, heads } of blocks) {
      const tokens = values[image]!;
      const dim = tokens[0]!.length / 3 / heads;
      let mean = tokens.map(() => tokens.map(() => 0));
      for (let head = 0; head < heads; head++) {
        const query = tokens.map((t) => t.slice(head * dim, (head + 1) * dim));
        const keys = tokens.map((t) => t.slice((heads + head) * dim, (heads + head + 1) * dim));
        query.forEach((q, i) => {
          const scores = keys.map((k) => Math.exp(dot(q, k) / Math.sqrt(dim)));
          const sum = scores.reduce((a, b) => a + b);
          scores.forEach((score, j) => mean[i]![j]! += score / sum / heads);
        });
      }
      const all = mean.flat().sort((a, b) => b - a);
      const least = all[all.length - Math.floor(all.length * discard) - 1]!;
      mean = mean.map((row, i) => {
        const kept = row.map((value, j) => (value >= least ? value : 0) + (i === j ? 1 : 0));
        const sum = kept.reduce((a, b) => a + b);
        return kept.map((value) => value / sum);
      });
      rolled = rolled === undefined
        ? mean
        : mean.map((row) => row.map((_, j) => dot(row, rolled!.map((other) => other[j]!))));
    }
    const first = rolled![0]!.slice(model.prefixTokens);
    return Array.from(
      { length: rows },
      (_, row) => first.slice(row * columns, (row + 1) * columns),
    );
  });
  return tf.tidy(() => {
    const large = resize(tf.expandDims(tf.tensor3d(maps), -1), [32, 32]).squeeze([-1]);
    const low = tf.min(large, [1, 2], true);
    const high = tf.max(large, [1, 2], true);
    return tf.div(tf.sub(large, low), tf.sub(high, low));
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

for (const discard of [0, 0.5]) {
  Deno.test(`attentionRollout() is the product of the blocks' attention, ${discard} discarded`, () => {
    const wanted = rolledOut(discard);
    const before = tf.memory().numTensors;
    const found = attentionRollout(model, images, { discard });
    assert.equal(tf.memory().numTensors, before + 1);
    assertClose(valuesOf(found), valuesOf(wanted), { tolerance: 1e-4, what: "rollout" });
    tf.dispose([found, wanted]);
  });
}

Deno.test("attentionRollout() refuses models without attention, and shares outside [0, 1)", () => {
  const convolutional = resnet18({ width: 4, key: key(1) });
  assert.throws(() => attentionRollout(convolutional, images), {
    message:
      "Cannot roll out the attention of resnet18: it has no self-attention; take activationMaps",
  });
  assert.throws(() => attentionRollout(model, images, { discard: 1 }), {
    message: "Cannot roll out attention: the share to discard must be in [0, 1): 1",
  });
});
