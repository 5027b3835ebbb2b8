/** `deno task backbones`: train the kit's own small networks on simulated skies. */

import { backbones } from "../lib/recipes/mod.ts";
import { runRecipe } from "./_recipes.ts";

await runRecipe(backbones);
