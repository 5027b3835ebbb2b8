import assert from "node:assert/strict";
import { createModel } from "galaxykit/models";
import { jit, key, normal, tf } from "galaxykit/tensorflow";

Deno.test("A ResNet gives the same with each compiler, forward and its gradients", () => {
  const model = createModel({ name: "resnet18_mini", options: { classes: 3 } }, { key: key(1) });
  const x = normal(key(2), [1, 32, 32, 3]);
  const variables = Object.values(model.namedParameters());
  const f = (x: tf.Tensor) => {
    const loss = () => tf.sum(tf.square(model.call(x))) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, variables);
    return tf.stack([value, ...variables.map(({ name }) => tf.sum(tf.abs(grads[name]!)))]);
  };
  const [wanted, found] = (["graph", "xla"] as const).map((compiler) => {
    using traced = jit(f, { compiler });
    return traced(x).dataSync();
  });
  wanted!.forEach((value, at) =>
    assert.ok(
      Math.abs(value - found![at]!) <= 2e-3 * Math.max(1e-2, Math.abs(value)),
      `${at}: ${found![at]} with XLA, ${value} as a graph`,
    )
  );
});
