/**
 * A small vocabulary of one's own: byte pairs learnt from texts.
 *
 * @module
 */

import { refuseOutside } from "../options.ts";
import { type BytePairs, byteSymbols, byteVocabulary, withPairMerged } from "./byte_pairs.ts";
import { type CleaningName, cleanings } from "./cleaning.ts";

/**
 * Learns which bytes belong together: again and again the commonest pair of neighbours becomes one
 * symbol, of equally common ones that which comes first in the alphabet (Sennrich et al. 2016,
 * arXiv:1508.07909, algorithm 1). Captions of galaxies have some 60 words, so that a text encoder for
 * them needs a hundredth of CLIP's table.
 *
 * @param options `merges`: pairs at most. @default {until every word is one token} `cleaning`: that of
 * the tokenizer that will use them. @default {"transformers"}
 * @throws {RangeError} When there are no texts
 *
 * @example
 * ```ts
 * import { ClipTokenizer, trainBytePairs } from "galaxykit/prompts";
 * import assert from "node:assert/strict";
 *
 * const pairs = trainBytePairs(["sdss, ring galaxy", "sdss, edge-on galaxy"]);
 * const tokenizer = new ClipTokenizer(pairs);
 * assert.deepEqual(tokenizer.tokens("Ring galaxy"), ["ring</w>", "galaxy</w>"]);
 * ```
 */
export function trainBytePairs(
  texts: readonly string[],
  { merges: most = Infinity, cleaning = "transformers" }: {
    merges?: number;
    cleaning?: CleaningName;
  } = {},
): BytePairs {
  if (most < Infinity) {
    refuseOutside({ merges: most }, { merges: "whole [0, ∞)" }, { what: "learn byte pairs" });
  }
  const words = wordsOf(texts, cleaning);
  if (words.length === 0) throw new RangeError("Cannot learn byte pairs: there are no texts");
  const merges: [string, string][] = [];
  while (merges.length < most) {
    const pair = commonestPair(words);
    if (pair === undefined) break;
    merges.push(pair);
    for (const word of words) word.symbols = withPairMerged(word.symbols, pair);
  }
  return byteVocabulary(merges);
}

type Word = { symbols: readonly string[]; count: number };

/** Each piece of the texts, as the bytes that it begins with, and how often it occurs. */
function wordsOf(texts: readonly string[], cleaning: CleaningName): Word[] {
  const { clean, pieces } = cleanings[cleaning];
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [piece] of clean(text).matchAll(pieces)) {
      counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
  }
  return Array.from(counts, ([piece, count]) => ({ symbols: byteSymbols(piece), count }));
}

function commonestPair(words: readonly Word[]): [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let at = 1; at < symbols.length; at++) {
      const pair = `${symbols[at - 1]} ${symbols[at]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  for (const [pair, count] of counts) {
    const most = best === undefined ? 0 : counts.get(best)!;
    if (count > most || count === most && pair < best!) best = pair;
  }
  return best?.split(" ") as [string, string] | undefined;
}
