import assert from "node:assert/strict";
import { join } from "node:path";
import {
  openSafetensors,
  readSafetensors,
  SafetensorsError,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from "galaxykit/weights";
import { onShared, shared, skippedIf } from "../shared_data.ts";

/** Written by the Python library: tests/reference/safetensors.py. */
const reference = new URL("../reference/safetensors.safetensors", import.meta.url).pathname;

const folder = Deno.makeTempDirSync();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** A path for a file that the test may write, in a folder of its own. */
function temporaryFile(): string {
  return `${Deno.makeTempDirSync({ dir: folder })}/a.safetensors`;
}

/** Writes a file of these raw parts; a header object becomes JSON. */
function writeRaw(header: unknown, data = 0, path = temporaryFile()): string {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = header instanceof Uint8Array ? header : new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(Uint8Array.from({ length: data }, (_, i) => i + 1), 8 + json.length);
  Deno.writeFileSync(path, bytes);
  return path;
}

/** Asserts that a call is refused with this code and this reason after `Cannot read "path": `. */
function assertRefused(call: () => unknown, path: string, code: string, reason: string): void {
  assert.throws(call, {
    name: "SafetensorsError",
    code,
    message: `Cannot read "${path}": ${reason}`,
  });
}

function u8(begin: number, end: number, shape = [end - begin]): unknown {
  return { dtype: "U8", shape, data_offsets: [begin, end] };
}

const two: Record<string, StoredTensor> = {
  bias: { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) },
  steps: { dtype: "I64", shape: [], data: BigInt64Array.of(7n) },
};

Deno.test("readSafetensors() reads every dtype that the reference library writes", () => {
  const { tensors, metadata } = readSafetensors(reference);
  assert.deepEqual(metadata, { größe: "é中\n" });
  const values = (name: string) => [...tensors[name].data].map(Number);
  const max = (2 - 2 ** -23) * 2 ** 127;
  assert.deepEqual(
    [...toFloat32(tensors.F32)],
    [0, -0, 1.5, -2, Math.fround(1 / 3), Infinity, -Infinity, NaN, max, 2 ** -128],
  );
  assert.deepEqual(values("F64").slice(7), [NaN, Number.MAX_VALUE, 2 ** -1024]);
  assert.deepEqual(tensors.I64.data, BigInt64Array.of(-(2n ** 63n), 0n, 1n, 2n ** 63n - 1n));
  assert.deepEqual(tensors.U64.data, BigUint64Array.of(0n, 0n, 1n, 2n ** 64n - 1n));
  assert.deepEqual(tensors.I32.data, Int32Array.of(-(2 ** 31), 0, 1, 2 ** 31 - 1));
  assert.deepEqual(tensors.U32.data, Uint32Array.of(0, 0, 1, 2 ** 32 - 1));
  assert.deepEqual(tensors.I16.data, Int16Array.of(-32768, 0, 1, 32767));
  assert.deepEqual(tensors.U16.data, Uint16Array.of(0, 0, 1, 65535));
  assert.deepEqual(tensors.I8.data, Int8Array.of(-128, 0, 1, 127));
  assert.deepEqual(tensors.U8.data, Uint8Array.of(0, 0, 1, 255));
  assert.deepEqual(tensors.BOOL.data, Uint8Array.of(1, 0, 1));
  assert.deepEqual(tensors.F16.shape, [2, 5]);
  assert.deepEqual(tensors.scalar, { dtype: "I64", shape: [], data: BigInt64Array.of(7n) });
  assert.deepEqual(tensors.empty, { dtype: "F32", shape: [0, 3], data: new Float32Array() });
  assert.deepEqual(tensors['größe "é中"\n\x01'].data, Float32Array.of(0, 1, 2, 3, 4, 5));
});

Deno.test("toFloat32() agrees with the reference on half floats", () => {
  const { tensors } = readSafetensors(reference);
  assert.deepEqual(toFloat32(tensors.F16), tensors["F16.float32"].data);
  assert.deepEqual(toFloat32(tensors.BF16), tensors["BF16.float32"].data);
});

