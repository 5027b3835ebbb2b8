import { scaledDotProductAttention } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_attention.safetensors", {
  attention: ({ query, key, value, attn_mask }, { scale, is_causal }) =>
    scaledDotProductAttention(query!, key!, value!, { mask: attn_mask, scale, causal: is_causal }),
});
