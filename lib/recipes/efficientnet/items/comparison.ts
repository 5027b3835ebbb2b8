/**
 * Two phases against other ways to train, on the same galaxies.
 *
 * @module
 */

import { bootstrapInterval, mcNemarTest } from "../../../metrics/mod.ts";
import { intervalPlot } from "../../../plot/mod.ts";
import { mean } from "../../../statistics.ts";
import { count, percentWithin, pValue } from "../../../text.ts";
import type { Item } from "../../recipe.ts";
import type { EfficientnetRun } from "../run_files.ts";
import { CLASSES } from "../settings.ts";
import { VARIANT_NAMES } from "../variants.ts";
import { accuracyInterval, isWrong } from "./training.ts";

export const comparison: Item<EfficientnetRun> = {
  title: "two phases against one, and against training from scratch",
  isOwn: true,
  notes: [
    "Not in the article, which says that training from scratch would take far more data and compute, without a number",
    "All trainings have the same galaxies and as many epochs; from scratch starts from random values at the rate of phase 1",
    "Differences are in accuracy, two phases less the other, from the same resampled galaxies; p is McNemar's exact test",
  ],
  draw(run) {
    const { seed } = run.settings;
    const [first] = run.variants;
    const base = run.predictions(first);
    const rows = run.variants.map((variant) => {
      const own = run.predictions(variant);
      const seconds = run.history(variant).reduce((sum, { seconds }) => sum + seconds, 0);
      return { variant, own, seconds, accuracy: accuracyInterval(own) };
    });
    const numbers = rows.map(({ variant, own, seconds, accuracy }) => ({
      variant,
      seconds,
      accuracy,
      ...(variant === first ? {} : against(base, own, seed)),
    }));
    const figure = intervalPlot(
      numbers.map(({ variant, accuracy }) => ({ name: VARIANT_NAMES[variant], ...accuracy })),
      {
        title: "Accuracy by training",
        label: `accuracy of ${count(base.length)} galaxies, 95 % interval`,
      },
    );
    return {
      figures: { comparison: figure },
      table: {
        columns: ["training", "accuracy", "two phases less this", "p", "seconds"],
        rows: numbers.map(({ variant, accuracy, difference, p, seconds }) => [
          VARIANT_NAMES[variant],
          percentWithin(accuracy),
          difference ? percentWithin(difference) : "",
          p === undefined ? "" : pValue(p),
          seconds!.toFixed(0),
        ]),
      },
      values: Object.fromEntries(numbers.map(({ variant, ...own }) => [variant, own])),
    };
  },
};

type Rows = ReturnType<EfficientnetRun["predictions"]>;

/** The difference of two trainings on the same galaxies. */
function against(base: Rows, other: Rows, seed: number) {
  const [a, b] = [base, other].map((rows) => rows.map((row) => isWrong(row) ? 0 : 1));
  const numbers = (rows: Rows, column: "target" | "prediction") =>
    rows.map((row) => CLASSES.findIndex((name) => name === row[column]));
  return {
    difference: bootstrapInterval({ a, b }, { seed, metric: ({ a, b }) => mean(a) - mean(b) }),
    p: mcNemarTest({
      target: numbers(base, "target"),
      a: numbers(base, "prediction"),
      b: numbers(other, "prediction"),
    }).exact,
  };
}
