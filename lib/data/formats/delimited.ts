/**
 * Text tables of all dialects brought to one: comma-separated, a header and records, no comments.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { utf8 } from "../_csv_shape.ts";

/** A text table as plain CSV. */
export type PlainCsv = {
  readonly bytes: Uint8Array;
  /** Units by column, where the file names them. */
  readonly units: Readonly<Record<string, string>>;
};

/** One field; whether it stood in quotes. */
type Field = { readonly text: string; readonly quoted: boolean };

type Row = { readonly line: number; readonly fields: readonly Field[] };

/** How fields are separated; " " is any run of blanks. */
type Separator = "," | ";" | "\t" | "|" | " ";

/** How much is looked at to tell the separator. */
const HEAD = 1 << 16;
const SAMPLE = 50;

/** How many uneven lines an error names. */
const shownLines = 4;

/**
 * Brings a text table to plain CSV: tabs, semicolons, bars or blanks between the fields, blanks
 * around them, comments before the header or with the header in them (also SExtractor's, a column a
 * line), VizieR's lines of units and dashes, decimal commas beside semicolons. What is plain CSV
 * already comes back as it is.
 *
 * @param options `separator`: where it is known, and that the comments name no columns
 * @throws {SyntaxError} When lines are of uneven length, naming them
 */
export function plainCsv(
  bytes: Uint8Array,
  { separator: known }: { separator?: Separator } = {},
): PlainCsv {
  if (known === undefined && isPlainCsv(bytes)) return { bytes, units: {} };
  const quick = exchangedBytes(bytes, known);
  if (quick) return { bytes: quick, units: {} };
  const text = unruled(utf8(bytes));
  const { comments, start, line, separator: told } = preamble(text);
  const separator = known ?? told ??
    separatorOf(
      linesOf(text.slice(start, start + HEAD), text.length > start + HEAD),
      comments.length > 0,
    );
  const rows = rowsOf(text, { start, line, separator, commented: comments.length > 0 });
  if (rows.length === 0) {
    throw new SyntaxError(
      comments.length > 0 ? "it holds comments and no table" : "the file is empty",
    );
  }
  const { names, unitFields, body } = headed(rows, {
    comments: known === undefined ? comments : [],
    separator,
  });
  const second = body.find(({ fields }, i) => i > 0 && fields.length > 1 && underlined(fields));
  if (second) throw severalTables(second.line);
  checkEven(names.length, body);
  const unitOf = (name: string, i: number) => [name, unitFields[i]?.text.trim() ?? ""] as const;
  return {
    bytes: written([names, ...decimalPoints(body, separator)]),
    units: Object.fromEntries(
      names.map(({ text }, i) => unitOf(text, i)).filter(([, unit]) => /[^\s-]/.test(unit)),
    ),
  };
}

