import { tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { testKernels } from "./reference.ts";

await testKernels({
  StringNGrams: ({ data, dataSplits }, options) => {
    const { nGrams, nGramsSplits } = tf.string.stringNGrams(
      data,
      dataSplits,
      options.separator,
      options.nGramWidths,
      options.leftPad,
      options.rightPad,
      options.padWidth,
      options.preserveShortSequences,
    );
    return [nGrams!, nGramsSplits!];
  },
  StringSplit: ({ input, delimiter }, { skipEmpty }) => {
    const { indices, values, shape } = tf.string.stringSplit(input, delimiter, skipEmpty);
    return [indices!, values!, shape!];
  },
  StringToHashBucketFast: ({ input }, { numBuckets }) =>
    tf.string.stringToHashBucketFast(input, numBuckets),
}, { openShapes: ["StringNGrams", "StringSplit"] });

Deno.test("stringToHashBucketFast() refuses more buckets than int32 can number", () => {
  for (const numBuckets of [2 ** 31 + 1, 2.5, NaN]) {
    assert.throws(() => tf.string.stringToHashBucketFast(["a"], numBuckets), {
      name: "RangeError",
      message:
        `Cannot run stringToHashBucketFast: numBuckets must be a whole number from 1 to 2147483648, found ${numBuckets}`,
    });
  }
});
