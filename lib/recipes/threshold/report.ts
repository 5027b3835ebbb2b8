/**
 * The page of a run, and what a terminal is told.
 *
 * @module
 */

import { join } from "node:path";
import { writeFileAtomic } from "../../files.ts";
import { type Figure, type PageSection, reportPage } from "../../plot/mod.ts";
import { count, percent, percentWithin, textTable, within } from "../../text.ts";
import {
  coverageFigure,
  kindsFigure,
  reliabilityFigure,
  tradeoffFigure,
  volunteersFigures,
} from "./figures.ts";
import type { ThresholdOutcome } from "./outcome.ts";

type Table = NonNullable<PageSection["table"]>;

/** The tables of a run as text. */
export function thresholdReport(outcome: ThresholdOutcome): string {
  const { volunteers, abstention } = outcome;
  return [
    summary(outcome),
    "",
    text(sweepTable(outcome)),
    "",
    `Fewer volunteers, threshold ${outcome.settings.at}`,
    text(volunteersTable(volunteers)),
    ...(abstention
      ? ["", "Leaving doubtful galaxies out", text(targetsTable(abstention.targets))]
      : []),
  ].join("\n");
}

/** Draws the figures and writes them and `report.html`; returns the page's path. */
export async function writeThresholdReport(
  out: string,
  outcome: ThresholdOutcome,
): Promise<string> {
  const { galaxies, sweep, volunteers, abstention, settings } = outcome;
  const kinds = kindsFigure(galaxies, settings);
  const figures: Record<string, Figure[]> = {
    threshold_tradeoff: [tradeoffFigure(sweep.rows, settings)],
    fraction_kinds: kinds ? [kinds] : [],
    volunteers: volunteersFigures(volunteers),
    coverage: abstention ? [coverageFigure(abstention)] : [],
    reliability: [reliabilityFigure(sweep, { galaxies, settings })],
  };
  for (const [name, own] of Object.entries(figures)) {
    for (const [i, figure] of own.entries()) {
      const path = join(out, "figures", own.length > 1 ? `${name}_${i + 1}` : name);
      for (const extension of ["svg", "png"]) await figure.save(`${path}.${extension}`);
    }
  }
  const [slider] = figures.threshold_tradeoff;
  for (const extension of ["html", "json"]) {
    await slider.save(join(out, `threshold_tradeoff.${extension}`));
  }
  const page = join(out, "report.html");
  const content = await reportPage({
    title: "What a label threshold costs and buys",
    text: summary(outcome),
    sections: sectionsOf(outcome, figures),
  });
  writeFileAtomic(page, content);
  return page;
}

function sectionsOf(outcome: ThresholdOutcome, figures: Record<string, Figure[]>): PageSection[] {
  const { galaxies, settings, volunteers, abstention } = outcome;
  const { folds, repeats, clean, at } = settings;
  const sections: PageSection[] = [
    {
      heading: "The threshold",
      text:
        "threshold_tradeoff.html, beside this page, has a slider that moves through the thresholds.",
      table: sweepTable(outcome),
      figure: figures.threshold_tradeoff,
      notes: [
        "A galaxy is labelled with the answer of the larger share when that is at least the threshold; else it is left out",
        ...(galaxies.truth
          ? [
            "Label noise: labels that differ from the class that was drawn (elliptical and lenticular are smooth, spiral and irregular featured), whether or not anyone could see it: most of it are spirals whose arms distance and seeing hide",
          ]
          : []),
        `Accuracy is of a linear probe on galaxies that it has not learnt from: ${folds} folds, the same at each threshold, divided ${repeats} times`,
        `Kept: galaxies that the threshold labels, other and easier ones as it rises. Clean: share of ${clean} or more. Majority: more than half. These two are the same galaxies at each threshold`,
        "Intervals are 95 %: Wilson's for shares, each galaxy counted once; the bootstrap's for calibration errors",
      ],
    },
  ];
  if (figures.fraction_kinds.length > 0) {
    sections.push({
      heading: "Kinds of vote fractions",
      figure: figures.fraction_kinds,
      notes: ["The same thresholds on other fractions of the same votes; no training"],
    });
  }
  sections.push({
    heading: "Fewer volunteers",
    table: volunteersTable(volunteers),
    figure: figures.volunteers,
    notes: [
      galaxies.counts
        ? `Volunteers are drawn from each galaxy's own without replacement, ${settings.draws} times, and all of them where there are fewer; labels are of raw fractions at ${at}`
        : `The table has fractions alone: volunteers are drawn as if each answered by himself with the fractions as probabilities, ${settings.draws} times; labels at ${at}`,
      "Accuracy is beside what all volunteers say",
      "With few volunteers fractions are coarse: of 3, two make 0.67, so that a threshold of 0.6 keeps every galaxy on which two agree",
    ],
  });
  if (abstention) {
    sections.push({
      heading: "Leaving doubtful galaxies out",
      table: targetsTable(abstention.targets),
      figure: [...figures.coverage, ...figures.reliability],
      notes: [
        `On galaxies of a majority, by a probe that learnt at the threshold nearest to ${at}`,
        `Area under the risk-coverage curve ${within(abstention.area, 4)}; 0 is best`,
        "The least confidence for a wanted accuracy is chosen on half of the galaxies and tried on the other half",
      ],
    });
  }
  return sections;
}

function summary(
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

function sweepTable({ sweep: { rows }, galaxies: { truth } }: ThresholdOutcome): Table {
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

function volunteersTable(rows: ThresholdOutcome["volunteers"]): Table {
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

function targetsTable(rows: NonNullable<ThresholdOutcome["abstention"]>["targets"]): Table {
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

function text({ columns, rows }: Table): string {
  return textTable(columns, rows, { align: "right" });
}
