/**
 * What the parts of a vision transformer are called by those who publish them.
 *
 * @module
 */

import type { LoadableTensor } from "../nn/mod.ts";

/**
 * Under whose names the weights are: those of timm; of facebook's own DINOv2; of transformers' DINOv2;
 * of transformers' ViT, ViT-MAE and ViT-MSN. The names in transformers' files are those of its version
 * 4, and its version 5 still writes them, whatever it calls the layers in memory.
 */
export type VitNames = "timm" | "facebook" | "dinov2" | "vit";

/** Names by those of the properties of `ViT`, and in `block` of a block. */
type Names = Readonly<Record<string, string>>;

const TRANSFORMERS: Names = {
  cls_token: "embeddings.cls_token",
  mask_token: "embeddings.mask_token",
  reg_token: "embeddings.register_tokens",
  pos_embed: "embeddings.position_embeddings",
  "patch_embed.proj": "embeddings.patch_embeddings.projection",
  body: "encoder.layer",
  norm: "layernorm",
  head: "classifier",
};

const TRANSFORMERS_ATTENTION: Names = {
  attn: "attention",
  "attn.query": "attention.attention.query",
  "attn.key": "attention.attention.key",
  "attn.value": "attention.attention.value",
  "attn.proj": "attention.output.dense",
};

const NAMES: Readonly<Record<VitNames, { model: Names; block: Names; gated?: Names }>> = {
  timm: { model: { body: "blocks" }, block: {} },
  facebook: {
    model: { body: "blocks", reg_token: "register_tokens" },
    block: {},
    gated: { "mlp.fc1": "mlp.w12", "mlp.fc2": "mlp.w3" },
  },
  dinov2: {
    model: TRANSFORMERS,
    block: {
      ...TRANSFORMERS_ATTENTION,
      ...{ ls1: "layer_scale1", "ls1.gamma": "layer_scale1.lambda1" },
      ...{ ls2: "layer_scale2", "ls2.gamma": "layer_scale2.lambda1" },
    },
    gated: { "mlp.fc1": "mlp.weights_in", "mlp.fc2": "mlp.weights_out" },
  },
  vit: {
    model: TRANSFORMERS,
    block: {
      ...TRANSFORMERS_ATTENTION,
      ...{ norm1: "layernorm_before", norm2: "layernorm_after" },
      ...{ "mlp.fc1": "intermediate.dense", "mlp.fc2": "output.dense" },
    },
  },
};

/**
 * The name in files.
 *
 * @param path Through the properties of `ViT`, such as `body.3.attn.proj.weight`
 */
export function vitName(
  path: string,
  { names, gated }: {
    names: VitNames;
    /** Whether the blocks are SwiGLU's, whose two layers have names of their own. */
    gated: boolean;
  },
): string {
  const { model, block, gated: own } = NAMES[names];
  const [, number, inside] = /^body\.(\d+)(?:\.(.+))?$/.exec(path) ?? [];
  if (number === undefined) return renamed(path, model);
  const name = `${model.body}.${number}`;
  return inside === undefined
    ? name
    : `${name}.${renamed(inside, gated ? { ...block, ...own } : block)}`;
}

/** Whether transformers publishes under these names. */
export function isOfTransformers(names: VitNames): names is "dinov2" | "vit" {
  return names === "dinov2" || names === "vit";
}

/**
 * Weights of transformers as those of the encoder and its classifier: without the name of the model
 * before them, which files of a task have, and without what is another's: a pooler, which the
 * classifier does not use, and MAE's decoder.
 */
export function fromTransformers<T extends LoadableTensor>(
  state: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(state)
      .map(([name, tensor]) =>
        [name.replace(/^(vit|dinov2(_with_registers)?)\./, ""), tensor] as const
      )
      .filter(([name]) => !/^(pooler|decoder)\./.test(name)),
  );
}

/** With the longest of the names that it is or begins with, up to a dot, replaced. */
function renamed(path: string, names: Names): string {
  const parts = path.split(".");
  for (let length = parts.length; length > 0; length--) {
    const name = names[parts.slice(0, length).join(".")];
    if (name !== undefined) return [name, ...parts.slice(length)].join(".");
  }
  return path;
}
