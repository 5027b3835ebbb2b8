/**
 * LoRA adapters in files of Hugging Face's peft: a folder with `adapter_config.json` and
 * `adapter_model.safetensors`.
 *
 * @module
 */

import { join } from "node:path";
import { isFile, writeJson } from "../files.ts";
import { Conv2d, Linear, type LoadableTensor, type Lora, type Module } from "../nn/mod.ts";
import {
  attachLora,
  type AttachOptions,
  type LoraWeights,
  type PeftConfig,
} from "./attach_lora.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/** What peft writes before the names of the model. */
const PREFIX = "base_model.model.";

/** What other values change, the kit does not compute. */
const FIXED: Record<string, unknown> = {
  peft_type: "LORA",
  bias: "none",
  fan_in_fan_out: false,
  lora_bias: false,
  use_dora: false,
  layer_replication: null,
};

/**
 * Writes adapters as peft does, so that `PeftModel.from_pretrained(model, path)` reads them.
 *
 * @param lora Made by `addLora`
 * @param path A folder, made where it is missing
 */
export function saveLora(
  lora: Lora,
  { path, ...options }: { path: string } & PeftOptions,
): void {
  const { rename = (name) => name } = options;
  const state = Object.entries(lora.stateDict());
  writeSafetensors(
    join(path, "adapter_model.safetensors"),
    Object.fromEntries(state.map(([name, tensor]) => [PREFIX + rename(name), tensor])),
    { metadata: { format: "pt" } },
  );
  writeJson(join(path, "adapter_config.json"), peftConfig(lora, options));
}

/** How adapters are described to peft. */
export type PeftOptions = {
  /** Of which model they are, such as `timm/vit_small_patch16_224.augreg_in1k`. @default {null} */
  baseModel?: string | null;
  /** What a layer or a value of it is called in that model. @default {as in the kit's} */
  rename?: (name: string) => string;
};

/** The settings of adapters under peft's names: what its `adapter_config.json` holds. */
export function peftConfig(
  lora: Lora,
  { baseModel = null, rename = (name) => name }: PeftOptions = {},
): Record<string, unknown> {
  const layerNames = lora.layerNames.map(rename);
  const pattern = (given: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [asKey(rename(name), layerNames), value]),
    );
  return {
    ...FIXED,
    base_model_name_or_path: baseModel,
    task_type: null,
    inference_mode: true,
    init_lora_weights: true,
    r: lora.rank,
    lora_alpha: lora.alpha,
    rank_pattern: pattern(lora.rankPattern),
    alpha_pattern: pattern(lora.alphaPattern),
    lora_dropout: lora.dropout,
    use_rslora: lora.useRsLora,
    target_modules: targetModules(lora.targets.map(rename), layerNames),
    modules_to_save: lora.modulesToSave.length > 0 ? lora.modulesToSave.map(rename) : null,
  };
}

/** The name of a layer as a key of peft's patterns, which are expressions for the ends of names. */
function asKey(name: string, layerNames: readonly string[]): string {
  const isEnd = layerNames.some((other) => other.endsWith(`.${name}`));
  return `${isEnd ? "^" : ""}${name.replaceAll(".", "\\.")}`;
}

/**
 * Adds adapters that peft or {@linkcode saveLora} wrote to a model.
 *
 * @param model With the names of the model that they were made for
 * @param path The folder
 * @param options `name` and `strength`, as `addLora` takes them
 * @throws {Error} When a file is missing or damaged, or is no LoRA that the kit can compute
 * @throws {TypeError} When names or shapes do not fit; the model is then as it was
 *
 * @example
 * ```ts
 * import { addLora, Linear, Sequential } from "galaxykit/nn";
 * import { loadLora, saveLora } from "galaxykit/weights";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/adapter`;
 * const model = new Sequential({ fc: new Linear(4, 3, { key: key(1) }) });
 * const lora = addLora(model, { targets: ["fc"], rank: 2, key: key(2) });
 * const state = lora.stateDict();
 * saveLora(lora, { path });
 * lora.remove();
 * assert.deepEqual(loadLora(model, path).stateDict(), state);
 * ```
 */
export function loadLora(model: Module, path: string, options: AttachOptions = {}): Lora {
  const config = readPeftConfig(path);
  const file = join(path, "adapter_model.safetensors");
  if (!isFile(file)) {
    throw new Error(`Cannot load LoRA from "${path}": it has no adapter_model.safetensors`);
  }
  const [layers, others] = [new Map<string, LoraWeights>(), {} as Record<string, LoadableTensor>];
  for (const [name, tensor] of Object.entries(readSafetensors(file).tensors)) {
    if (!name.startsWith(PREFIX)) {
      throw new TypeError(
        `Cannot load LoRA from "${path}": tensors must be called "${PREFIX}…", found "${name}"`,
      );
    }
    const own = name.slice(PREFIX.length);
    const [, layer, part] = /^(.*)\.lora_([AB])\.weight$/.exec(own) ?? [];
    if (layer === undefined) others[own] = tensor;
    else layers.set(layer, { ...layers.get(layer), [part!]: tensor });
  }
  const modules = model.namedModules();
  const missing = [...layers.keys()].filter((name) =>
    !(modules[name] instanceof Linear || modules[name] instanceof Conv2d)
  );
  if (missing.length > 0 || layers.size === 0) {
    throw new TypeError(
      `Cannot load "${file}" into ${model.modelName}: ` +
        (layers.size === 0
          ? "it adapts no layer"
          : `it adapts ${missing.length} ${
            missing.length === 1 ? "layer" : "layers"
          } that the model does not have (first "${missing[0]}")`),
    );
  }
  return attachLora(model, { ...options, layers, others, config, source: `"${file}"` });
}

/**
 * What `adapter_config.json` in a folder says.
 *
 * @throws {RangeError} When it is of adapters that the kit does not compute
 */
export function readPeftConfig(path: string): PeftConfig {
  const file = join(path, "adapter_config.json");
  if (!isFile(file)) {
    throw new Error(
      `Cannot load LoRA from "${path}": it has no adapter_config.json; name the folder that peft wrote`,
    );
  }
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(Deno.readTextFileSync(file));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${file}": it is not JSON (${(cause as Error).message})`, {
      cause,
    });
  }
  refuseOtherLora(config, `"${path}"`);
  return config as PeftConfig;
}

/**
 * @param source Where the settings come from, for the message
 * @throws {RangeError} When the settings are of adapters that the kit does not compute, such as DoRA
 */
export function refuseOtherLora(config: Readonly<Record<string, unknown>>, source: string): void {
  for (const [name, wanted] of Object.entries(FIXED)) {
    const found = config[name] ?? wanted;
    if (JSON.stringify(found) === JSON.stringify(wanted)) continue;
    throw new RangeError(
      `Cannot load LoRA from ${source}: ${name} must be ${JSON.stringify(wanted)}, found ${
        JSON.stringify(found)
      }`,
    );
  }
}

/**
 * The names of the layers. peft adapts every layer whose name ends in one of a list; where that
 * would be more than these, an expression for these alone.
 */
function targetModules(
  targets: readonly string[],
  layerNames: readonly string[],
): string | string[] {
  const others = layerNames.filter((name) => !targets.includes(name));
  const tooMany = targets.some((target) => others.some((name) => name.endsWith(`.${target}`)));
  return tooMany
    ? `(${targets.map((name) => name.replaceAll(".", "\\.")).join("|")})`
    : [...targets];
}
