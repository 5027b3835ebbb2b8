/**
 * Vote fractions corrected for what distance hides.
 *
 * @module
 */

import { gz2Tree } from "../data/catalogues/trees.ts";
import { offsets } from "./consistency.ts";

/** What the correction goes by, one value a galaxy. */
export type Sample = {
  /** Redshifts. */
  redshift: ArrayLike<number>;
  /** Absolute magnitudes in r. */
  absoluteMagnitude: ArrayLike<number>;
  /** Half-light radii in kiloparsecs. */
  radiusKpc: ArrayLike<number>;
};

/** Votes at a question below which a galaxy's fractions say too little (Hart et al. 2016). */
const MINIMUM_VOTES = 5;
/** Galaxies in a bin of equal luminosity and size. */
const BIN = 300;
/** Galaxies around a redshift whose fractions make one distribution. */
const WINDOW = 60;
const WIDTH = offsets.at(-1)!;

/** Votes of galaxies that others are compared with. */
export type DebiasReference = {
  /** n x 37 weighted vote fractions, a row a galaxy. */
  fractions: Float64Array;
  /** n x 37 votes. */
  votes: ArrayLike<number>;
  /** What galaxies are compared by. */
  sample: Sample;
};

/**
 * Debiased vote fractions, after Hart et al. 2016 (MNRAS 461, 3663): galaxies of one luminosity and
 * size should have the same distribution of fractions at every redshift. For each answer, galaxies
 * with 5 votes or more at its question are divided into bins of absolute magnitude and radius; in a
 * bin, a galaxy's fraction becomes the one of equal rank among the nearest fifth. An answer that
 * nobody gave stays at 0. The fractions of a question then are scaled to sum to 1.
 *
 * Hart et al. fit functions to the distributions; here the ranks are used as they are, and a
 * question that fewer than 300 galaxies were asked stays as it is.
 *
 * @param fractions n x 37 weighted vote fractions, a row a galaxy
 * @param options `votes`: n x 37 votes; `sample`: what galaxies are compared by; `reference`: whose
 * distributions count, all galaxies alike. @default {the galaxies themselves}
 * @returns n x 37 fractions
 * @throws {TypeError} When the lengths differ
 */
export function debias(
  fractions: Float64Array,
  { votes, sample, reference }: Omit<DebiasReference, "fractions"> & {
    reference?: DebiasReference;
  },
): Float64Array {
  return debiasing(reference ?? { fractions, votes, sample })({ fractions, votes, sample });
}

/** What debiases galaxies by the distributions of others: for those who do it piece by piece. */
export function debiasing(
  reference: DebiasReference,
): (galaxies: DebiasReference) => Float64Array {
  checkLengths(reference);
  const distributions = gz2Tree.questions.map((_, question) =>
    distributionsOf(question, reference)
  );
  return (galaxies) => {
    checkLengths(galaxies);
    const { fractions, votes, sample } = galaxies;
    const debiased = fractions.slice();
    distributions.forEach((of, question) => {
      if (of === undefined) return;
      const [first, end] = [offsets[question], offsets[question + 1]];
      for (const row of askedRows(question, votes)) {
        const { redshifts, answers } = of(row, sample);
        const place = countBelow(redshifts, sample.redshift[row]);
        for (let k = first; k < end; k++) {
          const at = row * WIDTH + k;
          if (fractions[at] > 0) debiased[at] = matched(fractions[at], place, answers[k - first]);
        }
        normalise(debiased, row * WIDTH + first, row * WIDTH + end);
      }
    });
    return debiased;
  };
}

function checkLengths({ fractions, votes, sample: { redshift } }: DebiasReference): void {
  const count = redshift.length;
  if (fractions.length === count * WIDTH && votes.length === count * WIDTH) return;
  throw new TypeError(
    `Cannot debias: ${count} galaxies want ${count * WIDTH} fractions and votes, ` +
      `found ${fractions.length} and ${votes.length}`,
  );
}

/** The galaxies with enough votes at a question. */
function askedRows(question: number, votes: ArrayLike<number>): number[] {
  const asked: number[] = [];
  for (let row = 0; row < votes.length / WIDTH; row++) {
    let sum = 0;
    for (let k = offsets[question]; k < offsets[question + 1]; k++) sum += votes[row * WIDTH + k];
    if (sum >= MINIMUM_VOTES) asked.push(row);
  }
  return asked;
}

