/**
 * What the columns of a plain CSV file hold, from all of their cells.
 *
 * @module
 */

/** What a column of a CSV file holds. */
export type CsvColumn = {
  readonly name: string;
  readonly type: "integer" | "number" | "boolean" | "text";
  /** Whether polars reads all cells as they are: no blanks around numbers, no words among them. */
  readonly clean: boolean;
  /** Whether some cells are words for a missing value. */
  readonly words: boolean;
  /** Whether a column of text holds whole numbers beyond 2^53. */
  readonly wide: boolean;
  /** Whole numbers beyond 2^53 that are written with a point or an exponent, digit by digit. */
  readonly pointed: boolean;
  /** Rows of words for a missing value that stand in quotes: those are text. */
  readonly quoted: ReadonlyMap<number, string>;
  /** Whether no cell says anything. */
  readonly empty: boolean;
};

/** How the cells of a text table are taken. */
export type CellOptions = {
  /** Columns whose cells stay as they are written. */
  readonly text: readonly string[];
  /** Columns to read. @default {all} */
  readonly columns?: readonly string[];
  /** Further words for a missing value, by column. */
  readonly missing: (name: string) => readonly string[];
};

/** The columns that are wanted, of those that there are. */
export function keptNames(names: readonly string[], { columns }: CellOptions): readonly string[] {
  return (columns ?? names).filter((name) => names.includes(name));
}

/** Whether a name can only be a number of the table: "587722952231026744", "198.05199", not "0.5". */
export function isDatum(name: string): boolean {
  const digits = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(name)
    ? name.replaceAll(/\D/g, "").length
    : 0;
  return digits >= (name.includes(".") ? 5 : 7);
}

