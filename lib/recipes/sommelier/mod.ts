/**
 * Galaxy Sommelier (S. Yuan, 2025).
 *
 * @module
 */

import type { Paper } from "../recipe.ts";

/** Its items; none is reproduced yet. */
export const sommelier: Paper = {
  name: "sommelier",
  title: "Galaxy Sommelier (S. Yuan, 2025)",
  items: {
    summary: { title: "the model of one survey" },
    table1: { title: "three stages of training" },
    fig1: { title: "the stages as bars" },
    fig2: { title: "distributions, true and predicted" },
    features: { title: "correlation by feature" },
    table2: { title: "inside and outside of the training survey" },
    table3: { title: "the same by feature" },
    fig3: { title: "both as bars" },
    table4: { title: "one survey and a mixture, on a third" },
    fig4: { title: "correlation by feature on the third survey" },
    "max-overlap": { title: "training on galaxies of both surveys" },
    "high-quality": { title: "training on those with most votes" },
  },
};
