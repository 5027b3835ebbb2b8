/**
 * Whether galaxies show what was asked for, by the word of a network that answers as volunteers do.
 *
 * @module
 */

import { type Answers, wins } from "./reader.ts";

/** How often one thing was seen. */
export type Agreement = { name: string; hits: number; of: number };

/** Of each picture whether it shows all answers of any of some kinds. */
export function showsAny(answers: Answers, kinds: readonly (readonly string[])[]): boolean[] {
  const each = kinds.map((kind) => kind.map((answer) => wins(answers, answer)));
  return Array.from(
    { length: answers.count },
    (_, row) => each.some((kind) => kind.every((won) => won[row])),
  );
}

/** How many of some pictures show what they should. */
export function agreementOf(name: string, shows: readonly boolean[]): Agreement {
  return { name, hits: shows.filter((one) => one).length, of: shows.length };
}

/** The mean of shares, each group counting alike. */
export function meanAgreement(all: readonly Agreement[]): number {
  const known = all.filter(({ of }) => of > 0);
  return known.reduce((sum, { hits, of }) => sum + hits / of, 0) / known.length;
}
