/**
 * The models by name.
 *
 * @module
 */

import { nearestName } from "../nearest.ts";
import { addLora } from "../nn/mod.ts";
import type { OptionNames } from "../options.ts";
import { foldIn, type Key } from "../tensorflow/mod.ts";
import { type Card, CARDS } from "./cards.ts";
import * as convnext from "./convnext.ts";
import * as efficientnet from "./efficientnet.ts";
import {
  type ImageModel,
  type ImageModelOptions,
  imageModelOptions,
  type ModelConfig,
} from "./image_model.ts";
import * as resnet from "./resnet.ts";
import * as vit from "./vit.ts";
import { VIT_NETWORKS } from "./_vit_networks.ts";

/** What is known of a model, and how it is made. */
export type ModelCard = Card & {
  create: (options: ImageModelOptions) => ImageModel;
};

const CREATE: Readonly<Record<string, ModelCard["create"]>> = {
  resnet18: resnet.resnet18,
  resnet34: resnet.resnet34,
  resnet50: resnet.resnet50,
  resnet101: resnet.resnet101,
  efficientnet_b0: efficientnet.efficientnetB0,
  efficientnet_b1: efficientnet.efficientnetB1,
  efficientnet_b2: efficientnet.efficientnetB2,
  efficientnet_b3: efficientnet.efficientnetB3,
  efficientnet_b4: efficientnet.efficientnetB4,
  efficientnet_b5: efficientnet.efficientnetB5,
  efficientnet_b6: efficientnet.efficientnetB6,
  efficientnet_b7: efficientnet.efficientnetB7,
  tf_efficientnet_b0: efficientnet.tfEfficientnetB0,
  tf_efficientnet_b1: efficientnet.tfEfficientnetB1,
  tf_efficientnet_b2: efficientnet.tfEfficientnetB2,
  tf_efficientnet_b3: efficientnet.tfEfficientnetB3,
  tf_efficientnet_b4: efficientnet.tfEfficientnetB4,
  tf_efficientnet_b5: efficientnet.tfEfficientnetB5,
  tf_efficientnet_b6: efficientnet.tfEfficientnetB6,
  tf_efficientnet_b7: efficientnet.tfEfficientnetB7,
  tf_efficientnet_lite0: efficientnet.tfEfficientnetLite0,
  tf_efficientnet_lite1: efficientnet.tfEfficientnetLite1,
  tf_efficientnet_lite2: efficientnet.tfEfficientnetLite2,
  convnext_atto: convnext.convnextAtto,
  convnext_femto: convnext.convnextFemto,
  convnext_pico: convnext.convnextPico,
  convnext_nano: convnext.convnextNano,
  convnext_tiny: convnext.convnextTiny,
  convnext_small: convnext.convnextSmall,
  convnext_base: convnext.convnextBase,
  vit_small_patch16_224: vit.vitSmallPatch16,
  vit_base_patch16_224: vit.vitBasePatch16,
  vit_large_patch16_224: vit.vitLargePatch16,
  vit_small_patch14_dinov2: vit.vitSmallPatch14Dinov2,
  vit_base_patch14_dinov2: vit.vitBasePatch14Dinov2,
  vit_large_patch14_dinov2: vit.vitLargePatch14Dinov2,
  vit_small_patch14_reg4_dinov2: vit.vitSmallPatch14Reg4Dinov2,
  vit_base_patch14_reg4_dinov2: vit.vitBasePatch14Reg4Dinov2,
  vit_large_patch14_reg4_dinov2: vit.vitLargePatch14Reg4Dinov2,
  ...VIT_NETWORKS,
  resnet18_mini: resnet.resnet18Mini,
  efficientnet_b0_mini: efficientnet.efficientnetB0Mini,
  convnext_nano_mini: convnext.convnextNanoMini,
  vit_small_mini: vit.vitMini,
};

/** The names that {@linkcode modelCard} knows. */
export function modelNames(): string[] {
  return Object.keys(CREATE);
}

/** The options of any family; each refuses those that are not its own. */
export type ModelOptions = efficientnet.EfficientNetOptions & vit.ViTOptions;

/** All of {@linkcode ModelOptions}. */
export const modelOptions: OptionNames<ModelOptions> = {
  ...imageModelOptions,
  ...{ channelDivisor: true, momentum: true, epsilon: true },
  ...{ heads: true, depth: true, patch: true, registers: true, pooling: true, positions: true },
  checkpointing: true,
};

/**
 * What is known of a model.
 *
 * @param name As timm, torchvision, transformers and torch.hub name it
 * @throws {RangeError} For an unknown name, naming the nearest
 * @throws {TypeError} Without a name
 *
 * @example
 * ```ts
 * import { modelCard } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * assert.equal(modelCard("efficientnet_b0").size, 224);
 * assert.throws(() => modelCard("efficientnet-b0"), {
 *   message: 'Cannot find model "efficientnet-b0": nearest is efficientnet_b0, modelNames() has them all',
 * });
 * ```
 */
export function modelCard(name: string): ModelCard {
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot find a model: its name must be a text, such as { name: "resnet18" }, found ${name}`,
    );
  }
  if (Object.hasOwn(CREATE, name)) return { ...CARDS[name]!, create: CREATE[name]! };
  throw new RangeError(`Cannot find model "${name}": ${hint(name)}modelNames() has them all`);
}

/** The nearest name; of part of a name the first three that have it. */
function hint(name: string): string {
  const nearest = nearestName(name, modelNames());
  if (nearest !== undefined) return `nearest is ${nearest}, `;
  const letters = [...name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")].join(".*");
  const alike = letters === "" ? [] : modelNames().filter((known) => known.match(letters));
  return alike.length === 0 ? "" : `nearest are ${alike.slice(0, 3).join(", ")}, `;
}

/**
 * Makes a network from what {@linkcode ImageModel.config} says, with its adapters.
 *
 * @param config Of a model, or as read from JSON: a name of the registry, and options
 * @param options `key`: where first values come from; without, the values are to be loaded, and
 * nothing is drawn
 * @throws {RangeError} For an unknown name, or an option out of range
 * @throws {TypeError} Without a name
 *
 * @example
 * ```ts
 * import { createModel, resnet18 } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 3, width: 8, key: key(1) });
 * const json = JSON.stringify(model.config);
 * const again = createModel(JSON.parse(json));
 * again.loadStateDict(model.stateDict());
 * assert.deepEqual(again.config, model.config);
 * assert.deepEqual(again.stateDict(), model.stateDict());
 *
 * createModel({ name: "resnet18", options: { classes: 3 } }, { key: key(2) });
 * ```
 */
export function createModel(
  config: {
    name: string;
    /** @default {the model's own} */
    options?: Omit<ModelOptions, "key">;
    /** @default {one last layer} */
    head?: ModelConfig["head"];
    lora?: ModelConfig["lora"];
  },
  { key }: { key?: Key } = {},
): ImageModel {
  const { name, options = {}, head, lora = [] } = config ?? {};
  const model = modelCard(name).create({ ...options, key });
  if (head !== undefined) {
    const own = key && foldIn(key, 1);
    model.resetHead({ classes: model.config.options.classes, head, key: own });
    own?.dispose();
  }
  for (const { targets, ...settings } of lora) {
    addLora(model, { ...settings, targets: (name) => targets.includes(name), key });
  }
  return model;
}
