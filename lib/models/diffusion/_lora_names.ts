/**
 * What the matrices of LoRA are called in files. The names are made of the layers that the models have;
 * none is taken apart, as the underscores of kohya's could stand for dots or for themselves.
 *
 * @module
 */

import { Conv2d, Linear, type Module } from "../../nn/mod.ts";
import type { ClipTextModel } from "../clip_text.ts";
import { theirsByOwn } from "./names.ts";
import type { UNet2DConditionModel } from "./unet.ts";

/** The models that a file of LoRA may be of. */
export type LoraModels = { unet?: UNet2DConditionModel; textEncoder?: ClipTextModel };

/** One of {@linkcode LoraModels}. */
export type LoraPart = keyof LoraModels;

/** Which matrix of which layer a name is of; or its alpha. */
export type LoraPlace = { of: LoraPart; layer: string; holds: "A" | "B" | "alpha" };

/** What both matrices and alpha are called, after the name of the layer. */
type Endings = { A: string; B: string; alpha: string };

const KOHYA: Endings = { A: ".lora_down.weight", B: ".lora_up.weight", alpha: ".alpha" };
const PEFT: Endings = { A: ".lora_A.weight", B: ".lora_B.weight", alpha: ".alpha" };

/** After names with dots: peft's, as it holds them in memory, and what diffusers had before. */
const DOTTED: readonly Endings[] = [
  PEFT,
  { A: ".lora_A.default.weight", B: ".lora_B.default.weight", alpha: ".alpha" },
  KOHYA,
  { A: ".lora.down.weight", B: ".lora.up.weight", alpha: ".alpha" },
  {
    A: ".lora_linear_layer.down.weight",
    B: ".lora_linear_layer.up.weight",
    alpha: ".lora_linear_layer.alpha",
  },
];

/** What diffusers had in place of the names of an attention's layers, at first. */
const PROCESSORS = {
  unet: [["to_q", "to_q"], ["to_k", "to_k"], ["to_v", "to_v"], ["to_out.0", "to_out"]],
  textEncoder: [["q_proj", "to_q"], ["k_proj", "to_k"], ["v_proj", "to_v"], ["out_proj", "to_out"]],
} as const;

const OF_KOHYA = { unet: ["lora_unet_"], textEncoder: ["lora_te_", "lora_te1_"] };
const OF_DIFFUSERS = { unet: "unet.", textEncoder: "text_encoder." };
const OF_PEFT = "base_model.model.";

/** What transformers had before the names of its text encoder, up to version 4. */
const TEXT_MODEL = "text_model.";

/** The layers of a model that LoRA can adapt, by name. */
export function loraLayers(model: Module): Record<string, Linear | Conv2d> {
  return Object.fromEntries(
    Object.entries(model.namedModules()).filter((entry): entry is [string, Linear | Conv2d] =>
      entry[1] instanceof Linear || entry[1] instanceof Conv2d
    ),
  );
}

/** Every name that a file in a known dialect may have for the layers of models. */
export function loraPlaces(models: LoraModels): Map<string, LoraPlace> {
  const places = new Map<string, LoraPlace>();
  for (const part of ["unet", "textEncoder"] as const) {
    const model = models[part];
    if (model === undefined) continue;
    const ldm = part === "unet" ? ldmModules(models.unet!) : new Map<string, string>();
    for (const layer of Object.keys(loraLayers(model))) {
      const add = (start: string, endings: Endings) => {
        for (const holds of ["A", "B", "alpha"] as const) {
          places.set(start + endings[holds], { of: part, layer, holds });
        }
      };
      for (const name of [layer, ldm.get(layer)]) {
        if (name === undefined) continue;
        for (const start of OF_KOHYA[part]) add(start + name.replaceAll(".", "_"), KOHYA);
      }
      const bare = layer.startsWith(TEXT_MODEL) ? [layer, layer.slice(TEXT_MODEL.length)] : [layer];
      for (const start of [OF_DIFFUSERS[part], OF_PEFT, ""]) {
        for (const name of bare.map((name) => start + name)) {
          for (const endings of DOTTED) add(name, endings);
          for (const [own, then] of PROCESSORS[part]) {
            if (!name.endsWith(`.${own}`)) continue;
            const parent = name.slice(0, -own.length);
            for (const middle of ["processor.", ""]) {
              const whole = `${parent}${middle}${then}_lora`;
              add(whole, { A: ".down.weight", B: ".up.weight", alpha: ".alpha" });
            }
          }
        }
      }
    }
  }
  return places;
}

/** What kohya's scripts and diffusers call the matrices of a layer. */
export function loraNames(of: LoraPart, layer: string): {
  kohya: Record<"A" | "B" | "alpha", string>;
  diffusers: Record<"A" | "B", string>;
} {
  const kohya = OF_KOHYA[of][0] + layer.replaceAll(".", "_");
  const diffusers = OF_DIFFUSERS[of] + layer;
  return {
    kohya: { A: kohya + KOHYA.A, B: kohya + KOHYA.B, alpha: kohya + KOHYA.alpha },
    diffusers: { A: diffusers + PEFT.A, B: diffusers + PEFT.B },
  };
}

/** The names of modules that the authors' checkpoints have, by the model's own. */
function ldmModules(model: UNet2DConditionModel): Map<string, string> {
  const weight = ".weight";
  return new Map(
    Object.entries(theirsByOwn(model)).flatMap(([own, theirs]) =>
      theirs === undefined || !own.endsWith(weight)
        ? []
        : [[own.slice(0, -weight.length), theirs.slice(0, -weight.length)]]
    ),
  );
}
