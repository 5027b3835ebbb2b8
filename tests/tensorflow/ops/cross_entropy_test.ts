import { softmaxCrossEntropy } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_loss.safetensors", {
  cross_entropy: ({ input, target, weight }, { label_smoothing, reduction }) =>
    softmaxCrossEntropy(input!, target!, {
      labelSmoothing: label_smoothing,
      classWeights: weight,
      reduction,
    }),
});
