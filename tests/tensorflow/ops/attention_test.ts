import assert from "node:assert/strict";
import { jit, key, normal, scaledDotProductAttention, tf } from "galaxykit/tensorflow";
import { assertClose, valuesOf } from "../../nn/reference.ts";
import { testFixture } from "./reference.ts";

testFixture("ops_attention.safetensors", {
  attention: ({ query, key, value, attn_mask }, { scale, is_causal }) =>
    scaledDotProductAttention(query!, key!, value!, { mask: attn_mask, scale, causal: is_causal }),
});

Deno.test("scaledDotProductAttention() in slices gives what it gives at once, and its gradients", () => {
  const [queries, keys] = [5, 7];
  const [q, k, v] = [queries, keys, keys].map((count, at) => normal(key(at), [2, 3, count, 4]));
  const masks = [undefined, normal(key(8), [queries, keys]), normal(key(9), [2, 1, 1, keys])];
  for (const mask of masks) {
    const run = (maxScores?: number) => () => {
      const loss = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask?: tf.Tensor) =>
        tf.sum(tf.square(scaledDotProductAttention(q, k, v, { mask, maxScores })));
      return {
        output: scaledDotProductAttention(q!, k!, v!, { mask, maxScores }),
        grads: tf.grads(loss as never)([q!, k!, v!, ...mask ? [mask] : []]),
      };
    };
    const whole = run()();
    assert.equal(whole.grads.length, mask ? 4 : 3);
    // Two queries at a time, and less than one
    const before = tf.memory().numTensors;
    const twice = run(2 * 2 * 3 * keys + 1)();
    assert.equal(tf.memory().numTensors, before + 1 + whole.grads.length);
    for (const sliced of [twice, run(1)(), jit(run(2 * 2 * 3 * keys))()]) {
      assertClose(valuesOf(sliced.output), valuesOf(whole.output), {
        tolerance: 1e-6,
        what: "output",
      });
      for (const [at, gradient] of sliced.grads.entries()) {
        assertClose(valuesOf(gradient), valuesOf(whole.grads[at]!), {
          tolerance: 1e-6,
          what: "gradient",
        });
      }
    }
  }
});

Deno.test("scaledDotProductAttention() has no more scores in memory than it may", () => {
  const [q, k, v] = [1, 2, 3].map((seed) => normal(key(seed), [2, 3, 5, 4]));
  const shapes = (maxScores?: number) => {
    const { text } = jit(() => scaledDotProductAttention(q!, k!, v!, { maxScores })).lower();
    return [...text.matchAll(/ = Softmax\(.*\) (\S+)/g)].map(([, shape]) => shape);
  };
  assert.deepEqual(shapes(), ["float32[2,3,5,5]"]);
  assert.deepEqual(shapes(60), ["float32[2,3,2,5]", "float32[2,3,2,5]", "float32[2,3,1,5]"]);
  // The gradient keeps none of the first time
  const gradient = tf.grad((q) => scaledDotProductAttention(q, k!, v!, { maxScores: 60 }).sum());
  const { text } = jit(() => gradient(q!)).lower();
  assert.equal(text.match(/ = Softmax\(/g)?.length, 6);
  assert.throws(() => shapes(0), {
    message: "Cannot run scaledDotProductAttention: maxScores must be in [1, ∞], found 0",
  });
});