/** Whether the first lines are those of CSV without a dialect: a comma, and no blank beside it. */
export function isPlainCsv(bytes: Uint8Array): boolean {
  const lines = linesOf(new TextDecoder().decode(bytes.subarray(0, HEAD)), bytes.length > HEAD);
  const [header] = lines;
  if (/^#/.test(header) || /^\s*$/.test(header) || /^sep=.$/i.test(header)) return false;
  if (lines.slice(0, 3).some((line) => dashes(line.split(/[\t,;| ]+/)) || /^\s*[+|]/.test(line))) {
    return false;
  }
  return separatorOf(lines, false) === "," &&
    !/(^|,)[ \t]|[ \t](,|$)/.test(header.replace(/"[^"]*"/g, '""'));
}

/**
 * A table with lines drawn in it as one without: bars at both ends of a line, rules below the header,
 * and columns that stand under a rule ("---- ---"), which may have blanks in their cells.
 */
function unruled(text: string): string {
  const first = /^(?:#[^\n]*\n|\s*\n)*([^\n]*)/.exec(text)?.[1] ?? "";
  const isBoxed = /^\s*\+[-=+]+\+\s*$|^\s*\|.*\|\s*$/.test(first);
  if (isBoxed) { // a rule becomes an empty comment, so that lines keep their numbers
    return text.replaceAll(/^[ \t]*\|(.*)\|[ \t\r]*$/gm, "$1").replaceAll(
      /^(?=.*[-=]{3})[-+=:| \t]+\r?$/gm,
      "#",
    );
  }
  const rule = /^(?=.*[-=]{3})[ \t]*(-+|=+)([ \t]+(-+|=+))+[ \t\r]*$/m.exec(text.slice(0, HEAD));
  if (!rule || rule[0].includes("\t")) return text;
  const starts = [...rule[0].matchAll(/[-=]+/g)].map(({ index }) => index);
  const lines = text.split("\n");
  const isRow = (line: string) => !line.startsWith("#") && line.trim() !== "";
  const isAligned = lines.slice(0, SAMPLE).filter(isRow).every((line) =>
    starts.slice(1).every((start) => (line[start - 1] ?? " ") === " ")
  );
  if (!isAligned) return text;
  return lines.map((line) => {
    if (!isRow(line)) return line;
    if (line.trim() === rule[0].trim()) return "#";
    return starts.map((start, i) => line.slice(i === 0 ? 0 : start, starts[i + 1]).trim()).join(
      "\t",
    );
  }).join("\n");
}

/** The comments before the table, and where it begins. */
function preamble(
  text: string,
): { comments: string[]; start: number; line: number; separator?: Separator } {
  const comments: string[] = [];
  let [start, line] = [0, 1];
  let separator: Separator | undefined;
  for (; start < text.length; line++) {
    const end = text.indexOf("\n", start);
    const next = end < 0 ? text.length : end + 1;
    const content = text.slice(start, next).trimEnd();
    const excel = line === 1 ? /^sep=(.)$/i.exec(content) : null;
    if (excel) separator = excel[1] as Separator;
    else if (content.startsWith("#")) comments.push(content);
    else if (content.trim() !== "") break;
    start = next;
  }
  return { comments, start, line, separator };
}

/** The second line of RDB. */
const rdbTypes = /^[^\n]*\n(\d*[NS]\t)*\d*[NS]\r?\n/;

/** A table that is plain but for its separator, as plain CSV. */
function exchangedBytes(bytes: Uint8Array, known: Separator | undefined): Uint8Array | undefined {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD));
  const { start, separator: told } = preamble(head);
  if (start > 0 || unruled(head) !== head || rdbTypes.test(head)) return undefined;
  const separator = known ?? told ?? separatorOf(linesOf(head, bytes.length > HEAD), false);
  const quick = separator === " " ? undefined : exchanged(bytes, separator);
  return quick && isPlainCsv(quick) ? quick : undefined;
}

/**
 * The text with commas for its separators, where no comma, quote or blank beside one stands in it; of
 * text with blanks or comments, without blank lines and comments in it.
 */
export function exchanged(bytes: Uint8Array, separator: Separator): Uint8Array | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const blanks = ["\n ", "\r ", " \n", " \r", ` ${separator}`, `${separator} `];
  const refused = [
    '"',
    ...(separator === "," ? [] : [","]),
    ...(separator === " " || separator === "," ? ["\n#", "\n\n", "\n\r"] : []),
    ...(text.includes(" ") ? blanks : []),
  ];
  if (/^\s| $/.test(text.slice(0, 1) + text.slice(-1))) return undefined;
  if (refused.some((words) => text.includes(words))) return undefined;
  if (separator === ",") return bytes;
  const byte = separator.charCodeAt(0);
  const result = bytes.slice();
  for (let at = 0; at < result.length; at++) if (result[at] === byte) result[at] = comma;
  return result;
}

const comma = 0x2c;

/** The first lines, without the one that is cut. */
function linesOf(head: string, cut: boolean): string[] {
  const lines = head.split(/\r?\n/, SAMPLE + 1);
  return cut || lines.length > SAMPLE ? lines.slice(0, Math.max(1, lines.length - 1)) : lines;
}

/** The separator that gives the first lines the same number of fields; a comma where none does. */
function separatorOf(all: readonly string[], commented: boolean): Separator {
  const lines = all.filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (lines.length === 0) return ",";
  const found = (["\t", ",", ";", "|"] as const)
    .map((separator) => ({
      separator,
      counts: lines.map((line) => fieldsOf(line, separator).length),
    }))
    .filter(({ counts }) => counts[0] > 1);
  const even = found.filter(({ counts }) => counts.every((count) => count === counts[0]));
  if (even.length > 0) return most(even);
  // uneven lines are named later; what is told here is by which separator
  if (found.length > 0) return most(found);
  return isBlankSeparated(lines, commented) ? " " : ",";
}

