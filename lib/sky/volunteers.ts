/**
 * Volunteers who look at a simulated galaxy and walk Galaxy Zoo 2's decision tree.
 *
 * @module
 */

import { Prng, streams } from "../prng.ts";
import { type Criteria, evidenceOf, gz2Criteria } from "./criteria.ts";
import { expectedFractions } from "./expected_fractions.ts";
import {
  EAGER_ANSWER,
  EAGERNESS,
  type Habits,
  type Impressed,
  KINDS,
  NEXT,
  oddsOf,
  STAR,
  type Votes,
} from "./_habits.ts";
import type { Galaxy } from "./galaxy.ts";
import { impressionOf } from "./perception.ts";
import type { SurveyName } from "./survey.ts";

export type { Votes };

/** Votes, and what they are a sample of. */
export type Classification = Votes & {
  /** Of the 37 answers: see {@linkcode expectedFractions}. */
  expected: Float64Array;
};

/** How a galaxy is classified. */
export type VoteOptions = {
  /** Whose picture they see. @default {"sdss"} */
  survey?: SurveyName;
  /**
   * How many volunteers look at a galaxy: mean and standard deviation, and the bounds.
   *
   * @default {{ mean: 43, deviation: 5.5, minimum: 30, maximum: 60 }, GZ2's main sample}
   */
  classifications?: { mean: number; deviation: number; minimum: number; maximum: number };
  /** @default {gz2Criteria} */
  criteria?: Criteria;
};

/** Galaxies that share a crowd: enough that everybody classifies over a hundred of them. */
const GALAXIES_PER_CROWD = 1000;
/** Volunteers of a crowd. Some are so keen that they see a good part of the galaxies. */
const CROWD = 300;

const QUESTIONS = NEXT.length;

/** GZ2's main sample (Willett et al. 2013, figure 1). */
const MAIN_SAMPLE = { mean: 43, deviation: 5.5, minimum: 30, maximum: 60 };

/**
 * Lets volunteers classify a galaxy. The votes depend on the galaxy's seed and index and on the
 * options alone, whatever other galaxies are classified.
 *
 * @throws {RangeError} When more than 150 volunteers are wanted, or none
 *
 * @example
 * ```ts
 * import { classify, drawGalaxy } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const { volunteers, answers } = classify(drawGalaxy({ seed: 1, index: 7 }));
 * assert.equal(answers.length, 11 * volunteers.length);
 * assert.ok(volunteers.length >= 30 && volunteers.length <= 60);
 * ```
 */
export function classify(galaxy: Galaxy, options: VoteOptions = {}): Classification {
  const session = assemble(galaxy, options);
  return {
    ...vote(session, options.criteria),
    expected: expectedFractions(session, options.criteria),
  };
}

/** A galaxy before its volunteers: all that their votes depend on but the criteria. */
export type Session = Impressed & {
  galaxy: Galaxy;
  volunteers: Uint32Array;
  habits: readonly Habits[];
  /** What chance decides: of each volunteer, for each question two numbers in [0, 1). */
  dice: Float64Array;
};

/** Brings volunteers before a galaxy. */
export function assemble(galaxy: Galaxy, options: VoteOptions = {}): Session {
  const { mean, deviation, minimum, maximum } = options.classifications ?? MAIN_SAMPLE;
  if (!(minimum >= 1 && minimum <= maximum && maximum <= CROWD / 2)) {
    throw new RangeError(
      `Cannot classify a galaxy: 1 to ${
        CROWD / 2
      } volunteers are wanted, ${minimum} to ${maximum} found`,
    );
  }
  const random = new Prng(galaxy.seed, [streams.votes, galaxy.index, 0]);
  const evidence = evidenceOf(impressionOf(galaxy, options.survey));
  const look = Object.fromEntries(
    Object.entries(evidence).map(([id, values]) => [id, values.map(() => random.normal())]),
  );
  const wanted = Math.round(mean + deviation * random.normal());
  const count = Math.max(minimum, Math.min(maximum, wanted));
  const crowd = crowdOf(galaxy.seed, Math.floor(galaxy.index / GALAXIES_PER_CROWD));
  const volunteers = crowd.draw(count, random);
  const habits = Array.from(volunteers, (number) => crowd.members[number % CROWD]);
  const chance = new Prng(galaxy.seed, [streams.votes, galaxy.index, 1]);
  const dice = Float64Array.from({ length: 2 * QUESTIONS * count }, () => chance.uniform());
  return { galaxy, evidence, look, volunteers, habits, dice };
}

