/**
 * A checksum inside a Parquet file. The format has none that readers look at: a flipped bit in a
 * page comes out as another number. A Parquet file ends in its footer, the footer's length and
 * "PAR1", and all places in it are counted from the start, so that bytes before the footer disturb
 * no reader: there stand a mark and the SHA-256 of all the rest.
 *
 * @module
 */

import { createHash } from "node:crypto";

const mark = new TextEncoder().encode("galaxykit sha256");
const sealLength = mark.length + 32;
const tailLength = 8; // the footer's length and "PAR1"

/** The file's bytes in pieces, with the seal before the footer. */
export function sealParquet(bytes: Uint8Array): Uint8Array[] {
  const footer = footerStart(bytes.subarray(-tailLength), bytes.length);
  const [pages, end] = [bytes.subarray(0, footer), bytes.subarray(footer)];
  const digest = createHash("sha256").update(pages).update(end).digest();
  return [pages, mark, digest, end];
}

/**
 * Compares a file with its seal; a file without one, from elsewhere, passes.
 *
 * @throws {SyntaxError} When the file is not as it was written
 */
export function checkParquetSeal(path: string): void {
  using file = Deno.openSync(path);
  const size = file.statSync().size;
  if (size < tailLength + sealLength) return;
  const footer = footerStart(readAt(file, size - tailLength, tailLength), size);
  if (footer < sealLength) return;
  const seal = readAt(file, footer - sealLength, sealLength);
  if (!mark.every((byte, i) => seal[i] === byte)) return;
  const hash = createHash("sha256");
  hashRange(file, hash, 0, footer - sealLength);
  hashRange(file, hash, footer, size);
  if (hash.digest().equals(seal.subarray(mark.length))) return;
  throw new SyntaxError("the file is not as it was written (its SHA-256 differs): write it again");
}

/** Where the footer starts, by the last eight bytes; below 0 when they make no sense. */
function footerStart(tail: Uint8Array, size: number): number {
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  return size - tailLength - length;
}

function hashRange(
  file: Deno.FsFile,
  hash: ReturnType<typeof createHash>,
  start: number,
  end: number,
): void {
  const step = 1 << 20;
  for (let at = start; at < end; at += step) {
    hash.update(readAt(file, at, Math.min(step, end - at)));
  }
}

function readAt(file: Deno.FsFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < length) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) throw new SyntaxError("the file got shorter while it was read");
    done += count;
  }
  return bytes;
}
