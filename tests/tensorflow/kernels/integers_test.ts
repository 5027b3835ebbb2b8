import { tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { testKernels } from "./reference.ts";

await testKernels({
  BitwiseAnd: ({ a, b }) => tf.bitwiseAnd(a, b),
  DenseBincount: ({ x, weights }, { size, binaryOutput }) =>
    tf.denseBincount(x, weights, size, binaryOutput),
  SearchSorted: ({ sortedSequence, values }, { side }) =>
    tf.searchSorted(sortedSequence, values, side),
});

Deno.test("denseBincount() refuses a size that is no whole number of int32", () => {
  for (const size of [1.5, 4e9]) {
    assert.throws(() => tf.denseBincount(tf.tensor1d([1], "int32"), tf.tensor1d([]), size), {
      name: "RangeError",
      message:
        `Cannot run denseBincount: size must be a whole number from 0 to 2147483647, found ${size}`,
    });
  }
});

Deno.test("searchSorted() refuses a side that it does not know", () => {
  assert.throws(() => tf.searchSorted([1, 2], [1], "middle" as never), {
    name: "RangeError",
    message: "Cannot run searchSorted: side must be one of left, right, found middle",
  });
});
