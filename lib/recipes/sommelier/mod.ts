/**
 * Galaxy Sommelier (S. Yuan, 2025).
 *
 * @module
 */

import type { Recipe } from "../recipe.ts";
import { SOMMELIER_ITEMS } from "./items.ts";
import { prepare, type SommelierRun } from "./run.ts";
import { SOMMELIER } from "./settings.ts";

/** Vote fractions of one survey or two, told on a third. */
export const sommelier: Recipe<typeof SOMMELIER, SommelierRun> = {
  name: "sommelier",
  title: "Galaxy Sommelier (S. Yuan, 2025)",
  summary: "Learn vote fractions of one survey or two in stages, and tell those of a third.",
  data: "real galaxies to test on, a GZ2 table and its images; all is learnt from a simulated sky",
  settings: SOMMELIER,
  items: SOMMELIER_ITEMS,
  prepare,
};
