/**
 * Items that the votes alone tell: classes, vote fractions, sample images.
 *
 * @module
 */

import { histogramPanels, sampleGrid } from "../../../plot/mod.ts";
import { count, percent } from "../../../text.ts";
import type { Item } from "../../recipe.ts";
import type { EfficientnetRun } from "../run_files.ts";
import { CLASSES } from "../settings.ts";

type RunItem = Item<EfficientnetRun>;

const PUBLISHED = { smooth: 19_942, featured: 28_550, ambiguous: 13_086 };

/** Classes after the cut. */
export const table1: RunItem = {
  title: "classes by the threshold",
  notes: [
    "Published shares, 41.1 % and 58.9 %, are of the galaxies that are kept",
    "The article says Galaxy Zoo 2; 19,942 + 28,550 + 13,086 = 61,578 is the training table of the Kaggle Galaxy Zoo challenge, drawn from it, whose Class1.1 and Class1.2 the rule gives these counts on",
    "The threshold of 0.6 is called entirely arbitrary",
    "A fraction of exactly the threshold counts: at least 60 %",
  ],
  draw(run) {
    const { label } = run.galaxies();
    const own = { smooth: 0, featured: 0, ambiguous: 0, none: 0 };
    for (const name of label) own[name ?? "none"]++;
    const kept = own.smooth + own.featured;
    const published = PUBLISHED.smooth + PUBLISHED.featured;
    const rows = CLASSES.map((name) => [
      name === "smooth" ? "smooth (elliptical)" : "features or disk (spiral)",
      count(PUBLISHED[name]),
      percent(PUBLISHED[name] / published),
      count(own[name]),
      kept > 0 ? percent(own[name] / kept) : "",
    ]);
    rows.push(["kept", count(published), "", count(kept), ""]);
    rows.push(["ambiguous, removed", count(PUBLISHED.ambiguous), "", count(own.ambiguous), ""]);
    if (own.none > 0) rows.push(["without votes", "", "", count(own.none), ""]);
    return {
      table: {
        columns: [
          "volunteers' class",
          "published",
          "published share",
          "this run",
          "share in this run",
        ],
        rows,
      },
      values: own,
    };
  },
};

/** Vote fractions. */
export const fig1: RunItem = {
  title: "vote fractions of the first question",
  notes: [
    "Published: smooth and features bimodal, near 0 and near 1",
    "Left open: bins, and whether before or after the cut; here all galaxies, before it, in bins of 0.05",
  ],
  draw(run) {
    const { smooth, featured, artifact } = run.galaxies();
    const { threshold } = run.settings;
    const mark = { at: threshold, label: `threshold ${threshold}` };
    const figure = histogramPanels([
      { name: "Smooth", values: values(smooth), mark },
      { name: "Features or disk", values: values(featured), mark },
      { name: "Star or artifact", values: values(artifact) },
    ], { title: "Vote fractions", label: "share of the votes" });
    return { figures: { fig1: figure } };
  },
};

/** Sample images. */
export const fig2: RunItem = {
  title: "sample images of both classes",
  notes: [
    "Left open: how many images and which; here six of each class, drawn at random by the seed",
  ],
  async draw(run) {
    const { label, image, part, id } = run.galaxies();
    const rows = [...label.keys()].filter((row) => part[row] !== null);
    const grid = await sampleGrid({
      title: "Galaxies of both volunteers' classes",
      paths: rows.map((row) => image[row]!),
      labels: rows.map((row) => label[row]),
      captions: rows.map((row) => id[row]),
      classes: CLASSES,
      seed: run.settings.seed,
    });
    return { figures: { fig2: grid } };
  },
};

function values(column: readonly (number | null)[]): Float64Array {
  return Float64Array.from(column, (value) => value ?? NaN);
}
