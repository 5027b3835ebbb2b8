/**
 * LoRA of the U-Net and the text encoder in files: of kohya's scripts, of diffusers and of peft.
 *
 * @module
 */

import { join } from "node:path";
import { isFile, isFolder } from "../../files.ts";
import { nearestName } from "../../nearest.ts";
import type { LoadableTensor, Lora, Module } from "../../nn/mod.ts";
import { refuseOther } from "../../options.ts";
import {
  attachLora,
  type AttachOptions,
  type LoraWeights,
  type OpenOptions,
  openWeights,
  type PeftConfig,
  peftConfig,
  readPeftConfig,
  refuseOtherLora,
  saveLora,
  stateDictOf,
  type StoredTensor,
  toFloat32,
  type Weights,
  writeSafetensors,
} from "../../weights/mod.ts";
import {
  loraLayers,
  type LoraModels,
  loraNames,
  type LoraPart,
  type LoraPlace,
  loraPlaces,
} from "./_lora_names.ts";
import { shaped } from "./names.ts";

export type { LoraModels };

/** The adapters of one file, by the model that they lie over. */
export type DiffusionLora = { readonly [part in LoraPart]?: Lora };

/** How a file of LoRA is written. */
export type LoraDialect = "diffusers" | "kohya" | "peft";

/** The folders of peft, of which each is of one model, and the name of diffusers' file. */
const FOLDERS = { unet: "unet", textEncoder: "text_encoder" } as const;
const DIFFUSERS_FILE = "pytorch_lora_weights.safetensors";

/** Where diffusers keeps the settings of adapters, in a file's metadata. */
const METADATA = "lora_adapter_metadata";

/** What is no LoRA, by what stands in its names. */
const OTHERS: readonly [what: string, sign: RegExp][] = [
  ["DoRA, whose magnitudes of weights", /dora_scale|lora_magnitude_vector/],
  ["LoHa, whose products of matrices", /\.hada_/],
  ["LoKr, whose Kronecker products", /\.lokr_/],
  ["LoRA in Tucker's form, whose cores", /\.lora_mid\./],
  ["OFT, whose rotations", /\.oft_|\.oft\./],
  ["whole differences of weights, which", /\.diff(_b)?$/],
  ["LoRA with biases, which", /\.lora_(B|up)(\.default)?\.bias$/],
  ["of a second text encoder, as SDXL has, which", /^(lora_te2_|text_encoder_2\.)/],
];

/**
 * Lays the adapters of a file over a U-Net, a text encoder, or both:
 *
 * - of kohya's scripts (`lora_unet_…lora_down.weight`, `lora_te_…`, with alphas), with convolutions
 *   (LoCon), and with the layers called as in the authors' checkpoints (`lora_unet_input_blocks_…`)
 * - of diffusers (`unet.….lora_A.weight`, `text_encoder.…`), and its older ones
 *   (`….processor.to_q_lora.down.weight`, `….lora_linear_layer.down.weight`)
 * - of peft: a folder with `adapter_config.json`, or one with such folders `unet` and `text_encoder`
 *
 * Layers may have ranks and alphas of their own; without an alpha the change is taken as it is. Several
 * files lie over the same layers when each is given a `name`; their changes are added, each as strong as
 * its `strength`. `merge()` and `remove()` of what is returned are `Lora`'s.
 *
 * @param models A U-Net, a text encoder, both, or a pipeline that has them
 * @param source A file, a folder, or what else `openWeights` takes
 * @throws {RangeError} When a name is of none of the layers, or of adapters other than LoRA, such as DoRA
 * @throws {TypeError} When a matrix is missing or does not fit; the models are then as they were
 *
 * @example
 * ```ts
 * import { addLora } from "galaxykit/nn";
 * import {
 *   clipTextConfigs,
 *   ClipTextModel,
 *   openDiffusionLora,
 *   saveDiffusionLora,
 * } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const textEncoder = new ClipTextModel(clipTextConfigs.tiny, { key: key(1) });
 * const trained = addLora(textEncoder, { targets: ["q_proj", "v_proj"], rank: 2, key: key(2) });
 * const path = `${Deno.makeTempDirSync()}/style.safetensors`;
 * saveDiffusionLora(path, { textEncoder: trained }, { dialect: "kohya" });
 * trained.remove();
 * const style = await openDiffusionLora({ textEncoder }, path, { name: "style", strength: 0.8 });
 * assert.equal(style.textEncoder!.targets.length, 4);
 * ```
 */
