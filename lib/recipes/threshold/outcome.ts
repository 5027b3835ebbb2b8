/**
 * What the threshold trade-off comes to, before it is drawn.
 *
 * @module
 */

import type { Features } from "../../train/mod.ts";
import type { Abstention } from "./abstention.ts";
import type { Galaxies } from "./galaxies.ts";
import type { ThresholdSettings } from "./settings.ts";
import type { Sweep } from "./sweep.ts";
import type { VolunteersRow } from "./volunteers.ts";

/** What came out. */
export type ThresholdOutcome = {
  settings: ThresholdSettings;
  galaxies: Galaxies;
  features: Features;
  /** Where the network's weights come from. */
  source: string;
  sweep: Sweep;
  volunteers: VolunteersRow[];
  /** null where the settings' threshold leaves a class without galaxies in a fold. */
  abstention: Abstention | null;
  /** What the sweep took, features not counted. */
  seconds: number;
};
