// deno-lint-ignore-file no-control-regex -- they are what is cleaned away
/**
 * What CLIP's tokenizers do to a text before they cut it, by the program that does it. The four
 * differ in whitespace, capitals, ligatures, quotes, entities and control characters, and a model
 * sees other tokens than it was trained on where the wrong one is taken.
 *
 * @module
 */

import { decodeHTML, decodeHTMLStrict } from "entities";

/** A way of cleaning, by the program that does it; {@linkcode cleanings} tells what each does. */
export type CleaningName = keyof typeof cleanings;

/** How a text is made ready. */
export type Cleaning = {
  /** What it does, for people. */
  readonly about: string;
  readonly clean: (text: string) => string;
  /** The pieces of a cleaned text, each to be merged alone. */
  readonly pieces: RegExp;
  /** Pieces that mean start and end of a text; transformers' fast tokenizer merges them as any. */
  readonly written: readonly [start: string, end: string] | undefined;
  /** Whether added tokens are also looked for in the cleaned text. */
  readonly findsCleaned: boolean;
};

/** Python's whitespace: U+001C to U+001F are, U+FEFF is none. */
const PYTHON_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;
const PYTHON_SPACES = new RegExp(`${PYTHON_SPACE.source}+`, "gu");

const CUT_LOWER =
  /<\|(?:startoftext|endoftext)\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\p{White_Space}\p{L}\p{N}]+/gu;

/**
 * As Python's `regex` finds them where case is ignored: the long s is an s, and U+0345, a mark whose
 * capital is a letter, is in no piece.
 */
const ANY_CASE =
  "'[sſ]|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\p{White_Space}\\p{L}\\p{N}\\u0345]+";
const CUT_HUGGING = new RegExp(`<\\|[sſ]tartoftext\\|>|<\\|endoftext\\|>|${ANY_CASE}`, "gu");
const CUT_OPEN_CLIP = new RegExp(`<[sſ]tart_of_text>|<end_of_text>|${ANY_CASE}`, "gu");

const HUGGING_ENDS = ["<|startoftext|>", "<|endoftext|>"] as const;

/** The ways of cleaning by name. */
export const cleanings = {
  transformers: {
    about: "transformers' fast tokenizer, and its only one since version 5: composed characters, " +
      "one space for whitespace, small letters one by one",
    clean: (text) =>
      [...text.normalize("NFC").replaceAll(/\p{White_Space}+/gu, " ")]
        .map((letter) => letter.toLowerCase()).join(""),
    pieces: CUT_LOWER,
    written: undefined,
    findsCleaned: true,
  },
  "transformers-slow": {
    about: "transformers' slow tokenizer without ftfy (up to version 4; GalaxySD's): control " +
      "characters go, Chinese characters stand alone",
    clean: slowWithoutFtfy,
    pieces: CUT_HUGGING,
    written: HUGGING_ENDS,
    findsCleaned: false,
  },
  "transformers-slow-ftfy": {
    about:
      "transformers' slow tokenizer where ftfy is installed (up to version 4), without ftfy's " +
      "guesses at wrongly decoded text",
    clean: (text) => small(repaired(text)),
    pieces: CUT_HUGGING,
    written: HUGGING_ENDS,
    findsCleaned: false,
  },
  open_clip: {
    about:
      "open_clip's and OpenAI's: ftfy without its guesses at wrongly decoded text, HTML entities " +
      "resolved twice, small letters",
    clean: (text) => small(entitiesResolved(entitiesResolved(repaired(text)))),
    pieces: CUT_OPEN_CLIP,
    written: ["<start_of_text>", "<end_of_text>"],
    findsCleaned: false,
  },
} as const satisfies Readonly<Record<string, Cleaning>>;

/** Python's `text.strip()`. */
export function stripped(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && PYTHON_SPACE.test(text[from]!)) from++;
  while (from < to && PYTHON_SPACE.test(text[to - 1]!)) to--;
  return text.slice(from, to);
}

