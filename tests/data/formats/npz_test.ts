import assert from "node:assert/strict";
import { openNpz } from "galaxykit/data";
import { temporaryFolder } from "../../temporary.ts";

const path = "tests/reference/arrays.npz";

Deno.test("openNpz() reads what NumPy wrote: numbers of all kinds, text, either order", () => {
  const { names, get } = openNpz(path);
  assert.equal(names.length, 14);
  assert.deepEqual(get("objids"), { shape: [2], values: ["587732591714893851", "é中"] });
  assert.deepEqual(get("columns").values, ["smooth", "bar"]);
  assert.deepEqual(get("ids").values, BigInt64Array.of(587732591714893851n, -5n));
  assert.deepEqual(get("unsigned").values, BigUint64Array.of(2n ** 64n - 1n));
  assert.deepEqual(get("big"), { shape: [2, 2], values: Int32Array.of(1, 2, 3, 4) });
  const fortran = Float64Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual(get("fortran"), { shape: [2, 3, 4], values: fortran });
  assert.deepEqual(get("half").values, Float32Array.of(0.5, 65504));
  assert.deepEqual(get("asked").values, Uint8Array.of(1, 0));
  assert.deepEqual(get("scalar"), { shape: [], values: Int16Array.of(7) });
  assert.deepEqual(get("none"), { shape: [0, 3], values: new Float32Array(0) });
  const stored = openNpz("tests/reference/arrays_stored.npz");
  assert.deepEqual(stored.get("a").values, Float64Array.of(1.5, 2.5));
});

Deno.test("openNpz() refuses pickles and what is neither numbers nor text", () => {
  const { get } = openNpz(path);
  const cases: [string, string][] = [
    [
      "objects",
      `Cannot read "objects" of "${path}": it holds objects, which are pickled and could run code; save it as numbers or as text (array.astype(str))`,
    ],
    [
      "complex",
      `Cannot read "complex" of "${path}": it holds c16, which is neither real numbers nor text`,
    ],
    [
      "structured",
      `Cannot read "structured" of "${path}": it holds neither numbers nor text, but [('id', '<i4'), ('p', '<f4')]`,
    ],
  ];
  for (const [name, message] of cases) {
    assert.throws(() => get(name), { name: "SyntaxError", message });
  }
  assert.throws(() => get("labels"), { message: /there is no array "labels" among predictions, / });
});

Deno.test("openNpz() refuses files that are cut, damaged or something else", () => {
  const folder = temporaryFolder();
  const bytes = Deno.readFileSync(path);
  const damaged = `${folder}/damaged.npz`;
  const changed = bytes.slice();
  changed[90]! ^= 0xff; // In the first array
  Deno.writeFileSync(damaged, changed);
  assert.throws(() => openNpz(damaged).get("predictions"), {
    name: "SyntaxError",
    message: /^Cannot read "predictions" of ".*": its? .*the file is damaged, fetch it again$/,
  });
  const cut = `${folder}/cut.npz`;
  Deno.writeFileSync(cut, bytes.subarray(0, 900));
  assert.throws(() => openNpz(cut), {
    message: /it is no archive of NumPy \(npz\): .* it is cut$/,
  });
  assert.throws(() => openNpz(`${folder}/none.npz`), {
    message: `Cannot read "${folder}/none.npz": there is no such file`,
  });
  const large = `${folder}/large.npz`; // Says that an array unpacks to less than it does
  const smaller = bytes.slice();
  const directory = new DataView(smaller.buffer);
  let at = bytes.length - 22;
  at = directory.getUint32(at + 16, true);
  directory.setUint32(at + 24, 40, true);
  Deno.writeFileSync(large, smaller);
  assert.throws(() => openNpz(large).get("predictions"), { message: /it does not unpack/ });
});
