/**
 * Whether a single structure can be seen at all: a look that costs a fraction of a whole impression.
 *
 * @module
 */

import type { Galaxy } from "./galaxy.ts";
import { type Impression, impressionOf } from "./perception.ts";
import { featureless } from "./structure.ts";
import type { SurveyName } from "./survey.ts";

/** Structures that can be looked at alone, and what of a galaxy they are. */
const PARTS = {
  arms: ({ arms, knots, bar }) => ({ arms, knots, bar }),
  bar: ({ bar }) => ({ bar }),
  ring: ({ rings }) => ({ rings }),
  dustLane: ({ dustLane }) => ({ dustLane }),
  merger: ({ companion }) => ({ companion }),
} satisfies Partial<Record<keyof Impression, (galaxy: Galaxy) => Partial<Galaxy>>>;

/** A structure that can be looked at alone. */
export type Part = keyof typeof PARTS;

/** Nobody else in the frame. */
const ALONE = { companion: null, arc: null, neighbours: [], stars: [] } satisfies Partial<Galaxy>;

/** How plain a structure is, as {@linkcode impressionOf} says of the whole galaxy. */
export function glimpse(
  galaxy: Galaxy,
  { part, survey }: { part: Part; survey: SurveyName },
): number {
  const alone = { ...galaxy, ...featureless(), ...ALONE, ...PARTS[part](galaxy) };
  return impressionOf(alone, survey)[part];
}