/** Python's `" ".join(text.split()).lower()`. */
function small(text: string): string {
  return stripped(text.replaceAll(PYTHON_SPACES, " ")).toLowerCase();
}

/** BERT's basic tokenizer with accents and punctuation left alone. */
function slowWithoutFtfy(text: string): string {
  const visible = text
    .replaceAll(/[\t\n\r\p{Zs}]/gu, " ")
    .replaceAll(/[\p{C}�]/gu, "")
    .replaceAll(CHINESE, " $& ");
  return small(visible.normalize("NFC"));
}

/** The blocks of CJK ideographs that BERT sets apart. */
const CHINESE =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/**
 * What ftfy's `fix_text` (version 6) does, but for its guesses at text that was decoded wrongly
 * ("mojibake"), which it repairs by rules of thumb: such text stays as it is here.
 */
function repaired(text: string): string {
  let resolves = true;
  return text.toWellFormed().split(/(?<=\n)/u).map((line) => {
    resolves &&= !line.includes("<");
    for (let before = line;; before = line) {
      if (resolves) line = line.replaceAll(/&#?[0-9A-Za-z]{1,24};/g, wholeEntity);
      line = line
        .replaceAll(
          /[\x80-\x9f]/g,
          (control) => WINDOWS.decode(Uint8Array.of(control.charCodeAt(0))),
        )
        .replaceAll(/[ĲĳŉǱ-ǳǄ-ǌﬀ-ﬆ]/gu, (letters) => LIGATURES[letters]!)
        .replaceAll(/[\u3000\uff01-\uffef]/gu, (wide) => wide.normalize("NFKC"))
        .replaceAll(/[\u02bc\u2018-\u201b]/gu, "'")
        .replaceAll(/[\u201c-\u201f]/gu, '"')
        .replaceAll(/\r\n|[\r\u2028\u2029\x85]/gu, "\n")
        .replaceAll(/\x1b\[[\p{Nd};]*[a-zA-Z]/gu, "")
        .replaceAll(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/gu, "")
        .normalize("NFC");
      if (line === before) return line;
    }
  }).join("");
}

const WINDOWS = new TextDecoder("windows-1252");

const LIGATURES: Readonly<Record<string, string>> = {
  ...{ Ĳ: "IJ", ĳ: "ij", ŉ: "ʼn", Ǳ: "DZ", ǲ: "Dz", ǳ: "dz", Ǆ: "DŽ", ǅ: "Dž", ǆ: "dž" },
  ...{ Ǉ: "LJ", ǈ: "Lj", ǉ: "lj", Ǌ: "NJ", ǋ: "Nj", ǌ: "nj" },
  ...{ ﬀ: "ff", ﬁ: "fi", ﬂ: "fl", ﬃ: "ffi", ﬄ: "ffl", ﬅ: "ſt", ﬆ: "st" },
};

/** ftfy's: an entity that ends in its semicolon, or one of small letters written in capitals. */
function wholeEntity(entity: string): string {
  if (entity.startsWith("&#")) {
    const resolved = entitiesResolved(entity);
    return resolved.includes(";") ? entity : resolved;
  }
  const resolved = decodeHTMLStrict(entity);
  if (resolved !== entity) return resolved;
  const small = entity.toLowerCase();
  const isShouted = entity === entity.toUpperCase() && decodeHTML(entity) === entity;
  const meant = decodeHTMLStrict(small);
  return isShouted && meant !== small ? meant.toUpperCase() : entity;
}

/** Python's `html.unescape`: as HTML does it, but characters that no text may hold go. */
function entitiesResolved(text: string): string {
  return text.replaceAll(
    /&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g,
    (entity) => {
      const resolved = decodeHTML(entity);
      if (!entity.startsWith("&#")) return resolved;
      return resolved.replaceAll(
        /[\x01-\x08\x0b\x0e-\x1f\x7f\ufdd0-\ufdef\p{Noncharacter_Code_Point}]/gu,
        "",
      );
    },
  );
}
