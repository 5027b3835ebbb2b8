/**
 * Checkpoints that a test makes by hand: a pickle and storages in a ZIP archive of stored files.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Bytes from texts and numbers; a text is taken letter by letter, as latin-1. */
export function bytesOf(...parts: (string | number | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number"
        ? [part]
        : typeof part === "string"
        ? [...part].map((letter) => letter.charCodeAt(0))
        : [...part]
    ),
  );
}

/** An archive of these files. */
export function zipOf(files: Record<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const local: Uint8Array[] = [], central: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const text = encoder.encode(name);
    const header = new DataView(new ArrayBuffer(30));
    header.setUint32(0, 0x04034b50, true);
    header.setUint32(18, data.length, true);
    header.setUint32(22, data.length, true);
    header.setUint16(26, text.length, true);
    local.push(new Uint8Array(header.buffer), text, data);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint32(20, data.length, true);
    entry.setUint32(24, data.length, true);
    entry.setUint16(28, text.length, true);
    entry.setUint32(42, offset, true);
    central.push(new Uint8Array(entry.buffer), text);
    offset += 30 + text.length + data.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, Object.keys(files).length, true);
  end.setUint16(10, Object.keys(files).length, true);
  end.setUint32(12, central.reduce((sum, { length }) => sum + length, 0), true);
  end.setUint32(16, offset, true);
  return bytesOf(...local, ...central, new Uint8Array(end.buffer));
}

/** A pickled text of fewer than 256 bytes. */
export function text(value: string): Uint8Array {
  const bytes = encoder.encode(value);
  return bytesOf("X", bytes.length, 0, 0, 0, bytes);
}

/** A pickled tensor on storage 0, which has `length` float32 elements. */
export function tensor(
  { offset = 0, shape, strides, length = 4, storage = "FloatStorage", ...more }: {
    offset?: number;
    shape: number[];
    strides: number[];
    length?: number;
    storage?: string;
    /** How the function is called. @default {"_rebuild_tensor_v2"} */
    name?: string;
    /** The sixth of a persistent id, pickled, as before PyTorch 1.6. */
    view?: Uint8Array;
    /** The last argument, pickled. */
    metadata?: Uint8Array;
  },
): Uint8Array {
  const tuple = (values: number[]) => bytesOf("(", ...values.map((n) => integer(n)), "t");
  return bytesOf(
    `ctorch._utils\n${more.name ?? "_rebuild_tensor_v2"}\n((`,
    text("storage"),
    `ctorch\n${storage}\n`,
    text("0"),
    text("cpu"),
    integer(length),
    more.view ?? "",
    "tQ",
    integer(offset),
    tuple(shape),
    tuple(strides),
    0x89,
    "}",
    more.metadata ?? "",
    "tR",
  );
}

function integer(value: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setInt32(0, value, true);
  return bytesOf("J", new Uint8Array(bytes.buffer));
}

/** A pickle of a dictionary. */
export function dict(items: Record<string, Uint8Array>): Uint8Array {
  return bytesOf("}(", ...Object.entries(items).flatMap(([key, value]) => [text(key), value]), "u");
}

/** A checkpoint as before PyTorch 1.6: pickles, then storages with their numbers of elements. */
export function rowOf(
  pickle: string | Uint8Array,
  { keys = ["0"], storages = [Float32Array.of(1, 2, 3, 4)] }: {
    keys?: string[];
    storages?: { length: number; buffer: ArrayBuffer }[];
  } = {},
): Uint8Array<ArrayBuffer> {
  const pickled = (value: string | Uint8Array) => bytesOf(0x80, 2, value, ".");
  return bytesOf(
    pickled(bytesOf(0x8a, 10, Uint8Array.fromHex("6cfc9c46f9206aa85019"))),
    pickled(bytesOf("M", 0xe9, 3)),
    pickled("}"),
    pickled(pickle),
    pickled(bytesOf("](", ...keys.map(text), "e")),
    ...storages.flatMap(({ length, buffer }) => [
      new Uint8Array(BigInt64Array.of(BigInt(length)).buffer),
      new Uint8Array(buffer),
    ]),
  );
}

/** The files of a checkpoint whose pickle, without its first and last instruction, is given. */
export function checkpoint(
  pickle: string | Uint8Array,
  files: Record<string, Uint8Array> = {},
): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  return zipOf({
    "archive/data.pkl": bytesOf(0x80, 2, pickle, "."),
    "archive/data/0": data,
    ...files,
  });
}
