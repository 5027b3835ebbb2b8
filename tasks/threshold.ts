/** `deno task threshold`: what a label threshold costs and buys. */

import { threshold } from "../lib/recipes/mod.ts";
import { runRecipe } from "./_recipes.ts";

await runRecipe(threshold);
