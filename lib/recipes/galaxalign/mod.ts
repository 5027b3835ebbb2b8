/**
 * GalaxAlign (Wang, Wang, Luo; arXiv:2411.19475).
 *
 * @module
 */

import type { Paper } from "../recipe.ts";

/** Its items; none is reproduced yet. */
export const galaxalign: Paper = {
  name: "galaxalign",
  title: "GalaxAlign (Wang, Wang, Luo; arXiv:2411.19475)",
  items: {
    fig1: { title: "images, symbols, texts" },
    fig2: { title: "instructions of the volunteers" },
    fig3: { title: "the two stages" },
    table1: { title: "models compared" },
    fig4: { title: "t-SNE of the embeddings" },
    fig5: { title: "mosaic of the feature space" },
    table2: { title: "classification" },
    fig6: { title: "F1 by amount of training data" },
    table3: { title: "similarity search" },
    fig7: { title: "retrieved galaxies" },
    table4: { title: "ablations" },
    figx1: { title: "t-SNE of the other baselines" },
    figx2: { title: "mosaic of Galaxy10" },
    claims: { title: "other numbers" },
  },
};