/** Words for a missing value, whatever the column holds. */
export const missingWords: readonly string[] = ["null", "nan", "n/a", "#n/a", "<na>", "\\n", "--"];
/** Words for a missing value among numbers. */
export const missingNumbers: readonly string[] = [
  ...missingWords,
  "na",
  "none",
  "-",
  "---",
  "...",
  "n.a.",
  "masked",
  "missing",
  "nil",
  "nat",
  "?",
  "#na",
  "<null>",
  "(null)",
  "indef", // IRAF
];
/** Not a number, as C writes it on Windows; stars, as Fortran writes what does not fit. */
const programs = /^([+-]?1\.#(qnan|snan|ind)|[+-]?nan\((s?nan|ind)\)|\*+)$/i;

/** A number of double precision, as Fortran writes it. */
export const fortran = /^[+-]?((\d+\.\d*|\.\d+)d[+-]?|\d+d[+-])\d+$/i;

/** Whether a cell of text says that there is no value. */
export function isMissingWord(text: string): boolean {
  return missingWords.includes(text.toLowerCase());
}

/** The same of a cell among numbers, where "nan" is one of them. */
export function isMissingNumber(text: string): boolean {
  return text !== "" && (missingNumbers.includes(text.toLowerCase()) || programs.test(text));
}

// The states of a cell as its bytes pass: what it may still be
const [
  START,
  SIGN,
  INTEGER,
  POINT,
  DECIMAL,
  EXPONENT,
  SIGNED,
  POWER,
  PADDED,
  PADDED_DECIMAL,
  OTHER,
] = Array(11).keys();
const END = 16;
const QUOTE = 17;

const [POINT_BYTE, E_BYTE, MINUS_BYTE] = [0x2e, 0x65, 0x2d];

const table = transitions();

function transitions(): Uint8Array {
  const states = new Uint8Array(16 << 8).fill(OTHER);
  const set = (from: number[], bytes: string, to: number) => {
    for (const state of from) {
      for (const byte of bytes) states[state << 8 | byte.charCodeAt(0)] = to;
    }
  };
  set([START], "+-", SIGN);
  set([START, SIGN, INTEGER], "0123456789", INTEGER);
  set([START, SIGN], ".", POINT);
  set([INTEGER], ".", DECIMAL);
  set([POINT, DECIMAL], "0123456789", DECIMAL);
  set([INTEGER, DECIMAL], "eE", EXPONENT);
  set([EXPONENT], "+-", SIGNED);
  set([EXPONENT, SIGNED, POWER], "0123456789", POWER);
  set([START], " \t", START);
  set([INTEGER, PADDED], " \t", PADDED);
  set([DECIMAL, POWER, PADDED_DECIMAL], " \t", PADDED_DECIMAL);
  for (const state of [START, INTEGER, DECIMAL, POWER, PADDED, PADDED_DECIMAL]) {
    set([state], "\r", state);
  }
  set([...Array(16).keys()], ",\n", END);
  set([START], '"', QUOTE);
  return states;
}

// What was seen in a column
const [WHOLE, REAL, LOGICAL, TEXT, WORD, NAN, WIDE, DIRTY, QUOTED] = Array.from(
  { length: 9 },
  (_, i) => 1 << i,
);

/**
 * Looks at every cell.
 *
 * @param start Where the records begin
 * @throws {SyntaxError} When ids stand there as floating-point numbers, which have lost digits
 */
export function csvColumns(
  bytes: Uint8Array,
  start: number,
  { names, keep, text, missing }: {
    names: readonly string[];
    /** Columns whose cells stay as they are. */
    text: readonly string[];
    /** Columns that are looked at. */
    keep: readonly string[];
    /** Further words for a missing value, by column. */
    missing: (name: string) => readonly string[];
  },
): CsvColumn[] {
  const width = names.length;
  const seen = new Uint16Array(width);
  const pointed = new Uint8Array(width);
  const quoted = names.map(() => new Map<number, string>());
  const own = names.map((name) => missing(name));
  const fixed = names.map((name) => text.includes(name) || !keep.includes(name));
  const isId = names.map((name, i) => !fixed[i] && isIdName(name));
  // Of whole numbers beyond 2^53 with a point, by column: one with fewer digits than it has places,
  // and one that a double holds, as all have that were doubles once
  const lost = new Map<number, string>();
  const doubtful = new Map<number, string>();
  const latin = new TextDecoder("latin1");

  const look = (column: number, cell: string) => {
    if (cell === "" || fixed[column]) return;
    if (own[column].includes(cell)) seen[column] |= WORD | DIRTY;
    else if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(cell)) number(column, cell);
    else if (/^[+-]?nan$/i.test(cell)) seen[column] |= NAN;
    else if (/^[+-]?inf(inity)?$/i.test(cell)) seen[column] |= REAL;
    else if (fortran.test(cell) || /^[+-]?1\.#inf$/i.test(cell)) seen[column] |= REAL | DIRTY;
    else if (isMissingNumber(cell)) seen[column] |= WORD | DIRTY;
    else if (/^(true|false)$/i.test(cell)) seen[column] |= LOGICAL;
    else seen[column] |= TEXT;
  };
  const number = (column: number, cell: string) => {
    if (/^[+-]?\d+$/.test(cell)) {
      seen[column] |= WHOLE;
      if (cell.length > 15 && !Number.isSafeInteger(Number(cell))) seen[column] |= WIDE;
      return;
    }
    seen[column] |= REAL;
    const value = Number(cell);
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER || Math.abs(value) >= 2 ** 70) return;
    const whole = wholeNumber(cell);
    if (whole === undefined) return;
    if (!whole.exact) lost.set(column, cell);
    else if (BigInt(whole.digits) !== BigInt(value)) pointed[column] = 1;
    else doubtful.set(column, cell);
  };

  let [column, row, from, state] = [0, 0, start, START as number];
  const finish = (end: number) => {
    if (fixed[column]) return;
    const before = seen[column];
    if (state === START) return;
    if (state === INTEGER && end - from < 16) seen[column] = before | WHOLE;
    else if (state === DECIMAL || state === POWER || state === INTEGER) {
      if (state !== INTEGER && isSmall(end)) seen[column] = before | REAL;
      else if (!(before & TEXT)) look(column, cellAt(end));
    } else if (state === PADDED || state === PADDED_DECIMAL) {
      look(column, cellAt(end));
      seen[column] |= DIRTY;
    } else if (!(before & TEXT)) look(column, cellAt(end));
    else if (end - from < 6 && isMissingWord(cellAt(end))) seen[column] |= WORD;
  };
  /** Whether a number with a point or an exponent is below 10^15 at a glance. */
  const isSmall = (end: number) => {
    for (let at = from; at < end; at++) {
      if (at - from > 15) return false;
      if (bytes[at] === POINT_BYTE) {
        if (state === DECIMAL) return true;
        while (at < end && (bytes[at] | 0x20) !== E_BYTE) at++;
        return bytes[at + 1] === MINUS_BYTE;
      }
      if ((bytes[at] | 0x20) === E_BYTE) return bytes[at + 1] === MINUS_BYTE;
    }
    return false;
  };
  const cellAt = (end: number) => latin.decode(bytes.subarray(from, end)).trim();
  for (let at = start; at <= bytes.length; at++) {
    const byte = at < bytes.length ? bytes[at] : 0x0a;
    const next = table[state << 8 | byte];
    if (next < END) {
      state = next;
      continue;
    }
    if (next === QUOTE) {
      const close = closingQuote(bytes, at);
      const cell = new TextDecoder().decode(bytes.subarray(at + 1, close)).replaceAll('""', '"');
      if (isMissingNumber(cell)) {
        seen[column] |= QUOTED | (/nan$/i.test(cell) ? NAN : 0);
        if (isMissingWord(cell)) quoted[column].set(row, cell);
      } else if (!(seen[column] & TEXT)) look(column, cell);
      at = close;
      while (at + 1 < bytes.length && bytes[at + 1] !== 0x2c && bytes[at + 1] !== 0x0a) at++;
      state = START; // as an empty cell: it has been looked at
      continue;
    }
    finish(at);
    if (byte === 0x0a) {
      row++;
      column = 0;
    } else column++;
    from = at + 1;
    state = START;
  }
  return names.map((name, i): CsvColumn => {
    const flags = withQuoted(seen[i]);
    const real = flags & (REAL | NAN);
    const numeric = !fixed[i] && !(flags & (TEXT | LOGICAL)) && (flags & ~(WORD | DIRTY)) !== 0;
    const wide = numeric && ((flags & WIDE) !== 0 || pointed[i] === 1);
    const rounded = lost.get(i) ?? (wide ? undefined : doubtful.get(i));
    if (numeric && isId[i] && rounded !== undefined) throw roundedIds(name, rounded);
    const ids = wide && !lost.has(i) &&
      (!(flags & REAL) || pointed[i] === 1 || doubtful.has(i) || isId[i]);
    const only = flags & ~(WORD | DIRTY | (flags & LOGICAL ? NAN : 0));
    const type = fixed[i] || ids
      ? "text"
      : only === LOGICAL
      ? "boolean"
      : numeric && !real
      ? "integer"
      : numeric || (flags & WORD && only === 0)
      ? "number"
      : "text";
    return {
      ...{ name, type, pointed: ids && (pointed[i] === 1 || doubtful.has(i)), quoted: quoted[i] },
      clean: !(flags & DIRTY) && type !== "boolean",
      words: (flags & (WORD | NAN)) !== 0,
      wide: ids,
      empty: flags === 0,
    };
  });
}

