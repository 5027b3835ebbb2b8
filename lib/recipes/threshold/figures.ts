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
import { count as number, percent, percentWithin, within } from "../../text.ts";
import type { Abstention } from "./abstention.ts";
import type { Galaxies } from "./galaxies.ts";
import type { ThresholdOutcome } from "./outcome.ts";
import { labelledPairs, LEAST_TRIALS, scoresOn, shareOf } from "./scores.ts";
import type { ThresholdSettings } from "./settings.ts";
import type { ThresholdRow } from "./sweep.ts";
import type { VolunteersRow } from "./volunteers.ts";
import { labelsAt } from "./votes.ts";

/** The sweep with its slider. */
export function tradeoffFigure({ sweep, galaxies, settings }: ThresholdOutcome): Figure {
  const { rows, judge, soft } = sweep;
  const total = Math.round(rows[0].kept / rows[0].keptShare.value);
  const of = (group: string, pick: (row: ThresholdRow) => Interval | null) =>
    rows.flatMap((row) => pointOf(row.threshold, pick(row), group));
  const count = (group: string, pick: (row: ThresholdRow) => number): CurvePoint[] =>
    rows.map((row) => ({ x: row.threshold, value: pick(row) / total, group }));
  const softly = soft && scoresOn(judge.labels, soft);
  const trulySoft = soft && galaxies.truth && scoresOn(galaxies.truth, soft);
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
      name: "Balanced accuracy, beside the volunteers' class",
      label: "mean of both classes",
      points: [
        ...of("all that pass", ({ balanced }) => balanced),
        ...of("the same number", ({ balancedSame }) => balancedSame),
        ...(softly ? of("soft labels, no threshold", () => softly.balanced) : []),
      ],
    },
    {
      name: "Hidden by distance: not the true class",
      label: "share of labels",
      points: [
        ...of("all", ({ hidden }) => hidden),
        ...of("smooth", ({ hiddenSmooth }) => hiddenSmooth),
        ...of("featured", ({ hiddenFeatured }) => hiddenFeatured),
      ],
    },
    {
      name: "Noise of votes: an endless crowd disagrees",
      label: "share of labels",
      points: [
        ...of("all", ({ noise }) => noise),
        ...of("smooth", ({ noiseSmooth }) => noiseSmooth),
        ...of("featured", ({ noiseFeatured }) => noiseFeatured),
      ],
    },
    {
      name: "Each volunteers' class, all that pass",
      label: "part that is told rightly",
      points: [
        ...of("mean of both", ({ balanced }) => balanced),
        ...of("smooth", ({ rightSmooth }) => rightSmooth),
        ...of("featured", ({ rightFeatured }) => rightFeatured),
      ],
    },
    {
      name: "Balanced accuracy, beside the true class",
      label: "mean of both classes",
      points: [
        ...of("all that pass", ({ balancedTruth }) => balancedTruth),
        ...(trulySoft ? of("soft labels, no threshold", () => trulySoft.balanced) : []),
      ],
    },
  ];
  return thresholdTradeoff(panels.filter(({ points }) => points.length > 0), {
    title: "What a label threshold costs and buys",
    at: settings.at,
    readout: (threshold) => {
      const row = rows.find((row) => row.threshold === threshold)!;
      const error = row.calibrationError;
      const told = (name: string, interval: Interval | null) =>
        interval ? [`${name} ${percentWithin(interval)}`] : [];
      return [
        `Threshold ${threshold}`,
        "",
        `${number(row.kept)} of ${number(total)} galaxies kept (${percent(row.keptShare.value)})`,
        `${number(row.smooth)} smooth, ${number(row.featured)} featured`,
        "",
        ...told("hidden by distance", row.hidden),
        ...told("noise of votes", row.noise),
        ...(row.accuracy === null ? [] : ["", "beside the volunteers' class:"]),
        ...told("· accuracy", row.accuracy),
        ...told("· balanced", row.balanced),
        ...told("· balanced, same number", row.balancedSame),
        ...told("· balanced, soft labels", softly && softly.balanced),
        ...told("· smooth", row.rightSmooth),
        ...told("· featured", row.rightFeatured),
        ...(error ? [`· calibration error ${within(error)}`] : []),
        ...(row.balancedTruth ? ["", "beside the true class:"] : []),
        ...told("· balanced", row.balancedTruth),
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
      const share = truth
        ? shareOf(labels, { of: (label, row) => label !== truth[row], least: LEAST_TRIALS })
        : shareOf(labels.map((label) => label < 0 ? 0 : 1), { of: (kept) => kept });
      return pointOf(threshold, share, group);
    })
  );
  return intervalCurves(points, {
    title: truth
      ? "Labels that are not the true class, by kind of vote fraction"
      : "Kept galaxies by kind of vote fraction",
    x: "label threshold",
    y: truth ? "share of labels" : "share of all galaxies",
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
    ...of("hidden by distance", (row) => row.hidden),
    ...of("the volunteers' class is another", ({ contradicted }) => contradicted),
  ];
  const right = [
    ...of("of all galaxies", (row) => row.accuracy),
    ...of("mean of both classes", (row) => row.balanced),
  ];
  return [
    ...(noise.length === 0 ? [] : [
      intervalCurves(noise, {
        ...axis,
        title: "Wrong labels by number of volunteers",
        y: "share of labels",
      }),
    ]),
    ...(right.length === 0 ? [] : [
      intervalCurves(right, {
        ...axis,
        title: "Accuracy of a probe that learns from them",
        y: "part that is right, beside the volunteers' class",
      }),
    ]),
  ];
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
  { sweep, settings: { thresholds, at } }: ThresholdOutcome,
): Figure {
  const { passing, rows, judge } = sweep;
  const known = [...thresholds.keys()].filter((i) => passing[i] !== null);
  const nearest = known.reduce((best, i) =>
    Math.abs(thresholds[i] - at) < Math.abs(thresholds[best] - at) ? i : best
  );
  const chosen = [...new Set([known[0], nearest, known.at(-1)!])];
  return reliabilityDiagram(
    chosen.map((i) => ({
      name: `threshold ${thresholds[i]}`,
      bins: calibration({ ...labelledPairs(judge.labels, passing[i]![0].featured), bins: 10 }).bins,
      expectedError: rows[i]!.calibrationError?.value, // As everywhere: in bins that are finer
    })),
    { title: "Reliability, beside the volunteers' class" },
  );
}

function pointOf(x: number, interval: Interval | null, group?: string): CurvePoint[] {
  if (interval === null) return [];
  const { value, low, high } = interval;
  return [{ x, value, low, high, group }];
}
