import { batchGather, embedding, gather, scatterAdd } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_gather.safetensors", {
  embedding: ({ input, weight }) => embedding(weight!, input!),
  index_select: ({ input, index }, { dim }) => gather(input!, index!, { axis: dim }),
  gather: ({ input, index }) => batchGather(input!, index!),
  index_add: ({ input, index, source }) => scatterAdd(input!, index!, source!),
});
