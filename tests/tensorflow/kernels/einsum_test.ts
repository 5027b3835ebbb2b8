import { jit, tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { testKernels } from "./reference.ts";

await testKernels({ Einsum: ({ x, y }, { equation }) => tf.einsum(equation, x, y) });

Deno.test("einsum() refuses a label of the output that no input has, at once and traced", () => {
  const x = tf.ones([2, 3]);
  const wanted = {
    message: "Output subscripts contain the label n not present in the input subscripts.",
  };
  for (const equation of ["ij->in", "ij->n", "ij->ijn"]) {
    assert.throws(() => tf.einsum(equation, x), wanted);
    assert.throws(() => jit(() => tf.einsum(equation, x))(), wanted);
  }
});
