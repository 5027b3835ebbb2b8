/**
 * The items of a run, and what was done in words.
 *
 * @module
 */

import { count, percent, percentWithin, within } from "../../text.ts";
import type { Item, ItemResult } from "../recipe.ts";
import {
  coverageFigure,
  kindsFigure,
  reliabilityFigure,
  tradeoffFigure,
  volunteersFigures,
} from "./figures.ts";
import type { Interval } from "../../metrics/mod.ts";
import { SUPPOSED } from "./endless_crowd.ts";
import type { ThresholdOutcome } from "./outcome.ts";
import { LEAST_TRIALS } from "./scores.ts";

type OwnItem = Item<ThresholdOutcome>;

const article: OwnItem = {
  title: "what the article says of its threshold",
  isOwn: true,
  notes: [
    "J. Brainard (2026) labels at 0.6, calls that arbitrary, and names as the next step to weigh the number of galaxies against label noise; it gives no numbers for either",
  ],
  draw({ galaxies, sweep: { rows }, recommendations }) {
    const row = rows.find(({ threshold }) => threshold === 0.6);
    if (!row) return { notes: ["0.6 is none of the thresholds of this run"] };
    const { keptShare, kept, smooth, noise, hidden } = row;
    const [best] = recommendations;
    return {
      table: {
        columns: ["at 0.6", "published", "this run"],
        rows: [
          ["galaxies before the cut", "61,578", count(galaxies.ids.length)],
          ["kept", "48,492 (78.7 %)", `${count(kept)} (${percent(keptShare.value)})`],
          ["of them smooth", "41.1 %", percent(smooth / kept)],
          ["labels hidden by distance", "no number", percentWithin(hidden)],
          ["noise of votes among labels", "no number", percentWithin(noise)],
          ["best threshold", "0.6, called arbitrary", best ? placed(best) : "–"],
        ],
      },
    };
  },
};

const tradeoff: OwnItem = {
  title: "the threshold",
  isOwn: true,
  notes: [
    "threshold_tradeoff.html, beside this page, has a slider that moves through the thresholds",
    "A galaxy is labelled with the answer of the larger share when that is at least the threshold; else it is left out",
    "Accuracy on what is kept rises with the threshold since harder galaxies go; everything else is measured on the same galaxies at each threshold",
    "Balanced, and each class: featured is told of galaxies for which it is likelier than it was in training, as if both classes had been equally frequent there; the mixture that a threshold leaves makes no difference",
    `Intervals are 95 %: Wilson's for shares, each galaxy counted once, and none of fewer than ${LEAST_TRIALS}; the bootstrap's for calibration errors`,
  ],
  draw(run) {
    const { galaxies, sweep, settings } = run;
    const { folds, repeats } = settings;
    const { sameCount, judge, rows } = sweep;
    const trained = sweep.passing.some((own) => own !== null);
    return {
      table: sweepTable(run),
      figures: { threshold_tradeoff: tradeoffFigure(run) },
      values: { rows },
      notes: [
        ...(galaxies.truth
          ? [
            "Hidden by distance: the label is not the true class (elliptical and lenticular are smooth, spiral and irregular featured, as drawn), and an endless crowd would give it, too",
          ]
          : []),
        galaxies.endless
          ? "Noise of votes: labels of which an endless crowd would say the other class, exactly, from the volunteers' own probabilities; by counts: the same estimated as on a real table"
          : `Noise of votes: labels of which an endless crowd would say the other class, estimated: votes are a binomial sample, and the law of the shares is fitted to all galaxies${
            galaxies.counts ? "" : `; ${SUPPOSED} volunteers are supposed behind each fraction`
          }`,
        ...(trained
          ? [
            `Volunteers' class: ${judge.words}. A linear probe is asked about galaxies that it has not learnt from: ${folds} folds, the same at each threshold, divided ${
              times(repeats)
            }`,
          ]
          : ["Votes alone: nothing was trained"]),
        ...(trained && sameCount
          ? [
            `The same number: ${count(sameCount.smooth)} smooth and ${
              count(sameCount.featured)
            } featured galaxies at each threshold, by lot, divided into the folds`,
          ]
          : []),
      ],
    };
  },
};

