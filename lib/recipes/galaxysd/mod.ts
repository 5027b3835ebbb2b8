/**
 * GalaxySD (Ma et al. 2026, ApJS 282, 25; arXiv:2506.16233).
 *
 * @module
 */

import type { Paper } from "../recipe.ts";

/** Its items; none is reproduced yet. */
export const galaxysd: Paper = {
  name: "galaxysd",
  title: "GalaxySD (Ma et al. 2026, ApJS 282, 25; arXiv:2506.16233)",
  items: {
    fig1: { title: "scheme of the work" },
    selection: { title: "sample, cut by cut" },
    fig2: { title: "combinations of labels in the training set" },
    table1: { title: "prompts" },
    fig3: { title: "real and generated galaxies by prompt" },
    "vqa-accuracy": { title: "accuracy of eleven question classifiers" },
    fig4: { title: "image quality during training" },
    fig5: { title: "realism against diversity" },
    table2: { title: "four binary classifiers, three ways to train" },
    epochs: { title: "epochs until convergence" },
    fig6: { title: "two common features make a rare one" },
    table3: { title: "finding dust-lane early types" },
    fig7: { title: "dust-lane early types, generated and found" },
    search: { title: "candidates by round of the search" },
    catalog: { title: "the catalogue that was published" },
    fig8: { title: "redshifts" },
    fig9: { title: "star formation rates and halo masses" },
    figa1: { title: "training of the image encoder" },
    figa2: { title: "t-SNE of the embeddings" },
    figb3: { title: "decision tree of Galaxy Zoo 2", command: "deno task catalogue FILE" },
    figc4: { title: "weight of the dust lane" },
    figc5: { title: "two weights together" },
    fige6: { title: "magnitudes and stellar masses" },
    figf7: { title: "scores against GPT-4o" },
    figf8: { title: "images against GPT-4o" },
    headline: { title: "claims of abstract and conclusion" },
  },
};
