/**
 * Vision transformers in a folder as transformers has them: `config.json` and `model.safetensors`.
 *
 * @module
 */

import { join } from "node:path";
import {
  readConfig,
  type WeightsFolderOptions,
  weightsPath,
  writeWeightsFolder,
} from "./_weights_folder.ts";
import type { ImageModel } from "./image_model.ts";
import { loadPretrained, type PretrainedOptions } from "./pretrained.ts";
import { modelNames } from "./registry.ts";
import { ViT, type VitPooling } from "./vit.ts";

/** What transformers makes of a `model_type`, and what the kit calls it. */
type Family = {
  /** How the names of the registry begin, before the size, and end. */
  begin: string;
  end?: string;
  encoder: string;
  /** The class with a last layer, what that layer is given, and the encoder's name in its files. */
  classifier?: { name: string; pooling: VitPooling; prefix: string };
};

const FAMILIES: Readonly<Record<string, Family>> = {
  dinov2_with_registers: {
    begin: "dinov2_with_registers_",
    encoder: "Dinov2WithRegistersModel",
    classifier: {
      name: "Dinov2WithRegistersForImageClassification",
      pooling: "class_and_mean",
      prefix: "dinov2_with_registers",
    },
  },
  dinov2: {
    begin: "dinov2_",
    encoder: "Dinov2Model",
    classifier: {
      name: "Dinov2ForImageClassification",
      pooling: "class_and_mean",
      prefix: "dinov2",
    },
  },
  vit_mae: { begin: "vit_mae_", encoder: "ViTMAEModel" },
  vit_msn: {
    begin: "vit_msn_",
    encoder: "ViTMSNModel",
    classifier: { name: "ViTMSNForImageClassification", pooling: "class", prefix: "vit" },
  },
  vit: {
    begin: "hf_vit_",
    end: "_patch16_224",
    encoder: "ViTModel",
    classifier: { name: "ViTForImageClassification", pooling: "class", prefix: "vit" },
  },
};

/** The sizes that are registered, by the width of a token; others go by the name of the base. */
const SIZES: Readonly<Record<number, string>> = { 384: "small", 768: "base", 1024: "large" };

/**
 * Opens a vision transformer in a folder as transformers' `save_pretrained` writes it: ViT, DINOv2 with
 * and without registers, MAE (its encoder) and MSN, of any width and depth.
 *
 * @param options As for `loadPretrained`; what they do not say is in `config.json`. A file without a
 * last layer wants `classes` and a `key`
 * @returns The model, and where its weights come from
 * @throws {RangeError} When the folder has no `config.json` or no weights
 * @throws {SyntaxError} When that is no configuration of such a network, or of a form that is not known
 * @throws {TypeError} When the weights do not fit
 *
 * @example
 * ```ts
 * import { createModel, openVit, saveVit } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const options = { width: 32, heads: 2, depth: 1, size: 56, pooling: "class_and_mean" } as const;
 * const model = createModel({ name: "dinov2_base", options: { ...options, classes: 5 } }, { key: key(1) });
 * const folder = Deno.makeTempDirSync();
 * assert.equal(await saveVit(folder, model), "Dinov2ForImageClassification");
 * const again = await openVit(folder);
 * assert.deepEqual(again.model.config, model.config);
 * assert.deepEqual(again.model.stateDict(), model.stateDict());
 * ```
 */
export async function openVit(
  folder: string,
  options: PretrainedOptions = {},
): ReturnType<typeof loadPretrained> {
  const { name, ...network } = networkIn(folder);
  const names = { safetensors: "model", bin: "pytorch_model" };
  const source = weightsPath(folder, { names });
  return await loadPretrained(name, { ...network, source, ...options });
}

/**
 * Writes a vision transformer, which transformers opens: with its last layer where transformers has a
 * class that gives it the same (the class token's features in ViT and MSN; `class_and_mean` in DINOv2),
 * and the encoder alone otherwise. Adapters are not in it: merge them first, or write them with
 * `saveLora`.
 *
 * @param model Of the networks under transformers' names, such as `dinov2_base`
 * @returns The class that transformers opens it as
 * @throws {RangeError} When its weights are under other names
 */
