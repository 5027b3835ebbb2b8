/**
 * GalaxySD (Ma et al. 2026, ApJS 282, 25; arXiv:2506.16233).
 *
 * @module
 */

import type { Recipe } from "../recipe.ts";
import { brightness } from "./items/brightness.ts";
import { fig3, fig6, figc4, figc5 } from "./items/images.ts";
import {
  checkpoints,
  groups,
  neighbours,
  prompts,
  shapes,
  tags,
  training,
} from "./items/measures.ts";
import { fig2, figb3, selection, table1 } from "./items/tables.ts";
import { type GalaxysdRun, prepare } from "./run.ts";
import { GALAXYSD_SETTINGS } from "./settings.ts";

/** Its items; those without `draw` are not reproduced yet. */
export const galaxysd: Recipe<typeof GALAXYSD_SETTINGS, GalaxysdRun> = {
  name: "galaxysd",
  title: "GalaxySD (Ma et al. 2026, ApJS 282, 25; arXiv:2506.16233)",
  summary: "Learn galaxies from captions and votes, and generate others.",
  data: "a GZ2 table and its images; without it, a simulated sky",
  settings: GALAXYSD_SETTINGS,
  items: {
    fig1: { title: "scheme of the work" },
    selection,
    fig2,
    table1,
    fig3,
    "vqa-accuracy": { title: "accuracy of eleven question classifiers" },
    fig4: { title: "image quality during training" },
    fig5: { title: "realism against diversity" },
    table2: { title: "four binary classifiers, three ways to train" },
    epochs: { title: "epochs until convergence" },
    fig6,
    table3: { title: "finding dust-lane early types" },
    fig7: { title: "dust-lane early types, generated and found" },
    search: { title: "candidates by round of the search" },
    catalog: { title: "the catalogue that was published" },
    fig8: { title: "redshifts" },
    fig9: { title: "star formation rates and halo masses" },
    figa1: { title: "training of the image encoder" },
    figa2: { title: "t-SNE of the embeddings" },
    figb3,
    figc4,
    figc5,
    fige6: { title: "magnitudes and stellar masses" },
    figf7: { title: "scores against GPT-4o" },
    figf8: { title: "images against GPT-4o" },
    headline: { title: "claims of abstract and conclusion" },
    training,
    groups,
    checkpoints,
    tags,
    prompts,
    shapes,
    neighbours,
    brightness,
  },
  prepare,
};
