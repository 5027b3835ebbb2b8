/**
 * Headers of FITS files: cards of 80 characters.
 *
 * @module
 */

/** Values by keyword; the first card of a keyword counts, COMMENT and HISTORY are left out. */
export type FitsHeader = Record<string, string | number | boolean>;

const BLOCK = 2880;
const CARD = 80;

/**
 * Reads the header at `start`, up to its END card.
 *
 * @returns `end`: where its data begins
 * @throws {SyntaxError} When this is no FITS header, or has no END
 */
// deno-lint-ignore galaxykit/few-arguments
export function parseHeader(
  bytes: Uint8Array,
  start: number,
  hdu: number,
): { header: FitsHeader; end: number } {
  const latin = new TextDecoder("latin1");
  const header: FitsHeader = Object.create(null);
  let key = ""; // of the string that the next card may continue
  for (let at = start; at + CARD <= bytes.length; at += CARD) {
    const card = latin.decode(bytes.subarray(at, at + CARD));
    if (at === start && !/^(SIMPLE {2}|XTENSION)= /.test(card)) {
      throw new SyntaxError(
        `HDU ${hdu} must begin with ${hdu === 0 ? "SIMPLE" : "XTENSION"}, ` +
          `"${printable(card.slice(0, 9))}" found`,
      );
    }
    const keyword = card.slice(0, 8).trimEnd();
    if (keyword === "END") {
      return { header, end: start + Math.ceil((at + CARD - start) / BLOCK) * BLOCK };
    }
    if (keyword === "CONTINUE") {
      const more = parseValue(card.slice(8));
      const before = header[key];
      if (typeof before === "string" && before.endsWith("&") && typeof more === "string") {
        header[key] = before.slice(0, -1) + more;
      }
      continue;
    }
    const hierarchy = /^HIERARCH\s+([^=]+?)\s*=(.*)$/.exec(card);
    const comment = ["", "COMMENT", "HISTORY"].includes(keyword) || card.slice(8, 10) !== "= ";
    if (!hierarchy && comment) continue;
    key = hierarchy ? hierarchy[1] : keyword;
    const text = hierarchy ? hierarchy[2] : card.slice(10);
    const value = parseValue(text);
    if (value !== undefined && !(key in header)) header[key] = value;
  }
  throw new SyntaxError(`the header of HDU ${hdu} has no END card`);
}

/** The value before the comment; undefined where there is none. What is malformed stays text. */
function parseValue(text: string): string | number | boolean | undefined {
  const string = /^\s*'((?:[^']|'')*)'\s*(\/|$)/.exec(text);
  if (string) return string[1].replaceAll("''", "'").trimEnd();
  const word = text.split("/", 1)[0].trim();
  if (word === "") return undefined;
  if (word === "T" || word === "F") return word === "T";
  if (/^[+-]?(\d+\.?\d*|\.\d+)([ED][+-]?\d+)?$/i.test(word)) {
    return Number(word.replace(/d/i, "e"));
  }
  return word;
}

function printable(text: string): string {
  return text.trimEnd().replaceAll(/[^ -~]/g, "?");
}
