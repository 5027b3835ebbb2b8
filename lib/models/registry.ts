/**
 * The models by name.
 *
 * @module
 */

import { nearestName } from "../nearest.ts";
import { CARDS, type ModelCard } from "./cards.ts";

/** The names that {@linkcode modelCard} knows. */
export function modelNames(): string[] {
  return Object.keys(CARDS);
}

/**
 * What is known of a model.
 *
 * @param name As timm and torchvision name it
 * @throws {RangeError} For an unknown name, naming the nearest
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
  if (Object.hasOwn(CARDS, name)) return CARDS[name]!;
  const nearest = nearestName(name, modelNames());
  throw new RangeError(
    `Cannot find model "${name}": ${
      nearest === undefined ? "" : `nearest is ${nearest}, `
    }modelNames() has them all`,
  );
}
