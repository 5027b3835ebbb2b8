import assert from "node:assert/strict";
import { geglu, gelu, key, logSoftmax, normal, silu, softmax, tf } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_activation.safetensors", {
  gelu: ({ input }, { approximate }) => gelu(input!, { approximate }),
  silu: ({ input }) => silu(input!),
  softmax: ({ input }, { dim }) => softmax(input!, { axis: dim }),
  log_softmax: ({ input }, { dim }) => logSoftmax(input!, { axis: dim }),
});

Deno.test("geglu() is the first half times the GELU of the second, and so are its gradients", () => {
  tf.tidy(() => {
    const [x, dy] = [normal(key(1), [3, 8]), normal(key(2), [3, 4])];
    const composed = (x: tf.Tensor) => {
      const [values, gates] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
      return tf.mul(values, gelu(gates));
    };
    for (const  of of[(f: typeof geglu) => f(x), (f: typeof geglu) => tf.grad(f)(x, dy)]) {
      const [found, wanted] = [of(geglu), of(composed)];
      assert.ok(tf.max(tf.abs(tf.sub(found, wanted))).dataSync()[0]! < 1e-6);
    }
    assert.throws(() => geglu(tf.ones([2, 3])), {
      name: "TypeError",
      message: "Cannot run geglu: the last axis must have two halves, found x float32[2,3]",
    });
  });
});
