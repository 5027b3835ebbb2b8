/**
 * The typeface of the figures, which travels with the kit so that a figure looks the same on a
 * machine without fonts, and how wide a text is in it.
 *
 * Arimo has the widths of Arial and Helvetica: what is laid out here also fits in a browser that
 * lacks it.
 *
 * @module
 */

// Nothing of the package is code: through its manifest it is fetched, and its files have paths.
import "@expo-google-fonts/arimo/package.json" with { type: "json" };
import { fileURLToPath } from "node:url";

type Typeface = { unitsPerEm: number; advances: Map<number, number> };

const files = { regular: "400Regular/Arimo_400Regular.ttf", bold: "700Bold/Arimo_700Bold.ttf" };
const typefaces = new Map<keyof typeof files, Typeface>();

/** Paths of the font files, for a renderer. */
export function fontFiles(): string[] {
  return Object.values(files).map(fontPath);
}

/** Width in pixels of one line of text, without kerning. */
export function textWidth(text: string, options: { size: number; bold?: boolean }): number {
  const { advances, unitsPerEm } = typeface(options.bold ? "bold" : "regular");
  let width = 0;
  // A glyph that the font lacks is drawn with another one: most are as wide as they are high.
  for (const letter of text) width += advances.get(letter.codePointAt(0)!) ?? unitsPerEm;
  return width * options.size / unitsPerEm;
}

/** The text, or as much of its beginning as fits, ending in "…". */
export function fitText(
  text: string,
  options: { size: number; width: number; bold?: boolean },
): string {
  if (textWidth(text, options) <= options.width) return text;
  const letters = [...text];
  while (letters.length > 0 && textWidth(letters.join("") + "…", options) > options.width) {
    letters.pop();
  }
  return letters.join("").trimEnd() + "…";
}

/** Whether the typeface draws every letter of the text. */
export function hasGlyphs(text: string): boolean {
  const { advances } = typeface("regular");
  for (const [letter] of text.matchAll(/\P{ASCII}/gu)) {
    if (!advances.has(letter.codePointAt(0)!)) return false;
  }
  return true;
}

function fontPath(file: string): string {
  return fileURLToPath(import.meta.resolve(`@expo-google-fonts/arimo/${file}`));
}

function typeface(weight: keyof typeof files): Typeface {
  let found = typefaces.get(weight);
  if (!found) {
    found = readTypeface(Deno.readFileSync(fontPath(files[weight])));
    typefaces.set(weight, found);
  }
  return found;
}

/** Advance widths by code point, from the tables head, hhea, hmtx and cmap (format 4). */
function readTypeface(bytes: Uint8Array): Typeface {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const tables = new Map<string, number>();
  for (let i = 0; i < view.getUint16(4); i++) {
    const entry = 12 + 16 * i;
    const tag = String.fromCharCode(...bytes.subarray(entry, entry + 4));
    tables.set(tag, view.getUint32(entry + 8));
  }
  const unitsPerEm = view.getUint16(tables.get("head")! + 18);
  const widthCount = view.getUint16(tables.get("hhea")! + 34);
  const widths = tables.get("hmtx")!;
  const cmap = tables.get("cmap")!;
  const segments = cmap + view.getUint32(cmap + 8); // the first encoding is Unicode's
  const size = view.getUint16(segments + 6); // bytes in one column of segments
  const advances = new Map<number, number>();
  for (let i = 0; i < size; i += 2) {
    const end = view.getUint16(segments + 14 + i);
    const start = view.getUint16(segments + 16 + size + i);
    const delta = view.getUint16(segments + 16 + 2 * size + i);
    const offsetAt = segments + 16 + 3 * size + i;
    const offset = view.getUint16(offsetAt);
    for (let code = start; code <= end && code !== 0xffff; code++) {
      let glyph = offset === 0 ? code : view.getUint16(offsetAt + offset + 2 * (code - start));
      if (offset === 0 || glyph !== 0) glyph = (glyph + delta) & 0xffff;
      if (glyph === 0) continue;
      advances.set(code, view.getUint16(widths + 4 * Math.min(glyph, widthCount - 1)));
    }
  }
  return { unitsPerEm, advances };
}