/** What was seen, where words stand in quotes: among numbers as without them, else as text. */
function withQuoted(flags: number): number {
  if (!(flags & QUOTED)) return flags;
  const isNumbers = flags & (WHOLE | REAL) && !(flags & (TEXT | LOGICAL));
  return flags & ~QUOTED | (isNumbers ? WORD | DIRTY : TEXT);
}

/** Whether a column is called as ids are: objid, dr7objid, TARGETID, source_id, id_str. */
export function isIdName(name: string): boolean {
  return /id(_str)?$/i.test(name);
}

/**
 * The whole number that a decimal text stands for, undefined where it is none; it is exact where
 * every digit is written.
 */
export function wholeNumber(text: string): { digits: string; exact: boolean } | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, sign, before, after, exponent = "0"] = match;
  const power = Number(exponent);
  const places = before.length + power; // digits before the point
  if (Math.abs(power) > 40 || places <= 0) return undefined;
  const digits = before + after;
  if (/[^0]/.test(digits.slice(places))) return undefined;
  const whole = digits.slice(0, places).padEnd(places, "0").replace(/^0+(?=\d)/, "");
  return { digits: (sign === "-" ? "-" : "") + whole, exact: digits.length >= places };
}

/** The refusal of ids that went through floating-point numbers. */
export function roundedIds(name: string, example: string): SyntaxError {
  return new SyntaxError(
    `column "${name}" must hold ids to the last digit: it holds floating-point numbers (${example}), ` +
      "which have lost digits beyond 2^53; export it again as int64 or text, or leave it out (columns)",
  );
}

function closingQuote(bytes: Uint8Array, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    if (bytes[at] !== 0x22) continue;
    if (bytes[at + 1] !== 0x22) return at;
    at++;
  }
  return bytes.length;
}
