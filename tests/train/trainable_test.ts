import assert from "node:assert/strict";
import { efficientnetB0, type ImageModel } from "galaxykit/models";
import { jit, key, tf } from "galaxykit/tensorflow";
import { crossEntropy, type Trainable, trainedParameters } from "galaxykit/train";
import { freezeAllBut } from "../../lib/train/trainable.ts";

/** How often each op stands in the graph of a training step's gradients. */
function countOps(model: ImageModel, trainable: Trainable): (pattern: RegExp) => number {
  freezeAllBut(model, trainedParameters(model, trainable), { batchNorm: "frozen" });
  const variables = model.parameters().filter((variable) => variable.trainable);
  const gradients = jit((images: tf.Tensor, labels: tf.Tensor) => {
    const { grads } = tf.variableGrads(
      () => crossEntropy().value(model.call(images, { training: true }), labels),
      variables,
    );
    return Object.values(grads);
  });
  const { text } = gradients.lower(tf.zeros([2, 32, 32, 3]), tf.tensor1d([0, 1], "int32"));
  return (pattern) => text.match(new RegExp(` = ${pattern.source}\\(`, "g"))?.length ?? 0;
}

Deno.test("a frozen part costs no gradients, and its normalisations are folded into the filters", () => {
  const model = efficientnetB0({ classes: 2, width: 8, key: key(1) });
  const filters = /\w*(?:Conv2[dD]\w*BackpropFilter)\w*/;

  const whole = countOps(model, "all");
  assert.ok(whole(/FusedBatchNormV3/) >= 49, `${whole(/FusedBatchNormV3/)}`);
  assert.ok(whole(filters) >= 49, `${whole(filters)}`);

  const head = countOps(model, "head");
  assert.equal(head(/FusedBatchNorm\w*/), 0);
  assert.equal(head(filters), 0);
  assert.equal(head(/\w*BackpropInput\w*/), 0);

  // The last block and the convolution behind it: three of its own and that one
  const last = countOps(model, { lastBlocks: 1 });
  assert.equal(last(/FusedBatchNormV3/), 4);
  assert.ok(last(filters) > 0 && last(filters) <= 6, `${last(filters)}`);
  model.dispose();
});
