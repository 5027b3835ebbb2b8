/**
 * Decoded images on disk: one file a set, read through memory mapping.
 *
 * The file holds the images one after the other, then a manifest (JSON: how many images in each
 * chunk, its checksum, the images that could not be decoded), then 16 bytes: "GALAXYPX", length and
 * checksum of the manifest. While it is written it is called `.partial`, and a journal beside it
 * gets a line for each finished chunk, so that a later call goes on where one was ended, by force too.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { isFile } from "../../files.ts";
import { FileMapping } from "../../file_mapping.ts";
import type { BadFile, DecodeOptions } from "./decode.ts";
import { decodeList, type ImageList } from "./image_list.ts";

/** Part of a set that is decoded, written and checked as one. */
type Chunk = {
  /** Position in the list after its last image. */
  end: number;
  /** Images of it in the file. */
  rows: number;
  crc: number;
  bad: (BadFile & { index: number })[];
};

/** A cache that is complete. */
export type CachedImages = {
  mapping: FileMapping;
  /** Those that are not in the cache; `index` is their position in the list. */
  bad: (BadFile & { index: number })[];
  path: string;
};

const FORMAT = 3; // 1: JPEGs by libvips; 2: crops up to half a pixel off the middle
const MAGIC = "GALAXYPX";
const TRAILER = 16;
/** Bytes of decoded images in a chunk, about. */
const CHUNK_BYTES = 2 ** 25;

/**
 * The decoded images of a list from `folder`, decoded and written first where they are not there.
 * The file's name is made of the list's ids and stamps and of every option that changes a pixel.
 *
 * @param options `verify`: whether all chunks are checked, or eight of them
 * @throws {Error} When a finished cache is damaged, or the disk is too small
 */
export async function cachedImages(
  folder: string,
  { list, options, verify = false }: {
    list: ImageList;
    options: DecodeOptions;
    verify?: boolean;
  },
): Promise<CachedImages> {
  const path = join(folder, `${keyOf(list, options)}.pixels`);
  const imageBytes = options.size ** 2 * 3;
  if (!isFile(path)) await write(path, { list, options, imageBytes });
  return open(path, { imageBytes, verify });
}

function keyOf(list: ImageList, options: DecodeOptions): string {
  const { size, cropFraction = 1, filter = "lanczos", fits = null } = options;
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ FORMAT, size, cropFraction, filter, fits }));
  const stamps = list.stamps();
  list.ids.forEach((id, index) => hash.update(`\0${id}\0${stamps[index]}`));
  return hash.digest("hex").slice(0, 24);
}

async function write(
  path: string,
  { list, options, imageBytes }: {
    list: ImageList;
    options: DecodeOptions;
    imageBytes: number;
  },
): Promise<void> {
  Deno.mkdirSync(join(path, ".."), { recursive: true });
  const count = list.ids.length;
  const partial = `${path}.partial`;
  const reading = { read: true, write: true, create: true };
  // Also the lock: a second process waits here, then finds the finished file.
  using journal = await Deno.open(`${partial}.journal`, reading);
  await journal.lock(true);
  if (isFile(path)) {
    if (isFile(`${partial}.journal`)) Deno.removeSync(`${partial}.journal`);
    return;
  }
  using pixels = await Deno.open(partial, reading);
  const chunks = await resumable(journal, pixels, imageBytes);
  const written = chunks.reduce((rows, chunk) => rows + chunk.rows, 0) * imageBytes;
  assertDiskFits(path, count * imageBytes - written);

  const step = Math.max(1, Math.round(CHUNK_BYTES / imageBytes / list.block)) * list.block;
  let pending: Promise<unknown> = Promise.resolve();
  try {
    const from = { start: chunks.at(-1)?.end ?? 0, step };
    for await (const { images, bad, end } of decodeList(list, { ...options, ...from })) {
      const chunk = { end, rows: images.length / imageBytes, crc: crc32(images), bad };
      chunks.push(chunk);
      await pending; // one chunk is written while the next is decoded
      pending = append(images, chunk);
      pending.catch(() => {}); // thrown where it is awaited
    }
    await pending;
  } finally {
    await pending.catch(() => {}); // the files stay open until then
  }
  const manifest = new TextEncoder().encode(JSON.stringify({ FORMAT, imageBytes, chunks }));
  const trailer = new Uint8Array(TRAILER);
  trailer.set(new TextEncoder().encode(MAGIC));
  new DataView(trailer.buffer).setUint32(8, manifest.length);
  new DataView(trailer.buffer).setUint32(12, crc32(manifest));
  await writeAll(pixels, manifest);
  await writeAll(pixels, trailer);
  await pixels.sync();
  Deno.renameSync(partial, path);
  Deno.removeSync(`${partial}.journal`);

  async function append(rows: Uint8Array, chunk: Chunk): Promise<void> {
    await writeAll(pixels, rows);
    await writeAll(journal, new TextEncoder().encode(`${JSON.stringify(chunk)}\n`));
  }
}

