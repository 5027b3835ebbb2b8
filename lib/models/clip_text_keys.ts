/**
 * The weights of CLIP's text encoder under the names of others: transformers', open_clip's and
 * OpenAI's, and those of Stable Diffusion's single files.
 *
 * @module
 */

import type { LoadableTensor } from "../nn/mod.ts";
import { type StoredTensor, toFloat32 } from "../weights/mod.ts";
import { type ClipTextConfig, clipTextConfigs } from "./clip_text.ts";

/** Weights that are read when they are asked for, or in memory. */
export type NamedWeights = Readonly<Record<string, LoadableTensor>>;

/** open_clip's names of what stands in a block. */
const BLOCK: Readonly<Record<string, string>> = {
  ...{ ln_1: "layer_norm1", ln_2: "layer_norm2", "attn.out_proj": "self_attn.out_proj" },
  ...{ "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2" },
};

const OTHERS: Readonly<Record<string, string>> = {
  "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
  positional_embedding: "text_model.embeddings.position_embedding.weight",
  "ln_final.weight": "text_model.final_layer_norm.weight",
  "ln_final.bias": "text_model.final_layer_norm.bias",
};

/**
 * The text encoder among weights of whatever dialect, under the names of {@linkcode ClipTextModel}:
 *
 * - transformers' `text_model.…`, also without that beginning (as version 5 writes `CLIPTextModel`);
 *   `position_ids`, which old files have, is left out
 * - open_clip's and OpenAI's `transformer.resblocks.…`, also after `text.`; those of the image
 *   encoder are left out
 * - Stable Diffusion 1's `cond_stage_model.transformer.…`, and 2's `cond_stage_model.model.…`, of a
 *   single file; the U-Net's and the autoencoder's are left out
 * - transformers' behind `base:`, as HCP-Diffusion and so GalaxySD write them
 *
 * @throws {RangeError} When none is one of a text encoder's, or one of its own is not known
 *
 * @example
 * ```ts
 * import { clipTextState } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const bias = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * const state = clipTextState({
 *   "cond_stage_model.model.transformer.resblocks.3.ln_1.bias": bias,
 *   "model.diffusion_model.out.0.bias": bias,
 * });
 * assert.deepEqual(Object.keys(state), ["text_model.encoder.layers.3.layer_norm1.bias"]);
 * ```
 */
export function clipTextState(weights: NamedWeights, options: {
  /** Leave out the blocks from this on: Stable Diffusion 2 takes 23 of 24. @default {none} */
  depth?: number;
  /** Whether the projection is taken. @default {true} */
  projection?: boolean;
  /** Take the averaged weights of HCP-Diffusion, which are behind `base_ema:`. @default {false} */
  ema?: boolean;
} = {}): Record<string, LoadableTensor> {
  const { depth = Infinity, projection = true, ema = false } = options;
  const named = (ema ? undefined : fromOpenClip(weights)) ??
    fromTransformers(weights, ema ? ["base_ema:"] : ["cond_stage_model.transformer.", "base:", ""]);
  return Object.fromEntries(
    Object.entries(named).filter(([name]) => {
      const block = /^text_model\.encoder\.layers\.(\d+)\./.exec(name)?.[1];
      if (block !== undefined) return Number(block) < depth;
      return projection || name !== "text_projection.weight";
    }),
  );
}

/**
 * The configuration of the text encoder that weights are of, told by their shapes, if it is that of Stable
 * Diffusion 1 (OpenAI's ViT-L/14) or 2 (LAION's ViT-H/14). Tokens may have been added.
 *
 * @param state As {@linkcode clipTextState} gives it
 */
export function knownClipText(state: NamedWeights): Partial<ClipTextConfig> | undefined {
  const tokens = state["text_model.embeddings.token_embedding.weight"]?.shape;
  const positions = state["text_model.embeddings.position_embedding.weight"]?.shape;
  const known = Object.values([clipTextConfigs.sd15, clipTextConfigs.sd21])
    .find(({ hidden_size }) => hidden_size === tokens?.[1]);
  if (known === undefined || positions === undefined) return undefined;
  return { ...known, vocab_size: tokens![0]!, max_position_embeddings: positions[0]! };
}