function most(found: readonly { separator: Separator; counts: number[] }[]): Separator {
  return found.toSorted((a, b) => b.counts[0] - a.counts[0])[0].separator;
}

/** Whether blanks separate: lines have as many words, some of them numbers or, below comments, any. */
function isBlankSeparated(lines: readonly string[], commented: boolean): boolean {
  const words = lines.map((line) => fieldsOf(line, " ").map(({ text }) => text));
  const last = words.at(-1);
  if (last === undefined || last.length < 2) return false;
  const even = words.every((line, i) =>
    line.length === last.length || (i === 0 && line.length === last.length - 1)
  );
  const values = (words.length > 1 ? words.slice(1) : words).flat();
  const share = values.filter(isNumber).length / values.length;
  if (commented) return even || share >= 0.5; // uneven lines are named later
  return even && share >= (last.length > 2 ? 0.5 : 1); // names have blanks, too: "M 31"
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+[.,]?\d*|[.,]\d+)([eEdD][+-]?\d+)?$|^[+-]?(nan|inf|infinity)$/i.test(
    text.trim(),
  );
}

/** The fields of one line. */
function fieldsOf(line: string, separator: Separator): Field[] {
  return rowsOf(line, { start: 0, line: 1, separator, commented: false })[0]?.fields as Field[] ??
    [];
}

