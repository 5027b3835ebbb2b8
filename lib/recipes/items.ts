/**
 * The figures, tables and numbers of the papers that the kit is for, and which of them it
 * reproduces so far.
 *
 * @module
 */

import { EFFICIENTNET_ITEMS } from "./efficientnet/items/mod.ts";

/** A paper and its items: by name, with a short title of their own. */
export type Paper = { title: string; items: Readonly<Record<string, string>> };

/** The papers by the names that commands know. */
export const PAPERS: Readonly<Record<string, Paper>> = {
  galaxysd: {
    title: "GalaxySD (Ma et al. 2026, ApJS 282, 25; arXiv:2506.16233)",
    items: {
      fig1: "scheme of the work",
      selection: "sample, cut by cut",
      fig2: "combinations of labels in the training set",
      table1: "prompts",
      fig3: "real and generated galaxies by prompt",
      "vqa-accuracy": "accuracy of eleven question classifiers",
      fig4: "image quality during training",
      fig5: "realism against diversity",
      table2: "four binary classifiers, three ways to train",
      epochs: "epochs until convergence",
      fig6: "two common features make a rare one",
      table3: "finding dust-lane early types",
      fig7: "dust-lane early types, generated and found",
      search: "candidates by round of the search",
      catalog: "the catalogue that was published",
      fig8: "redshifts",
      fig9: "star formation rates and halo masses",
      figa1: "training of the image encoder",
      figa2: "t-SNE of the embeddings",
      figb3: "decision tree of Galaxy Zoo 2",
      figc4: "weight of the dust lane",
      figc5: "two weights together",
      fige6: "magnitudes and stellar masses",
      figf7: "scores against GPT-4o",
      figf8: "images against GPT-4o",
      headline: "claims of abstract and conclusion",
    },
  },
  galaxalign: {
    title: "GalaxAlign (Wang, Wang, Luo; arXiv:2411.19475)",
    items: {
      fig1: "images, symbols, texts",
      fig2: "instructions of the volunteers",
      fig3: "the two stages",
      table1: "models compared",
      fig4: "t-SNE of the embeddings",
      fig5: "mosaic of the feature space",
      table2: "classification",
      fig6: "F1 by amount of training data",
      table3: "similarity search",
      fig7: "retrieved galaxies",
      table4: "ablations",
      figx1: "t-SNE of the other baselines",
      figx2: "mosaic of Galaxy10",
      claims: "other numbers",
    },
  },
  efficientnet: {
    title:
      "Galaxy Morphology Classification with Deep Learning (J. Brainard, project article, 2026)",
    items: Object.fromEntries(
      Object.entries(EFFICIENTNET_ITEMS).filter(([, { isOwn }]) => !isOwn)
        .map(([name, { title }]) => [name, title]),
    ),
  },
  sommelier: {
    title: "Galaxy Sommelier (S. Yuan, 2025)",
    items: {
      summary: "the model of one survey",
      table1: "three stages of training",
      fig1: "the stages as bars",
      fig2: "distributions, true and predicted",
      features: "correlation by feature",
      table2: "inside and outside of the training survey",
      table3: "the same by feature",
      fig3: "both as bars",
      table4: "one survey and a mixture, on a third",
      fig4: "correlation by feature on the third survey",
      "max-overlap": "training on galaxies of both surveys",
      "high-quality": "training on those with most votes",
    },
  },
};

/** Items that other commands draw on the way. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "galaxysd/figb3": "deno task catalogue FILE",
};

/** An item and the command that reproduces it, if there is one. */
export type ItemState = { id: string; title: string; command?: string };

/**
 * All items of all papers by their ids, and after those of a paper what the kit adds to it.
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
  return Object.entries(PAPERS).flatMap(([paper, { items }]) => {
    const own = paper === "efficientnet" ? EFFICIENTNET_ITEMS : {};
    const added = Object.entries(own).filter(([, { isOwn }]) => isOwn);
    return [
      ...Object.entries(items).map(([name, title]) => [name, title] as const),
      ...added.map(([name, { title }]) => [name, `${title} (the kit's own)`] as const),
    ].map(([name, title]) => {
      const id = `${paper}/${name}`;
      const command = name in own ? `deno task reproduce ${paper} ${name}` : ELSEWHERE[id];
      return { id, title, ...(command === undefined ? {} : { command }) };
    });
  });
}
