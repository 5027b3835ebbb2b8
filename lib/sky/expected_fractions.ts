/**
 * What an endless crowd would say of a galaxy: the shares that its votes are a sample of.
 *
 * @module
 */

import { fractionsOf, offsets } from "./consistency.ts";
import { type Criteria, gz2Criteria } from "./criteria.ts";
import { EAGER_ANSWER, EAGERNESS, type Impressed, KINDS, NEXT, oddsOf, STAR } from "./_habits.ts";

/**
 * Eagerness in standard deviations, and how frequent it is: the trapezoid rule, which for a Gaussian
 * is exact to many digits at such a step.
 */
const STEP = 0.8;
const EAGER = Array.from({ length: 15 }, (_, k) => STEP * (k - 7)).map((deviations) => ({
  factor: Math.exp(EAGERNESS * deviations),
  share: STEP * Math.exp(-(deviations ** 2) / 2) / Math.sqrt(2 * Math.PI),
}));

/** Questions in an order in which each comes after those that lead to it. */
const ORDER = inOrder();

/**
 * The share of each of the 37 answers that an endless crowd would give a galaxy, of those who are
 * asked: the expectation over the volunteers' habits, by integration. Votes scatter about them as
 * the binomial law says; what the picture hides is hidden from the endless crowd, too.
 *
 * @param impressed The galaxy as it strikes everybody
 * @param criteria @default {gz2Criteria}
 *
 * @example
 * ```ts
 * import { classify, drawGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const { expected } = classify(drawGalaxy({ seed: 1, index: 7 }));
 * const [smooth, featured, artifact] = expected;
 * assert.ok(Math.abs(smooth + featured + artifact - 1) < 1e-12);
 * ```
 */
export function expectedFractions(
  impressed: Impressed,
  criteria: Criteria = gz2Criteria,
): Float64Array {
  const odds = oddsOf(impressed, criteria);
  const totals = new Float64Array(offsets.at(-1)!);
  for (const { share: ofKind, random, hasty } of KINDS) {
    for (const { share: soEager, factor } of EAGER) {
      // How much of the crowd is such a volunteer and is asked the question
      const asked = new Float64Array(odds.length);
      asked[0] = ofKind * soEager;
      for (const question of ORDER) {
        const own = odds[question];
        const favoured = EAGER_ANSWER[question];
        let sum = favoured < 0 ? 0 : own[favoured] * (factor - 1);
        for (let k = 0; k < own.length; k++) sum += own[k];
        const hurry = question === 0 ? hasty : 0;
        for (let k = 0; k < own.length; k++) {
          const judged = own[k] * (k === favoured ? factor : 1) / sum;
          let share = (1 - hurry) * (random / own.length + (1 - random) * judged);
          if (question === 0 && k === STAR) share += hurry;
          const clicks = asked[question] * share;
          totals[offsets[question] + k] += clicks;
          const next = NEXT[question][k];
          if (next >= 0) asked[next] += clicks;
        }
      }
    }
  }
  return fractionsOf(totals);
}

function inOrder(): number[] {
  const order: number[] = [];
  const visit = (question: number) => {
    if (question < 0 || order.includes(question)) return;
    NEXT[question].forEach(visit);
    order.unshift(question);
  };
  visit(0);
  return order;
}
