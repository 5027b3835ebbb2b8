/**
 * The dust-lane spheroidals of Kaviraj et al. 2012, in the six fixed-width tables of Y.-S. Ting:
 * some prose, then a line a galaxy, −999 where there is no value.
 *
 * @module
 */

import pl, { type DataFrame } from "nodejs-polars";
import { catalogueKinds } from "./kinds.ts";

/** What the title of each table says, and its kind. */
const titles: readonly [RegExp, string][] = [
  [/Basic Information/, "dustlanes_basic"],
  [/SDSS Photometry/, "dustlanes_sdss_photometry"],
  [/SDSS Spectroscopy/, "dustlanes_sdss_spectroscopy"],
  [/GALEX\) Photometry/, "dustlanes_galex"],
  [/\(IRAS\)/, "dustlanes_iras"],
  [/\(FIRST\)/, "dustlanes_first"],
];

/** How the tables write that there is no value. */
const missing = -999;

/**
 * Reads one of the six tables; the column names are those of its kind, the values text (ids) and
 * float64, −999 is null.
 *
 * @throws {SyntaxError} When it is not one of the tables, or a line has not all of its fields
 */
export function readDustLanes(path: string): { names: string[]; frame: DataFrame } {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(path));
  if (text.length === 0) throw new SyntaxError("the file is empty");
  const lines = text.split("\n");
  const title = lines.slice(0, 6).join("\n");
  const kind = titles.find(([pattern]) => /Dust Lane/.test(title) && pattern.test(title))?.[1];
  if (kind === undefined) {
    throw new SyntaxError("its title is not that of a dust-lane table of Kaviraj et al. 2012");
  }
  const names = Object.keys(catalogueKinds[kind].required);
  const columns: (string | number | null)[][] = names.map(() => []);
  const start = lines.findLastIndex((line) => /^-{40,}\s*$/.test(line)) + 1;
  const width = lines.slice(start).find((line) => line.trim() !== "")?.trimEnd().length;
  for (const [index, line] of lines.entries()) {
    if (index < start || line.trim() === "") continue;
    const fields = line.trim().split(/ +/);
    if (line.trimEnd().length !== width) { // a digit lost at its end would not show otherwise
      throw new SyntaxError(
        `line ${index + 1} must have ${width} characters, as the first: ${line.trimEnd().length}`,
      );
    }
    if (fields.length !== names.length) {
      throw new SyntaxError(
        `line ${index + 1} must have ${names.length} values: it has ${fields.length}`,
      );
    }
    for (const [i, field] of fields.entries()) columns[i].push(cell(field, i === 0, index + 1));
  }
  if (columns[0].length === 0) throw new SyntaxError("the table has a title and no rows");
  const series = names.map((name, i) =>
    pl.Series(name, columns[i], i === 0 ? pl.Utf8 : pl.Float64)
  );
  return { names, frame: pl.DataFrame(series) };
}

function cell(field: string, isId: boolean, line: number): string | number | null {
  if (isId) {
    if (/^\d{18}$/.test(field)) return field;
    throw new SyntaxError(`line ${line} must begin with an SDSS id of 18 digits: "${field}"`);
  }
  if (!/^-?\d+(\.\d*)?(e[-+]?\d+)?$/i.test(field)) {
    throw new SyntaxError(`line ${line} must hold numbers: "${field}"`);
  }
  const value = Number(field);
  return value === missing ? null : value;
}
