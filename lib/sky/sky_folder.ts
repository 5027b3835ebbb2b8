/**
 * A simulated survey on disk: pictures, catalogue, truth.
 *
 * @module
 */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { forEachConcurrent } from "../data/images/concurrency.ts";
import { writeTable } from "../data/tables.ts";
import { isFolder, writeFileAtomic } from "../files.ts";
import { interruptible } from "../interrupt.ts";
import { type OptionNames, refuseOther, refuseOutside, refuseUnknown } from "../options.ts";
import type { OnProgress } from "../progress.ts";
import { count as number } from "../text.ts";
import { checkWritable } from "../writable.ts";
import { checkGalaxies } from "./_check_galaxies.ts";
import {
  type Population,
  populationText,
  type Quotas,
  quotasOf,
  type SearchState,
  selectionOf,
} from "./enrichment.ts";
import type { Galaxy } from "./galaxy.ts";
import { kindNamed } from "./_kinds.ts";
import { searchKinds } from "./_search.ts";
import {
  type ClassifiedGalaxy,
  expectedTable,
  objectId,
  SIMULATED_SAMPLE,
  skyCatalogue,
  truthTable,
} from "./sky_catalogue.ts";
import { SkyWorkers, threadsFor } from "./sky_workers.ts";
import { type SurveyName, surveyNamed } from "./survey.ts";
import { type VoteReference, voteReference } from "./vote_reference.ts";

/** What a simulated survey consists of. */
export type SkyOptions = {
  /** Number of galaxies. Wanted, unless `each` or `galaxies` are given. */
  count?: number;
  /**
   * Which galaxies: the first ones of the natural sky, or a choice among them with more of some
   * kinds; see {@linkcode Population}. A galaxy stays the same in all of them.
   *
   * @default {"natural"}
   */
  population?: Population;
  /** Galaxies of each kind of the population, instead of `count`. */
  each?: number;
  /** Galaxies of one's own instead of drawn ones: each index once. */
  galaxies?: readonly Galaxy[];
  /** Any safe integer: the same one gives the same galaxies, pictures and votes. @default {0} */
  seed?: number;
  /** Side of the pictures in pixels, 8 to 2048. @default {424, GZ2's} */
  size?: number;
  /**
   * Whose pictures they look like. Of several surveys each gets a folder of its name within the
   * folder, with the same galaxies and ids; kinds that go by votes are chosen by those of the first.
   *
   * @default {"sdss"}
   */
  survey?: SurveyName | readonly SurveyName[];
  /** JPEG of quality 90, as surveys serve, or PNG, which keeps pixels exactly. @default {"jpeg"} */
  format?: "jpeg" | "png";
  /** Natural galaxies that a search for kinds looks through at most. @default {200,000,000} */
  searchLimit?: number;
  /** Natural galaxies by whose votes those of an enriched sky are reduced. @default {4000} */
  reference?: number;
};

const SKY_OPTIONS: OptionNames<SkyOptions> = {
  count: true,
  population: true,
  each: true,
  galaxies: true,
  seed: true,
  size: true,
  survey: true,
  format: true,
  searchLimit: true,
  reference: true,
};

/** A kind of galaxies in an enriched sky. */
export type KindFound = {
  /** Its name. */
  kind: string;
  /** Indices of those that were wanted, rising; by nature there may be more among the others. */
  indices: readonly number[];
  /** Natural galaxies among which these are all. */
  among: number;
};

