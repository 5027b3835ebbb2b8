/** `deno task sim-to-real`: train on the simulated sky, test on real galaxies. */

import { simToReal } from "../lib/recipes/mod.ts";
import { runRecipe } from "./_recipes.ts";

await runRecipe(simToReal);