export async function openDiffusionLora(
  { unet, textEncoder }: LoraModels,
  source: string,
  { name, strength, ...options }: AttachOptions & OpenOptions = {},
): Promise<DiffusionLora> {
  // Of a whole pipeline those that can be adapted
  const models: LoraModels = { ...(unet && { unet }), ...(textEncoder && { textEncoder }) };
  const parts = Object.entries(FOLDERS)
    .filter(([, folder]) => isFile(join(source, folder, "adapter_config.json")));
  if (parts.length === 0) return await openOne(models, source, { name, strength, ...options });
  const loras: DiffusionLora[] = [];
  try {
    for (const [part, folder] of parts) {
      const model = { [part]: models[part as LoraPart] };
      loras.push(await openOne(model, join(source, folder), { name, strength, ...options }));
    }
    return Object.assign({}, ...loras);
  } catch (error) {
    for (const lora of loras) for (const one of Object.values(lora)) one.remove();
    throw error;
  }
}

/** Of one file, or one folder. */
async function openOne(
  models: LoraModels,
  source: string,
  { name, strength, ...options }: AttachOptions & OpenOptions,
): Promise<DiffusionLora> {
  const isPeft = isFile(join(source, "adapter_config.json"));
  const config = isPeft ? readPeftConfig(source) : undefined;
  const path = isPeft
    ? join(source, "adapter_model.safetensors")
    : isFolder(source)
    ? join(source, DIFFUSERS_FILE)
    : source;
  using file = await openWeights(path, options);
  const given = layersOf(models, file, path);
  const loras: { [part in LoraPart]?: Lora } = {};
  try {
    for (const [part, layers] of Object.entries(given) as [LoraPart, Map<string, LoraWeights>][]) {
      loras[part] = attachLora(models[part]!, {
        ...{ layers, config: config ?? settingsOf(file, part, path), source: `"${path}"` },
        ...{ name, strength },
      });
    }
    return loras;
  } catch (error) {
    for (const lora of Object.values(loras)) lora.remove();
    throw error;
  }
}

/** What a file holds for the layers of each model, in their shapes. */
function layersOf(
  models: LoraModels,
  file: Weights,
  path: string,
): { [part in LoraPart]?: Map<string, LoraWeights> } {
  const places = loraPlaces(models);
  const unknown = file.names.filter((name) => !places.has(name));
  if (unknown.length > 0 || file.names.length === 0) {
    throw new RangeError(`Cannot load "${path}": ${whatIsWrong(unknown, { models, places })}`);
  }
  const layers = Object.fromEntries(
    Object.entries(models).flatMap(([part, model]) =>
      model === undefined ? [] : [[part, loraLayers(model as Module)]]
    ),
  );
  const found: { [part in LoraPart]?: Map<string, LoraWeights> } = {};
  const names = new Map<string, string>();
  for (const [name, tensor] of Object.entries(stateDictOf(file))) {
    const { of, layer, holds } = places.get(name)!;
    const ofPart = found[of] ??= new Map();
    const weights = ofPart.get(layer) ?? {};
    if (weights[holds] !== undefined) {
      const other = names.get(`${of} ${layer} ${holds}`);
      throw new RangeError(`Cannot load "${path}": "${name}" and "${other}" are of the same layer`);
    }
    names.set(`${of} ${layer} ${holds}`, name);
    const value = holds === "alpha"
      ? { alpha: toFloat32(tensor as StoredTensor)[0]! }
      : { [holds]: fitting(tensor, { layer: layers[of]![layer]!, holds }) };
    ofPart.set(layer, { ...weights, ...value });
  }
  return found;
}

/** A matrix with the axes that the layer's has: of a linear layer it may be a 1x1 convolution. */
function fitting(
  tensor: LoadableTensor,
  { layer, holds }: {
    layer: ReturnType<typeof loraLayers>[string];
    holds: "A" | "B";
  },
): LoadableTensor {
  const [inputs, outputs] = layer.weight.shape.slice(-2) as [number, number];
  const kernel = layer.weight.shape.slice(0, -2);
  const wanted = holds === "A"
    ? [tensor.shape[0]!, inputs, ...kernel]
    : [outputs, tensor.shape[1]!, ...kernel.map(() => 1)];
  return shaped(tensor, wanted);
}

