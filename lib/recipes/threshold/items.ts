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
import type { ThresholdOutcome } from "./outcome.ts";
import { LEAST_TRIALS } from "./scores.ts";

type OwnItem = Item<ThresholdOutcome>;

const tradeoff: OwnItem = {
  title: "the threshold",
  isOwn: true,
  notes: [
    "threshold_tradeoff.html, beside this page, has a slider that moves through the thresholds",
    "A galaxy is labelled with the answer of the larger share when that is at least the threshold; else it is left out",
    "Kept: galaxies that the threshold labels, other and easier ones as it rises. Majority: more than half. Clean and majority are the same galaxies at each threshold",
    `Intervals are 95 %: Wilson's for shares, each galaxy counted once, and none of fewer than ${LEAST_TRIALS}; the bootstrap's for calibration errors`,
  ],
  draw(run) {
    const { galaxies, sweep, settings } = run;
    const { folds, repeats, clean } = settings;
    return {
      table: sweepTable(run),
      figures: { threshold_tradeoff: tradeoffFigure(sweep.rows, settings) },
      notes: [
        ...(galaxies.truth
          ? [
            "Label noise: labels that differ from the class that was drawn (elliptical and lenticular are smooth, spiral and irregular featured), whether or not anyone could see it: most of it are spirals whose arms distance and seeing hide",
          ]
          : []),
        `Accuracy is of a linear probe on galaxies that it has not learnt from: ${folds} folds, the same at each threshold, divided ${
          times(repeats)
        }. Clean: share of ${clean} or more`,
      ],
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
    "Accuracy is beside what all volunteers say",
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
  draw({ galaxies, sweep, settings, abstention }) {
    const { at } = settings;
    if (!abstention) return { notes: [`At ${at} a class has too few galaxies for a probe`] };
    return {
      table: targetsTable(abstention.targets),
      figures: {
        coverage: coverageFigure(abstention),
        reliability: reliabilityFigure(sweep, { galaxies, settings }),
      },
      notes: [
        `On galaxies of a majority, by a probe that learnt at the threshold nearest to ${at}`,
        `Area under the risk-coverage curve ${within(abstention.area, 4)}; 0 is best`,
      ],
    };
  },
};

/** By name, in the order of the page. */
export const THRESHOLD_ITEMS = { tradeoff, fractions, volunteers, abstention };

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
    `Features: ${features.width} of ${settings.model} (${weights})`,
    `${settings.thresholds.length} thresholds in ${
      seconds.toFixed(1)
    } s on features that were computed`,
  ].join("\n");
}

function sweepTable(
  { sweep: { rows }, galaxies: { truth } }: ThresholdOutcome,
): ItemResult["table"] {
  return {
    columns: [
      ...["threshold", "kept", "share", "smooth", "featured"],
      ...(truth ? ["label noise"] : []),
      ...["accuracy: kept", "clean", "majority"],
      ...(truth ? ["true class"] : []),
      "calibration error",
    ],
    rows: rows.map((row) => [
      `${row.threshold}`,
      count(row.kept),
      percent(row.keptShare.value),
      count(row.smooth),
      count(row.featured),
      ...(truth ? [percentWithin(row.noise)] : []),
      percentWithin(row.accuracyKept),
      percentWithin(row.accuracyClean),
      percentWithin(row.accuracyMajority),
      ...(truth ? [percentWithin(row.accuracyTruth)] : []),
      row.calibrationError?.value.toFixed(3) ?? "–",
    ]),
  };
}

function volunteersTable(rows: ThresholdOutcome["volunteers"]): ItemResult["table"] {
  const hasTruth = rows.some(({ noise }) => noise !== null);
  return {
    columns: [
      ...["volunteers", "kept", "share"],
      ...(hasTruth ? ["label noise"] : []),
      ...["contradicted by all", "accuracy: clean", "majority"],
    ],
    rows: rows.map((row) => [
      `${row.volunteers ?? "all"}`,
      count(row.kept),
      percent(row.keptShare.value),
      ...(hasTruth ? [percentWithin(row.noise)] : []),
      percentWithin(row.contradicted),
      percentWithin(row.accuracyClean),
      percentWithin(row.accuracyMajority),
    ]),
  };
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
