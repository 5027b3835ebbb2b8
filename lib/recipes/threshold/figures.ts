/**
 * The figures of a run.
 *
 * @module
 */

import { calibration } from "../../metrics/mod.ts";
import type { Interval } from "../../metrics/mod.ts";
import {
  type CurvePoint,
  type Figure,
  intervalCurves,
  reliabilityDiagram,
  thresholdTradeoff,
  type TradeoffPanel,
} from "../../plot/mod.ts";
import { count as number, percent, percentWithin } from "../../text.ts";
import type { Abstention } from "./abstention.ts";
import type { Galaxies } from "./galaxies.ts";
import { labelledPairs, shareOf } from "./scores.ts";
import type { ThresholdSettings } from "./settings.ts";
import { labelNoise, type Sweep, type ThresholdRow } from "./sweep.ts";
import type { VolunteersRow } from "./volunteers.ts";
import { labelsAt, majorityLabels } from "./votes.ts";

/** The sweep with its slider. */
export function tradeoffFigure(rows: readonly ThresholdRow[], settings: ThresholdSettings): Figure {
  const total = Math.round(rows[0].kept / rows[0].keptShare.value);
  const of = (group: string, pick: (row: ThresholdRow) => Interval | null) =>
    rows.flatMap((row) => pointOf(row.threshold, pick(row), group));
  const count = (group: string, pick: (row: ThresholdRow) => number): CurvePoint[] =>
    rows.map((row) => ({ x: row.threshold, value: pick(row) / total, group }));
  const panels: TradeoffPanel[] = [
    {
      name: "Kept galaxies",
      label: "share of all galaxies",
      points: [
        ...count("all", ({ kept }) => kept),
        ...count("smooth", ({ smooth }) => smooth),
        ...count("featured", ({ featured }) => featured),
      ],
    },
    {
      name: "Label noise",
      label: "share of wrong labels",
      points: [
        ...of("all", ({ noise }) => noise),
        ...of("smooth", ({ noiseSmooth }) => noiseSmooth),
        ...of("featured", ({ noiseFeatured }) => noiseFeatured),
      ],
    },
    {
      name: "Accuracy on held-out galaxies",
      label: "part that is right",
      points: [
        ...of("kept", ({ accuracyKept }) => accuracyKept),
        ...of("clean", ({ accuracyClean }) => accuracyClean),
        ...of("majority", ({ accuracyMajority }) => accuracyMajority),
        ...of("true class", ({ accuracyTruth }) => accuracyTruth),
      ],
    },
    {
      name: "Calibration, on galaxies of a majority",
      label: "expected calibration error",
      format: "~g",
      points: of("", ({ calibrationError }) => calibrationError),
    },
  ];
  return thresholdTradeoff(panels.filter(({ points }) => points.length > 0), {
    title: "What a label threshold costs and buys",
    at: settings.at,
    readout: (threshold) => {
      const row = rows.find((row) => row.threshold === threshold)!;
      const error = row.calibrationError;
      const noise = row.noise && [
        "",
        `label noise ${percentWithin(row.noise)}`,
        `· smooth ${percentWithin(row.noiseSmooth)}`,
        `· featured ${percentWithin(row.noiseFeatured)}`,
      ];
      return [
        `Threshold ${threshold}`,
        "",
        `${number(row.kept)} of ${number(total)} galaxies kept (${percent(row.keptShare.value)})`,
        `${number(row.smooth)} smooth, ${number(row.featured)} featured`,
        ...noise ?? [],
        "",
        "accuracy",
        `· kept ${percentWithin(row.accuracyKept)}`,
        `· clean ${percentWithin(row.accuracyClean)}`,
        `· majority ${percentWithin(row.accuracyMajority)}`,
        ...row.accuracyTruth ? [`· true class ${percentWithin(row.accuracyTruth)}`] : [],
        "",
        error
          ? `calibration error ${error.value.toFixed(3)} [${error.low.toFixed(3)}, ${
            error.high.toFixed(3)
          }]`
          : "no probe: a class has too few galaxies",
      ];
    },
  });
}

