/**
 * The entries of a ZIP archive: the container of PyTorch's checkpoints, Keras' weights and NumPy's
 * arrays. Only the index is read; nothing is unpacked.
 *
 * Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory),
 * 4.3.14 to 4.3.16 (its end, with ZIP64).
 *
 * @module
 */

/** Where the bytes of a file in the archive lie. */
export type ZipEntry = {
  name: string;
  /** From the start of the archive. */
  byteOffset: number;
  byteLength: number;
  /** Bytes that are there of a file that is deflated; without it, the file is stored as it is. */
  packedLength?: number;
  /** CRC-32 of the file. */
  crc: number;
};

/** An archive that cannot be read. */
export class ZipError extends Error {
  override name = "ZipError";
  /** What is in it, as far as that could be read. */
  names: readonly string[] = [];
}

const END_BYTES = 22, MAX_COMMENT_BYTES = 65535, LOCATOR_BYTES = 20, END64_BYTES = 56;
const CENTRAL_BYTES = 46, LOCAL_BYTES = 30;
const LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50;
const LOCATOR64 = 0x07064b50, END64 = 0x06064b50;

/** Reads bytes of the archive. */
type Read = (position: number, byteLength: number) => Uint8Array<ArrayBuffer>;

/**
 * Lists an archive.
 *
 * @param options `deflated`: whether files may be deflated, too. Default false
 * @throws {ZipError} When it is cut, inconsistent, packed otherwise, encrypted or in several parts
 */
export function readZipEntries(
  archive: { size: number; read: Read },
  { deflated = false }: { deflated?: boolean } = {},
): Map<string, ZipEntry> {
  const { size } = archive;
  function read(position: number, byteLength: number): DataView {
    if (!Number.isSafeInteger(position + byteLength) || position + byteLength > size) {
      throw new ZipError(`byte ${position + byteLength} is wanted, it has ${size}: it is cut`);
    }
    return new DataView(archive.read(position, byteLength).buffer);
  }
  const { count, position, byteLength } = findDirectory(read, size);
  const directory = read(position, byteLength);
  const entries = new Map<string, ZipEntry>();
  const packed: { name: string; how: string }[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > byteLength || directory.getUint32(at, true) !== CENTRAL) {
      throw new ZipError(`entry ${i} of ${count} is missing in its directory`);
    }
    const { end, how, ...entry } = readEntry(directory, { at, deflated });
    at = end;
    if (how !== undefined) {
      packed.push({ name: entry.name, how });
      continue;
    }
    if (entries.has(entry.name)) throw new ZipError(`it has "${entry.name}" twice`);
    const { header: _, ...rest } = entry;
    entries.set(entry.name, { ...rest, byteOffset: dataOffset(read, entry, position) });
  }
  if (packed.length === 0) return entries;
  const [{ name, how }] = packed as [{ name: string; how: string }];
  const names = [...entries.keys(), ...packed.map(({ name }) => name)];
  throw Object.assign(new ZipError(`"${name}" is ${how}`), { names });
}

/** Finds the directory from the archive's end, which a comment may follow. */
function findDirectory(
  read: (position: number, byteLength: number) => DataView,
  size: number,
): { count: number; position: number; byteLength: number } {
  const tail = Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
  const view = read(size - tail, tail);
  for (let at = tail - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== tail) continue;
    const count = view.getUint16(at + 10, true);
    const byteLength = view.getUint32(at + 12, true);
    const position = view.getUint32(at + 16, true);
    if (count === 0xffff || byteLength === 0xffffffff || position === 0xffffffff) {
      return findDirectory64(read, size - tail + at);
    }
    return { count, position, byteLength };
  }
  throw new ZipError("its directory, which ends an archive, is not there: it is cut");
}

