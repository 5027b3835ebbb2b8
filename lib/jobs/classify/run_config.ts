/**
 * What `config.json` of an image classifier's run holds.
 *
 * @module
 */

import { checkSettings } from "../../settings.ts";
import type { Normalization, RunFolder } from "../../train/mod.ts";
import { CLASSIFY, type ClassifySettings } from "./settings.ts";

/** What a run folder's `config.json` adds to the settings. */
export type RunConfig = { classes: string[]; normalization: Normalization };

/**
 * Reads what a run was started with.
 *
 * @throws {Error} When there is no run, or its `config.json` is not a classifier's
 */
export function readRunConfig(run: RunFolder): RunConfig & { settings: ClassifySettings } {
  const { classes, normalization, versions: _, ...rest } = run.readConfig();
  const refusal = `Cannot use "${run.file("config.json")}"`;
  const settings = { weights: "none", skipBad: false, ...rest }; // Once left out unless given
  checkSettings(CLASSIFY, settings, { refusal });
  if (!Array.isArray(classes) || classes.length < 2) {
    throw new RangeError(`${refusal}: classes must be a list, ${JSON.stringify(classes)} found`);
  }
  const { mean, std } = (normalization ?? {}) as Normalization;
  if (mean?.length !== 3 || std?.length !== 3) {
    throw new RangeError(
      `${refusal}: normalization must hold mean and std of three channels, ${
        JSON.stringify(normalization)
      } found`,
    );
  }
  return { settings, classes, normalization: { mean, std } };
}
