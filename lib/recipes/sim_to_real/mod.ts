/**
 * Sim-to-real: what a network learns from simulated galaxies alone, measured on real ones.
 *
 * @module
 */

import type { Recipe } from "../recipe.ts";
import { SIM_TO_REAL_ITEMS } from "./items.ts";
import { prepare, type SimToRealOutcome } from "./run.ts";
import { SIM_TO_REAL } from "./settings.ts";

/** The experiment. */
export const simToReal: Recipe<typeof SIM_TO_REAL, SimToRealOutcome> = {
  name: "sim-to-real",
  title: "Trained on the simulated sky, tested on real galaxies",
  summary: "Train a network on the simulated sky alone, and test it on real galaxies.",
  data: "a GZ2 table and its images; without it, another simulated sky, of DECaLS",
  settings: SIM_TO_REAL,
  items: SIM_TO_REAL_ITEMS,
  prepare,
};
