/**
 * CLIP's tokenizer: text to numbers and back.
 *
 * @module
 */

import { nearestName } from "../nearest.ts";
import { type OptionNames, refuseOther, refuseOutside, refuseUnknown } from "../options.ts";
import { BytePairMerger, type BytePairs, characterBytes, PIECE_END } from "./byte_pairs.ts";
import { type Cleaning, type CleaningName, cleanings, stripped } from "./cleaning.ts";

/** A token that stands for itself wherever a text has it. */
export type AddedToken = {
  readonly content: string;
  readonly id: number;
  /** Looked for in the cleaned text, where the cleaning does so (transformers'). @default {true} */
  readonly normalized?: boolean;
  /** Takes whitespace before it along. @default {false} */
  readonly lstrip?: boolean;
  /** Takes whitespace after it along. @default {false} */
  readonly rstrip?: boolean;
};

/**
 * What fills a text up to the context's length: the end of text (`<|endoftext|>`, number 49407: what
 * Stable Diffusion 1 was trained with), `!` (number 0: Stable Diffusion 2), or 0 whatever it means
 * (open_clip; `!` in CLIP's vocabulary). Text encoders of Stable Diffusion look at the padding, too:
 * another one makes other pictures.
 */
export type Padding = "end" | "!" | "zero";

/** Settings of a tokenizer. */
export type TokenizerOptions = {
  /** Whose cleaning. @default {"transformers"} */
  cleaning?: CleaningName;
  /** @default {"end"} */
  padding?: Padding;
  /** Tokens of a text with its start, end and padding. @default {77} */
  contextLength?: number;
  /** The first token of a text. @default {"<|startoftext|>"} */
  start?: string;
  /** The token after a text. @default {"<|endoftext|>"} */
  end?: string;
  /** Tokens beyond the byte pairs. @default {start and end, looked for as written} */
  added?: readonly AddedToken[];
};

/** Texts as numbers. */
export type TokenizedTexts = {
  /** [texts, contextLength], text by text. */
  readonly ids: Int32Array;
  /** As `ids`: 1 for start, text and end, 0 for padding. */
  readonly mask: Int32Array;
  readonly shape: readonly [texts: number, contextLength: number];
  /** The rest of each text that the context had no room for; empty where all had. */
  readonly cut: readonly string[];
};

/**
 * CLIP's byte-pair tokenizer (Radford et al. 2021, arXiv:2103.00020).
 *
 * @example
 * ```ts
 * import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
 * import assert from "node:assert/strict";
 *
 * const merges = [["a", "r"], ["ar", "m</w>"]] as const;
 * const tokenizer = new ClipTokenizer(byteVocabulary(merges), { contextLength: 6 });
 * assert.deepEqual(tokenizer.tokens("An  ARM"), ["a", "n</w>", "arm</w>"]);
 * const { ids, cut } = tokenizer.call(["arm", "a long arm"]);
 * assert.deepEqual([...ids.slice(0, 6)], [514, 513, 515, 515, 515, 515]);
 * assert.deepEqual(cut, ["", "g arm"]);
 * assert.equal(tokenizer.decode(ids.slice(0, 6)), "arm");
 * ```
 */
export class ClipTokenizer {
  readonly vocabulary: BytePairs;
  readonly options: Readonly<Required<TokenizerOptions>>;
  /** Number of the first token. */
  readonly startId: number;
  /** Number of the token after a text. */
  readonly endId: number;
  /** Number of the padding. */
  readonly paddingId: number;
  readonly #merger: BytePairMerger;
  readonly #names: ReadonlyMap<number, string>;
  /** Added tokens by number, of several vectors by their first. */
  readonly #vectors: ReadonlyMap<number, number>;
  readonly #cleaning: Cleaning;
  readonly #asWritten: Finder;
  readonly #cleaned: Finder;

