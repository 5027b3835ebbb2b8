/**
 * Reads the event files of TensorBoard: records with checksums, each an `Event` of protocol buffers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A value that an event notes: a number, or the rows of a histogram. */
export type Noted = { tag: string; step: number; value?: number; histogram?: number[][] };

/** What the event files of a folder note, in the order of their names. */
export function readEvents(folder: string): Noted[] {
  const files = globSync("events.out.tfevents.*", { cwd: folder }).sort();
  assert.ok(files.length > 0, `no event file in ${folder}`);
  return files.flatMap((file) => {
    const [head, ...events] = [...records(readFileSync(join(folder, file)))].map(fields);
    assert.equal(text(head!.get(3)![0]!), "brain.Event:2");
    return events.filter((event) => event.has(5)).flatMap(valuesOf);
  });
}

function valuesOf(event: Fields): Noted[] {
  const step = Number(event.get(2)?.[0] ?? 0);
  return (fields(bytes(event.get(5)![0]!)).get(1) ?? []).map((one) => {
    const value = fields(bytes(one));
    const tag = text(value.get(1)![0]!);
    if (value.has(2)) return { tag, step, value: float(bytes(value.get(2)![0]!)) };
    const plugin = fields(bytes(fields(bytes(value.get(9)![0]!)).get(1)![0]!));
    assert.equal(text(plugin.get(1)![0]!), "histograms");
    return { tag, step, histogram: rows(fields(bytes(value.get(8)![0]!))) };
  });
}

/** The rows of a tensor of k x 3. */
function rows(tensor: Fields): number[][] {
  const content = bytes(tensor.get(4)?.[0] ?? bytes(tensor.get(5)?.[0] ?? new Uint8Array()));
  const wide = Number(tensor.get(1)![0]) === 2; // float64
  const width = wide ? 8 : 4;
  const values = Array.from(
    { length: content.length / width },
    (_, i) => wide ? view(content).getFloat64(8 * i, true) : view(content).getFloat32(4 * i, true),
  );
  return Array.from({ length: values.length / 3 }, (_, row) => values.slice(3 * row, 3 * row + 3));
}

type Fields = Map<number, (Uint8Array | bigint)[]>;

/** The fields of a message by number; numbers of 4 and 8 bytes as those. */
function fields(message: Uint8Array): Fields {
  const found: Fields = new Map();
  let at = 0;
  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  while (at < message.length) {
    const key = Number(varint());
    const kind = key & 7;
    let value: Uint8Array | bigint;
    if (kind === 0) value = varint();
    else {
      const length = kind === 1 ? 8 : kind === 5 ? 4 : Number(varint());
      value = message.subarray(at, at += length);
    }
    found.set(key >> 3, [...found.get(key >> 3) ?? [], value]);
  }
  return found;
}

/** The records of a file: length, checksum, data, checksum. */
function* records(file: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < file.length;) {
    const length = Number(view(file).getBigUint64(at, true));
    const data = file.subarray(at + 12, at + 12 + length);
    assert.equal(view(file).getUint32(at + 8, true), maskedCrc(file.subarray(at, at + 8)));
    assert.equal(view(file).getUint32(at + 12 + length, true), maskedCrc(data));
    yield data;
    at += length + 16;
  }
}

function maskedCrc(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function bytes(value: Uint8Array | bigint): Uint8Array {
  assert.ok(value instanceof Uint8Array);
  return value;
}

function text(value: Uint8Array | bigint): string {
  return new TextDecoder().decode(bytes(value));
}

function float(value: Uint8Array): number {
  return view(value).getFloat32(0, true);
}

function view({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
