import assert from "node:assert/strict";
import type { Scores } from "galaxykit/metrics";
import reference from "../reference/metrics.json" with { type: "json" };

interface Case {
  target: number[];
  probabilities: number[][];
  prediction: number[];
  accuracy: number;
  balancedAccuracy: number;
  confusionMatrix: number[][];
  perClass: (Scores & { support: number })[];
  macro: Scores;
  micro: Scores;
  weighted: Scores;
  logLoss: number;
  topK: number[];
  brier: number;
  /** By weights; null for NaN. */
  kappa: Record<"none" | "linear" | "quadratic", number | null>;
  matthews: number;
  /** Null where a class has no samples. */
  rocAuc: Record<"macro" | "weighted", number> | null;
  calibrationError: number;
}

/** All of tests/reference/metrics.py. */
export { default as reference } from "../reference/metrics.json" with { type: "json" };

/** scikit-learn's numbers for classes. */
export const cases: Record<string, Case> = reference.cases;

/** Asserts that numbers, or trees of numbers of the same shape, agree within `tolerance`. */
export function assertClose(actual: unknown, expected: unknown, tolerance = 1e-12): void {
  if (typeof expected === "number") {
    assert(
      typeof actual === "number" && Math.abs(actual - expected) <= tolerance,
      `${actual} is not ${expected}`,
    );
    return;
  }
  const [found, wanted] = [Object.entries(actual as object), Object.entries(expected as object)];
  assert.deepEqual(found.map(([key]) => key).sort(), wanted.map(([key]) => key).sort());
  for (const [key, value] of wanted) {
    assertClose((actual as Record<string, unknown>)[key], value, tolerance);
  }
}