  /**
   * @throws {RangeError} When the vocabulary lacks a byte, what a merge makes, start, end or padding;
   * for an option out of its range
   */
  constructor(vocabulary: BytePairs, options: TokenizerOptions = {}) {
    this.vocabulary = vocabulary;
    this.options = withDefaults(vocabulary, options);
    const { cleaning, padding, start, end, added } = this.options;
    this.#merger = new BytePairMerger(vocabulary);
    this.#cleaning = cleanings[cleaning];
    const ids = new Map([
      ...vocabulary.ids,
      ...added.map(({ content, id }) => [content, id] as const),
    ]);
    this.#names = new Map(ids.entries().map(([token, id]) => [id, token]));
    this.startId = idOf(ids, start, "start");
    this.endId = idOf(ids, end, "end");
    this.paddingId = padding === "end"
      ? this.endId
      : padding === "!"
      ? idOf(ids, "!", "padding")
      : 0;
    this.#vectors = new Map(
      added.map((token) => [token.id, vectorsOf(token, ids)]),
    );
    const ends = (token: AddedToken) => token.content === start || token.content === end;
    const sought = added.filter((token) => !ends(token) || cleaning !== "open_clip");
    const { clean, findsCleaned } = this.#cleaning;
    const inCleaned = sought.filter(({ normalized }) => findsCleaned && normalized !== false);
    this.#asWritten = finder(sought.filter((token) => !inCleaned.includes(token)));
    this.#cleaned = finder(
      inCleaned.map((token) => ({ ...token, content: clean(token.content) })),
    );
  }

  /** How many numbers there are: rows that a text encoder's table must have. */
  get size(): number {
    return Math.max(...this.#names.keys()) + 1;
  }

  /** The numbers of a text's tokens, all of them, without start and end. */
  encode(text: string): number[] {
    if (typeof text !== "string") {
      throw new TypeError(`Cannot tokenize: a text is wanted, found ${typeof text} ${text}`);
    }
    const { clean } = this.#cleaning;
    return this.#asWritten(text.toWellFormed()).flatMap((part) =>
      typeof part === "number"
        ? this.#numbers(part)
        : this.#cleaned(clean(part)).flatMap((part) =>
          typeof part === "number" ? this.#numbers(part) : this.#pieces(part)
        )
    );
  }

  /** The tokens of a text as the vocabulary writes them, without start and end. */
  tokens(text: string): string[] {
    return this.encode(text).map((id) => this.#names.get(id)!);
  }

  /**
   * Texts of one length: start, tokens, end, padding. What is too long loses its last tokens, which
   * `cut` tells.
   */
  call(texts: readonly string[]): TokenizedTexts {
    const { contextLength } = this.options;
    const ids = new Int32Array(texts.length * contextLength).fill(this.paddingId);
    const mask = new Int32Array(ids.length);
    const cut = texts.map((text, row) => {
      const all = this.encode(text);
      const kept = [this.startId, ...all.slice(0, contextLength - 2), this.endId];
      ids.set(kept, row * contextLength);
      mask.fill(1, row * contextLength, row * contextLength + kept.length);
      return this.decode(all.slice(contextLength - 2));
    });
    return { ids, mask, shape: [texts.length, contextLength], cut };
  }

  /**
   * The text of numbers, in small letters: cleaning is not undone. Start and end are left out, and
   * with them padding.
   *
   * @param options `ends`: whether start and end stand in the text. @default {false}
   * @throws {RangeError} For a number that is no token
   */
  decode(ids: ArrayLike<number>, { ends = false }: { ends?: boolean } = {}): string {
    const bytes: number[] = [];
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at]!;
      const token = this.#names.get(id);
      if (token === undefined) {
        throw new RangeError(
          `Cannot decode: ${id} (number ${at}) is no token, the vocabulary has 0 to ${
            this.size - 1
          }`,
        );
      }
      if (!ends && (id === this.startId || id === this.endId)) continue;
      const own = [...token].map((character) => characterBytes.get(character));
      const isBytes = own.every((byte) => byte !== undefined);
      bytes.push(...(isBytes ? own as number[] : new TextEncoder().encode(token)));
    }
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return stripped(text.replaceAll(PIECE_END, " "));
  }

  /**
   * The same with more tokens, such as those that textual inversion (Gal et al. 2022,
   * arXiv:2208.01618) learned. One of several vectors is several tokens, numbered one after the
   * other, as diffusers names them: `<ring>`, `<ring>_1`, `<ring>_2`; the first stands for all of them
   * in a text.
   *
   * @param vectors How many vectors each has, in the order of their numbers
   * @throws {RangeError} When one is there already, or is no word; for less than one vector
   *
   * @example
   * ```ts
   * import { byteVocabulary, ClipTokenizer } from "galaxykit/prompts";
   * import assert from "node:assert/strict";
   *
   * const tokenizer = new ClipTokenizer(byteVocabulary([])).withTokens({ "<ring>": 2 });
   * assert.deepEqual(tokenizer.tokens("a <ring>"), ["a</w>", "<ring>", "<ring>_1"]);
   * ```
   */
  withTokens(vectors: Readonly<Record<string, number>>): ClipTokenizer {
    const added = [...this.options.added];
    const known = new Set([...this.vocabulary.ids.keys(), ...added.map(({ content }) => content)]);
    let id = this.size;
    for (const [token, count] of Object.entries(vectors)) {
      refuseOutside({ [token]: count }, { [token]: "whole [1, ∞)" }, { what: "add tokens" });
      for (let vector = 0; vector < count; vector++, id++) {
        const content = vector === 0 ? token : `${token}_${vector}`;
        if (known.has(content)) {
          throw new RangeError(`Cannot add the token "${content}": it is in the vocabulary`);
        }
        if (!/^\S+$/u.test(content)) {
          throw new RangeError(
            `Cannot add the token "${content}": wanted one without whitespace, such as "<ring>"`,
          );
        }
        known.add(content);
        added.push({ content, id });
      }
    }
    return new ClipTokenizer(this.vocabulary, { ...this.options, added });
  }

  /** All numbers of an added token. */
  #numbers(id: number): number[] {
    return Array.from({ length: this.#vectors.get(id)! }, (_, vector) => id + vector);
  }

  /** The numbers of a cleaned text between added tokens. */
  #pieces(text: string): number[] {
    const { pieces, written } = this.#cleaning;
    return Array.from(text.matchAll(pieces)).flatMap(([piece]) => {
      if (piece === written?.[0]) return [this.startId];
      if (piece === written?.[1]) return [this.endId];
      // Where it means no token, GPT-2's pattern, which comes after CLIP's, cuts it at its letters
      const parts = /^(<\|)(startoftext|endoftext)(\|>)$/.exec(piece)?.slice(1) ?? [piece];
      return parts.flatMap((part) => this.#merger.encode(part));
    });
  }
}

