/**
 * Items of the two-phase training and its predictions.
 *
 * @module
 */

import { bootstrapInterval, type Interval } from "../../../metrics/mod.ts";
import { confusionMatrix, histogramPanels, learningCurves } from "../../../plot/mod.ts";
import { median } from "../../../statistics.ts";
import { count, percent, percentWithin, within } from "../../../text.ts";
import type { Item } from "../../recipe.ts";
import { INTERVAL_NOTE, isWrong, type Measure, measureOf } from "../measures.ts";
import type { EfficientnetRun } from "../run_files.ts";
import { CLASSES } from "../settings.ts";

type RunItem = Item<EfficientnetRun>;

/** Loss curves. */
export const fig3: RunItem = {
  title: "loss in both phases",
  notes: [
    "Published: a fast fall in phase 1, slow further gain in phase 2; no numbers",
    "Left open: the loss (here cross-entropy), optimiser (Adam), batch, schedule (in each phase a rise over its first tenth, then a cosine to 0; the rates named are the highest), augmentation (none), whether Adam's state is kept between the phases (it begins anew), and what a block is (here one inverted residual block; the last one brings the final convolution along)",
    "Here gradients of a step longer than the setting clipNorm are scaled down to it, so that no single galaxy throws the training",
    "Batch normalisations of the backbone keep their statistics in both phases, those of the last blocks, too; the article does not say",
  ],
  draw(run) {
    const history = run.history(run.first);
    const phases = history.flatMap(({ phase, epoch }, row) =>
      row === 0 || phase !== history[row - 1].phase ? [{ from: epoch, label: phase }] : []
    );
    const rows = history.map(({ phase: _, ...numbers }) => numbers);
    const figure = learningCurves(rows, {
      title: "Training in two phases",
      metrics: ["loss", "accuracy"],
      phases,
    });
    const of = (epoch: number) => history[epoch - 1].validation_loss.toFixed(3);
    const ends = [1, phases[1]?.from - 1 || history.length, history.length];
    return {
      figures: { fig3: figure },
      table: {
        columns: ["", "published", "this run"],
        rows: [
          ["validation loss after epoch 1", "not printed", of(ends[0])],
          ["at the end of phase 1", "not printed", of(ends[1])],
          ["at the end of phase 2", "not printed", of(ends[2])],
        ],
      },
      values: { validation_loss: ends.map((epoch) => history[epoch - 1].validation_loss) },
    };
  },
};

/** Final validation accuracy. */
export const accuracy: RunItem = {
  title: "final validation accuracy",
  notes: [
    "9,699 = ⌈0.2 × 48,492⌉: an 80/20 split; the held-out validation set also serves as the test set",
    "Here the weights after the last epoch count, so that nothing is chosen by these galaxies",
    "Right is what agrees with the volunteers' class; an accuracy depends on the mixture of classes, so that the last line but one weighs them as they are mixed in the article: 41.1 % smooth, 58.9 % featured",
    "Left open: seed, and the spread between seeds",
    INTERVAL_NOTE,
  ],
  draw(run) {
    const seeds = run.bySeed(run.article, "two_phases");
    const [rows] = seeds;
    const { seed } = run.settings;
    const of = (measure: Measure) => measureOf(seeds, { measure, seed });
    const own = {
      ...{ accuracy: of("accuracy"), balanced: of("balanced"), mixture: of("mixture") },
      ...{ smooth: of("smooth"), featured: of("featured") },
    };
    const share = rows.filter(({ target }) => target === CLASSES[1]).length / rows.length;
    const errors = seeds.map((rows) => rows.filter(isWrong).length);
    const truth = agreement(run);
    return {
      table: {
        columns: ["", "published", "this run, 95 % interval"],
        rows: [
          ["accuracy, classes as they come", "≈ 90.9 %", percentWithin(own.accuracy)],
          ["smooth found (recall)", "not printed", percentWithin(own.smooth)],
          ["featured found (recall)", "not printed", percentWithin(own.featured)],
          ["balanced accuracy", "not printed", percentWithin(own.balanced)],
          ["accuracy at the article's mixture", "≈ 90.9 %", percentWithin(own.mixture)],
          ["validation galaxies", "9,699", count(rows.length)],
          ["errors", "≈ 883", `${Math.min(...errors)} to ${Math.max(...errors)}`],
          ["share of smooth", "41.1 %", percent(1 - share)],
          ["always the larger class", "58.9 %", percent(Math.max(share, 1 - share))],
          ...(truth
            ? [
              ["agrees with the true class: network", "unknown", percent(truth.network)],
              ["agrees with the true class: volunteers", "unknown", percent(truth.volunteers)],
            ]
            : []),
        ],
      },
      values: { ...own, galaxies: rows.length, seeds: seeds.length, ...(truth && { truth }) },
      notes: [
        `The article's network is EfficientNetB0 of ImageNet on 38,793 real galaxies; this run's is ${run.article.name} on ${
          count(run.trained)
        }: the numbers differ by data, network and number of galaxies, and their difference is no test of the article`,
        ...(truth
          ? [
            "The true class is the structure as drawn, whether or not anyone can see it; stars and artifacts left out",
          ]
          : []),
      ],
    };
  },
};

