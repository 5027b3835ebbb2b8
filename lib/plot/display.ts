/**
 * What a notebook is handed to show, and how a picture is saved.
 *
 * @module
 */

import { extname } from "node:path";
import { writeFileAtomic } from "../files.ts";

/** One content in several media types; the reader of a notebook takes the best it can show. */
export type MediaBundle = Record<string, string | Record<string, unknown>>;

/** The method by which Deno's Jupyter kernel asks a value how it wants to be shown. */
export const display: unique symbol = Symbol.for("Jupyter.display") as never;

/** Bytes as they stand in a media bundle. */
export function base64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** A specification with six digits of each broken number: what a notebook keeps. */
export function shortNumbers(value: unknown): unknown {
  if (typeof value === "number") {
    return Number.isInteger(value) ? value : Number(value.toPrecision(6));
  }
  if (Array.isArray(value)) return value.map(shortNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortNumbers(item)]));
}

/** A drawing with its lines and places to a hundredth of a pixel. */
export function shortCoordinates(svg: string): string {
  return svg.replace(
    /( (?:d|transform|x|y|x1|x2|y1|y2|width|height)=")([^"]*)/g,
    (_, name: string, value: string) =>
      name + value.replace(/-?\d+\.\d{3,}/g, (number) => `${Number(Number(number).toFixed(2))}`),
  );
}

/** What makes the bytes or the text of a file, by extension (".png"). */
export type Encoders = Record<string, () => Promise<Uint8Array | string>>;

/** Writes a file in the format that its extension names; refuses others before any drawing. */
export async function saveAs(path: string, encoders: Encoders): Promise<void> {
  const encode = Object.hasOwn(encoders, extname(path).toLowerCase())
    ? encoders[extname(path).toLowerCase()]
    : undefined;
  if (!encode) {
    const known = Object.keys(encoders).join(", ");
    throw new RangeError(`Cannot save "${path}": the extension must be one of ${known}`);
  }
  writeFileAtomic(path, await encode());
}
