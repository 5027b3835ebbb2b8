/**
 * The shape of a CSV file: every record has as many fields as the header.
 *
 * @module
 */

const [quote, comma, newline, carriage, blank, tab] = [0x22, 0x2c, 0x0a, 0x0d, 0x20, 0x09];

/** How many uneven lines an error names. */
const shownLines = 4;

/**
 * Checks what polars forgives (it fills short records with null, may cut long ones and passes over a
 * stray carriage return) and returns the bytes without the blank lines at the end, which it reads as
 * records of null, and with nothing in cells of nothing but blanks, which would be text.
 *
 * @throws {SyntaxError} With the lines at fault, counted from 1
 */
export function checkCsv(bytes: Uint8Array): Uint8Array {
  const quotes = bytes.includes(quote);
  let columns = 0; // fields of the header, once it is known
  let [line, blankLine] = [1, 0];
  let end = 0; // of the last record that is not blank
  const uneven: { line: number; fields: number }[] = [];
  let unevenCount = 0;
  let odd = quotes; // whether there are bytes that want a closer look
  for (let start = 0; start < bytes.length;) {
    const startLine = line;
    let fields = 1;
    let i = start;
    if (quotes) {
      let quoted = false;
      for (; i < bytes.length; i++) {
        const byte = bytes[i];
        if (byte === quote) quoted = !quoted;
        else if (byte === comma && !quoted) fields++;
        else if (byte === newline) {
          if (!quoted) break;
          line++;
        }
      }
      if (quoted) throw new SyntaxError(`the quote on line ${startLine} is never closed`);
    } else { // as above, four times as fast
      for (let byte; i < bytes.length && (byte = bytes[i]) !== newline; i++) {
        if (byte === comma) fields++;
        else if (byte <= blank) odd = true;
      }
    }
    line++;
    const isBlank = i === start || (i === start + 1 && bytes[start] === carriage);
    if (isBlank && columns !== 1) { // the one column of a table may be null
      blankLine ||= startLine;
    } else {
      columns ||= fields;
      if (blankLine > 0) throw new SyntaxError(`line ${blankLine} is blank`);
      if (fields !== columns && unevenCount++ < shownLines) {
        uneven.push({ line: startLine, fields });
      }
      end = Math.min(i + 1, bytes.length);
    }
    start = i + 1;
  }
  if (columns === 0) throw new SyntaxError("the file is empty");
  if (unevenCount > 0) throw new SyntaxError(unevenMessage(columns, uneven, unevenCount));
  const records = bytes.subarray(0, end);
  return odd ? withoutBlanks(records) : records;
}

/** Empties cells of nothing but blanks, and refuses carriage returns that end no line. */
function withoutBlanks(bytes: Uint8Array): Uint8Array {
  let [line, quoted, blanks, others] = [1, false, 0, 0];
  let from = 0; // of the cell
  const spans: [number, number][] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    const ends = byte === newline || (byte === comma && !quoted);
    if (ends && blanks > 0 && others === 0) {
      spans.push([from, bytes[i - 1] === carriage ? i - 1 : i]);
    }
    if (ends) from = i + 1;
    if (byte === newline) line++;
    if (byte === quote) quoted = !quoted;
    else if (ends) [blanks, others] = [0, 0];
    else if (byte === blank || byte === tab) blanks++;
    else if (byte !== carriage) others++;
    else if (!quoted && bytes[i + 1] !== newline && i + 1 < bytes.length) {
      throw new SyntaxError(`line ${line} has a carriage return that does not end it`);
    }
  }
  if (blanks > 0 && others === 0) spans.push([from, bytes.length]);
  if (spans.length === 0) return bytes;
  const result = new Uint8Array(bytes.length);
  let [length, done] = [0, 0];
  for (const [start, end] of [...spans, [bytes.length, bytes.length]]) {
    result.set(bytes.subarray(done, start), length);
    length += start - done;
    done = end;
  }
  return result.subarray(0, length);
}

function unevenMessage(
  columns: number,
  [first, ...others]: { line: number; fields: number }[],
  count: number,
): string {
  const message =
    `line ${first.line} must have as many fields as the header, ${columns}: ${first.fields}`;
  if (others.length === 0) return message;
  const more = count > others.length + 1 ? `, and ${count - others.length - 1} more` : "";
  return `${message}; also ${others.map((o) => `line ${o.line}: ${o.fields}`).join(", ")}${more}`;
}

/**
 * The names of the columns of a CSV file, and where the records begin.
 *
 * @throws {SyntaxError} When a name stands there twice
 */
export function csvHeader(bytes: Uint8Array): { names: string[]; end: number } {
  const { fields: names, end } = firstRecord(bytes);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated === undefined) return { names, end };
  throw new SyntaxError(`the header names column "${repeated}" twice`);
}

/** The fields of the first record, and where the next one starts. */
export function firstRecord(bytes: Uint8Array): { fields: string[]; end: number } {
  let end = 0;
  for (let quoted = false; end < bytes.length; end++) {
    if (bytes[end] === quote) quoted = !quoted;
    else if (bytes[end] === newline && !quoted) break;
  }
  const line = utf8(bytes.subarray(0, end)).replace(/\r$/, "");
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    const match = /"((?:[^"]|"")*)"|[^,]*/y;
    match.lastIndex = at;
    const [whole, quoted] = match.exec(line)!;
    fields.push(quoted === undefined ? whole : quoted.replaceAll('""', '"'));
    at += whole.length + 1;
  }
  return { fields, end: end + 1 };
}

/** Text of bytes. @throws {SyntaxError} When they are not UTF-8 */
export function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8(bytes, cause);
  }
}

/** The refusal of bytes that are not UTF-8, with the first line of them. */
export function notUtf8(bytes: Uint8Array, cause?: unknown): SyntaxError {
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const at = bytes.indexOf(newline, start);
    const end = at < 0 ? bytes.length : at + 1;
    const some = bytes.subarray(start, end);
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(some);
    } catch {
      const text = new TextDecoder("latin1").decode(some).trim();
      return new SyntaxError(
        `line ${line} is not UTF-8 (as Latin-1 it is "${text.slice(0, 40)}"); write the file as ` +
          "UTF-8 (iconv -f latin1 -t utf-8)",
        { cause },
      );
    }
    start = end;
  }
  return new SyntaxError("invalid utf-8 sequence", { cause });
}

/**
 * What a column is called while polars reads it: the schema is an object, in which a name such as
 * "2020" would come before the others.
 */
export function placeName(index: number): string {
  return `column ${index}`;
}
