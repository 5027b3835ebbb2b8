/**
 * Tables in a notebook, which shows the first 50 rows alone: with how many there are.
 *
 * @module
 */

import pl from "nodejs-polars";
import { count } from "../text.ts";

const display = Symbol.for("Jupyter.display");

/** A table that a notebook cuts, with a line that tells its shape; another value as it is. */
export function showCut<T>(value: T): T {
  if (!pl.DataFrame.isDataFrame(value)) return value;
  const frame = value as pl.DataFrame & Record<symbol, () => Record<string, unknown>>;
  const usual = frame[display];
  if (usual === undefined) return value;
  Object.defineProperty(frame, display, {
    value(this: unknown) {
      const shown = usual.call(frame);
      const { data } = shown["application/vnd.dataresource+json"] as { data: unknown[] };
      const { height, width } = frame;
      const cut = data.length < height ? `, the first ${data.length} rows` : "";
      const line = `<div>${count(height)} x ${count(width)}${cut}</div>`;
      return { ...shown, "text/html": `${shown["text/html"]}${line}`, "text/plain": `${frame}` };
    },
    configurable: true,
  });
  return value;
}
