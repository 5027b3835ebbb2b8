/**
 * Which threshold to take, how sure that is, and whether soft labels are better than any.
 *
 * @module
 */

import { bootstrapInterval, type Interval } from "../../metrics/mod.ts";
import { mean } from "../../statistics.ts";
import type { Galaxies } from "./galaxies.ts";
import type { HeldOut } from "./held_out.ts";
import { rightness } from "./scores.ts";
import type { ThresholdSettings } from "./settings.ts";
import type { Sweep } from "./sweep.ts";

/** The threshold of the highest balanced accuracy, by one way to train and to judge. */
export type Recommendation = {
  /** What the probes learnt from. */
  learnt: "all that pass" | "the same number";
  /** Beside which class. */
  judge: "volunteers' class" | "true class";
  threshold: number;
  /** Where the highest balanced accuracy lies, were other galaxies held out: their bootstrap. */
  low: number;
  high: number;
  /** Thresholds whose balanced accuracy cannot be told from it: the difference's interval has 0. */
  even: number[];
  /** The balanced accuracy there. */
  balanced: number;
  /** What it is better by than the settings' threshold. */
  overSettings: Interval | null;
  /** What soft labels are better by than it. */
  softOver: Interval | null;
};

/** Draws behind each interval: enough for its width. */
const RESAMPLES = 300;

/** A recommendation for each way to train and to judge; none where nothing was trained. */
export function recommend(
  { passing, same, soft, judge }: Sweep,
  { galaxies: { truth }, settings }: { galaxies: Galaxies; settings: ThresholdSettings },
): Recommendation[] {
  const judges = [
    { name: "volunteers' class" as const, labels: judge.labels },
    ...(truth ? [{ name: "true class" as const, labels: truth }] : []),
  ];
  const ways = [
    { learnt: "all that pass" as const, predictions: passing },
    { learnt: "the same number" as const, predictions: same },
  ];
  return judges.flatMap(({ name, labels }) =>
    ways.flatMap(({ learnt, predictions }) => {
      const best = bestOf({ predictions, soft, labels }, settings);
      return best ? [{ learnt, judge: name, ...best }] : [];
    })
  );
}

type Named = Omit<Recommendation, "learnt" | "judge">;

function bestOf(
  { predictions, soft, labels }: {
    predictions: Sweep["passing"];
    soft: Sweep["soft"];
    labels: Int32Array;
  },
  { thresholds, at, seed }: ThresholdSettings,
): Named | null {
  const rows = [...labels.keys()].filter((row) => labels[row] >= 0);
  const target = rows.map((row) => labels[row]);
  const rightOf = (own: HeldOut[]) => {
    const right = rightness(labels, own, { balanced: true });
    return rows.map((row) => right[row]);
  };
  const known = [...thresholds.keys()].filter((place) => predictions[place] !== null);
  if (known.length === 0 || new Set(target).size < 2) return null;
  const right = known.map((place) => rightOf(predictions[place]!));
  const options = { seed, resamples: RESAMPLES, strata: target };
  const highest = (columns: Record<string, number[]>) => {
    const values = known.map((_, k) => balanced(columns.target, columns[k]));
    return thresholds[known[values.indexOf(Math.max(...values))]];
  };
  const { value: threshold, low, high } = bootstrapInterval(
    { target, ...right } as unknown as Record<string, number[]>,
    { ...options, metric: highest },
  );
  const place = (wanted: number) =>
    known.reduce(
      (best, own, k) =>
        Math.abs(thresholds[own] - wanted) < Math.abs(thresholds[known[best]] - wanted) ? k : best,
      0,
    );
  const best = right[place(threshold)];
  const over = (a: number[], b: number[]) =>
    bootstrapInterval({ target, a, b }, {
      ...options,
      metric: ({ target, a, b }) => balanced(target, a) - balanced(target, b),
    });
  return {
    ...{ threshold, low, high },
    even: known.filter((_, k) => over(best, right[k]).low <= 0).map((place) => thresholds[place]),
    balanced: balanced(target, best),
    overSettings: over(best, right[place(at)]),
    softOver: soft && over(rightOf(soft), best),
  };
}

function balanced(target: readonly number[], right: readonly number[]): number {
  return mean([0, 1].map((label) => mean(right.filter((_, i) => target[i] === label))));
}