/** The same thresholds on all kinds of fractions that the table has; null where it has one. */
export function kindsFigure(
  { kinds, truth }: Galaxies,
  { thresholds }: ThresholdSettings,
): Figure | null {
  if (Object.keys(kinds).length < 2) return null;
  const points = Object.entries(kinds).flatMap(([group, shares]) =>
    thresholds.flatMap((threshold) => {
      const labels = labelsAt(shares, threshold);
      const kept = labels.map((label) => label < 0 ? 0 : 1);
      const share = truth ? labelNoise(labels, truth).noise : shareOf(kept, { of: (one) => one });
      return pointOf(threshold, share, group);
    })
  );
  return intervalCurves(points, {
    title: truth
      ? "Label noise by kind of vote fraction"
      : "Kept galaxies by kind of vote fraction",
    x: "label threshold",
    y: truth ? "share of wrong labels" : "share of all galaxies",
    format: "~%",
  });
}

/** Noise and accuracy by the number of volunteers. */
export function volunteersFigures(rows: readonly VolunteersRow[]): Figure[] {
  const fewer = rows.filter(({ volunteers }) => volunteers !== null);
  const of = (group: string, pick: (row: VolunteersRow) => Interval | null) =>
    fewer.flatMap((row) => pointOf(row.volunteers!, pick(row), group));
  const axis = {
    x: "volunteers for each galaxy",
    scale: "log" as const,
    format: "~%",
    ticks: fewer.map(({ volunteers }) => volunteers!),
  };
  const noise = [
    ...of("not the true class", (row) => row.noise),
    ...of("not what all volunteers say", ({ contradicted }) => contradicted),
  ];
  const accuracy = [
    ...of("clean", (row) => row.accuracyClean),
    ...of("majority", (row) => row.accuracyMajority),
  ];
  const figures = [];
  if (noise.length > 0) {
    figures.push(intervalCurves(noise, {
      ...axis,
      title: "Label noise by number of volunteers",
      y: "share of labels",
    }));
  }
  if (accuracy.length > 0) {
    figures.push(intervalCurves(accuracy, {
      ...axis,
      title: "Accuracy of a probe that learns from them",
      y: "part that is right",
    }));
  }
  return figures;
}

/** Accuracy where only the surest are answered. */
export function coverageFigure({ curve, area, targets }: Abstention): Figure {
  return intervalCurves(
    curve.flatMap(({ coverage, accuracy }) => pointOf(coverage, accuracy)),
    {
      title: `Accuracy by coverage (area under the risk curve ${area.value.toFixed(3)})`,
      x: "coverage: share of galaxies that are answered, the surest first",
      y: "part of the answers that is right",
      format: "~%",
      reference: targets.map(({ target }) => ({ at: target, label: `${100 * target} % wanted` })),
    },
  );
}

/** Reliability at the lowest, the settings' and the highest threshold that left a probe. */
export function reliabilityFigure(
  { heldOut: [first], rows }: Sweep,
  { galaxies, settings }: { galaxies: Galaxies; settings: ThresholdSettings },
): Figure {
  const { thresholds, at } = settings;
  const known = [...thresholds.keys()].filter((i) => first[i] !== null);
  const nearest = known.reduce((best, i) =>
    Math.abs(thresholds[i] - at) < Math.abs(thresholds[best] - at) ? i : best
  );
  const chosen = [...new Set([known[0], nearest, known.at(-1)!])];
  const labels = majorityLabels(galaxies.shares);
  return reliabilityDiagram(
    chosen.map((i) => ({
      name: `threshold ${thresholds[i]}`,
      bins: calibration({ ...labelledPairs(labels, first[i]!), bins: 10 }).bins,
      expectedError: rows[i]!.calibrationError?.value, // As everywhere: in bins that are finer
    })),
    { title: "Reliability, on galaxies of a majority" },
  );
}

function pointOf(x: number, interval: Interval | null, group?: string): CurvePoint[] {
  if (interval === null) return [];
  const { value, low, high } = interval;
  return [{ x, value, low, high, group }];
}