/**
 * Writes a simulated survey:
 *
 * - `images/0.jpg` …: the pictures, named by `asset_id`, the galaxy's index;
 * - `catalogue.parquet`: votes in the 228 columns of GZ2, see {@linkcode skyCatalogue}; with kinds or
 *   galaxies of one's own `population_weight`, too;
 * - `gz2_filename_mapping.csv`: object id, sample and `asset_id`, as GZ2 has it;
 * - `truth.parquet`: what was drawn, see {@linkcode truthTable};
 * - `expected_votes.parquet`: what an endless crowd would say, see {@linkcode expectedTable};
 * - `README.md`, `sky.json`: what it is, how it was made, and whether it is finished; `selection.json`, `galaxies.json`: which
 *   galaxies were chosen or given.
 *
 * Stopped work goes on where it was when the same call is made again: a search from where it had come
 * to, and pictures that are there are kept. Tables are written at the end; a finished sky stays as
 * it is.
 *
 * Galaxies of an enriched sky are a choice among those of the natural sky of the seed, and have known
 * weights: a mean weighted by `population_weight` is that of the natural sky, as far as the kinds
 * cover it. Their votes are reduced (volunteers weighted, fractions debiased) by the natural sky's
 * first 4,000 galaxies, so that a row is about what it is in the natural sky's table.
 *
 * @param folder Empty, missing, or left by the same call
 * @returns How many pictures were drawn, how many were there, and what was found of each kind
 * @throws {RangeError} When an option is out of range, or a galaxy is wrong
 * @throws {Error} When the folder holds something else, or a survey of other settings, or when a kind
 * is too rare
 * @throws {DOMException} When the signal aborts
 *
 * @example
 * ```ts
 * import { writeSky } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/sky`;
 * const { drawn } = await writeSky(folder, { count: 3, seed: 1, size: 32 });
 * assert.equal(drawn, 3);
 * const { kept } = await writeSky(folder, { count: 3, seed: 1, size: 32 });
 * assert.equal(kept, 3);
 * ```
 */
export async function writeSky(
  folder: string,
  options: SkyOptions & {
    /** Worker threads. @default {one a core, fewer for few galaxies} */
    workers?: number;
    /** Stops between two pictures, or pieces of a search. */
    signal?: AbortSignal;
    /** Told of each galaxy, those included that had their picture already. */
    onProgress?: OnProgress;
  },
): Promise<{ drawn: number; kept: number; kinds: KindFound[] }> {
  refuseUnknown(options, { ...SKY_OPTIONS, workers: true, signal: true, onProgress: true }, {
    what: "write a sky",
  });
  const { workers: threads, signal: given, onProgress, ...wanted } = options;
  using work = interruptible(given);
  const settings = settingsOf(wanted);
  const { surveys, galaxies } = settings;
  const places = surveys.map((survey) => ({
    survey,
    folder: typeof wanted.survey === "object" ? join(folder, survey) : folder,
  }));
  if (places[0].folder !== folder) checkParent(folder, surveys);
  const finished = places.filter((place) => begin(place, settings));
  const { kinds: searched, count: total = Infinity } = settings.quotas;
  using workers = new SkyWorkers({
    workers: threads ?? threadsFor(searched.size > 0 ? Infinity : total),
  });
  const job = { workers, settings, signal: work.signal, onProgress, references: new Map() };
  const { kinds, ...selection } = galaxies === undefined
    ? await choose(places[0], job)
    : { kinds: [], indices: galaxies.map(({ index }) => index), galaxies };
  let [drawn, kept] = [0, 0];
  for (const place of places) {
    if (finished.includes(place) && hasPictures(place, { settings, selection })) {
      kept += selection.indices.length;
      continue;
    }
    const done = await writeSurvey(place, { ...job, selection });
    drawn += done.drawn;
    kept += done.kept;
  }
  return { drawn, kept, kinds };
}

