import { clipByGlobalNorm } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_clipping.safetensors", {
  clip_grad_norm: ({ a, b, c }, { max_norm }) => {
    const { grads, norm } = clipByGlobalNorm({ a: a!, b: b!, c: c! }, max_norm);
    return [norm, grads.a, grads.b, grads.c];
  },
});