/**
 * The chunks of the journal whose images are in the file as they were written. Whatever comes after
 * the first that is not, in either file, is cut off.
 */
async function resumable(
  journal: Deno.FsFile,
  pixels: Deno.FsFile,
  imageBytes: number,
): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const text = new TextDecoder().decode(await readAll(journal, (await journal.stat()).size));
  let [kept, bytes] = [0, 0];
  for (const line of text.split("\n").slice(0, -1)) {
    const chunk = parse(line);
    if (!chunk) break;
    const rows = await readAll(pixels, chunk.rows * imageBytes);
    if (rows.length !== chunk.rows * imageBytes || crc32(rows) !== chunk.crc) break;
    chunks.push(chunk);
    kept += new TextEncoder().encode(line).length + 1;
    bytes += rows.length;
  }
  await journal.truncate(kept);
  await pixels.truncate(bytes);
  await journal.seek(kept, Deno.SeekMode.Start);
  await pixels.seek(bytes, Deno.SeekMode.Start);
  return chunks;
}

function parse(line: string): Chunk | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // the last line, cut
  }
}

function open(
  path: string,
  { imageBytes, verify }: { imageBytes: number; verify: boolean },
): CachedImages {
  const chunks = readManifest(path, imageBytes);
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const bad = chunks.flatMap((chunk) => chunk.bad);
  const mapping = new FileMapping(path, Math.max(1, rows * imageBytes));
  try {
    const every = verify ? 1 : Math.ceil(chunks.length / 8);
    let start = 0;
    chunks.forEach((chunk, number) => {
      const length = chunk.rows * imageBytes;
      if (number % every === 0) {
        const found = crc32(new Uint8Array(mapping.buffer, start, length));
        if (found !== chunk.crc) {
          throw damaged(
            path,
            `images ${start / imageBytes} to ${(start + length) / imageBytes - 1}`,
          );
        }
      }
      start += length;
    });
  } catch (error) {
    mapping[Symbol.dispose]();
    throw error;
  }
  return { mapping, bad, path };
}

function readManifest(path: string, imageBytes: number): Chunk[] {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  const trailer = readAt(file, size - TRAILER, TRAILER);
  const view = new DataView(trailer.buffer);
  if (new TextDecoder("latin1").decode(trailer.subarray(0, 8)) !== MAGIC) {
    throw damaged(path, "its end");
  }
  const length = view.getUint32(8);
  const manifest = readAt(file, size - TRAILER - length, length);
  if (crc32(manifest) !== view.getUint32(12)) throw damaged(path, "its manifest");
  const { chunks } = JSON.parse(new TextDecoder().decode(manifest)) as { chunks: Chunk[] };
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  if (rows * imageBytes + length + TRAILER !== size) throw damaged(path, "its length");
  return chunks;
}

function readAt(file: Deno.FsFile, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, offset + length)));
  if (offset < 0) return bytes.fill(0);
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes;
}

function damaged(path: string, what: string): Error {
  return new Error(
    `Cannot use image cache "${path}": ${what} differ${what.startsWith("its") ? "s" : ""} from ` +
      "what was written; delete the file to make it anew",
  );
}

function assertDiskFits(path: string, wanted: number): void {
  const { bavail, bsize } = statfsSync(join(path, ".."));
  if (wanted <= bavail * bsize) return;
  throw new RangeError(
    `Cannot write image cache "${path}": ${(wanted / 1e9).toFixed(2)} GB wanted, ` +
      `${
        (bavail * bsize / 1e9).toFixed(2)
      } GB free on the disk; choose a smaller size or another folder`,
  );
}

async function readAll(file: Deno.FsFile, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
