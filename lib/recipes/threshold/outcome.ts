/**
 * What the threshold trade-off comes to, before it is drawn.
 *
 * @module
 */

import type { Features } from "../../train/mod.ts";
import type { Abstention } from "./abstention.ts";
import type { Galaxies } from "./galaxies.ts";
import type { Recommendation } from "./recommendation.ts";
import type { ThresholdSettings } from "./settings.ts";
import type { Sweep } from "./sweep.ts";
import type { VolunteersRow } from "./volunteers.ts";

/** What came out. */
export type ThresholdOutcome = {
  settings: ThresholdSettings;
  galaxies: Galaxies;
  /** What the probes read: nothing where votes alone were swept. */
  features: Features | null;
  /** Where the network's weights come from. */
  source: string;
  sweep: Sweep;
  /** None where nothing was trained. */
  recommendations: Recommendation[];
  volunteers: VolunteersRow[];
  /** null where the settings' threshold leaves a class without galaxies in a fold, or votes alone were swept. */
  abstention: Abstention | null;
  /** What the sweep took, features not counted. */
  seconds: number;
};
