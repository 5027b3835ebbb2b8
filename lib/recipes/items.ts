/**
 * The figures, tables and numbers of all papers and experiments, and which of them can be had.
 *
 * @module
 */

import { RECIPES } from "./recipes.ts";

/** An item, and the command that reproduces it, if there is one. */
export type ItemState = {
  id: string;
  title: string;
  /** Whether the kit adds it to what a paper shows. */
  isOwn: boolean;
  command?: string;
};

/**
 * All items by their ids.
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
