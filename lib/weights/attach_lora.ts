/**
 * LoRA adapters whose values a file holds, laid over a model.
 *
 * @module
 */

import { addLora, type LoadableTensor, type Lora, type Module } from "../nn/mod.ts";

/** The matrices of a layer, and its alpha where the file has one. */
export type LoraWeights = { A?: LoadableTensor; B?: LoadableTensor; alpha?: number };

/** What is said of adapters beside their values, under peft's names. */
export type PeftConfig = {
  r?: number;
  lora_alpha?: number;
  lora_dropout?: number;
  use_rslora?: boolean;
  rank_pattern?: Record<string, number>;
  alpha_pattern?: Record<string, number>;
  modules_to_save?: string[] | null;
};

/** How adapters of a file lie over a model. */
export type AttachOptions = {
  /** Tells them from others over the same layers. @default {none} */
  name?: string;
  /** What their changes are multiplied by. @default {1} */
  strength?: number;
};

/**
 * Adds adapters with the ranks that their matrices have. Alpha is the layer's own, else the
 * configuration's, else the rank.
 *
 * @param given `layers` by the names of the model's; `others`: of `modules_to_save`
 * @throws {TypeError} When a matrix is missing or does not fit; the model is then as it was
 */
export function attachLora(
  model: Module,
  { layers, others = {}, config = {}, source, ...options }: AttachOptions & {
    layers: ReadonlyMap<string, LoraWeights>;
    others?: Readonly<Record<string, LoadableTensor>>;
    config?: PeftConfig;
    source: string;
  },
): Lora {
  const state = { ...others };
  const [ranks, alphas] = [new Map<string, number>(), new Map<string, number>()];
  for (const [layer, { A, B, alpha }] of layers) {
    for (const [part, tensor] of Object.entries({ A, B })) {
      if (tensor === undefined) {
        throw new TypeError(
          `Cannot load ${source} into ${model.modelName}: "${layer}" has no lora_${part}`,
        );
      }
      state[`${layer}.lora_${part}.weight`] = tensor;
    }
    const said = ofPattern(config.rank_pattern, layer) ?? config.r;
    const rank = A!.shape[0]!;
    if (said !== undefined && said !== rank) {
      throw new TypeError(
        `Cannot load ${source} into ${model.modelName}: "${layer}" is of rank ${rank}, its configuration says ${said}`,
      );
    }
    ranks.set(layer, rank);
    alphas.set(
      layer,
      alpha ?? ofPattern(config.alpha_pattern, layer) ?? config.lora_alpha ?? rank,
    );
  }
  const [rank, rankPattern] = usual(ranks, config.r);
  const [alpha, alphaPattern] = usual(alphas, config.lora_alpha);
  const lora = addLora(model, {
    ...{ targets: (name) => layers.has(name), rank, alpha, rankPattern, alphaPattern },
    dropout: config.lora_dropout ?? 0,
    useRsLora: config.use_rslora ?? false,
    modulesToSave: config.modules_to_save ?? [],
    ...options,
  });
  try {
    lora.loadStateDict(state, { source });
    return lora;
  } catch (error) {
    lora.remove();
    throw error;
  }
}

/** What a pattern of peft says of a layer: its keys are names, ends of names, or expressions. */
function ofPattern(
  pattern: Readonly<Record<string, number>> = {},
  layer: string,
): number | undefined {
  const key = Object.keys(pattern).find((key) => new RegExp(`^(.*\\.)?(${key})$`).test(layer));
  return key === undefined ? undefined : pattern[key];
}

/** The value that most layers have, unless one is given, and those of the others. */
function usual(
  values: ReadonlyMap<string, number>,
  given?: number,
): [usual: number, others: Record<string, number>] {
  const counts = new Map<number, number>();
  for (const value of values.values()) counts.set(value, (counts.get(value) ?? 0) + 1);
  const usual = given ?? [...counts].reduce((best, one) => one[1] > best[1] ? one : best)[0];
  return [usual, Object.fromEntries([...values].filter(([, value]) => value !== usual))];
}
