/**
 * Vision transformers' weights under other names than timm's: those of transformers, and
 * torchvision's.
 *
 * @module
 */

import type { StateDict, StateTensor } from "../nn/mod.ts";
import { type StoredTensor, toFloat32 } from "../weights/mod.ts";

/** What transformers calls what stands in a block; in files, and since version 5 in memory. */
const TRANSFORMERS: Record<string, string> = {
  ...{ norm1: "norm1", layernorm_before: "norm1", norm2: "norm2", layernorm_after: "norm2" },
  ...{ "attention.output.dense": "attn.proj", "attention.o_proj": "attn.proj" },
  ...{ "mlp.fc1": "mlp.fc1", "intermediate.dense": "mlp.fc1" },
  ...{ "mlp.fc2": "mlp.fc2", "output.dense": "mlp.fc2" },
};

const TRANSFORMERS_OTHERS: Record<string, string> = {
  "embeddings.cls_token": "cls_token",
  "embeddings.register_tokens": "reg_token",
  "embeddings.position_embeddings": "pos_embed",
  "embeddings.patch_embeddings.projection.weight": "patch_embed.proj.weight",
  "embeddings.patch_embeddings.projection.bias": "patch_embed.proj.bias",
  ...{ "layernorm.weight": "norm.weight", "layernorm.bias": "norm.bias" },
  ...{ "classifier.weight": "head.weight", "classifier.bias": "head.bias" },
};

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
 * Gives the weights of transformers' `ViT`, `Dinov2` and `Dinov2WithRegisters` the names of this
 * kit: `facebook/dinov2-small` and so on. Queries, keys and values become one matrix; what only a
 * training needs (the mask token) or timm has not (a pooler) is left out. With registers, the class
 * token's position is added to it, as timm does. The heads of `Dinov2ForImageClassification` take
 * twice as many features as this kit's: give `loadPretrained` another number of classes.
 *
 * @throws {RangeError} For a name that transformers does not give
 *
 * @example
 * ```ts
 * import { vitFromTransformers } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const tensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * const names = ["query", "key", "value"].map((name) =>
 *   `dinov2.encoder.layer.3.attention.attention.${name}.bias`
 * );
 * const state = vitFromTransformers(Object.fromEntries(names.map((name) => [name, tensor])));
 * assert.deepEqual(state["blocks.3.attn.qkv.bias"].shape, [6]);
 * ```
 */
export function vitFromTransformers(state: Readonly<StateDict>): StateDict {
  const renamed: StateDict = {};
  const parts = new Map<string, StateTensor[]>();
  for (const [key, tensor] of Object.entries(state)) {
    const inside = key.replace(/^(vit|dinov2|dinov2_with_registers)\./, "");
    if (/^(pooler\.|embeddings\.mask_token$)/.test(inside)) continue;
    const [, block, path] = /^(?:encoder\.layer|layers)\.(\d+)\.(.+)$/.exec(inside) ?? [];
    const [layer, variable] = cut(path ?? "");
    const scale = /^layer_scale([12])$/.exec(layer)?.[1];
    const part = /^attention\.(?:attention\.(query|key|value)|([qkv])_proj)$/.exec(layer);
    if (part) {
      const name = `blocks.${block}.attn.qkv.${variable}`;
      const place = "qkv".indexOf((part[1] ?? part[2])![0]!);
      if (!parts.has(name)) parts.set(name, []);
      parts.get(name)![place] = tensor;
      continue;
    }
    const within = scale === undefined ? TRANSFORMERS[layer] : `ls${scale}`;
    const name = block === undefined
      ? TRANSFORMERS_OTHERS[inside]
      : within && `blocks.${block}.${within}.${scale === undefined ? variable : "gamma"}`;
    if (name === undefined) throw unknownKey(key, "transformers");
    renamed[name] = tensor;
  }
  for (const [name, tensors] of parts) renamed[name] = joined(name, tensors);
  return renamed.reg_token === undefined ? renamed : withPositionInToken(renamed);
}

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
        if (name === undefined) throw unknownKey(key, "torchvision");
        return [name, tensor];
      }
      const together = /^self_attention\.in_proj_(weight|bias)$/.exec(path!)?.[1];
      const [layer, variable] = cut(path!);
      const inside = together === undefined ? TORCHVISION[layer] : "attn.qkv";
      if (inside === undefined) throw unknownKey(key, "torchvision");
      return [`blocks.${block}.${inside}.${together ?? variable}`, tensor];
    }),
  );
}

/** The rows of query, key and value below each other. */
function joined(name: string, tensors: readonly (StateTensor | undefined)[]): StateTensor {
  const [q, k, v] = tensors;
  if (q === undefined || k === undefined || v === undefined) {
    throw new RangeError(`Cannot rename: of "${name}" the query, the key or the value is missing`);
  }
  const parts = [q, k, v].map((tensor) => toFloat32(tensor as StoredTensor));
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.forEach((part, place) => data.set(part, place * parts[0]!.length));
  return { dtype: "F32", shape: [3 * q.shape[0]!, ...q.shape.slice(1)], data };
}

/** DINOv2 with registers: timm keeps the class token and its position as one. */
function withPositionInToken(state: StateDict): StateDict {
  const { cls_token, pos_embed } = state;
  if (cls_token === undefined || pos_embed === undefined) return state;
  const [, tokens, width] = pos_embed.shape as [number, number, number];
  const [token, positions] = [cls_token, pos_embed].map((tensor) =>
    toFloat32(tensor as StoredTensor)
  ) as [Float32Array, Float32Array];
  return {
    ...state,
    cls_token: {
      dtype: "F32",
      shape: cls_token.shape,
      data: token.map((value, i) => value + positions[i]!),
    },
    pos_embed: { dtype: "F32", shape: [1, tokens - 1, width], data: positions.slice(width) },
  };
}

/** What stands before and after the last dot. */
function cut(text: string): [string, string] {
  const at = text.lastIndexOf(".");
  return [text.slice(0, at), text.slice(at + 1)];
}

function unknownKey(key: string, source: string): RangeError {
  return new RangeError(
    `Cannot rename "${key}": it is no weight of ${source}'s vision transformers`,
  );
}
