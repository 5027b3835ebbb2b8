/**
 * Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) on the bytes of UTF-8, as GPT-2 and
 * CLIP write it: a byte is a printable character, and the last symbol of a piece ends in `</w>`.
 *
 * @module
 */

/** Tokens with their numbers, and which two symbols become one, the first first. */
export type BytePairs = {
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [left: string, right: string])[];
};

/** What the last symbol of a piece ends in. */
export const PIECE_END = "</w>";

/** The character that stands for each byte: its own where that is printed, else one from U+0100 on. */
export const byteCharacters: readonly string[] = characters();

/** The byte that a character stands for. */
export const characterBytes: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

/** The order in which CLIP numbers the bytes: those printed first. */
export const byteOrder: readonly number[] = [
  ...byteCharacters.keys().filter(isPrinted),
  ...byteCharacters.keys().filter((byte) => !isPrinted(byte)),
];

function isPrinted(byte: number): boolean {
  return byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte !== 0xad;
}

function characters(): string[] {
  let next = 0x100;
  return Array.from(
    { length: 256 },
    (_, byte) => String.fromCodePoint(isPrinted(byte) ? byte : next++),
  );
}

/** Merges pieces of text into tokens; what it has merged it keeps. */
export class BytePairMerger {
  readonly #pairs: BytePairs;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #known = new Map<string, readonly number[]>();

  /** @throws {RangeError} When the vocabulary lacks a byte, or what a merge makes */
  constructor(pairs: BytePairs) {
    for (const byte of byteCharacters) {
      for (const token of [byte, byte + PIECE_END]) {
        if (!pairs.ids.has(token)) {
          throw lacking(token, "one for each byte, and each byte at an end");
        }
      }
    }
    for (const [left, right] of pairs.merges) {
      if (!pairs.ids.has(left + right)) {
        throw lacking(left + right, `what "${left} ${right}" becomes`);
      }
    }
    this.#pairs = pairs;
    this.#ranks = new Map(pairs.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  }

  /** The numbers of the tokens of a piece, which is not empty. */
  encode(piece: string): readonly number[] {
    const known = this.#known.get(piece);
    if (known !== undefined) return known;
    const ids = this.#merged(byteSymbols(piece)).map((symbol) => this.#pairs.ids.get(symbol)!);
    if (this.#known.size >= KEPT) this.#known.clear();
    this.#known.set(piece, ids);
    return ids;
  }

  /** The symbols after all merges: again and again that pair which was learned first. */
  #merged(symbols: string[]): string[] {
    while (symbols.length > 1) {
      let first = Infinity;
      for (let at = 1; at < symbols.length; at++) {
        const rank = this.#ranks.get(`${symbols[at - 1]} ${symbols[at]}`);
        if (rank !== undefined && rank < first) first = rank;
      }
      if (first === Infinity) break;
      symbols = withPairMerged(symbols, this.#pairs.merges[first]!);
    }
    return symbols;
  }
}

/** The bytes of a piece of text as symbols, the last with its mark. */
export function byteSymbols(piece: string): string[] {
  const symbols = Array.from(new TextEncoder().encode(piece), (byte) => byteCharacters[byte]!);
  symbols[symbols.length - 1] += PIECE_END;
  return symbols;
}

/** Symbols in which a pair has become one wherever it stands. */
export function withPairMerged(
  symbols: readonly string[],
  [left, right]: readonly [string, string],
): string[] {
  const merged: string[] = [];
  for (let at = 0; at < symbols.length; at++) {
    const isPair = symbols[at] === left && symbols[at + 1] === right;
    merged.push(isPair ? left + right : symbols[at]!);
    if (isPair) at++;
  }
  return merged;
}

/** Pieces that are kept at most; captions have a few hundred. */
const KEPT = 50_000;

function lacking(token: string, what: string): RangeError {
  return new RangeError(
    `Cannot make a tokenizer: its vocabulary lacks "${token}", wanted ${what}`,
  );
}

/** The vocabulary that CLIP makes of merges: bytes, bytes at an end, what the merges make, start, end. */
export function byteVocabulary(merges: BytePairs["merges"]): BytePairs {
  const bytes = byteOrder.map((byte) => byteCharacters[byte]!);
  const tokens = [
    ...bytes,
    ...bytes.map((byte) => byte + PIECE_END),
    ...merges.map((pair) => pair.join("")),
    "<|startoftext|>",
    "<|endoftext|>",
  ];
  return { ids: new Map(tokens.map((token, id) => [token, id])), merges };
}
