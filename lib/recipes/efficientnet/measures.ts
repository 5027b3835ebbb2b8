/**
 * How well a way of training answers, over its seeds.
 *
 * @module
 */

import { crossedInterval, type Interval } from "../../metrics/mod.ts";
import type { Prediction } from "./run_files.ts";
import { ARTICLE_MIXTURE, type CLASSES } from "./settings.ts";

/** Ways to count right answers; recalls are shares of a class that are found. */
export type Measure = "accuracy" | "balanced" | "mixture" | typeof CLASSES[number];

/** How each is called in tables and figures. */
export const MEASURE_NAMES: Record<Measure, string> = {
  accuracy: "accuracy",
  balanced: "balanced accuracy",
  mixture: "accuracy at 41.1/58.9",
  smooth: "smooth found",
  featured: "featured found",
};

/** What the classes weigh; plain accuracy weighs them as they come. */
const WEIGHTS: Record<Measure, Record<string, number> | undefined> = {
  accuracy: undefined,
  balanced: { smooth: 0.5, featured: 0.5 },
  mixture: ARTICLE_MIXTURE,
  smooth: { smooth: 1, featured: 0 },
  featured: { smooth: 0, featured: 1 },
};

/** What is said of the intervals. */
export const INTERVAL_NOTE =
  "95 % intervals are of galaxies and seeds together, both drawn again (Owen 2007, the pigeonhole bootstrap), the galaxies within their volunteers' class; of five seeds such an interval knows the spread roughly";

export function isWrong({ target, prediction }: Prediction): boolean {
  return target !== prediction;
}

/** A measure of the same galaxies under several seeds. */
export function measureOf(
  seeds: readonly Prediction[][],
  { measure, seed }: { measure: Measure; seed: number },
): Interval {
  return intervalOf(seeds.map((rows) => rows.map((row) => isWrong(row) ? 0 : 1)), {
    ...{ measure, seed, rows: seeds[0]! },
  });
}

/** The gain of one way over another, seed by seed and galaxy by galaxy. */
export function gainOf(
  { base, other, measure, seed }: {
    base: readonly Prediction[][];
    other: readonly Prediction[][];
    measure: Measure;
    seed: number;
  },
): Interval {
  const differences = base.map((rows, at) =>
    rows.map((row, i) => Number(isWrong(other[at]![i]!)) - Number(isWrong(row)))
  );
  return intervalOf(differences, { measure, seed, rows: base[0]! });
}

function intervalOf(
  table: number[][],
  { measure, seed, rows }: { measure: Measure; seed: number; rows: readonly Prediction[] },
): Interval {
  return crossedInterval(table, {
    strata: rows.map(({ target }) => target),
    weights: WEIGHTS[measure],
    seed,
  });
}
