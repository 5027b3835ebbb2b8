/**
 * What it buys to leave doubtful galaxies to volunteers.
 *
 * @module
 */

import { stratifiedSplit } from "../../data/mod.ts";
import { type Interval, riskCoverage, wilsonInterval } from "../../metrics/mod.ts";
import { abstentionArea, labelledPairs, LEAST_TRIALS } from "./scores.ts";

/** Accuracy where a share of the galaxies is answered. */
export type CoverageRow = {
  coverage: number;
  count: number;
  /** Least confidence of those that are answered. */
  confidence: number;
  accuracy: Interval;
};

/** A confidence for a wanted accuracy, chosen on half of the galaxies and tried on the others. */
export type TargetRow = {
  target: number;
  /** null where no confidence reaches it. */
  confidence: number | null;
  /** Share of the other half that is answered. */
  coverage: Interval | null;
  /** Of what is answered; null where that is too little to tell. */
  accuracy: Interval | null;
};

/** What abstaining comes to. */
export type Abstention = {
  curve: CoverageRow[];
  /** Area under the risk-coverage curve: 0 is best. */
  area: Interval;
  targets: TargetRow[];
};

/** Points of the curve: enough to draw it. */
const POINTS = 50;

/** Answers among which a wanted accuracy must hold before it counts. */
const FEWEST = 20;

/** The coverage-accuracy curve on labelled galaxies, and the confidence for each target. */
export function abstain(labels: Int32Array, featured: Float64Array, { targets, seed }: {
  targets: readonly number[];
  seed: number;
}): Abstention {
  const pairs = labelledPairs(labels, featured);
  const { points } = riskCoverage(pairs);
  const curve = Array.from({ length: POINTS }, (_, i) => (i + 1) / POINTS)
    .map((coverage) => points.find((point) => point.coverage >= coverage - 1e-12)!)
    .filter((point, i, all) => i === 0 || point !== all[i - 1])
    .filter(({ count }) => count >= LEAST_TRIALS)
    .map(({ count, coverage, accuracy, threshold }) => ({
      ...{ coverage, count, confidence: threshold },
      accuracy: wilsonInterval({ successes: Math.round(accuracy * count), trials: count }),
    }));
  const halves = stratifiedSplit({
    labels: pairs.target,
    fractions: { chosen: 0.5, tried: 0.5 },
    seed,
  });
  const pick = (rows: Int32Array) => ({
    target: Array.from(rows, (row) => pairs.target[row]),
    probabilities: Array.from(rows, (row) => pairs.probabilities[row]),
  });
  const [chosen, tried] = [pick(halves.chosen), pick(halves.tried)].map((half) =>
    riskCoverage(half).points
  );
  return {
    curve,
    area: abstentionArea(labels, featured, { seed }),
    targets: targets.map((target) => {
      const found = chosen.findLast(({ accuracy, count }) => accuracy >= target && count >= FEWEST);
      if (found === undefined) return { target, confidence: null, coverage: null, accuracy: null };
      const total = tried.at(-1)!.count;
      const reached = tried.findLast(({ threshold }) => threshold >= found.threshold);
      const count = reached?.count ?? 0;
      return {
        target,
        confidence: found.threshold,
        coverage: wilsonInterval({ successes: count, trials: total }),
        accuracy: reached && count >= LEAST_TRIALS
          ? wilsonInterval({ successes: Math.round(reached.accuracy * count), trials: count })
          : null,
      };
    }),
  };
}