/** How often network and volunteers meet what was drawn, where that is known. */
function agreement(run: EfficientnetRun): { network: number; volunteers: number } | undefined {
  const { id, truth } = run.galaxies();
  const known = new Map(id.map((name, row) => [name, truth[row]]));
  const rows = run.bySeed(run.article, "two_phases").flat()
    .filter(({ id }) => known.get(id) === "smooth" || known.get(id) === "featured");
  if (rows.length === 0) return undefined;
  const share = (column: "prediction" | "target") =>
    rows.filter((row) => row[column] === known.get(row.id)).length / rows.length;
  return { network: share("prediction"), volunteers: share("target") };
}

/** Confusion matrix. */
export const fig4: RunItem = {
  title: "confusion matrix of the validation galaxies",
  notes: [
    "Published: a slight tendency to the larger class, features or disk; the cells are not printed",
    "Left open: whether counts or shares; here both, shares of the volunteers' class, of the first seed",
  ],
  draw(run) {
    const rows = run.predictions(run.first);
    const figure = confusionMatrix({
      target: rows.map(({ target }) => target),
      prediction: rows.map(({ prediction }) => prediction),
    }, { classes: CLASSES, title: "Validation galaxies", truth: "volunteers' class" });
    const shares = CLASSES.map((name) => {
      const [target, predicted] = (["target", "prediction"] as const).map((column) =>
        rows.filter((row) => row[column] === name).length / rows.length
      );
      const own = rows.filter(({ target }) => target === name);
      return { name, target, predicted, recall: 1 - own.filter(isWrong).length / own.length };
    });
    return {
      figures: { fig4: figure },
      table: {
        columns: [
          "volunteers' class",
          "share of the galaxies",
          "share of the predictions",
          "found (recall)",
        ],
        rows: shares.map(({ name, target, predicted, recall }) => [
          name,
          percent(target),
          percent(predicted),
          percent(recall),
        ]),
      },
      values: Object.fromEntries(shares.map(({ name, ...own }) => [name, own])),
    };
  },
};

/** Confidence. */
export const fig5: RunItem = {
  title: "confidence of right and wrong predictions",
  notes: [
    "Confidence is understood as the probability of the predicted class",
    "Left open: bins; here 0.025, of the first seed, and each histogram with an axis of its own",
  ],
  draw(run) {
    const rows = run.predictions(run.first);
    const { seed } = run.settings;
    const [right, wrong] = [false, true].map((wanted) =>
      rows.filter((row) => isWrong(row) === wanted).map(({ confidence }) => confidence)
    );
    const medians = {
      right: medianInterval(right, seed),
      wrong: medianInterval(wrong, seed),
    };
    const figure = histogramPanels(
      Object.entries({ right, wrong }).map(([name, values]) => {
        const known = medians[name as keyof typeof medians];
        const mark = known && { at: known.value, label: `median ${known.value.toFixed(2)}` };
        return { name, values, mark };
      }),
      {
        title: "Confidence of right and wrong predictions",
        label: "probability of the predicted class",
        range: [0.5, 1],
      },
    );
    return {
      figures: { fig5: figure },
      table: {
        columns: ["median confidence", "published", "this run, 95 % interval"],
        rows: [
          ["right", "≈ 0.95", medians.right ? within(medians.right) : "no galaxy"],
          ["wrong", "≈ 0.65", medians.wrong ? within(medians.wrong) : "no galaxy"],
        ],
      },
      values: medians,
    };
  },
};

function medianInterval(values: readonly number[], seed: number): Interval | undefined {
  if (values.length === 0) return undefined;
  return bootstrapInterval({ values }, { seed, metric: ({ values }) => median(values) });
}
