/**
 * From clicks to the quantities of a catalogue: weights, fractions, debiased fractions, flags.
 *
 * @module
 */

import { cleanFlags } from "./clean_flags.ts";
import { consistencyWeights, fractionsOf, offsets, tally } from "./consistency.ts";
import { debiasing, type DebiasReference } from "./debias.ts";
import { KINDS, type Votes } from "./_habits.ts";
import type { Galaxy } from "./galaxy.ts";
import { volunteerKinds } from "./volunteers.ts";

/** What of a galaxy its votes are reduced by. */
export type Judged = {
  galaxy: Pick<
    Galaxy,
    "seed" | "redshift" | "absoluteMagnitude" | "petroR50" | "kpcPerArcsec"
  >;
  votes: Votes;
};

/** What a sky's votes tell of the volunteers and of what distance hides. Survives `postMessage`. */
export type VoteReference = {
  /** By volunteer. */
  weights: ReadonlyMap<number, number>;
  /** Of volunteers that the sky has not, by the kind of person. */
  ofKind: readonly number[];
  distributions: DebiasReference;
};

/** n x 37 values each, a row a galaxy. */
export type Reduced = {
  count: Float64Array;
  weight: Float64Array;
  fraction: Float64Array;
  weighted: Float64Array;
  debiased: Float64Array;
  flag: Float64Array;
};

const WIDTH = offsets.at(-1)!;

/** Learns what a table's votes are reduced by from all of its galaxies, which count alike. */
export function voteReference(sky: readonly Judged[]): VoteReference {
  const weights = consistencyWeights(sky.map(({ votes }) => votes));
  const sums = KINDS.map(() => ({ weights: 0, volunteers: 0 }));
  const seen = new Set<number>();
  for (const { galaxy: { seed }, votes: { volunteers } } of sky) {
    const fresh = volunteers.filter((volunteer) => !seen.has(volunteer));
    volunteerKinds(seed, fresh).forEach((kind, row) => {
      seen.add(fresh[row]);
      sums[kind].weights += weights.get(fresh[row])!;
      sums[kind].volunteers++;
    });
  }
  const ofKind = sums.map(({ weights, volunteers }) => volunteers === 0 ? 1 : weights / volunteers);
  const { count, weighted } = totals(sky, { weights, ofKind });
  return {
    ...{ weights, ofKind },
    distributions: { fractions: weighted, votes: count, sample: sampleOf(sky) },
  };
}

/**
 * Reduces votes as if their galaxies were rows of a reference's table: a galaxy's values depend on
 * itself and on the reference alone.
 */
export function reducing(reference: VoteReference): (sky: readonly Judged[]) => Reduced {
  const debiased = debiasing(reference.distributions);
  return (sky) => {
    const { count, weight, fraction, weighted } = totals(sky, reference);
    const corrected = debiased({ fractions: weighted, votes: count, sample: sampleOf(sky) });
    const flag = new Float64Array(count.length);
    for (let start = 0; start < count.length; start += WIDTH) {
      const [votes, fractions, debiased] = [count, weighted, corrected]
        .map((table) => table.subarray(start, start + WIDTH));
      flag.set(cleanFlags({ votes, fractions, debiased }), start);
    }
    return { count, weight, fraction, weighted, debiased: corrected, flag };
  };
}

function totals(
  sky: readonly Judged[],
  { weights, ofKind }: Pick<VoteReference, "weights" | "ofKind">,
): Pick<Reduced, "count" | "weight" | "fraction" | "weighted"> {
  const cells = () => new Float64Array(sky.length * WIDTH);
  const [count, weight, fraction, weighted] = [cells(), cells(), cells(), cells()];
  sky.forEach(({ galaxy, votes }, row) => {
    const total = tally(votes);
    const own = knownWeights({ galaxy, votes }, { weights, ofKind });
    const weightedTotal = tally(votes, { weights: own });
    count.set(total, row * WIDTH);
    weight.set(weightedTotal, row * WIDTH);
    fraction.set(fractionsOf(total), row * WIDTH);
    weighted.set(fractionsOf(weightedTotal), row * WIDTH);
  });
  return { count, weight, fraction, weighted };
}

/** The weights of a galaxy's volunteers: their own, or those of their kind. */
function knownWeights(
  { galaxy: { seed }, votes: { volunteers } }: Judged,
  { weights, ofKind }: Pick<VoteReference, "weights" | "ofKind">,
): ReadonlyMap<number, number> {
  if (volunteers.every((volunteer) => weights.has(volunteer))) return weights;
  const kinds = volunteerKinds(seed, volunteers);
  return new Map(
    Array.from(
      volunteers,
      (volunteer, row) => [volunteer, weights.get(volunteer) ?? ofKind[kinds[row]]],
    ),
  );
}

function sampleOf(sky: readonly Judged[]) {
  return {
    redshift: Float64Array.from(sky, ({ galaxy }) => galaxy.redshift),
    absoluteMagnitude: Float64Array.from(sky, ({ galaxy }) => galaxy.absoluteMagnitude),
    radiusKpc: Float64Array.from(sky, ({ galaxy }) => galaxy.petroR50 * galaxy.kpcPerArcsec),
  };
}
