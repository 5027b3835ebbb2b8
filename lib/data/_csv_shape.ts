/**
 * The shape of a CSV file: every record has as many fields as the header.
 *
 * @module
 */

const [quote, comma, newline, carriage] = [0x22, 0x2c, 0x0a, 0x0d];

/**
 * Checks what polars forgives (it fills short records with null and may cut long ones) and returns
 * the bytes without the blank lines at the end, which it reads as records of null.
 *
 * @throws {SyntaxError} With the line at fault, counted from 1
 */
export function checkCsv(bytes: Uint8Array): Uint8Array {
  let columns = 0; // fields of the header, once it is known
  let [line, blankLine] = [1, 0];
  let [start, startLine, fields, quoted] = [0, 1, 1, false]; // the record being read
  let end = 0; // of the last record that is not blank
  for (let i = 0; i <= bytes.length; i++) {
    const byte = i < bytes.length ? bytes[i] : newline;
    if (byte === quote) quoted = !quoted;
    else if (byte === comma && !quoted) fields++;
    if (byte !== newline) continue;
    line++;
    if (quoted && i < bytes.length) continue;
    if (quoted) throw new SyntaxError(`the quote on line ${startLine} is never closed`);
    const blank = i === start || (i === start + 1 && bytes[start] === carriage);
    if (blank && columns !== 1) { // the one column of a table may be null
      blankLine ||= startLine;
    } else {
      columns ||= fields;
      if (blankLine > 0) throw new SyntaxError(`line ${blankLine} is blank`);
      if (fields !== columns) {
        throw new SyntaxError(
          `line ${startLine} must have as many fields as the header, ${columns}: ${fields}`,
        );
      }
      end = Math.min(i + 1, bytes.length);
    }
    [start, startLine, fields] = [i + 1, line, 1];
  }
  if (columns === 0) throw new SyntaxError("the file is empty");
  return bytes.subarray(0, end);
}