function findDirectory64(
  read: (position: number, byteLength: number) => DataView,
  end: number,
): { count: number; position: number; byteLength: number } {
  const locator = read(Math.max(0, end - LOCATOR_BYTES), LOCATOR_BYTES);
  if (locator.getUint32(0, true) !== LOCATOR64) throw new ZipError("its ZIP64 locator is missing");
  const view = read(uint64(locator, 8), END64_BYTES);
  if (view.getUint32(0, true) !== END64) throw new ZipError("its ZIP64 end is missing");
  return { count: uint64(view, 32), byteLength: uint64(view, 40), position: uint64(view, 48) };
}

function readEntry(directory: DataView, { at, deflated }: { at: number; deflated: boolean }) {
  const flags = directory.getUint16(at + 8, true);
  const method = directory.getUint16(at + 10, true);
  const nameLength = directory.getUint16(at + 28, true);
  const extraLength = directory.getUint16(at + 30, true);
  const commentLength = directory.getUint16(at + 32, true);
  const end = at + CENTRAL_BYTES + nameLength + extraLength + commentLength;
  if (end > directory.byteLength) throw new ZipError("its directory is cut");
  const name = text(directory, at + CENTRAL_BYTES, nameLength);
  const isDeflated = deflated && method === 8;
  const how = flags & 1
    ? "encrypted"
    : method !== 0 && !isDeflated
    ? `compressed${deflated ? ` by method ${method}` : ", wanted stored"}`
    : undefined;
  let packed = directory.getUint32(at + 20, true);
  let byteLength = directory.getUint32(at + 24, true);
  let header = directory.getUint32(at + 42, true);
  let extra = at + CENTRAL_BYTES + nameLength;
  const extraEnd = extra + extraLength;
  while (extra + 4 <= extraEnd) {
    let field = extra + 4;
    const fieldEnd = field + directory.getUint16(extra + 2, true);
    if (fieldEnd > extraEnd) throw new ZipError(`the extra field of "${name}" is cut`);
    if (directory.getUint16(extra, true) === 1) { // ZIP64: what did not fit above, in this order
      const next = () => {
        if (field + 8 > fieldEnd) throw new ZipError(`the ZIP64 field of "${name}" is cut`);
        return uint64(directory, (field += 8) - 8);
      };
      if (byteLength === 0xffffffff) byteLength = next();
      if (packed === 0xffffffff) packed = next();
      if (header === 0xffffffff) header = next();
    }
    extra = fieldEnd;
  }
  if (how === undefined && !isDeflated && packed !== byteLength) {
    throw new ZipError(`"${name}" has two sizes`);
  }
  const crc = directory.getUint32(at + 16, true);
  return { name, byteLength, crc, ...(isDeflated && { packedLength: packed }), header, end, how };
}

/** Behind the entry's own header, which repeats its name and must agree. */
function dataOffset(
  read: (position: number, byteLength: number) => DataView,
  { name, byteLength, packedLength = byteLength, header }: Omit<ZipEntry, "byteOffset"> & {
    header: number;
  },
  directory: number,
): number {
  const nameLength = new TextEncoder().encode(name).length;
  const view = read(header, LOCAL_BYTES + nameLength);
  if (
    view.getUint32(0, true) !== LOCAL || view.getUint16(26, true) !== nameLength ||
    text(view, LOCAL_BYTES, nameLength) !== name
  ) {
    throw new ZipError(`"${name}" is not where its directory says`);
  }
  const start = header + LOCAL_BYTES + nameLength + view.getUint16(28, true);
  if (start + packedLength > directory) throw new ZipError(`"${name}" runs into the directory`);
  return start;
}

function text(view: DataView, at: number, length: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(
      new Uint8Array(view.buffer, view.byteOffset + at, length),
    );
  } catch (cause) {
    throw new ZipError("a file name in it is not UTF-8", { cause });
  }
}

function uint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > Number.MAX_SAFE_INTEGER) throw new ZipError(`it gives a size of ${value} bytes`);
  return Number(value);
}
