/**
 * Settings of judging predictions.
 *
 * @module
 */

import { defineSettings, type SettingsOf } from "../../settings.ts";

/** What is judged, and how. */
export const EVALUATE = defineSettings({
  refusal: "Cannot evaluate",
  table: {
    predictions: {
      type: "string",
      value: "FILE",
      required: true,
      description: "what a network predicted: .npz, .parquet, .csv (docs/formats.md)",
    },
    catalogue: {
      type: "string",
      value: "FILE",
      description: "the truth, where the predictions are without: a table with the same ids",
    },
    columns: {
      type: "strings",
      defaultText: "all that have a truth",
      description: "which columns are judged",
    },
    properties: {
      type: "strings",
      defaultText: "redshift, magnitude and size, where the catalogue has them",
      description: "columns of the catalogue that errors are drawn against",
    },
    beside: {
      type: "string",
      value: "FILE",
      description: "predictions of the same network on another survey, to compare with",
    },
    besideCatalogue: {
      type: "string",
      value: "FILE",
      description: "the truth of those",
    },
    asked: {
      type: "number",
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: "share of the volunteers who must be asked a question where only that is judged",
    },
    resamples: {
      type: "integer",
      default: 1000,
      minimum: 0,
      description: "draws of galaxies that intervals come from; 0 leaves them out",
    },
    seed: { type: "integer", default: 0, minimum: 0, description: "where the draws come from" },
  },
});

/** All settings of judging. */
export type EvaluateSettings = SettingsOf<typeof EVALUATE>;
