/**
 * Settings of predictions.
 *
 * @module
 */

import { ORIENTATIONS } from "../../augment/mod.ts";
import { COMMON } from "../common_settings.ts";
import { defineSettings, type SettingsOf } from "../../settings.ts";

/** What is predicted, and how. */
export const PREDICT = defineSettings({
  refusal: "Cannot predict",
  table: {
    images: {
      type: "string",
      value: "DIR",
      description: "a folder of images, with or without subfolders; with data, the table's",
    },
    data: {
      type: "string",
      value: "TABLE",
      description: "the galaxies: .parquet or .csv with ids and file_loc, or a survey's catalogue",
    },
    mapping: {
      type: "string",
      value: "FILE",
      description: "gz2_filename_mapping, for a catalogue without asset ids",
    },
    views: {
      type: "integer",
      default: 1,
      minimum: 1,
      maximum: ORIENTATIONS,
      description:
        "turned and mirrored views that a prediction is the mean of: 4 are the quarter " +
        "turns, 8 all with those of the mirror image",
    },
    calibrated: {
      type: "boolean",
      description: "calibrate by the temperature that fits the run's validation images",
    },
    shard: {
      type: "integer",
      default: 10_000,
      minimum: 1,
      description: "rows of a part; what was stopped goes on after the last whole one",
    },
    part: {
      type: "string",
      value: "I/N|array[/N]",
      defaultText: "all galaxies",
      description:
        "which of N tasks this is (3/7), or array: as Slurm, Kubernetes, PBS or AWS Batch says; " +
        "out is then a folder for all of them, which predict merge joins",
    },
    skipBad: COMMON.skipBad,
  },
});

/** All settings of predictions. */
export type PredictSettings = SettingsOf<typeof PREDICT>;
