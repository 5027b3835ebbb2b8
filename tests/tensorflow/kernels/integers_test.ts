import { tf } from "galaxykit/tensorflow";
import { testKernels } from "./reference.ts";

await testKernels({
  BitwiseAnd: ({ a, b }) => tf.bitwiseAnd(a, b),
  DenseBincount: ({ x, weights }, { size, binaryOutput }) =>
    tf.denseBincount(x, weights, size, binaryOutput),
  SearchSorted: ({ sortedSequence, values }, { side }) =>
    tf.searchSorted(sortedSequence, values, side),
});
