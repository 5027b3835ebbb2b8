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
 * @param options `votes`: n x 37 votes; `sample`: what galaxies are compared by
 * @returns n x 37 fractions
 * @throws {TypeError} When the lengths differ
 */
export function debias(
  fractions: Float64Array,
  { votes, sample }: { votes: ArrayLike<number>; sample: Sample },
): Float64Array {
  const width = offsets.at(-1)!;
  const count = sample.redshift.length;
  if (fractions.length !== count * width || votes.length !== count * width) {
    throw new TypeError(
      `Cannot debias: ${count} galaxies want ${count * width} fractions and votes, ` +
        `found ${fractions.length} and ${votes.length}`,
    );
  }
  const debiased = fractions.slice();
  gz2Tree.questions.forEach((_, question) => {
    const [first, end] = [offsets[question], offsets[question + 1]];
    const asked: number[] = [];
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let k = first; k < end; k++) sum += votes[row * width + k];
      if (sum >= MINIMUM_VOTES) asked.push(row);
    }
    if (asked.length < BIN) return;
    for (const bin of binsOf(asked, sample)) {
      for (let k = first; k < end; k++) {
        matchRanks(bin, { from: fractions, to: debiased, at: (row) => row * width + k });
      }
    }
    for (const row of asked) normalise(debiased, row * width + first, row * width + end);
  });
  return debiased;
}

/** Bins of about equal number: slices of luminosity, each cut by size; in a bin by redshift. */
function binsOf(rows: number[], sample: Sample): number[][] {
  const bins = Math.max(1, Math.floor(rows.length / BIN));
  const slices = Math.max(1, Math.round(Math.sqrt(bins)));
  const bySize = slice(sortedBy(rows, sample.absoluteMagnitude), slices)
    .flatMap((part) => slice(sortedBy(part, sample.radiusKpc), Math.ceil(bins / slices)));
  return bySize.map((bin) => sortedBy(bin, sample.redshift));
}

function sortedBy(rows: readonly number[], key: ArrayLike<number>): number[] {
  return [...rows].sort((a, b) => key[a] - key[b] || a - b);
}

/** Parts of about equal length. */
function slice<T>(items: T[], parts: number): T[][] {
  return Array.from(
    { length: parts },
    (_, part) =>
      items.slice(
        Math.round(part * items.length / parts),
        Math.round((part + 1) * items.length / parts),
      ),
  );
}

/** Gives each galaxy of a bin, sorted by redshift, the value of its rank among the nearest fifth. */
function matchRanks(
  bin: readonly number[],
  { from, to, at }: { from: Float64Array; to: Float64Array; at: (row: number) => number },
): void {
  const nearest = Math.max(WINDOW, Math.ceil(bin.length / 5));
  const values = Float64Array.from(bin, (row) => from[at(row)]);
  const reference = values.slice(0, nearest).sort();
  bin.forEach((row, place) => {
    if (values[place] === 0) return;
    const start = Math.max(0, Math.min(place - WINDOW / 2, values.length - WINDOW));
    let below = 0;
    let equal = 0;
    for (let i = start; i < Math.min(start + WINDOW, values.length); i++) {
      if (values[i] < values[place]) below++;
      else if (values[i] === values[place]) equal++;
    }
    const rank = (below + 0.5 * equal) / Math.min(WINDOW, values.length);
    to[at(row)] = quantile(reference, rank);
  });
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