const recommendation: OwnItem = {
  title: "which threshold",
  isOwn: true,
  notes: [
    "The threshold of the highest balanced accuracy on held-out galaxies; its interval is of the place of the highest value where other galaxies are held out (bootstrap, 95 %; the probes stay)",
    "As good: thresholds whose balanced accuracy differs from the highest by nothing that the interval of the difference excludes. Many of them: the curve is flat, and the best place says little",
    "Soft labels: a probe that learns the vote fractions of all galaxies, without a threshold",
  ],
  draw({ recommendations, settings: { at } }) {
    if (recommendations.length === 0) return { notes: ["Votes alone: nothing was trained"] };
    return {
      table: {
        columns: [
          ...["beside", "learnt from", "best threshold", "as good"],
          ...["balanced accuracy", `better than at ${at} by`, "soft labels better by"],
        ],
        rows: recommendations.map((own) => [
          own.judge,
          own.learnt,
          placed(own),
          own.even.length > 1 ? `${own.even[0]} to ${own.even.at(-1)}` : "none other",
          percent(own.balanced),
          percentWithin(own.overSettings),
          percentWithin(own.softOver),
        ]),
      },
      values: { recommendations },
    };
  },
};

const fractions: OwnItem = {
  title: "kinds of vote fractions",
  isOwn: true,
  notes: ["The same thresholds on other fractions of the same votes; no training"],
  draw({ galaxies, settings }) {
    const figure = kindsFigure(galaxies, settings);
    return figure
      ? { figures: { fraction_kinds: figure } }
      : { notes: ["The table has one kind only"] };
  },
};

const volunteers: OwnItem = {
  title: "fewer volunteers",
  isOwn: true,
  notes: [
    "With few volunteers fractions are coarse: of 3, two make 0.67, so that a threshold of 0.6 keeps every galaxy on which two agree",
  ],
  draw({ galaxies, settings: { draws, at }, volunteers }) {
    const figures = volunteersFigures(volunteers);
    const name = (i: number) => figures.length > 1 ? `volunteers_${i + 1}` : "volunteers";
    return {
      table: volunteersTable(volunteers),
      figures: Object.fromEntries(figures.map((figure, i) => [name(i), figure])),
      notes: [
        galaxies.counts
          ? `Volunteers are drawn from each galaxy's own without replacement, ${
            times(draws)
          }, and all of them where there are fewer; labels are of raw fractions at ${at}`
          : `The table has fractions alone: volunteers are drawn as if each answered by himself with the fractions as probabilities, ${
            times(draws)
          }; labels at ${at}`,
      ],
    };
  },
};

const abstention: OwnItem = {
  title: "leaving doubtful galaxies out",
  isOwn: true,
  notes: [
    "The least confidence for a wanted accuracy is chosen on half of the galaxies and tried on the other half",
  ],
  draw(run) {
    const { abstention, settings: { at, votesOnly } } = run;
    if (!abstention) {
      return {
        notes: [
          votesOnly
            ? "Votes alone: nothing was trained"
            : `At ${at} a class has too few galaxies for a probe`,
        ],
      };
    }
    return {
      table: targetsTable(abstention.targets),
      figures: {
        coverage: coverageFigure(abstention),
        reliability: reliabilityFigure(run),
      },
      notes: [
        `Beside the volunteers' class, by a probe that learnt at the threshold nearest to ${at}`,
        `Area under the risk-coverage curve ${within(abstention.area, 4)}; 0 is best`,
      ],
    };
  },
};

/** By name, in the order of the page. */
export const THRESHOLD_ITEMS = {
  article,
  tradeoff,
  recommendation,
  fractions,
  volunteers,
  abstention,
};