/** What diffusers says of the adapters of a model, in the file's metadata. */
function settingsOf(file: Weights, part: LoraPart, path: string): PeftConfig {
  const text = file.metadata[METADATA];
  if (text === undefined) return {};
  let all: Record<string, unknown>;
  try {
    all = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${METADATA} of "${path}": it is not JSON`, { cause });
  }
  const start = `${FOLDERS[part]}.`;
  const own = Object.entries(all).filter(([name]) => name.startsWith(start));
  const config = own.length > 0
    ? Object.fromEntries(own.map(([name, value]) => [name.slice(start.length), value]))
    : all; // Of one model: without the beginning
  refuseOtherLora(config, `"${path}"`);
  return config as PeftConfig;
}

function whatIsWrong(
  unknown: readonly string[],
  { models, places }: { models: LoraModels; places: ReadonlyMap<string, LoraPlace> },
): string {
  const [first] = unknown;
  if (first === undefined) return "it holds no weights";
  for (const [what, sign] of OTHERS) {
    const name = unknown.find((name) => sign.test(name));
    if (name !== undefined) return `it is ${what} the kit does not compute ("${name}")`;
  }
  const parts = Object.entries(models).filter(([, model]) => model !== undefined);
  const signs = { unet: /^(lora_unet_|unet\.)/, textEncoder: /^(lora_te1?_|text_encoder\.)/ };
  for (const [part, sign] of Object.entries(signs)) {
    const name = unknown.find((name) => sign.test(name));
    if (name === undefined || parts.some(([given]) => given === part)) continue;
    return `it adapts a ${
      part === "unet" ? "U-Net" : "text encoder"
    }, too ("${name}"); give ${part} beside ${parts.map(([given]) => given).join()}`;
  }
  const start = first.slice(0, 10);
  const alike = [...places.keys()].filter((name) => name.startsWith(start));
  const nearest = nearestName(first, alike.length > 0 ? alike : places.keys());
  const whose = parts.map(([, model]) => (model as Module).modelName).join(" or ");
  const near = nearest === undefined ? "" : `, nearest is "${nearest}"`;
  return unknown.length === 1
    ? `1 name is of no layer of ${whose} ("${first}"${near})`
    : `${unknown.length} names are of no layer of ${whose} (first "${first}"${near})`;
}

/**
 * Writes the adapters of a U-Net, a text encoder, or both.
 *
 * @param path A file, which diffusers (`load_lora_weights`) and web interfaces read; of peft a folder,
 * with a folder for each model in it
 * @param options `dialect`: `"diffusers"`, `"kohya"` or `"peft"`. diffusers before 0.34 takes alpha for
 * the rank: where they differ and old versions are to read it, write kohya's. @default {"diffusers"}
 * @throws {RangeError} When the dialect cannot hold modules that were trained as a whole; peft's can
 */
export function saveDiffusionLora(
  path: string,
  loras: DiffusionLora,
  { dialect = "diffusers" }: { dialect?: LoraDialect } = {},
): void {
  refuseOther({ dialect }, { dialect: ["diffusers", "kohya", "peft"] }, { what: "save LoRA" });
  const parts = (Object.entries(loras) as [LoraPart, Lora | undefined][])
    .filter((entry): entry is [LoraPart, Lora] => entry[1] !== undefined);
  if (parts.length === 0) throw new RangeError(`Cannot save LoRA as "${path}": none was given`);
  if (dialect === "peft") {
    for (const [part, lora] of parts) {
      saveLora(lora, { path: join(path, FOLDERS[part]), rename: renameOf(lora) });
    }
    return;
  }
  const tensors: Record<string, LoadableTensor> = {};
  const settings: Record<string, unknown> = {};
  for (const [part, lora] of parts) {
    if (lora.modulesToSave.length > 0) {
      throw new RangeError(
        `Cannot save LoRA as "${path}": files of ${dialect} have no whole modules, found "${
          lora.modulesToSave[0]
        }"; write peft's`,
      );
    }
    const state = lora.stateDict();
    for (const layer of lora.targets) {
      const names = loraNames(part, layer)[dialect];
      for (const holds of ["A", "B"] as const) {
        tensors[names[holds]] = state[`${layer}.lora_${holds}.weight`]!;
      }
      if (!("alpha" in names)) continue;
      const data = Float32Array.of(lora.scalingOf(layer) * lora.rankOf(layer));
      tensors[names.alpha] = { dtype: "F32", shape: [], data };
    }
    for (const [name, value] of Object.entries(peftConfig(lora, { rename: renameOf(lora) }))) {
      settings[`${FOLDERS[part]}.${name}`] = value;
    }
  }
  const [, { rank, alpha }] = parts[0]!;
  const metadata: Record<string, string> = dialect === "diffusers"
    ? { format: "pt", [METADATA]: JSON.stringify(settings, null, 2) }
    : {
      format: "pt",
      ss_network_module: "networks.lora",
      ss_network_dim: String(rank),
      ss_network_alpha: String(alpha),
    };
  writeSafetensors(path, tensors as Record<string, StoredTensor>, { metadata });
}

/** From version 5 on, transformers' text encoder begins its names so no more, unless it projects. */
function renameOf(lora: Lora): (name: string) => string {
  const projects = lora.layerNames.includes("text_projection");
  return (name) => projects ? name : name.replace(/^text_model\./, "");
}