/** The records from `start` on; of text with comments those between are left out. */
function rowsOf(
  text: string,
  { start, line, separator, commented }: {
    start: number;
    line: number;
    separator: Separator;
    commented: boolean;
  },
): Row[] {
  const rows: Row[] = [];
  const skipsBlank = separator === " " || commented;
  let blank = 0;
  for (let at = start; at < text.length;) {
    const first = line;
    const end = lineEnd(text, at);
    const content = text.slice(at, end);
    if (content.trim() === "" && !(separator === "\t" && /\t/.test(content))) {
      if (!skipsBlank) blank ||= line;
      at = end + 1;
      line++;
      continue;
    }
    if ((skipsBlank && content.startsWith("#")) || content === "#") {
      if (rows.length > 1 && /^#(Table|RESOURCE)/i.test(content)) throw severalTables(line);
      at = end + 1;
      line++;
      continue;
    }
    if (blank > 0) throw new SyntaxError(`line ${blank} is blank`);
    // of VizieR's text a quote may be a mark of its own
    const over = separator !== "\t" || !commented;
    const record = recordAt(text, at, { separator, over });
    line += record.lines;
    at = record.end;
    rows.push({ line: first, fields: record.fields });
  }
  return rows;
}

function severalTables(line: number): SyntaxError {
  return new SyntaxError(
    `line ${line} begins a second table; save each table as a file of its own`,
  );
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** The record at a place, which goes on over the end of a line inside of quotes. */
function recordAt(
  text: string,
  start: number,
  { separator, over }: { separator: Separator; over: boolean },
): { fields: Field[]; end: number; lines: number } {
  const fields: Field[] = [];
  let end = lineEnd(text, start);
  let at = start;
  let lines = 1;
  for (;;) {
    if (separator === " ") { while (at < end && isBlank(text[at])) at++; }
    if (separator === " " && at >= end && fields.length > 0) break;
    const quoted = quotedAt(text, at, { separator, end, over });
    if (quoted) {
      fields.push({ text: quoted.text, quoted: true });
      if (quoted.end > end) {
        lines += text.slice(end, quoted.end).split("\n").length - 1;
        end = lineEnd(text, quoted.end);
      }
      at = quoted.end;
    } else {
      let stop = at;
      if (separator === " ") { while (stop < end && !isBlank(text[stop])) stop++; }
      else {
        const found = text.indexOf(separator, at);
        stop = found < 0 || found > end ? end : found;
      }
      fields.push({ text: text.slice(at, stop).replace(/\r$/, ""), quoted: false });
      at = stop;
    }
    if (at >= end) break;
    at++;
  }
  return { fields, end: end + 1, lines };
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\r";
}

/** A field in quotes, if there is one that ends before a separator: 5" is no such field. */
function quotedAt(
  text: string,
  start: number,
  { separator, end, over }: { separator: Separator; end: number; over: boolean },
): { text: string; end: number } | undefined {
  let at = start;
  while (text[at] === " " && separator !== " ") at++;
  if (text[at] !== '"') return undefined;
  for (let from = at + 1;;) {
    const close = text.indexOf('"', from);
    if (close < 0 || (close > end && !over)) return undefined;
    if (text[close + 1] === '"') {
      from = close + 2;
      continue;
    }
    let after = close + 1;
    while (text[after] === "\r" || (text[after] === " " && separator !== " ")) after++;
    const next = text[after];
    const ends = next === undefined || next === "\n" || next === separator ||
      (separator === " " && isBlank(next));
    if (!ends) return undefined;
    return { text: text.slice(at + 1, close).replaceAll('""', '"'), end: after };
  }
}

/** The names of the columns, the units where they are given, and the rows below. */
function headed(
  rows: readonly Row[],
  { comments, separator }: { comments: readonly string[]; separator: Separator },
): { names: Field[]; unitFields: readonly Field[]; body: readonly Row[] } {
  const trim = (fields: readonly Field[]) => fields.map(({ text }) => named(text.trim()));
  for (const at of [1, 2]) { // VizieR: names, units, dashes
    if (!rows[at] || !underlined(rows[at].fields)) continue;
    return {
      names: trim(rows[0].fields),
      unitFields: at === 2 ? rows[1].fields : [],
      body: rows.slice(at + 1),
    };
  }
  if (separator === "\t" && isRdb(rows)) {
    return { names: trim(rows[0].fields), unitFields: [], body: rows.slice(2) };
  }
  const fromComments = comments.length === 0 ? undefined : commentNames(comments, {
    width: rows[0].fields.length,
    separator,
  });
  const isData = ({ fields }: Row) => fields.some(({ text }) => isNumber(text));
  const isHeader = !isData(rows[0]) && rows.slice(1, SAMPLE).some(isData);
  if (fromComments && (!isHeader || fromComments.listed)) {
    const { names, units } = fromComments;
    return { names: names.map(named), unitFields: units.map(named), body: rows };
  }
  if (comments.length > 0 && isData(rows[0])) {
    throw new SyntaxError(
      `line ${rows[0].line} is data, and no comment before it names its ` +
        `${rows[0].fields.length} columns; write a header line`,
    );
  }
  const names = trim(rows[0].fields);
  const isNamed = ({ fields }: Row) => fields.length === names.length + 1 && fields[0].quoted;
  const [, ...body] = rows;
  // R's write.table names the rows, and has no name for their names
  const isOfR = body.length > 0 && body.every(isNamed);
  return { names: isOfR ? [named(""), ...names] : names, unitFields: [], body };
}

/** Whether the second line is that of types of RDB: N for numbers, S for texts, with a width or not. */
function isRdb(rows: readonly Row[]): boolean {
  const types = rows[1]?.fields.map(({ text }) => text.trim()) ?? [];
  const row = rows[2]?.fields;
  return row !== undefined && types.every((type) => /^\d*[NS]$/.test(type)) &&
    types.some((type, i) => type.endsWith("N") && row[i] !== undefined && isNumber(row[i].text));
}

function named(text: string): Field {
  return { text, quoted: false };
}

/** Whether a line only underlines the one above. */
function dashes(fields: readonly string[]): boolean {
  return fields.length > 0 && fields.every((text) => /^[-+=]*$/.test(text.trim())) &&
    fields.some((text) => /^-{2,}|^={2,}/.test(text.trim()));
}

function underlined(fields: readonly Field[]): boolean {
  return dashes(fields.map(({ text }) => text)) && fields.every(({ text }) => text.trim() !== "--");
}

const unitWords =
  /^(|-+|none|\[?(deg|arcsec|arcmin|rad|mag|h:m:s|d:m:s|hms|dms|hours?|h|s|d|yr|pc|kpc|Mpc|km\/s|m?u?Jy|nmgy|Angstrom|um|nm|Hz|pix(el)?s?|ct|count|solMass|Msun|log.*)\]?)$/;

/** Column names in comments: one a line with its number (SExtractor), or all in one line. */
function commentNames(
  comments: readonly string[],
  { width, separator }: { width: number; separator: Separator },
): { names: string[]; units: string[]; listed: boolean } | undefined {
  const listed = comments.map((comment) =>
    /^#\s*(\d+)\s+([A-Za-z]\w*)(?:\s.*?(?:\[([^\]]*)\])?\s*)?$/.exec(comment)
  ).filter((match) => match !== null);
  if (listed.length > 0 && Number(listed[0][1]) === 1) {
    return { ...vectorNames(listed, width), listed: true };
  }
  const lines = comments.map((comment) => {
    const bare = fieldsOf(comment.replace(/^#+/, ""), separator).map(({ text }) => text.trim());
    return bare[0] === "" && separator !== " " && bare.length === width
      ? ["#", ...bare.slice(1)]
      : bare;
  }).filter((fields) => fields.length === width);
  const isUnits = (fields: string[]) => fields.every((text) => unitWords.test(text));
  const names = lines.findLast((fields) =>
    !fields.some(isNumber) && new Set(fields).size === width && !isUnits(fields)
  );
  if (names === undefined) return undefined;
  const below = lines[lines.indexOf(names) + 1];
  return { names, units: below && isUnits(below) ? below : [], listed: false };
}

/** SExtractor's columns: a number that is left out belongs to a vector, which goes on. */
function vectorNames(
  listed: readonly RegExpExecArray[],
  width: number,
): { names: string[]; units: string[] } {
  const names: string[] = [];
  const units: string[] = [];
  for (const [i, [, number, name, unit = ""]] of listed.entries()) {
    const next = Number(listed[i + 1]?.[1] ?? width + 1);
    for (let item = Number(number); item < next; item++) {
      const place = item - Number(number);
      names.push(place === 0 ? name : `${name}_${place}`);
      units.push(unit);
    }
  }
  return { names, units };
}

function checkEven(columns: number, rows: readonly Row[]): void {
  const uneven = rows.filter(({ fields }) => fields.length !== columns);
  if (uneven.length === 0) return;
  const [first, ...others] = uneven;
  const message = `line ${first.line} must have as many fields as the header, ${columns}: ` +
    `${first.fields.length}`;
  const also = others.slice(0, shownLines - 1);
  const more = others.length > also.length ? `, and ${others.length - also.length} more` : "";
  throw new SyntaxError(
    also.length === 0
      ? message
      : `${message}; also ${
        also.map(({ line, fields }) => `line ${line}: ${fields.length}`).join(", ")
      }${more}`,
  );
}

/** A number whose comma stands before no thousands, as that of "1,234" may. */
const unlikeThousands = /^\s*[+-]?(0*,|\d+,(?!\d{3}\s*$)|\d{4,},)/;

/** Columns of numbers with decimal commas, as programs write them beside other separators. */
function decimalPoints(rows: readonly Row[], separator: Separator): (readonly Field[])[] {
  const records = rows.map(({ fields }) => fields);
  if (separator === "," || rows.length === 0) return records;
  const comma = /^\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*$/;
  const columns = records[0].map((_, column) => {
    const texts = records.map((fields) => fields[column].text).filter((text) => text.trim() !== "");
    const told = separator === ";" ? comma : unlikeThousands;
    return texts.some((text) => comma.test(text) && told.test(text)) &&
      texts.every((text) => comma.test(text) || (isNumber(text) && !text.includes(".")));
  });
  if (!columns.includes(true)) return records;
  return records.map((fields) =>
    fields.map((field, i) => columns[i] ? { ...field, text: field.text.replace(",", ".") } : field)
  );
}

function written(records: readonly (readonly Field[])[]): Uint8Array {
  const lines = records.map((fields) =>
    fields.map(({ text, quoted }) => {
      if (quoted) return `"${text.replaceAll('"', '""')}"`;
      const bare = text.trim();
      return /[",\n\r]/.test(bare) ? `"${bare.replaceAll('"', '""')}"` : bare;
    }).join(",")
  );
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
