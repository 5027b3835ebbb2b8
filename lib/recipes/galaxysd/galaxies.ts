/**
 * Galaxies to learn from: their pictures, captions and votes.
 *
 * @module
 */

import { join } from "node:path";
import {
  captionAnswers,
  captions,
  captionTags,
  type ConditionLayout,
  type GalaxySurvey,
  type ImageSet,
  loadImages,
  memorySource,
  openSurvey,
  Prng,
  type Source,
  type VoteConditions,
  voteConditions,
  weightedSample,
} from "../../data/mod.ts";
import { unetConfigs } from "../../models/mod.ts";
import type { ClipTokenizer } from "../../prompts/mod.ts";
import { populationOf, writeSky } from "../../sky/mod.ts";
import { captionTokenizer } from "./model.ts";
import type { GalaxysdSettings, Work } from "./settings.ts";

/** Of which each galaxy shows one at a time: other orders, and tags left out. */
const VERSIONS = 8;

/** Share of the tags that a version leaves out. */
const LEFT_OUT = 0.2;

/** A fraction from which a galaxy counts as one that shows an answer, where galaxies are chosen. */
const SHOWN = 0.6;

/** A batch of galaxies, row by row. */
export type GalaxyBatch = {
  indices: Int32Array;
  /** Bytes, [batch, size, size, 3]. */
  images: Uint8Array;
  /** [batch, versions, tokens]. */
  tokens: Int32Array;
  /** [batch, 74]. */
  conditions: Float32Array;
};

/** What a model learns from. */
export type LearntGalaxies = {
  survey: GalaxySurvey<string>;
  pictures: ImageSet;
  set: Source<GalaxyBatch>;
  /** What an epoch goes over: galaxies, rare kinds as often as common ones. */
  train: Int32Array;
  /** Galaxies that are not learnt from, each once. */
  held: Int32Array;
  tokenizer: ClipTokenizer;
  /** What the certain answers of each galaxy are. */
  answers: string[][];
  conditions: VoteConditions;
};

/** Share of the galaxies that are not learnt from. */
const HELD = 0.1;

/** The side of the images that a model makes, in pixels: latents of four. */
export function sideOf({ networks }: Pick<GalaxysdSettings, "networks">): number {
  return 4 * unetConfigs[networks].sample_size;
}

/**
 * The galaxies of a survey, or of the sky, which is drawn into `out` where it is not there. Dispose of
 * the pictures after use.
 */
export async function galaxiesOf(
  { data, out, settings, signal, onProgress }: Work & { data?: string },
): Promise<LearntGalaxies> {
  const folder = data ?? join(out, "sky");
  if (data === undefined) {
    const { population, ...sky } = settings.sky;
    await writeSky(folder, {
      ...{ ...sky, population: populationOf(population), format: "png", signal, onProgress },
    });
  }
  const survey = openSurvey(folder).pictured({ missing: "drop" });
  const pictures = await loadImages(
    survey.paths.map((image, row) => ({ id: survey.ids[row]!, image })),
    { size: sideOf(settings), cropFraction: settings.crop, signal, onProgress },
  );
  const answers = captionAnswers(survey);
  const versions = Array.from({ length: VERSIONS }, (_, epoch) =>
    captions(answers, {
      ...{ seed: settings.seed, epoch },
      ...(epoch > 0 && { shuffle: true, drop: LEFT_OUT }),
    }));
  const tokenizer = captionTokenizer([...ALL_TAGS, ...versions.flat()]);
  const conditions = voteConditions(survey);
  const set = memorySource({
    images: pictures.images!,
    tokens: tokensOf(versions, tokenizer),
    conditions: conditions.values,
  }, { ids: survey.ids });
  const order = new Prng(settings.seed, [70]).permutation(survey.ids.length);
  const kept = Math.max(1, Math.round(HELD * survey.ids.length));
  return {
    ...{ survey, pictures, set, tokenizer, answers, conditions },
    train: chosen(order.subarray(kept), { conditions, settings }),
    held: order.slice(0, kept).sort(),
  };
}

/** Every word that a caption can have is known, whatever galaxies there are. */
const ALL_TAGS = captions(Object.keys(captionTags).map((id) => [id]))
  .flatMap((text) => [text, `smooth, ${text}, with`]);

/** [galaxies, versions, tokens]. */
function tokensOf(versions: readonly string[][], tokenizer: ClipTokenizer): Int32Array {
  const { contextLength: length } = tokenizer.options;
  const count = versions[0]!.length;
  const tokens = new Int32Array(count * versions.length * length);
  for (const [version, texts] of versions.entries()) {
    const { ids } = tokenizer.call(texts);
    for (let row = 0; row < count; row++) {
      const at = (row * versions.length + version) * length;
      tokens.set(ids.subarray(row * length, (row + 1) * length), at);
    }
  }
  return tokens;
}

/**
 * Galaxies for an epoch, drawn with replacement: those that show what few show as often as those that
 * show what many do.
 */
function chosen(
  galaxies: Int32Array,
  { conditions: { values, width, layout }, settings: { seed, perEpoch, batch } }: {
    conditions: VoteConditions;
    settings: GalaxysdSettings;
  },
): Int32Array {
  const shown = toldAnswers(layout);
  const shows = (row: number, place: number) => values[row * width + place]! > SHOWN;
  const shares = shown.map((place) =>
    galaxies.filter((row) => shows(row, place)).length / galaxies.length
  );
  const weights = Array.from(galaxies, (row) => {
    const sum = shown.reduce(
      (sum, place, at) => sum + (shows(row, place) ? 1 / Math.max(shares[at]!, FEW) : 0),
      0,
    );
    return Math.min(MOST, Math.max(1, sum));
  });
  const drawn = weightedSample({ weights, count: perEpoch * batch, seed, replace: true });
  return drawn.map((row) => galaxies[row]!);
}

/** An answer that a smaller share of the galaxies shows counts as if so many did. */
const FEW = 0.006;
/** How much oftener than one that shows nothing a galaxy is drawn at most. */
const MOST = 90;

/** The places of the answers that captions tell. */
function toldAnswers({ answers }: ConditionLayout): number[] {
  return [...answers.keys()].filter((place) => answers[place]! in captionTags);
}
