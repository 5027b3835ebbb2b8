/**
 * The list of papers and experiments: a new one is added here, and nowhere else.
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

export { backbones, efficientnet, galaxalign, galaxysd, simToReal, sommelier, threshold };

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

/** An item, and the command that reproduces it, if there is one. */
export type ItemState = {
  id: string;
  title: string;
  /** Whether the kit adds it to what a paper shows. */
  isOwn: boolean;
  command?: string;
};

/**
 * The figures, tables and numbers of all of them, by their ids.
 *
 * @example
 * ```ts
 * import { itemStates } from "galaxykit/recipes";
 * import assert from "node:assert/strict";
 *
 * const item = itemStates().find(({ id }) => id === "efficientnet/fig4");
 * assert.equal(item?.command, "deno task reproduce efficientnet fig4");
 * ```
 */
export function itemStates(): ItemState[] {
  return RECIPES.flatMap(({ name: recipe, items }) =>
    Object.entries(items).map(([name, { title, isOwn = false, draw, command: other }]) => {
      const command = draw ? `deno task reproduce ${recipe} ${name}` : other;
      return { id: `${recipe}/${name}`, title, isOwn, ...(command ? { command } : {}) };
    })
  );
}