/** What all parts of the work need. */
type Job = {
  workers: SkyWorkers;
  settings: Settings;
  /** What votes in a survey are reduced by, once it is known. */
  references: Map<SurveyName, VoteReference>;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** Where a survey goes. */
type Place = { folder: string; survey: SurveyName };

/** Which galaxies a sky has. */
type Chosen = {
  indices: readonly number[];
  /** Those of one's own. */
  galaxies?: readonly Galaxy[];
  /** Of an enriched sky. */
  weights?: Float64Array;
};

/** Chooses the galaxies of a population by the votes of a survey. */
async function choose(
  { folder, survey }: Place,
  job: Job,
): Promise<Chosen & { kinds: KindFound[] }> {
  const { workers, settings, signal, onProgress } = job;
  const { seed, quotas, searchLimit: limit } = settings;
  if (quotas.kinds.size === 0) {
    return { indices: Array.from({ length: quotas.count! }, (_, index) => index), kinds: [] };
  }
  const path = join(folder, "selection.json");
  const search = { seed, survey, quotas: Object.fromEntries(quotas.kinds) };
  const last = existsSync(path) ? JSON.parse(Deno.readTextFileSync(path)) : undefined;
  const isSame = JSON.stringify(last?.search) === JSON.stringify(search);
  const known: SearchState | undefined = isSame ? last.state : undefined;
  const lacking = [...quotas.kinds.keys()].filter((kind) => known?.kinds[kind].until == null);
  if (lacking.some((kind) => kindNamed(kind).answers.length > 0)) {
    workers.reduceBy(await referenceOf(survey, job));
  }
  const state = await searchKinds(workers, {
    ...{ seed, survey, quotas: quotas.kinds, limit, signal, onProgress },
    state: known,
    save: (state) => writeFileAtomic(path, `${JSON.stringify({ search, state })}\n`),
  });
  return {
    ...selectionOf(state, quotas.count),
    kinds: Object.entries(state.kinds).map(([kind, { found, until }]) => ({
      ...{ kind, indices: found, among: until! },
    })),
  };
}

/** What an enriched sky's votes are reduced by: those of the natural sky's first galaxies. */
async function referenceOf(
  survey: SurveyName,
  { workers, settings: { seed, reference: total }, references, signal, onProgress }: Job,
): Promise<VoteReference> {
  const known = references.get(survey);
  if (known) return known;
  const chunk = 100;
  const natural: ClassifiedGalaxy[][] = [];
  let done = 0;
  await forEachConcurrent(Math.ceil(total / chunk), {
    limit: 2 * workers.count,
    signal,
    async task(part) {
      const [start, end] = [part * chunk, Math.min(total, (part + 1) * chunk)];
      natural[part] = await workers.classify({ seed, start, end, survey });
      done += end - start;
      onProgress?.({ what: "Classifying a natural sky", done, total, unit: "galaxies" });
    },
  });
  const found = voteReference(natural.flat());
  references.set(survey, found);
  return found;
}

/** Draws the pictures of a survey, and writes its tables. */
async function writeSurvey(
  { folder, survey }: Place,
  job: Job & { selection: Chosen },
): Promise<{ drawn: number; kept: number }> {
  const { workers, settings, selection, signal, onProgress } = job;
  const { seed, size, format } = settings;
  const { indices, galaxies, weights } = selection;
  const total = indices.length;
  const sky: ClassifiedGalaxy[] = new Array(total);
  let [done, kept] = [0, 0];
  await forEachConcurrent(total, {
    limit: 3 * workers.count, // one drawn, one waiting, one encoded
    signal,
    async task(row) {
      const index = indices[row];
      const path = picturePath(folder, { index, format });
      const there = isPicture(path);
      const request = { seed, index, survey, size: there ? 0 : size, galaxy: galaxies?.[row] };
      const { pixels, ...drawn } = await workers.draw(request);
      if (there) kept++;
      else writeFileAtomic(path, await encode(pixels, { size, format }));
      sky[row] = drawn;
      onProgress?.({ what: "Drawing galaxies", done: ++done, total, unit: "galaxies" });
    },
  });
  const reference = weights && await referenceOf(survey, job);
  const truth = sky.map(({ galaxy }) => galaxy);
  writeTable(join(folder, "catalogue.parquet"), skyCatalogue(sky, { reference, weights }));
  writeTable(join(folder, "truth.parquet"), truthTable(truth, { weights }));
  writeTable(join(folder, "expected_votes.parquet"), expectedTable(sky));
  writeTable(join(folder, "gz2_filename_mapping.csv"), {
    objid: BigInt64Array.from(truth, objectId) as unknown as bigint[],
    sample: sky.map(() => SIMULATED_SAMPLE),
    asset_id: Int32Array.from(indices),
  });
  writeFileAtomic(join(folder, "README.md"), readme({ folder, survey }, { settings, total }));
  writeFileAtomic(join(folder, "sky.json"), recordOf({ survey }, { settings, finished: true }));
  return { drawn: total - kept, kept };
}

/** Options that are sound, and complete. */
type Settings =
  & Required<Omit<SkyOptions, "count" | "each" | "galaxies" | "survey">>
  & Pick<SkyOptions, "count" | "each" | "galaxies">
  & { surveys: readonly SurveyName[]; quotas: Quotas };

function settingsOf(
  {
    count,
    population = "natural",
    each,
    galaxies,
    seed = 0,
    size = 424,
    survey = "sdss",
    format = "jpeg",
    searchLimit = 200_000_000,
    reference = 4000,
  }: SkyOptions,
): Settings {
  refuseOutside({ seed, size, searchLimit, reference }, {
    seed: "whole (-∞, ∞)",
    size: "whole [8, 2048]",
    searchLimit: "whole [1, 2147483647]", // Tables hold indices as 32-bit integers
    reference: "whole [1, ∞)",
  }, { what: "write a sky" });
  refuseOther({ format }, { format: ["jpeg", "png"] }, { what: "write a sky" });
  const surveys = typeof survey === "string" ? [survey] : [...survey];
  surveys.forEach(surveyNamed);
  if (surveys.length === 0 || new Set(surveys).size < surveys.length) {
    throw new RangeError(
      `Cannot write a sky: survey must name surveys, each once, [${surveys.join(", ")}] found`,
    );
  }
  const common = { population, seed, size, format, searchLimit, reference, surveys };
  if (galaxies === undefined) {
    return { ...common, count, each, quotas: quotasOf(population, { count, each }) };
  }
  if (count !== undefined || each !== undefined || population !== "natural") {
    throw new RangeError(
      "Cannot write a sky: galaxies of one's own come without count, each and population",
    );
  }
  checkGalaxies(galaxies);
  return { ...common, galaxies, quotas: { kinds: new Map(), count: galaxies.length } };
}

/**
 * Takes the folder: makes it, or makes sure that it is this very survey's.
 *
 * @returns Whether all of it is there already, pictures apart
 */
function begin({ folder, survey }: Place, settings: Settings): boolean {
  const { galaxies } = settings;
  const path = join(folder, "sky.json");
  const record = recordOf({ survey }, { settings, finished: false });
  const own = galaxies && JSON.stringify(galaxies);
  if (existsSync(path)) {
    const text = Deno.readTextFileSync(path);
    const [found, wanted] = [text, record].map((json) => JSON.parse(json));
    // More or fewer galaxies of the same sky share their pictures.
    const differing = ["seed", "size", "survey", "format", "population", "surveys"]
      .find((name) => textOf(found[name]) !== textOf(wanted[name]));
    if (differing !== undefined) {
      const [there, now] = [found, wanted].map((of) => textOf(of[differing]));
      throw new Error(
        `Cannot write a sky to "${folder}": it holds one of ${differing} ${there}, ${now} wanted; ` +
          "name another folder",
      );
    }
    if (own !== undefined && Deno.readTextFileSync(join(folder, "galaxies.json")) !== own) {
      throw new Error(
        `Cannot write a sky to "${folder}": it holds other galaxies; name another folder`,
      );
    }
    if (text === recordOf({ survey }, { settings, finished: true })) return true;
  } else if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw notEmpty(folder, readdirSync(folder)[0]);
  }
  checkWritable(folder);
  Deno.mkdirSync(join(folder, "images"), { recursive: true });
  if (own !== undefined) writeFileAtomic(join(folder, "galaxies.json"), own);
  writeFileAtomic(path, record);
  return false;
}