/** Those of open_clip, wherever they stand; nothing where there are none. */
function fromOpenClip(weights: NamedWeights): Record<string, LoadableTensor> | undefined {
  const names = Object.keys(weights);
  const prefix = ["cond_stage_model.model.", "text.", ""].find((prefix) =>
    names.some((name) => name.startsWith(`${prefix}transformer.resblocks.`))
  );
  if (prefix === undefined) return undefined;
  const renamed: Record<string, LoadableTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) {
    if (!name.startsWith(prefix)) continue;
    const inside = name.slice(prefix.length);
    const [, block, layer, variable] =
      /^transformer\.resblocks\.(\d+)\.(.+?)[._](weight|bias)$/.exec(inside) ?? [];
    if (block === undefined) {
      if (inside === "text_projection" || inside === "text_projection.weight") {
        // open_clip multiplies from the right; its newer towers have a layer
        renamed["text_projection.weight"] = inside === "text_projection" ? turned(tensor) : tensor;
      } else if (OTHERS[inside] !== undefined) renamed[OTHERS[inside]] = tensor;
      else if (!APART.test(inside)) throw unknownName(name);
      continue;
    }
    const start = `text_model.encoder.layers.${block}`;
    if (layer === "attn.in_proj") {
      for (const [part, letter] of ["q", "k", "v"].entries()) {
        renamed[`${start}.self_attn.${letter}_proj.${variable}`] = thirdOf(tensor, part);
      }
    } else if (BLOCK[layer!] !== undefined) {
      renamed[`${start}.${BLOCK[layer!]}.${variable}`] = tensor;
    } else throw unknownName(name);
  }
  return renamed;
}

/** What files of open_clip have beside the text encoder. */
const APART =
  /^(visual\.|logit_scale$|logit_bias$|attn_mask$|input_resolution$|context_length$|vocab_size$)/;

function fromTransformers(
  weights: NamedWeights,
  prefixes: readonly string[],
): Record<string, LoadableTensor> {
  const names = Object.keys(weights);
  const prefix = prefixes.find((prefix) => names.some((name) => name.startsWith(prefix)));
  if (prefix === undefined) {
    throw new RangeError(
      `Cannot find a text encoder: none of ${names.length} names begins with ${
        prefixes.filter((prefix) => prefix !== "").map((prefix) => `"${prefix}"`).join(" or ")
      }`,
    );
  }
  const renamed: Record<string, LoadableTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) {
    if (!name.startsWith(prefix)) continue;
    const inside = name.slice(prefix.length);
    if (/(^|\.)position_ids$/.test(inside)) continue;
    if (/^(vision_model|visual_projection|logit_scale)/.test(inside)) continue;
    const isBare = /^(embeddings|encoder|final_layer_norm)\./.test(inside);
    const whole = isBare ? `text_model.${inside}` : inside;
    if (!/^(text_model\.(embeddings|encoder|final_layer_norm)|text_projection)\./.test(whole)) {
      throw unknownName(name);
    }
    renamed[whole] = tensor;
  }
  if (Object.keys(renamed).length > 0) return renamed;
  throw new RangeError(
    `Cannot find a text encoder: none of ${names.length} names is one of CLIP's (first "${
      names[0] ?? ""
    }")`,
  );
}

/** A third of the rows: the queries', the keys' or the values'. */
function thirdOf(tensor: LoadableTensor, part: number): LoadableTensor {
  const [rows, ...rest] = tensor.shape;
  return {
    dtype: tensor.dtype,
    shape: [rows! / 3, ...rest],
    get data() {
      const data = tensor.data as Float32Array; // Or another array of numbers
      return data.subarray(part * data.length / 3, (part + 1) * data.length / 3);
    },
  };
}

/** A matrix with its sides exchanged. */
function turned(tensor: LoadableTensor): LoadableTensor {
  const [rows, columns] = tensor.shape as [number, number];
  return {
    dtype: "F32",
    shape: [columns, rows],
    get data() {
      const values = toFloat32(tensor as StoredTensor);
      return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
    },
  };
}

function unknownName(name: string): RangeError {
  return new RangeError(`Cannot rename "${name}": it is no weight of CLIP's text encoder`);
}