Deno.test("toFloat32() is exact for each of the 65,536 half floats", () => {
  const data = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const half = toFloat32({ dtype: "F16", shape: [65536], data });
  const brain = toFloat32({ dtype: "BF16", shape: [65536], data });
  const word = new DataView(new ArrayBuffer(4));
  for (const bits of data) {
    const sign = bits >> 15 ? -1 : 1, exponent = bits >> 10 & 31, fraction = bits & 1023;
    const value = exponent === 31
      ? (fraction ? NaN : Infinity)
      : exponent === 0
      ? fraction * 2 ** -24
      : (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (!Object.is(half[bits], sign * value)) assert.fail(`F16 ${bits}: ${half[bits]}`);
    word.setUint32(0, bits * 65536);
    if (!Object.is(brain[bits], word.getFloat32(0))) assert.fail(`BF16 ${bits}: ${brain[bits]}`);
  }
});

Deno.test("toFloat32() respects the offset of a view and keeps F32 as it is", () => {
  const data = Uint16Array.of(0, 0x3c00, 0xc000).subarray(1);
  assert.deepEqual(toFloat32({ dtype: "F16", shape: [2], data }), Float32Array.of(1, -2));
  assert.equal(toFloat32(two.bias), two.bias.data);
  const double = { dtype: "F64", shape: [1], data: Float64Array.of(0.1) } as const;
  assert.deepEqual(toFloat32(double), Float32Array.of(0.1));
});

Deno.test("toFloat32() refuses integers", () => {
  assert.throws(() => toFloat32(two.steps), {
    name: "TypeError",
    message: "Cannot read a tensor as float32: its dtype is I64, wanted F16, BF16, F32 or F64",
  });
});

Deno.test("writeSafetensors() writes the bytes of the reference library", () => {
  const path = temporaryFile();
  const { tensors, metadata } = readSafetensors(reference);
  const shuffled = Object.fromEntries(Object.entries(tensors).reverse());
  writeSafetensors(path, shuffled, { metadata });
  assert.deepEqual(Deno.readFileSync(path), Deno.readFileSync(reference));
});

Deno.test("writeSafetensors() writes a view's part of its buffer, and an empty file", () => {
  const path = temporaryFile();
  const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  writeSafetensors(path, { bias: { dtype: "F32", shape: [2], data } });
  assert.deepEqual(readSafetensors(path), { tensors: { bias: two.bias }, metadata: {} });
  writeSafetensors(path, {});
  assert.deepEqual(readSafetensors(path), { tensors: {}, metadata: {} });
  assert.equal(Deno.statSync(path).size, 16);
});

Deno.test("writeSafetensors() keeps names that JavaScript objects treat specially", () => {
  const path = temporaryFile();
  const tensors = Object.fromEntries(
    ["__proto__", "constructor", "10", "9"].map((name) => [name, two.bias]),
  );
  const metadata = Object.fromEntries([["__proto__", "text"]]);
  writeSafetensors(path, tensors, { metadata });
  const back = readSafetensors(path);
  assert.deepEqual(Object.entries(back.tensors).sort(), Object.entries(tensors).sort());
  assert.deepEqual(Object.entries(back.metadata), [["__proto__", "text"]]);
});

Deno.test("writeSafetensors() refuses what it could not read back, and writes nothing", () => {
  const path = temporaryFile();
  const data = new Float32Array(3);
  const refused = (name: string, tensor: unknown, reason: string) =>
    assert.throws(() => writeSafetensors(path, { [name]: tensor as StoredTensor }), {
      name: "TypeError",
      message: `Cannot write "${path}": tensor "${name}" ${reason}`,
    });
  refused("a", { dtype: "F32", shape: [2], data }, "holds 3 values, its shape is [2]");
  refused("a", { dtype: "F32", shape: [1.5, 2], data }, "holds 3 values, its shape is [1.5,2]");
  refused("a", { dtype: "F32", shape: [-3, -1], data }, "holds 3 values, its shape is [-3,-1]");
  refused("a", { dtype: "I32", shape: [3], data }, "holds Float32Array, I32 wants Int32Array");
  refused(
    "a",
    { dtype: "F32", shape: [3], data: [1, 2, 3] },
    "holds Array, F32 wants Float32Array",
  );
  refused(
    "a",
    { dtype: "float32", shape: [3], data },
    "has dtype float32, known are BOOL U8 I8 I16 U16 F16 BF16 I32 U32 F32 F64 I64 U64",
  );
  refused("__metadata__", { dtype: "F32", shape: [3], data }, "has a name that cannot be used");
  refused("\ud800", { dtype: "F32", shape: [3], data }, "has a name that cannot be used");
  const metadata = { epoch: 3 } as unknown as Record<string, string>;
  assert.throws(() => writeSafetensors(path, {}, { metadata }), {
    name: "TypeError",
    message: `Cannot write "${path}": metadata "epoch" is not well-formed text`,
  });
  assert.throws(() => writeSafetensors(path, {}, { metadata: { x: "x".repeat(100_000_000) } }), {
    name: "RangeError",
    message:
      `Cannot write "${path}": its header takes 100000032 bytes, at most 100000000 are allowed`,
  });
  assert.deepEqual([...Deno.readDirSync(path.slice(0, path.lastIndexOf("/")))], []);
});

Deno.test("openSafetensors() tells what is there without reading it", () => {
  using file = openSafetensors(reference);
  assert.deepEqual(file.metadata, { größe: "é中\n" });
  assert.deepEqual(file.names.slice(0, 4), ["U64", "I64", "scalar", "F64"]);
  assert.equal(file.names.length, 23);
  assert.deepEqual(file.info("F16"), { dtype: "F16", shape: [2, 5], byteLength: 20 });
});

Deno.test("get() and view() give the same tensors as readSafetensors()", () => {
  const { tensors } = readSafetensors(reference);
  using file = openSafetensors(reference);
  for (const name of file.names) {
    assert.deepEqual(file.get(name), tensors[name]);
    assert.deepEqual(file.view(name), tensors[name]);
  }
});

Deno.test("get() gives memory of its own, view() a window that dispose empties", () => {
  const path = temporaryFile();
  writeSafetensors(path, two);
  const file = openSafetensors(path);
  const copy = file.get("bias"), view = file.view("bias");
  assert.equal(file.view("steps").data.buffer, view.data.buffer);
  file[Symbol.dispose]();
  file[Symbol.dispose]();
  assert.deepEqual(copy, two.bias);
  assert.equal(view.data.length, 0);
  assert.equal(view.data[0], undefined);
  for (const use of [() => file.get("bias"), () => file.view("bias"), () => file.info("bias")]) {
    assertRefused(use, path, "closed", 'tensor "bias" asked for after dispose');
  }
});

Deno.test("view() is writable, and the file is not", () => {
  const path = temporaryFile();
  writeSafetensors(path, two);
  const before = Deno.readFileSync(path);
  using file = openSafetensors(path);
  file.view("bias").data[0] = 5;
  assert.equal(file.view("bias").data[0], 5);
  assert.deepEqual(file.get("bias"), two.bias);
  assert.deepEqual(Deno.readFileSync(path), before);
});

Deno.test("view() copies a tensor that the file does not align", () => {
  const header = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'; // 54 bytes
  using file = openSafetensors(writeRaw(header, 4));
  const { data } = file.view("a");
  assert.equal(data.byteOffset, 0);
  assert.deepEqual(new Uint8Array(data.buffer as ArrayBuffer), Uint8Array.of(1, 2, 3, 4));
});

Deno.test("get() and view() refuse a name that is not there", () => {
  using file = openSafetensors(reference);
  for (const method of ["get", "view", "info"] as const) {
    assertRefused(
      () => file[method]("toString"),
      reference,
      "unknown-tensor",
      'no tensor "toString" among its 23 (first "U64")',
    );
  }
});

Deno.test("get() and view() notice that another program cut or rewrote the file", () => {
  const reason = "another program changed it after it was opened, open it again";
  const changes: ((path: string) => void)[] = [
    (path) => Deno.truncateSync(path, 0),
    (path) => Deno.truncateSync(path, Deno.statSync(path).size - 1),
    (path) => Deno.writeFileSync(path, new Uint8Array(1), { append: true }),
    (path) => Deno.utimeSync(path, 1, 1), // As a rewrite in place with the same size
    (path) => {
      const { atime, mtime } = Deno.statSync(path);
      Deno.writeFileSync(path, new Uint8Array(1), { append: true });
      Deno.utimeSync(path, atime!, mtime!);
    },
  ];
  for (const change of changes) {
    const path = temporaryFile();
    writeSafetensors(path, two);
    using fresh = openSafetensors(path);
    using mapped = openSafetensors(path);
    mapped.view("bias");
    change(path);
    assertRefused(() => fresh.get("bias"), path, "changed", reason);
    assertRefused(() => fresh.view("bias"), path, "changed", reason);
    assertRefused(() => mapped.view("bias"), path, "changed", reason);
  }
});

Deno.test("get() and view() keep the file they opened when it is replaced", () => {
  const path = temporaryFile();
  writeSafetensors(path, two);
  const written = new Date(1e12);
  Deno.utimeSync(path, written, written);
  using file = openSafetensors(path);
  using late = openSafetensors(path);
  const view = file.view("bias");
  writeSafetensors(path, {
    ...two,
    bias: { ...two.bias, data: Float32Array.of(8, 9) } as StoredTensor,
  });
  Deno.utimeSync(path, written, written); // Of the same size and age: another file all the same
  assert.deepEqual(view, two.bias);
  assert.deepEqual(file.view("bias"), two.bias);
  assert.deepEqual(late.get("bias"), two.bias);
  const reason = "another program changed it after it was opened, open it again";
  assertRefused(() => late.view("bias"), path, "changed", reason); // Would map the new one
});

Deno.test("readSafetensors() refuses a file cut anywhere", () => {
  const whole = Deno.readFileSync(reference);
  const path = temporaryFile();
  const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
  const dataSize = whole.length - headerEnd;
  for (let size = 0; size < whole.length; size++) {
    Deno.writeFileSync(path, whole.subarray(0, size));
    const [code, reason] = size === 0
      ? ["file-too-short", "it is empty: copy or download it again"]
      : size < 8
      ? ["file-too-short", `it has ${size} bytes, a safetensors file at least 8`]
      : size < headerEnd
      ? [
        "header-past-end",
        `its header ends at byte ${headerEnd}, the file at ${size}: the file is cut`,
      ]
      : [
        "truncated",
        `its tensors take ${dataSize} bytes, ${size - headerEnd} are there: the file is cut`,
      ];
    assertRefused(() => readSafetensors(path), path, code, reason);
  }
});

const entry = 'its tensor "a"';
const malformed: [code: string, reason: string, header: unknown, data?: number][] = [
  ["header-not-utf8", "its header is not UTF-8 text", Uint8Array.of(123, 0xff, 125)],
  [
    "header-not-object",
    'its header begins with "[1, 2]", wanted "{": it is not a safetensors file',
    "[1, 2]",
  ],
  [
    "header-not-object",
    'its header begins with "\ufeff{}", wanted "{": it is not a safetensors file',
    "\ufeff{}",
  ],
  ["header-not-object", 'its header begins with "", wanted "{": it is not a safetensors file', ""],
  [
    "header-not-json",
    "its header is not JSON: Unexpected end of JSON input",
    '{"a":',
  ],
  [
    "header-not-json",
    "its header is not JSON: Unexpected non-whitespace character after JSON at position 2 (line 1 column 3)",
    "{}\0",
  ],
  ["duplicate-key", 'its header has the key "a" twice', '{"a":{},"b":[{"a":1}],"\\u0061" :{}}'],
  ["duplicate-key", 'its header has the key "x\\"" twice', '{"a":{"x\\"":"{","x\\"":0}}'],
  ["duplicate-key", 'its header has the key "k" twice', '{"__metadata__":{"k":"","k":""}}'],
  ["bad-metadata", 'its __metadata__ is "pt", wanted an object', { __metadata__: "pt" }],
  ["bad-metadata", "its __metadata__ is null, wanted an object", { __metadata__: null }],
  [
    "bad-metadata",
    'its metadata "epoch" is 3, wanted a string',
    { __metadata__: { format: "pt", epoch: 3 } },
  ],
  ["bad-entry", `${entry} is null, wanted an object`, { a: null }],
  ["bad-entry", `${entry} is [ 1 ], wanted an object`, { a: [1] }],
  ["bad-entry", `${entry} has no dtype`, { a: { shape: [1], data_offsets: [0, 1] } }, 1],
  ["bad-entry", `${entry} has no shape`, { a: { dtype: "U8", data_offsets: [0, 1] } }, 1],
  ["bad-entry", `${entry} has no data_offsets`, { a: { dtype: "U8", shape: [1] } }, 1],
  ["bad-entry", 'its tensor name "\\ud800" is not well-formed Unicode', { "\ud800": u8(0, 0) }],
  ...["F8_E3M4", "C128", "toString", "f32", 3].map((dtype): [string, string, unknown, number] => [
    "unknown-dtype",
    `${entry} has dtype ${
      JSON.stringify(dtype)
    }, known are BOOL U8 I8 I16 U16 F16 BF16 I32 U32 F32 F64 I64 U64 F4 F6_E2M3 ` +
    "F6_E3M2 F8_E4M3 F8_E5M2 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ C64",
    { a: { dtype, shape: [1], data_offsets: [0, 1] } },
    1,
  ]),
  ...([
    ["[ -1, -1 ]", [-1, -1]],
    ["[ 0.5, 2 ]", [0.5, 2]],
    ['[ "1" ]', ["1"]],
    ["[ null ]", [null]],
    ["[ 9007199254740992 ]", [2 ** 53]],
    ["1", 1],
    ["{ length: 1 }", { length: 1 }],
  ] as const).map(([shown, shape]): [string, string, unknown, number] => [
    "bad-shape",
    `${entry} has shape ${shown}, wanted whole numbers from 0`,
    { a: { dtype: "U8", shape, data_offsets: [0, 1] } },
    1,
  ]),
  [
    "bad-shape",
    `${entry} has shape [ -0 ], wanted whole numbers from 0`, // JSON.stringify drops the sign
    '{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}',
  ],
  ["bad-shape", `${entry} has shape [ 134217728, 134217728 ], too large`, {
    a: u8(0, 0, [2 ** 27, 2 ** 27]),
  }],
  ["bad-shape", `${entry} has shape [ 134217728, 134217728, 0 ], too large`, {
    a: u8(0, 0, [2 ** 27, 2 ** 27, 0]),
  }],
  ...([
    ["[ 2, 1 ]", [2, 1]],
    ["[ -1, 1 ]", [-1, 1]],
    ["[ 0 ]", [0]],
    ["[ 0, 1, 1 ]", [0, 1, 1]],
    ["[ 0, 1.5 ]", [0, 1.5]],
    ["null", null],
  ] as const).map(([shown, offsets]): [string, string, unknown, number] => [
    "bad-offsets",
    `${entry} has data_offsets ${shown}, wanted 0 <= begin <= end`,
    { a: { dtype: "U8", shape: [1], data_offsets: offsets } },
    2,
  ]),
  ["wrong-size", `${entry} has 4 bytes, U8 of shape [ 2, 3 ] takes 6`, { a: u8(0, 4, [2, 3]) }, 4],
  ["wrong-size", `${entry} has 0 bytes, U8 of shape [] takes 1`, { a: u8(0, 0, []) }],
  ["overlap", 'its tensors "b" and "a" overlap', { a: u8(2, 4), b: u8(0, 3) }, 4],
  ["overlap", 'its tensors "a" and "b" overlap', { a: u8(0, 2), b: u8(0, 2) }, 2],
  ["overlap", 'its tensors "a" and "e" overlap', { a: u8(0, 2), e: u8(1, 1) }, 2],
  ["hole", '1 bytes of data before its tensor "a" belong to no tensor', { a: u8(1, 3) }, 3],
  ["hole", '2 bytes of data before its tensor "b" belong to no tensor', {
    b: u8(4, 6),
    a: u8(0, 2),
  }, 6],
  ["truncated", "its tensors take 3 bytes, 2 are there: the file is cut", { a: u8(0, 3) }, 2],
  ["truncated", "its tensors take 9007199254740991 bytes, 2 are there: the file is cut", {
    a: u8(0, 2 ** 53 - 1),
  }, 2],
  ["trailing-bytes", "1 bytes follow its last tensor", { a: u8(0, 3) }, 4],
  ["trailing-bytes", "1 bytes follow its last tensor", {}, 1],
];
for (const [code, reason, header, data] of malformed) {
  Deno.test(`readSafetensors() refuses ${code}: ${reason}`, () => {
    const path = writeRaw(header, data);
    assertRefused(() => readSafetensors(path), path, code, reason);
  });
}

Deno.test("readSafetensors() refuses a header length that no file has", () => {
  const path = temporaryFile();
  for (const length of [100_000_001n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
    Deno.writeFileSync(path, new Uint8Array(BigUint64Array.of(length, 0n).buffer));
    const reason = `its first 8 bytes give a header of ${length} bytes, over the limit of ` +
      "100000000: it is not a safetensors file";
    assertRefused(() => readSafetensors(path), path, "header-too-large", reason);
  }
  Deno.writeFileSync(path, new Uint8Array(BigUint64Array.of(100_000_000n, 0n).buffer));
  const reason = "its header ends at byte 100000008, the file at 16: the file is cut";
  assertRefused(() => readSafetensors(path), path, "header-past-end", reason);
});

Deno.test("readSafetensors() shows little of a hostile header", () => {
  const hostile = [
    { ["n".repeat(1e6)]: 1 },
    { a: { dtype: "x".repeat(1e6), shape: [], data_offsets: [] } },
    { a: u8(0, 0, new Array(1e5).fill(1)) },
    `{"a":{"dtype":"U8","data_offsets":[0,1],"shape":${"[".repeat(1e5)}${"]".repeat(1e5)}}}`,
    `{"a":${"[".repeat(1e5)}`,
    {
      a: { dtype: "U8", shape: Object.fromEntries(Array(1e4).fill(0).entries()), data_offsets: [] },
    },
  ];
  for (const header of hostile) {
    const path = writeRaw(header);
    assert.throws(
      () => readSafetensors(path),
      (error) => error instanceof SafetensorsError && error.message.length < 500,
    );
  }
});

Deno.test("readSafetensors() reads tensors without bytes, unknown fields and padding", () => {
  const header = { b: u8(0, 2), shape: { ...Object(u8(2, 2)), note: 1 }, e: u8(0, 0) };
  const path = writeRaw(`${JSON.stringify(header)} \n  `, 2);
  const { tensors } = readSafetensors(path);
  assert.deepEqual(Object.keys(tensors), ["e", "b", "shape"]);
  assert.deepEqual(tensors.b.data, Uint8Array.of(1, 2));
  assert.deepEqual(tensors.shape.shape, [0]);
});

Deno.test("readSafetensors() refuses a folder and a missing file", () => {
  assertRefused(() => readSafetensors(folder), folder, "not-a-file", "it is not a file");
  assert.throws(() => readSafetensors(`${folder}/none`), Deno.errors.NotFound);
});

/** Damage to a header can go unseen only where the format has no redundancy. */
Deno.test("readSafetensors() never gives wrong numbers for a damaged header", () => {
  const path = temporaryFile();
  const tensors: Record<string, StoredTensor> = {
    "layer1.weight": { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    "layer1.bias": { dtype: "F32", shape: [3], data: Float32Array.of(7, 8, 9) },
    scale: { dtype: "BF16", shape: [2], data: Uint16Array.of(10, 11) },
    steps: { dtype: "I64", shape: [], data: BigInt64Array.of(12n) },
  };
  writeSafetensors(path, tensors, { metadata: { format: "pt" } });
  const whole = Deno.readFileSync(path);
  const bytesOf = ({ data }: StoredTensor) =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).toHex();
  const known = Object.values(tensors).map((tensor) => `${tensor.shape} ${bytesOf(tensor)}`).sort();
  const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
  let read = 0, refused = 0;
  for (let at = 0; at < headerEnd; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = whole.slice();
      damaged[at] ^= 1 << bit;
      Deno.writeFileSync(path, damaged);
      try {
        const found = Object.values(readSafetensors(path).tensors);
        // A name, a text or a dtype of the same width may read differently; shapes and bytes not
        assert.deepEqual(found.map((t) => `${t.shape} ${bytesOf(t)}`).sort(), known);
        read++;
      } catch (error) {
        if (!(error instanceof SafetensorsError)) throw error;
        refused++;
      }
    }
  }
  assert.equal(read + refused, headerEnd * 8);
  assert(refused > read, `${read} of ${read + refused} damaged files were read`);
});

Deno.test({
  ...skippedIf(
    Deno.build.os !== "linux" && "counts in /proc",
    "openSafetensors() leaves no file open and no memory mapped",
  ),
  fn() {
    const path = temporaryFile();
    writeSafetensors(path, two);
    const bad = writeRaw("[]");
    const openFiles = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const mapped = () => Deno.readTextFileSync("/proc/self/maps").includes(path);
    const before = openFiles();
    for (let i = 0; i < 20; i++) {
      using file = openSafetensors(path);
      file.view("bias");
      assert(mapped());
      assert.throws(() => openSafetensors(bad));
    }
    assert.equal(openFiles(), before);
    assert.equal(mapped(), false);
  },
});

/** Written by safetensors: tests/reference/pytorch.py. */
const float8 = new URL("../reference/float8.safetensors", import.meta.url).pathname;

Deno.test("openSafetensors() lists numbers that nothing computes with, and reads those beside them", () => {
  using file = openSafetensors(float8);
  for (const dtype of ["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"]) {
    assert.deepEqual(file.info(dtype), { dtype, shape: [256], byteLength: 256 });
    const { dtype: widened, data } = file.get(dtype, { widen: true });
    assert.deepEqual([...data], [...file.get(`${dtype}.float32`).data], dtype); // Any NaN is one
    assert.equal(widened, "F32");
    for (const read of [() => file.get(dtype), () => file.view(dtype)]) {
      const next = `get("${dtype}", { widen: true }) reads its numbers as float32, without the ` +
        "scale that such weights often have in another tensor";
      const reason = `its tensor "${dtype}" is ${dtype}, with which nothing here computes: ${next}`;
      assertRefused(read, float8, "foreign-dtype", reason);
    }
  }
  assert.equal(file.info("C64").byteLength, 8);
  const reason =
    'its tensor "C64" is C64, with which nothing here computes: write it as F32 with ' +
    "the program that it comes from";
  assertRefused(() => file.get("C64", { widen: true }), float8, "foreign-dtype", reason);
  assert.equal(file.get("U16").data[0], 65535);
  assert.equal(file.get("U64", { widen: true }).data[0], 2n ** 64n - 1n);
});

Deno.test("openSafetensors() counts elements of 4 and 6 bits, and refuses half a byte", () => {
  const path = temporaryFile();
  const write = (dtype: string, shape: number[], bytes: number) => {
    const header = { a: { dtype, shape, data_offsets: [0, bytes] } };
    writeRaw(header, bytes, path);
  };
  write("F4", [2, 4], 4);
  using file = openSafetensors(path);
  assert.deepEqual(file.info("a"), { dtype: "F4", shape: [2, 4], byteLength: 4 });
  write("F6_E2M3", [4], 3);
  openSafetensors(path)[Symbol.dispose]();
  write("F4", [3], 2);
  const reason = 'its tensor "a" has 2 bytes, F4 of shape [ 3 ] takes 1.5';
  assertRefused(() => openSafetensors(path), path, "wrong-size", reason);
});

Deno.test({
  ...onShared("../cases/with_float8.safetensors", "openSafetensors() reads what is beside float8"),
  fn() {
    const path = join(shared, "../cases/with_float8.safetensors");
    using file = openSafetensors(path);
    assert.deepEqual(file.get("w").data, Float32Array.of(0, 1, 2, 3));
    assert.equal(file.info("q").dtype, "F8_E4M3");
    assert.throws(() => file.get("q"), { code: "foreign-dtype", message: /its tensor "q" is/ });
  },
});

Deno.test("openSafetensors() ends soon on a header that is one deep nest", () => {
  const path = temporaryFile();
  const deep = "[".repeat(1e6);
  writeRaw(`{"a":${deep}${"]".repeat(1e6)}}`, 0, path);
  assert.throws(() => openSafetensors(path), {
    name: "SafetensorsError",
    code: /^(bad-entry|header-not-json)$/,
  });
  writeRaw(`{"a":${deep}`, 0, path);
  assert.throws(() => openSafetensors(path), { name: "SafetensorsError", code: "header-not-json" });
});