/** What `sky.json` says. */
function recordOf(
  { survey }: Pick<Place, "survey">,
  { settings, finished }: { settings: Settings; finished: boolean },
): string {
  const { count, each, galaxies, seed, size, format, surveys, quotas, reference } = settings;
  const record = {
    ...{ count, each, seed, size, survey, format },
    population: galaxies === undefined ? settings.population : "own",
    ...(quotas.kinds.size > 0 && { reference }),
    ...(surveys.length > 1 && { surveys }),
    finished,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

function picturePath(
  folder: string,
  { index, format }: { index: number; format: "jpeg" | "png" },
): string {
  return join(folder, "images", `${index}.${format === "jpeg" ? "jpg" : "png"}`);
}

/** Whether the pictures of all galaxies are there. */
function hasPictures(
  { folder }: Place,
  { settings: { format }, selection: { indices } }: { settings: Settings; selection: Chosen },
): boolean {
  return indices.every((index) => isPicture(picturePath(folder, { index, format })));
}

/** A folder of several surveys holds nothing else. */
function checkParent(folder: string, surveys: readonly SurveyName[]): void {
  if (!isFolder(folder)) return;
  const other = readdirSync(folder).find((name) => !surveys.includes(name as SurveyName));
  if (other !== undefined) throw notEmpty(folder, other);
}

function notEmpty(folder: string, held: string): Error {
  return new Error(
    `Cannot write a sky to "${folder}": the folder is not empty (it holds "${held}"); name another`,
  );
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : `${value}`;
}

/** Encodes a square picture. */
export async function encode(
  pixels: Uint8Array,
  { size, format }: { size: number; format: "jpeg" | "png" },
): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .toFormat(format, format === "jpeg" ? { quality: 90 } : {})
    .toBuffer();
}

function isPicture(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

function readme(
  { survey }: Place,
  { settings, total }: { settings: Settings; total: number },
): string {
  const { size, population, galaxies } = settings;
  const enriched = population !== "natural";
  return `# A simulated sky

${number(total)} galaxies, none of which exists, as ${survey.toUpperCase()} shows them.

${
    galaxies === undefined
      ? commandOf({ survey }, settings)
      : "The galaxies were given: `galaxies.json`."
  }

- \`images/\`: a picture a galaxy, ${size} pixels and 8.48 petroR90 a side, named by \`asset_id\`
- \`catalogue.parquet\`: what simulated volunteers said, in the columns of Galaxy Zoo 2
- \`gz2_filename_mapping.csv\`: object id to \`asset_id\`
- \`truth.parquet\`: what was drawn; magnitudes are AB, sizes in arcsec, angles in degrees
- \`expected_votes.parquet\`: \`_expected\`, the share of each answer that an endless crowd would give
- \`sky.json\`: the settings
${enriched ? WEIGHTS : ""}
Columns of the catalogue, for each answer of the decision tree (Willett et al. 2013):

- \`_count\`, \`_fraction\`: votes, and their share of the question
- \`_weight\`, \`_weighted_fraction\`: the same, volunteers weighted by consistency
- \`_debiased\`: the share corrected for what distance hides (after Hart et al. 2016)
- \`_flag\`: 1 in the clean sample

Object ids have 18 digits: read them as text or 64-bit integers.
`;
}

/** What the README of an enriched sky says beside. */
const WEIGHTS = `- \`selection.json\`: which galaxies of the natural sky were chosen

Some kinds of galaxies are more frequent than in nature. \`population_weight\`, in the catalogue and
in the truth, is how many galaxies of a natural sky of as many galaxies each stands for: means
weighted by it are the natural sky's, as far as the kinds cover it. Weighted and debiased votes are
those of the natural sky's table.
`;

/** The command that writes the sky, as Markdown. */
function commandOf(
  { survey }: Pick<Place, "survey">,
  { count, each, population, size, seed, format, surveys }: Settings,
): string {
  const words = [
    ...(population === "natural" ? [] : ["--population", `"${populationText(population)}"`]),
    ...(each === undefined ? ["--count", count] : ["--each", each]),
    ...["--size", size, "--survey", surveys.length > 1 ? surveys.join(",") : survey],
    ...["--seed", seed, "--format", format, "--out", "DIR"],
  ];
  return `\`\`\`sh\ndeno task sky ${words.join(" ")}\n\`\`\``;
}
