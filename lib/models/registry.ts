/**
 * The models by name.
 *
 * @module
 */

import { nearestName } from "../nearest.ts";
import { type ResNet, resnet18, resnet34, resnet50, type ResNetOptions } from "./resnet.ts";

/** What is known of a model beside its code. */
export type ModelCard = {
  create: (options: ResNetOptions) => ResNet;
  /** Means and standard deviations of the channels that images are normalised with, in [0, 1]. */
  mean: readonly number[];
  std: readonly number[];
  /** Side of the images that the published weights were trained on, in pixels. */
  size: number;
  weights: PublishedWeights;
};

/** Weights that others trained and published; they load under the names that the model has. */
export type PublishedWeights = {
  /** The repository on the Hugging Face hub; its file is `model.safetensors`. */
  repository: string;
  /** Who trained them, on what. */
  source: string;
  /** The file of the first publication; its name ends in the first 8 digits of its SHA-256. */
  url: string;
  /** SPDX identifier. */
  licence: string;
};

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], size: 224 };

const MODELS: Record<string, ModelCard> = {
  resnet18: { create: resnet18, ...IMAGENET, weights: torchvision("resnet18", "f37072fd") },
  resnet34: { create: resnet34, ...IMAGENET, weights: torchvision("resnet34", "b627a593") },
  resnet50: { create: resnet50, ...IMAGENET, weights: torchvision("resnet50", "0676ba61") },
};

/** `ResNet…_Weights.IMAGENET1K_V1` of torchvision, which timm published as `tv_in1k`. */
function torchvision(name: string, digest: string): PublishedWeights {
  return {
    repository: `timm/${name}.tv_in1k`,
    source: "torchvision, trained on ImageNet-1k (https://github.com/pytorch/vision)",
    url: `https://download.pytorch.org/models/${name}-${digest}.pth`,
    licence: "BSD-3-Clause",
  };
}

/** The names that {@linkcode modelCard} knows. */
export function modelNames(): string[] {
  return Object.keys(MODELS);
}

/**
 * What is known of a model.
 *
 * @throws {RangeError} For an unknown name, naming the nearest
 *
 * @example
 * ```ts
 * import { modelCard } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * assert.equal(modelCard("resnet18").size, 224);
 * assert.throws(() => modelCard("resnet81"), {
 *   message: 'Cannot find model "resnet81": resnet18, resnet34, resnet50 are known, nearest is resnet18',
 * });
 * ```
 */
export function modelCard(name: string): ModelCard {
  const card = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (card === undefined) {
    const nearest = nearestName(name, modelNames());
    throw new RangeError(
      `Cannot find model "${name}": ${modelNames().join(", ")} are known${
        nearest === undefined ? "" : `, nearest is ${nearest}`
      }`,
    );
  }
  return card;
}