export async function saveVit(
  folder: string,
  model: ImageModel,
  options: WeightsFolderOptions = {},
): Promise<string> {
  const [type, family] = Object.entries(FAMILIES)
    .find(([, { begin }]) => model.modelName.startsWith(begin)) ?? [];
  if (!(model instanceof ViT) || type === undefined || model.names !== namesOf(type)) {
    throw new RangeError(
      `Cannot save ${model.modelName} for transformers: its weights are not under transformers' names; saveModel writes it for the kit`,
    );
  }
  const { heads, depth, registers, epsilon, pooling, width, classes } = model.config
    .options as unknown as Record<string, number> & { pooling: VitPooling };
  const { encoder, classifier } = family!;
  const isClassifier = classifier?.pooling === pooling;
  const architecture = isClassifier ? classifier.name : encoder;
  const labels = Array.from({ length: classes! }, (_, index) => [`${index}`, `LABEL_${index}`]);
  const config = {
    architectures: [architecture],
    model_type: type,
    hidden_size: width,
    num_hidden_layers: depth,
    num_attention_heads: heads,
    intermediate_size: 4 * width!,
    image_size: model.size,
    patch_size: model.patch,
    num_channels: model.inChannels,
    layer_norm_eps: epsilon,
    ...{ hidden_act: "gelu", qkv_bias: true },
    ...type.startsWith("dinov2") && { mlp_ratio: 4, use_swiglu_ffn: isGated(model.modelName) },
    ...type === "dinov2_with_registers" && { num_register_tokens: registers },
    ...isClassifier && {
      id2label: Object.fromEntries(labels),
      label2id: Object.fromEntries(labels.map(([index, label]) => [label, Number(index)])),
    },
    torch_dtype: options.variant === undefined ? "float32" : "float16",
  };
  const head = `${model.headName}.`;
  const tensors = Object.entries(model.streamState())
    .filter(([name]) => isClassifier || !name.startsWith(head))
    .map(([name, tensor]) => [
      isClassifier && !name.startsWith(head) ? `${classifier.prefix}.${name}` : name,
      tensor,
    ]);
  const written = { name: "model", config, tensors: Object.fromEntries(tensors) };
  await writeWeightsFolder(folder, written, options);
  return architecture;
}

/** The name and options of what a folder's `config.json` tells of. */
function networkIn(folder: string): { name: string } & PretrainedOptions {
  const path = join(folder, "config.json");
  // deno-lint-ignore no-explicit-any
  const json: any = readConfig(folder);
  const family = Object.hasOwn(FAMILIES, json?.model_type) ? FAMILIES[json.model_type] : undefined;
  if (family === undefined) {
    throw new SyntaxError(
      `Cannot read "${path}": its model_type is ${
        JSON.stringify(json?.model_type)
      }, wanted one of ${Object.keys(FAMILIES).join(", ")}`,
    );
  }
  const { hidden_size: width, use_swiglu_ffn: gated = false } = json;
  const expected = {
    hidden_act: "gelu",
    qkv_bias: true,
    // DINOv2 has a ratio, whatever stands under the other name
    ...json.model_type.startsWith("dinov2") ? { mlp_ratio: 4 } : { intermediate_size: 4 * width },
  };
  for (const [setting, wanted] of Object.entries(expected)) {
    if (json[setting] === undefined || json[setting] === wanted) continue;
    throw new SyntaxError(
      `Cannot read "${path}": ${setting} is ${
        JSON.stringify(json[setting])
      }, and the kit has it with ${wanted} alone`,
    );
  }
  const named = (size: string) => `${family.begin}${size}${family.end ?? ""}`;
  const own = named(gated ? "giant" : SIZES[width] ?? "base");
  const architecture = json.architectures?.[0];
  const { classifier } = family;
  return {
    name: modelNames().includes(own) ? own : named("base"),
    width,
    depth: json.num_hidden_layers,
    heads: json.num_attention_heads,
    size: json.image_size,
    patch: json.patch_size,
    inChannels: json.num_channels,
    ...json.num_register_tokens === undefined ? {} : { registers: json.num_register_tokens },
    epsilon: json.layer_norm_eps,
    pooling: classifier?.name === architecture ? classifier?.pooling : "class",
  };
}

function namesOf(type: string): "dinov2" | "vit" {
  return type.startsWith("dinov2") ? "dinov2" : "vit";
}

function isGated(name: string): boolean {
  return name.endsWith("_giant");
}