type Finder = (text: string) => (string | number)[];

/** Cuts a text at added tokens; of two at one place the longer is meant. */
function finder(tokens: readonly AddedToken[]): Finder {
  if (tokens.length === 0) return (text) => text === "" ? [] : [text];
  const sorted = tokens.toSorted((a, b) => b.content.length - a.content.length);
  const pattern = sorted.map(({ content, lstrip, rstrip }) => {
    const space = (isTaken?: boolean) => isTaken ? "\\p{White_Space}*" : "";
    return `${space(lstrip)}(${RegExp.escape(content)})${space(rstrip)}`;
  }).join("|");
  const expression = new RegExp(pattern, "gu");
  return (text) => {
    const parts: (string | number)[] = [];
    let from = 0;
    for (const match of text.matchAll(expression)) {
      if (match.index > from) parts.push(text.slice(from, match.index));
      parts.push(sorted[match.slice(1).findIndex((found) => found !== undefined)]!.id);
      from = match.index + match[0].length;
    }
    if (from < text.length) parts.push(text.slice(from));
    return parts;
  };
}

function withDefaults(
  { ids }: BytePairs,
  options: TokenizerOptions,
): Required<TokenizerOptions> {
  const what = { what: "make a tokenizer" };
  refuseUnknown(options, OPTIONS, what);
  const {
    cleaning = "transformers",
    padding = "end",
    contextLength = 77,
    start = "<|startoftext|>",
    end = "<|endoftext|>",
  } = options;
  if (!Object.hasOwn(cleanings, cleaning)) {
    const nearest = nearestName(cleaning, Object.keys(cleanings));
    throw new RangeError(
      `Cannot make a tokenizer: there is no cleaning "${cleaning}", ${
        nearest === undefined ? "" : `nearest is "${nearest}", `
      }there are ${Object.keys(cleanings).join(", ")}`,
    );
  }
  refuseOther({ padding }, { padding: ["end", "!", "zero"] }, what);
  refuseOutside({ contextLength }, { contextLength: "whole [2, ∞)" }, what);
  const added = options.added ?? [start, end].filter((token) => ids.has(token))
    .map((content) => ({ content, id: ids.get(content)!, normalized: false }));
  return { cleaning, padding, contextLength, start, end, added };
}

const OPTIONS: OptionNames<TokenizerOptions> = {
  ...{ cleaning: true, padding: true, contextLength: true, start: true, end: true, added: true },
};

/** How many numbers an added token stands for: those named after it that follow. */
function vectorsOf(
  { content, id }: AddedToken,
  ids: ReadonlyMap<string, number>,
): number {
  let count = 1;
  while (ids.get(`${content}_${count}`) === id + count) count++;
  return count;
}

function idOf(ids: ReadonlyMap<string, number>, token: string, what: string): number {
  const id = ids.get(token);
  if (id !== undefined) return id;
  throw new RangeError(
    `Cannot make a tokenizer: its vocabulary has no "${token}", wanted as ${what}`,
  );
}
