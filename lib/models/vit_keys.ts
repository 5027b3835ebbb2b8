/**
 * Vision transformers' weights under torchvision's names.
 *
 * @module
 */

import type { StateDict } from "../nn/mod.ts";

const TORCHVISION: Record<string, string> = {
  ...{ ln_1: "norm1", ln_2: "norm2", "self_attention.out_proj": "attn.proj" },
  ...{ "mlp.0": "mlp.fc1", "mlp.3": "mlp.fc2" },
  // Before version 0.12
  ...{ "mlp.linear_1": "mlp.fc1", "mlp.linear_2": "mlp.fc2" },
};

const TORCHVISION_OTHERS: Record<string, string> = {
  ...{ class_token: "cls_token", "encoder.pos_embedding": "pos_embed" },
  ...{ "conv_proj.weight": "patch_embed.proj.weight", "conv_proj.bias": "patch_embed.proj.bias" },
  ...{ "encoder.ln.weight": "norm.weight", "encoder.ln.bias": "norm.bias" },
  ...{ "heads.head.weight": "head.weight", "heads.head.bias": "head.bias" },
};

/**
 * Gives torchvision's weights of `vit_b_16` and its relatives the names of this kit.
 *
 * @throws {RangeError} For a name that torchvision does not give
 *
 * @example
 * ```ts
 * import { vitFromTorchvision } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const tensor = { dtype: "F32", shape: [1], data: new Float32Array(1) } as const;
 * const state = vitFromTorchvision({ "encoder.layers.encoder_layer_7.mlp.3.bias": tensor });
 * assert.deepEqual(Object.keys(state), ["blocks.7.mlp.fc2.bias"]);
 * ```
 */
export function vitFromTorchvision(state: Readonly<StateDict>): StateDict {
  return Object.fromEntries(
    Object.entries(state).map(([key, tensor]) => {
      const [, block, path] = /^encoder\.layers\.encoder_layer_(\d+)\.(.+)$/.exec(key) ?? [];
      if (block === undefined) {
        const name = TORCHVISION_OTHERS[key];
        if (name === undefined) throw unknownKey(key);
        return [name, tensor];
      }
      const together = /^self_attention\.in_proj_(weight|bias)$/.exec(path!)?.[1];
      const [layer, variable] = cut(path!);
      const inside = together === undefined ? TORCHVISION[layer] : "attn.qkv";
      if (inside === undefined) throw unknownKey(key);
      return [`blocks.${block}.${inside}.${together ?? variable}`, tensor];
    }),
  );
}

/** What stands before and after the last dot. */
function cut(text: string): [string, string] {
  const at = text.lastIndexOf(".");
  return [text.slice(0, at), text.slice(at + 1)];
}

function unknownKey(key: string): RangeError {
  return new RangeError(
    `Cannot rename "${key}": it is no weight of torchvision's vision transformers`,
  );
}
