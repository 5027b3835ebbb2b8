/**
 * The table of the models.
 *
 * @module
 */

import { count, markdownTable, textTable } from "../text.ts";
import { sourceOf } from "./pretrained.ts";
import { createModel, modelCard, modelNames } from "./registry.ts";

/** A model with one of its published weights; a model with several has several rows. */
export type ModelRow = {
  /** As `createModel` and `loadPretrained` take it. */
  name: string;
  /** Trained values, with the last layer of the weights; of 1,000 classes where there are none. */
  parameters: number;
  /** Side of the images, in pixels. */
  size: number;
  /** What `openWeights` takes; undefined where nobody published any. */
  weights?: string;
  /** Who trained them, on what. */
  source?: string;
  /** SPDX identifier. */
  licence?: string;
};

/**
 * All models of the registry and their weights. The networks are made, not drawn, to count their
 * parameters: a second or two.
 *
 * @example
 * ```ts
 * import { modelTable } from "galaxykit/models";
 * import assert from "node:assert/strict";
 *
 * const own = modelTable().find(({ name }) => name === "resnet18_mini");
 * assert.deepEqual(own, {
 *   name: "resnet18_mini",
 *   parameters: 706_869,
 *   size: 128,
 *   weights: "kit:resnet18_mini",
 *   source: "galaxykit, trained on the vote fractions of simulated galaxies",
 *   licence: "CC0-1.0",
 * });
 * ```
 */
export function modelTable(): ModelRow[] {
  return modelNames().flatMap((name) => {
    const { size, weights, otherWeights = [] } = modelCard(name);
    if (weights === undefined) return [{ name, parameters: parameterCount(name, 1000), size }];
    return [weights, ...otherWeights].map((weights) => ({
      name,
      parameters: parameterCount(name, weights.classes ?? 1000),
      size,
      weights: sourceOf(weights),
      source: weights.source.replace(/ \(http.*\)$/, ""),
      licence: weights.licence,
    }));
  });
}

/** Of a network with so many classes; 0: without its last layer. */
function parameterCount(name: string, classes: number): number {
  const model = createModel({ name, options: { classes: Math.max(1, classes) } });
  const without = classes === 0 ? model.headLayer.parameterCount() : 0;
  const counted = model.parameterCount() - without;
  model.dispose();
  return counted;
}

const COLUMNS = ["model", "parameters", "input", "weights", "trained by", "licence"];
const ALIGN = ["left", "right", "right", "left"] as const;

/** The table as text, in columns, or as Markdown for a page. */
export function formatModelTable(
  rows: readonly ModelRow[],
  { markdown = false }: {
    /** @default {false} */
    markdown?: boolean;
  } = {},
): string {
  const code = (text: string) => markdown && text !== "" ? `\`${text}\`` : text;
  const cells = rows.map(({ name, parameters, size, weights = "", source = "", licence = "" }) => [
    ...[code(name), count(parameters), `${size}`, code(weights)],
    ...[source.replace(", trained", ""), licence],
  ]);
  return (markdown ? markdownTable : textTable)(COLUMNS, cells, { align: ALIGN });
}
