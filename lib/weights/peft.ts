/**
 * LoRA adapters in files of Hugging Face's peft: a folder with `adapter_config.json` and
 * `adapter_model.safetensors`.
 *
 * @module
 */

import { join } from "node:path";
import { isFile, writeFileAtomic } from "../files.ts";
import { addLora, Conv2d, Linear, type Lora, type Module } from "../nn/mod.ts";
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
  rank_pattern: {},
  alpha_pattern: {},
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
  { path, baseModel = null }: {
    path: string;
    /** Of which model they are, such as `timm/vit_small_patch16_224.augreg_in1k`. @default {null} */
    baseModel?: string | null;
  },
): void {
  const state = Object.entries(lora.stateDict());
  writeSafetensors(
    join(path, "adapter_model.safetensors"),
    Object.fromEntries(state.map(([name, tensor]) => [PREFIX + name, tensor])),
    { metadata: { format: "pt" } },
  );
  const config = {
    ...FIXED,
    base_model_name_or_path: baseModel,
    task_type: null,
    inference_mode: true,
    init_lora_weights: true,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    use_rslora: lora.useRsLora,
    target_modules: targetModules(lora),
    modules_to_save: lora.modulesToSave.length > 0 ? lora.modulesToSave : null,
  };
  writeFileAtomic(join(path, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * Adds adapters that peft or {@linkcode saveLora} wrote to a model.
 *
 * @param model With the names of the model that they were made for
 * @param path The folder
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
export function loadLora(model: Module, path: string): Lora {
  const config = readConfig(path);
  const file = join(path, "adapter_model.safetensors");
  if (!isFile(file)) {
    throw new Error(`Cannot load LoRA from "${path}": it has no adapter_model.safetensors`);
  }
  const { tensors } = readSafetensors(file);
  const state = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      if (name.startsWith(PREFIX)) return [name.slice(PREFIX.length), tensor];
      throw new TypeError(
        `Cannot load LoRA from "${path}": tensors must be called "${PREFIX}…", found "${name}"`,
      );
    }),
  );
  const targets = Object.keys(state).filter((name) => name.endsWith(".lora_A.weight"))
    .map((name) => name.slice(0, -".lora_A.weight".length));
  const modules = model.namedModules();
  const missing = targets.filter((name) =>
    !(modules[name] instanceof Linear || modules[name] instanceof Conv2d)
  );
  if (missing.length > 0 || targets.length === 0) {
    throw new TypeError(
      `Cannot load "${file}" into ${model.modelName}: ` +
        (targets.length === 0
          ? "it adapts no layer"
          : `it adapts ${missing.length} ${
            missing.length === 1 ? "layer" : "layers"
          } that the model does not have (first "${missing[0]}")`),
    );
  }
  const lora = addLora(model, {
    targets: (name) => targets.includes(name),
    rank: config.r,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout ?? 0,
    useRsLora: config.use_rslora ?? false,
    modulesToSave: config.modules_to_save ?? [],
  });
  try {
    lora.loadStateDict(state, { source: `"${file}"` });
    return lora;
  } catch (error) {
    lora.remove();
    throw error;
  }
}

/** What is read of `adapter_config.json`. */
type PeftConfig = {
  r: number;
  lora_alpha: number;
  lora_dropout?: number;
  use_rslora?: boolean;
  modules_to_save?: string[] | null;
};

function readConfig(path: string): PeftConfig {
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
  for (const [name, wanted] of Object.entries(FIXED)) {
    const found = config[name] ?? wanted;
    if (JSON.stringify(found) === JSON.stringify(wanted)) continue;
    throw new RangeError(
      `Cannot load LoRA from "${path}": ${name} must be ${JSON.stringify(wanted)}, found ${
        JSON.stringify(found)
      }`,
    );
  }
  return config as PeftConfig;
}

/**
 * The names of the layers. peft adapts every layer whose name ends in one of a list; where that
 * would be more than these, an expression for these alone.
 */
function targetModules(lora: Lora): string | string[] {
  const { targets, layerNames } = lora;
  const others = layerNames.filter((name) => !targets.includes(name));
  const tooMany = targets.some((target) => others.some((name) => name.endsWith(`.${target}`)));
  return tooMany
    ? `(${targets.map((name) => name.replaceAll(".", "\\.")).join("|")})`
    : [...targets];
}