/** What was swept, in lines. */
export function summary(
  { galaxies, settings, features, source: weights, seconds }: ThresholdOutcome,
): string {
  const { ids, kind, source, truth, leftOut } = galaxies;
  return [
    `${count(ids.length)} galaxies of ${source}${
      leftOut > 0 ? `; ${count(leftOut)} without an image or votes are left out` : ""
    }`,
    `Labels of ${kind} vote fractions; ${truth ? "true classes are known" : "no truth is known"}`,
    ...(features
      ? [
        `Features: ${features.width} of ${settings.model} (${weights})`,
        `${settings.thresholds.length} thresholds in ${
          seconds.toFixed(1)
        } s on features that were computed`,
      ]
      : ["Votes alone: no images were read, nothing was trained"]),
  ].join("\n");
}

/** A column of a table, left out where no row has a value. */
type TableColumn<Row> = [heading: string, cell: (row: Row) => string | Interval | null];

function tableOf<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
): ItemResult["table"] {
  const told = columns.filter(([, cell]) => rows.some((row) => cell(row) !== null));
  return {
    columns: told.map(([heading]) => heading),
    rows: rows.map((row) =>
      told.map(([, cell]) => {
        const value = cell(row);
        return typeof value === "string" ? value : percentWithin(value);
      })
    ),
  };
}

function sweepTable({ sweep: { rows } }: ThresholdOutcome): ItemResult["table"] {
  return tableOf(rows, [
    ["threshold", ({ threshold }) => `${threshold}`],
    ["kept", ({ kept }) => count(kept)],
    ["share", ({ keptShare }) => percent(keptShare.value)],
    ["smooth", ({ smooth }) => count(smooth)],
    ["featured", ({ featured }) => count(featured)],
    ["hidden by distance", ({ hidden }) => hidden],
    ["noise of votes", ({ noise }) => noise],
    ["by counts", ({ noiseFromCounts }) => noiseFromCounts],
    ["accuracy: kept", ({ accuracyKept }) => accuracyKept],
    ["volunteers' class", ({ accuracy }) => accuracy],
    ["balanced", ({ balanced }) => balanced],
    ["smooth told", ({ rightSmooth }) => rightSmooth],
    ["featured told", ({ rightFeatured }) => rightFeatured],
    ["balanced, same number", ({ balancedSame }) => balancedSame],
    ["true class, balanced", ({ balancedTruth }) => balancedTruth],
    ["calibration error", ({ calibrationError }) => calibrationError?.value.toFixed(3) ?? null],
  ]);
}

function volunteersTable(rows: ThresholdOutcome["volunteers"]): ItemResult["table"] {
  return tableOf(rows, [
    ["volunteers", ({ volunteers }) => `${volunteers ?? "all"}`],
    ["kept", ({ kept }) => count(kept)],
    ["share", ({ keptShare }) => percent(keptShare.value)],
    ["hidden by distance", ({ hidden }) => hidden],
    ["volunteers' class is another", ({ contradicted }) => contradicted],
    ["accuracy: volunteers' class", ({ accuracy }) => accuracy],
    ["balanced", ({ balanced }) => balanced],
  ]);
}

function targetsTable(
  rows: NonNullable<ThresholdOutcome["abstention"]>["targets"],
): ItemResult["table"] {
  return {
    columns: ["wanted accuracy", "least confidence", "coverage", "accuracy"],
    rows: rows.map(({ target, confidence, coverage, accuracy }) => [
      percent(target),
      confidence?.toFixed(3) ?? "none reaches it",
      percentWithin(coverage),
      percentWithin(accuracy),
    ]),
  };
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** "0.55 [0.5, 0.7]". */
function placed(
  { threshold, low, high }: { threshold: number; low: number; high: number },
): string {
  const [value, from, to] = [threshold, low, high].map((end) => Number(end.toFixed(3)));
  return `${value} [${from}, ${to}]`;
}
