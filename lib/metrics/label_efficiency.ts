/**
 * How much is gained by more labels.
 *
 * @module
 */

import { refuseUnknown } from "../options.ts";
import { mean } from "../statistics.ts";
import { studentQuantile } from "./_beta.ts";

/** What a training with some labels came to. */
export type LabelRun = { labels: number; score: number };

/** What trainings with one number of labels came to. */
export type LabelPoint = {
  labels: number;
  /** The mean over its runs. */
  value: number;
  /** Ends of the interval of that mean; none of one run. */
  low?: number;
  high?: number;
  runs: number;
};

/**
 * The label-efficiency curve: the mean score of the trainings with each number of labels, with
 * Student's interval of that mean, `± t s / √n` over n runs that differ in their seed and in which
 * labels they got.
 *
 * @returns By rising number of labels
 * @throws {RangeError} When there are no runs, a score is not finite, or labels are not a positive
 *   number
 *
 * @example
 * ```ts
 * import { labelEfficiency } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const points = labelEfficiency([
 *   { labels: 100, score: 0.5 },
 *   { labels: 1000, score: 0.8 },
 *   { labels: 100, score: 0.6 },
 * ]);
 * assert.deepEqual(points.map(({ labels, value }) => [labels, value]), [[100, 0.55], [1000, 0.8]]);
 * ```
 */
export function labelEfficiency(
  runs: readonly LabelRun[],
  options: {
    /** Between 0 and 1. @default {0.95} */
    level?: number;
  } = {},
): LabelPoint[] {
  refuseUnknown(options, { level: true }, { what: "draw a label-efficiency curve" });
  const { level = 0.95 } = options;
  if (!(level > 0 && level < 1)) throw wrong(`level is ${level}, wanted a number between 0 and 1`);
  if (runs.length === 0) throw wrong("there are no runs");
  for (const { labels, score } of runs) {
    if (!(labels > 0 && labels < Infinity)) throw wrong(`a run has ${labels} labels`);
    if (!Number.isFinite(score)) throw wrong(`the score with ${labels} labels is ${score}`);
  }
  return [...Map.groupBy(runs, ({ labels }) => labels)].sort(([a], [b]) => a - b)
    .map(([labels, own]): LabelPoint => {
      const scores = own.map(({ score }) => score);
      const value = mean(scores);
      if (own.length < 2) return { labels, value, runs: 1 };
      const variance = scores.reduce((sum, score) => sum + (score - value) ** 2, 0) /
        (own.length - 1);
      const half = studentQuantile(level, own.length - 1) * Math.sqrt(variance / own.length);
      return { labels, value, low: value - half, high: value + half, runs: own.length };
    });
}

/**
 * The number of labels with which a curve first reaches a score, between its points along straight
 * lines over the logarithm of the number; NaN where it does not. The ratio of two curves' is what one
 * way of training saves.
 *
 * @param options `better`: whether the score is one of which more is better, as r, or less, as an error
 * @throws {RangeError} When there are no points
 *
 * @example
 * ```ts
 * import { labelsNeeded } from "galaxykit/metrics";
 * import assert from "node:assert/strict";
 *
 * const points = [{ labels: 100, value: 0.5 }, { labels: 10_000, value: 0.7 }];
 * assert.equal(Math.round(labelsNeeded(points, { score: 0.6 })), 1000);
 * assert.ok(Number.isNaN(labelsNeeded(points, { score: 0.9 })));
 * ```
 */
export function labelsNeeded(
  points: readonly Pick<LabelPoint, "labels" | "value">[],
  options: {
    score: number;
    /** @default {"higher"} */
    better?: "higher" | "lower";
  },
): number {
  refuseUnknown(options, { score: true, better: true }, {
    what: "tell how many labels are needed",
  });
  const { score, better = "higher" } = options;
  if (points.length === 0) throw wrong("there are no points");
  const sign = better === "higher" ? 1 : -1;
  const sorted = [...points].sort((a, b) => a.labels - b.labels);
  const at = sorted.findIndex(({ value }) => sign * value >= sign * score);
  if (at < 0) return NaN;
  if (at === 0) return sorted[0]!.labels;
  const [from, to] = [sorted[at - 1]!, sorted[at]!];
  const share = (score - from.value) / (to.value - from.value);
  return from.labels * (to.labels / from.labels) ** share;
}

function wrong(found: string): RangeError {
  return new RangeError(`Cannot draw a label-efficiency curve: ${found}`);
}
