/**
 * Skies with more of some kinds of galaxies than nature has: a choice among a natural sky's.
 *
 * @module
 */

import { kindNamed, kindsOf } from "./_kinds.ts";

/**
 * Which galaxies a sky has: `"natural"`, the first ones of the natural sky; some kinds in equal
 * parts; or the share of each kind, the rest being natural.
 *
 * Kinds are named by what galaxies are (`elliptical`, `lenticular`, `spiral`, `irregular`,
 * `early type`, `1 arm` … `6 arms`, `flocculent`, `bar`, `ring`, `lens`, `dust lane`,
 * `early dust lane`, `edge-on`, `merger`, `disturbed`, `shells`, `arc`, `artifact`, `any`), or by what
 * volunteers agree on: an answer (`a34`), the tag of a caption (`tag:4 spiral arms`), a prompt of
 * GalaxySD (`A` to `P`). `spiral + ring` is both at once; `prompts` and `classes` stand for all of
 * them.
 *
 * @example
 * ```ts
 * import type { Population } from "galaxykit/sky";
 *
 * const captions: Population = ["prompts"];
 * const rings: Population = { "spiral + ring": 0.2, "a24": 0.1 }; // and 70 % natural
 * ```
 */
export type Population = "natural" | readonly string[] | Readonly<Record<string, number>>;

/** How many galaxies of each kind are wanted, and how many in all: undefined for just those. */
export type Quotas = {
  kinds: ReadonlyMap<string, number>;
  count: number | undefined;
};

/**
 * How many galaxies of each kind a population means.
 *
 * @param options `count`: galaxies in all; or `each`: galaxies of each kind
 * @throws {RangeError} When kinds or numbers make no sense
 */
export function quotasOf(
  population: Population,
  { count, each }: { count?: number; each?: number },
): Quotas {
  const refuse = (reason: string): never => {
    throw new RangeError(`Cannot draw a sky: ${reason}`);
  };
  if (population === "natural") {
    if (each !== undefined) refuse(`each is of a population of kinds, a natural one found`);
    return { kinds: new Map(), count: positive(count, "count") };
  }
  if (typeof population !== "object" || population === null) {
    refuse(
      `population must be "natural", a list of kinds or their shares, ${
        JSON.stringify(population)
      } found`,
    );
  }
  const shares = sharesOf(population);
  if (shares.size === 0) refuse("a population has at least one kind, none found");
  for (const name of shares.keys()) kindNamed(name);
  if (each !== undefined) {
    if (count !== undefined) refuse("count or each is wanted, both found");
    if (!Array.isArray(population)) refuse("each is of a list of kinds, shares found");
    positive(each, "each");
    return { kinds: new Map([...shares.keys()].map((name) => [name, each])), count: undefined };
  }
  const all = positive(count, "count");
  let sum = 0;
  const kinds = new Map<string, number>();
  for (const [name, share] of shares) {
    if (!(share > 0 && share <= 1)) refuse(`a share is above 0 and at most 1, ${share} found`);
    const before = Math.round(sum * all);
    sum += share;
    if (sum > 1 + 1e-9) refuse(`shares sum to at most 1, ${Number(sum.toFixed(6))} found`);
    kinds.set(name, Math.round(sum * all) - before);
  }
  const none = [...kinds].find(([, quota]) => quota === 0)?.[0];
  if (none !== undefined) {
    refuse(`a count of ${all} leaves no galaxy for "${none}"; ask for more, or name fewer kinds`);
  }
  return { kinds, count: all };
}

function positive(value: number | undefined, name: string): number {
  if (Number.isSafeInteger(value) && value! > 0) return value!;
  throw new RangeError(`Cannot draw a sky: ${name} must be a positive integer, ${value} found`);
}

/** The share of each kind; those that one name stands for part its share equally. */
function sharesOf(population: Exclude<Population, "natural">): Map<string, number> {
  const given = Array.isArray(population)
    ? population.map((name): [string, undefined] => [name, undefined])
    : Object.entries(population as Record<string, number>);
  const named = given.flatMap(([name, share]) => {
    const kinds = kindsOf(name);
    return kinds.map((kind): [string, number | undefined] => [
      kind,
      share === undefined ? undefined : share / kinds.length,
    ]);
  });
  const twice = named.find(([name], at) => named.findIndex(([other]) => other === name) !== at);
  if (twice) {
    throw new RangeError(`Cannot draw a sky: a population has each kind once, "${twice[0]}" twice`);
  }
  return new Map(named.map(([name, share]) => [name, share ?? 1 / named.length]));
}

/**
 * A population as one writes it on a command line: `natural`, `A,K,ring` or `A=0.2,ring=0.1`.
 *
 * @throws {RangeError} When some kinds have a share and others none, or one is no number
 */
export function populationOf(text: string): Population {
  if (text.trim() === "natural") return "natural";
  const parts = text.split(",").map((part) => part.split("=").map((word) => word.trim()));
  if (parts.every(({ length }) => length === 1)) return parts.map(([name]) => name);
  const wrong = parts.find(([, share, more]) => !(Number(share) > 0) || more !== undefined);
  if (wrong) {
    throw new RangeError(
      `Cannot draw a sky: kinds or KIND=SHARE are wanted, "${wrong.join("=")}" found among shares`,
    );
  }
  return Object.fromEntries(parts.map(([name, share]) => [name, Number(share)]));
}

/** A population as {@linkcode populationOf} reads it. */
export function populationText(population: Population): string {
  if (population === "natural") return population;
  return Array.isArray(population)
    ? population.join(",")
    : Object.entries(population).map(([name, share]) => `${name}=${share}`).join(",");
}

/** How far a search is. */
export type SearchState = {
  /** Galaxies before this one have been looked at. */
  position: number;
  /**
   * By kind the galaxies found, as many as wanted at most, and the first that was too many: among
   * those before it, the kind is complete.
   */
  kinds: Record<string, { found: number[]; until: number | null }>;
};

/** The galaxies of an enriched sky. */
export type Selection = {
  /** Rising. */
  indices: number[];
  /** How many galaxies of a natural sky of as many galaxies each stands for. */
  weights: Float64Array;
};

/**
 * The galaxies that a finished search and a number of natural ones come to.
 *
 * A galaxy is in the sky if it is among the first M natural ones, or if it is of a kind that was
 * searched up to beyond it. So those of one kind are a natural sky's of known length M, cut to the
 * kind; one of several kinds counts with the largest M. Its weight is N / M, N the number of all
 * galaxies. As a search goes on to the first galaxy that is too many, weights are without bias
 * (Haldane 1945, Biometrika 33, 222).
 */
export function selectionOf(state: SearchState, count: number | undefined): Selection {
  const reach = new Map<number, number>();
  for (const { found, until } of Object.values(state.kinds)) {
    for (const index of found) reach.set(index, Math.max(reach.get(index) ?? 0, until!));
  }
  let natural = 0;
  const chosen = new Set(reach.keys());
  while (count !== undefined && chosen.size < count) chosen.add(natural++);
  const indices = [...chosen].sort((a, b) => a - b);
  return {
    indices,
    weights: Float64Array.from(
      indices,
      (index) => indices.length / Math.max(reach.get(index) ?? 0, index < natural ? natural : 0),
    ),
  };
}
