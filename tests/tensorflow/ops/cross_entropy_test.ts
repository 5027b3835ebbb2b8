import assert from "node:assert/strict";
import { jit, softmaxCrossEntropy, tf } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_loss.safetensors", {
  cross_entropy: ({ input, target, weight }, { label_smoothing, reduction }) =>
    softmaxCrossEntropy(input!, target!, {
      labelSmoothing: label_smoothing,
      classWeights: weight,
      reduction,
    }),
});

Deno.test("softmaxCrossEntropy() refuses a label that is no class, whatever the options are", () => {
  const logits = tf.tensor2d([[1, 2, 3], [0, 0, 1]]);
  const options = [{}, { labelSmoothing: 0.1 }, { classWeights: tf.ones([3]) }];
  for (const label of [3, -1]) {
    const labels = tf.tensor1d([0, label], "int32");
    for (const settings of options) {
      const loss = (labels: tf.Tensor) => softmaxCrossEntropy(logits, labels, settings);
      assert.throws(() => loss(labels), new RegExp(String(label)));
      assert.throws(() => jit(loss)(labels), new RegExp(String(label)));
      const compiled = jit(loss, { compiler: "xla" });
      assert.ok(Number.isNaN(compiled(labels).dataSync()[0]), `${label} with XLA`);
      assert.ok(compiled(tf.tensor1d([0, 2], "int32")).dataSync()[0]! > 0);
    }
  }
});

Deno.test("softmaxCrossEntropy() refuses another reduction", () => {
  const labels = tf.tensor1d([0], "int32");
  assert.throws(
    () => softmaxCrossEntropy(tf.zeros([1, 2]), labels, { reduction: "Mean" as never }),
    {
      name: "RangeError",
      message:
        "Cannot run softmaxCrossEntropy: reduction must be one of mean, sum, none, found Mean",
    },
  );
});
