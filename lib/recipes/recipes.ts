/**
 * The list of papers and experiments: a new one is added here.
 *
 * @module
 */

import { backbones } from "./backbones/mod.ts";
import { efficientnet } from "./efficientnet/mod.ts";
import { galaxalign } from "./galaxalign/mod.ts";
import { galaxysd } from "./galaxysd/mod.ts";
import type { Paper, Recipe } from "./recipe.ts";
import { simToReal } from "./sim_to_real/mod.ts";
import { sommelier } from "./sommelier/mod.ts";
import { threshold } from "./threshold/mod.ts";

/** All of them; those without `prepare` are not reproduced yet. */
export const RECIPES: readonly (Paper | Recipe)[] = [
  galaxysd,
  galaxalign,
  efficientnet,
  sommelier,
  threshold,
  simToReal,
  backbones,
];