/** Galaxies of one luminosity and size, by redshift. */
type Bin = {
  redshifts: Float64Array;
  /** Of each answer the fractions in the order of redshift, and those of the nearest fifth, sorted. */
  answers: { fractions: Float64Array; nearest: Float64Array }[];
};

/** Finds a galaxy's bin at a question; undefined where too few are asked. */
function distributionsOf(
  question: number,
  { fractions, votes, sample }: DebiasReference,
): ((row: number, of: Sample) => Bin) | undefined {
  const asked = askedRows(question, votes);
  if (asked.length < BIN) return undefined;
  const count = Math.max(1, Math.floor(asked.length / BIN));
  const slices = Math.max(1, Math.round(Math.sqrt(count)));
  const parts = parted(asked, {
    by: sample.absoluteMagnitude,
    into: slices,
    as: (slice) =>
      parted(slice, {
        by: sample.radiusKpc,
        into: Math.ceil(count / slices),
        as: (rows) =>
          binOf(sortedBy(rows, sample.redshift), {
            question,
            fractions,
            redshift: sample.redshift,
          }),
      }),
  });
  return (row, { absoluteMagnitude, radiusKpc }) => parts(absoluteMagnitude[row])(radiusKpc[row]);
}

/** Parts of about equal number by a quantity, equals together, and which of them is a value's. */
function parted<T>(
  rows: readonly number[],
  { by, into, as }: { by: ArrayLike<number>; into: number; as: (rows: number[]) => T },
): (value: number) => T {
  const sorted = sortedBy(rows, by);
  const firsts = new Set<number>(); // the smallest value of each part but the first
  for (let part = 1; part < into; part++) {
    const value = by[sorted[Math.round(part * sorted.length / into)]];
    if (value > by[sorted[0]]) firsts.add(value);
  }
  const edges = [...firsts];
  const partOf = (value: number) => edges.filter((edge) => edge <= value).length;
  const parts = Map.groupBy(sorted, (row) => partOf(by[row]));
  const made = Array.from({ length: edges.length + 1 }, (_, part) => as(parts.get(part)!));
  return (value) => made[partOf(value)];
}

function binOf(
  rows: readonly number[],
  { question, fractions, redshift }: {
    question: number;
    fractions: Float64Array;
    redshift: ArrayLike<number>;
  },
): Bin {
  const nearest = Math.max(WINDOW, Math.ceil(rows.length / 5));
  const answers = Array.from({ length: offsets[question + 1] - offsets[question] }, (_, k) => {
    const own = Float64Array.from(rows, (row) => fractions[row * WIDTH + offsets[question] + k]);
    return { fractions: own, nearest: own.slice(0, nearest).sort() };
  });
  return { redshifts: Float64Array.from(rows, (row) => redshift[row]), answers };
}

function sortedBy(rows: readonly number[], key: ArrayLike<number>): number[] {
  return [...rows].sort((a, b) => key[a] - key[b] || a - b);
}

/** The value whose rank among the nearest is a fraction's among those about its place. */
function matched(
  fraction: number,
  place: number,
  { fractions, nearest }: Bin["answers"][number],
): number {
  const start = Math.max(0, Math.min(place - WINDOW / 2, fractions.length - WINDOW));
  const end = Math.min(start + WINDOW, fractions.length);
  let below = 0;
  let equal = 0;
  for (let i = start; i < end; i++) {
    if (fractions[i] < fraction) below++;
    else if (fractions[i] === fraction) equal++;
  }
  return quantile(nearest, (below + 0.5 * equal) / (end - start));
}

/** How many of some rising numbers are below a value. */
function countBelow(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Quantile of sorted values, linear between them. */
function quantile(sorted: Float64Array, rank: number): number {
  const place = Math.min(sorted.length - 1, Math.max(0, rank * sorted.length - 0.5));
  const low = Math.floor(place);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

function normalise(values: Float64Array, first: number, end: number): void {
  let sum = 0;
  for (let k = first; k < end; k++) sum += values[k];
  if (sum === 0) return;
  for (let k = first; k < end; k++) values[k] /= sum;
}
