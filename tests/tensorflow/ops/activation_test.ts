import { gelu, logSoftmax, silu, softmax } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_activation.safetensors", {
  gelu: ({ input }, { approximate }) => gelu(input!, { approximate }),
  silu: ({ input }) => silu(input!),
  softmax: ({ input }, { dim }) => softmax(input!, { axis: dim }),
  log_softmax: ({ input }, { dim }) => logSoftmax(input!, { axis: dim }),
});
