/**
 * What the tests of all seeds come to together.
 *
 * @module
 */

import { bootstrapInterval, type Interval } from "../../metrics/mod.ts";
import { mean } from "../../statistics.ts";
import type { TestResult } from "./train.ts";

/** How sure each part is, by galaxy: the part of the seeds that tell its class. */
type Galaxies = { target: number[]; right: number[] };

/**
 * The mean of the seeds' balanced accuracies, with an interval over galaxies: they are drawn again,
 * as many of each class, each with what all seeds said of it. How far the seeds themselves are apart
 * their own rows tell.
 */
export function balancedOver(tests: readonly TestResult[]): Interval {
  const { target, right } = galaxiesOf(tests);
  return bootstrapInterval({ target, right }, {
    metric: ({ target, right }) => balanced(target, right),
    strata: target,
    resamples: 1000,
  });
}

/** What the first are better by than the second, seed by seed on the same galaxies. */
export function gainOver(tests: readonly TestResult[], others: readonly TestResult[]): Interval {
  const [{ target, right: a }, { right: b }] = [galaxiesOf(tests), galaxiesOf(others)];
  return bootstrapInterval({ target, a, b }, {
    metric: ({ target, a, b }) => balanced(target, a) - balanced(target, b),
    strata: target,
    resamples: 1000,
  });
}

/** The part of each class that is told rightly, in the mean over the seeds; NaN of none. */
export function recalls(tests: readonly TestResult[], classes: number): number[] {
  const { target, right } = galaxiesOf(tests);
  return Array.from({ length: classes }, (_, label) => partOf(label, { target, right }));
}

function galaxiesOf(tests: readonly TestResult[]): Galaxies {
  const found = new Map<number, { target: number; right: number[] }>();
  for (const { indices, target, probabilities } of tests) {
    indices.forEach((index, row) => {
      const own = found.get(index) ?? { target: target[row], right: [] };
      const highest = probabilities[row].indexOf(Math.max(...probabilities[row]));
      own.right.push(highest === target[row] ? 1 : 0);
      found.set(index, own);
    });
  }
  const all = [...found].sort(([a], [b]) => a - b).map(([, own]) => own);
  return { target: all.map(({ target }) => target), right: all.map(({ right }) => mean(right)) };
}

function balanced(target: readonly number[], right: readonly number[]): number {
  return mean([...new Set(target)].map((label) => partOf(label, { target, right })));
}

function partOf(
  label: number,
  { target, right }: { target: readonly number[]; right: readonly number[] },
): number {
  return mean(right.filter((_, row) => target[row] === label));
}