/** Lets the volunteers of a session vote. */
export function vote(session: Session, criteria: Criteria = gz2Criteria): Votes {
  const { volunteers } = session;
  const odds = oddsOf(session, criteria);
  const answers = new Uint8Array(volunteers.length * QUESTIONS);
  for (let row = 0; row < volunteers.length; row++) {
    for (let question = 0; question >= 0;) {
      const answer = click(session, { odds: odds[question], row, question });
      answers[row * QUESTIONS + question] = answer + 1;
      question = NEXT[question][answer];
    }
  }
  return { volunteers, answers };
}

/** The answer, from 0, that a volunteer gives when asked. */
export function click(
  { habits, dice }: Session,
  { odds, row, question }: { odds: Float64Array; row: number; question: number },
): number {
  const { hasty, random, eager } = habits[row];
  const at = 2 * (row * QUESTIONS + question);
  const [habit, choice] = [dice[at], dice[at + 1]];
  const hurry = question === 0 ? hasty : 0;
  if (habit < hurry) return STAR;
  if (habit < hurry + (1 - hurry) * random) return Math.floor(choice * odds.length);
  const favoured = EAGER_ANSWER[question];
  const factor = Math.exp(eager);
  let total = 0;
  for (let k = 0; k < odds.length; k++) total += odds[k] * (k === favoured ? factor : 1);
  let left = choice * total;
  for (let k = 0; k < odds.length - 1; k++) {
    left -= odds[k] * (k === favoured ? factor : 1);
    if (left < 0) return k;
  }
  return odds.length - 1;
}

/** What kind of person each volunteer of a sky is: positions in {@linkcode KINDS}. */
export function volunteerKinds(seed: number, volunteers: Uint32Array): Uint8Array {
  const crowds = new Map<number, Crowd>();
  return Uint8Array.from(volunteers, (volunteer) => {
    const number = Math.floor(volunteer / CROWD);
    if (!crowds.has(number)) crowds.set(number, crowdOf(seed, number));
    const { random, hasty } = crowds.get(number)!.members[volunteer % CROWD];
    return KINDS.findIndex((kind) => kind.random === random && kind.hasty === hasty);
  });
}

/** The volunteers of a run of galaxies. */
type Crowd = {
  members: Habits[];
  /** Different members, the diligent ones more often, by their numbers among all crowds. */
  draw: (count: number, random: Prng) => Uint32Array;
};

/** A crowd is the same whenever it is made. */
function crowdOf(seed: number, number: number): Crowd {
  const random = new Prng(seed, [streams.crowd, number]);
  const members = Array.from({ length: CROWD }, (): Habits => {
    let dice = random.uniform();
    const { random: careless, hasty } = KINDS.find(({ share }) => (dice -= share) < 0) ?? KINDS[2];
    return { random: careless, hasty, eager: EAGERNESS * random.normal() };
  });
  // How much people classify spreads widely: a log-normal law.
  let sum = 0;
  const cumulative = members.map(() => sum += Math.exp(0.8 * random.normal()));
  return {
    members,
    draw(count, random) {
      const drawn = new Set<number>();
      while (drawn.size < count) {
        drawn.add(lowerBound(cumulative, random.uniform(0, sum)));
      }
      return Uint32Array.from(drawn, (member) => number * CROWD + member);
    },
  };
}

/** Position of the first value above `wanted` in rising numbers. */
function lowerBound(rising: readonly number[], wanted: number): number {
  let [low, high] = [0, rising.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
