import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  batches,
  imageSet,
  memorySource,
  type Source,
  streamImageFolder,
  tableSource,
} from "galaxykit/data";
import { writeGalaxyFolder } from "galaxykit/sky";
import { temporaryFolder } from "../temporary.ts";

Deno.test("memorySource() reads rows of every field, each of its type", async () => {
  const source = memorySource({
    image: Buffer.from([1, 2, 3, 4, 5, 6]),
    label: Int32Array.of(7, 8, 9),
    target: Float32Array.of(0.5, NaN, 0.25),
  }, { length: 3 });
  assert.deepEqual([source.length, source.ids], [3, ["0", "1", "2"]]);
  assert.deepEqual(await source.read(Int32Array.of(2, 0, 2)), {
    indices: Int32Array.of(2, 0, 2),
    image: Uint8Array.of(5, 6, 1, 2, 5, 6),
    label: Int32Array.of(9, 7, 9),
    target: Float32Array.of(0.25, 0.5, 0.25),
  });
  const [, last] = await Array.fromAsync(batches(source, { batchSize: 2 }));
  assert.deepEqual([last.indices, last.label], [Int32Array.of(2), Int32Array.of(9)]);
});

Deno.test("memorySource() refuses fields that do not belong together", () => {
  assert.throws(() => memorySource({ a: new Float32Array(6) }, { ids: ["x", "y", "z", "u"] }), {
    name: "RangeError",
    message: 'Cannot make a source of 4 examples: "a" has 6 values, wanted a multiple of 4',
  });
});

Deno.test("memorySource() refuses numbers of examples, names and fields that cannot be", () => {
  const a = new Float32Array(6);
  const cases: [() => unknown, string, string][] = [
    ...[2.5, NaN, 0].map((length): [() => unknown, string, string] => [
      () => memorySource({ a }, { length }),
      "RangeError",
      `Cannot make a source: the number of examples must be a whole one from 1, found ${length}`,
    ]),
    [
      () => memorySource({}, { length: 2 }),
      "RangeError",
      "Cannot make a source: there are no fields",
    ],
    [
      () => memorySource({ a }, { ids: ["x", "y", "x"] }),
      "RangeError",
      'Cannot make a source: the id "x" occurs more than once',
    ],
    [
      () => memorySource({ indices: Int32Array.of(5, 6) }, { length: 2 }),
      "RangeError",
      'Cannot make a source: no field may be called "indices", since batches hold their positions there',
    ],
    ...[Float64Array.of(1, 2), [1, 2]].map((b): [() => unknown, string, string] => [
      () => memorySource({ a, b: b as unknown as Float32Array }, { length: 2 }),
      "TypeError",
      `Cannot make a source: "b" must be a Float32Array, Int32Array or Uint8Array, found ${b.constructor.name}; convert it, such as by Float32Array.from`,
    ]),
  ];
  for (const [make, name, message] of cases) assert.throws(make, { name, message });
});

Deno.test("sources refuse positions that they have not, in memory, in sets and in streams", async () => {
  const images = new Uint8Array(3 * 4 * 4 * 3);
  const folder = temporaryFolder();
  await writeGalaxyFolder(`${folder}/sky`, { count: 6, size: 48, seed: 1 });
  const sources: [Source, number][] = [
    [memorySource({ x: Float32Array.of(1, 2, 3) }, { length: 3 }), 3],
    [imageSet({ images, size: 4, labels: [0, 1, 0], classes: ["a", "b"] }), 3],
    [streamImageFolder(`${folder}/sky`, { size: 32 }), 6],
    [tableSource({ x: [1, 2, 3] }, { x: "x" }), 3],
  ];
  for (const [source, length] of sources) {
    const refused = async (indices: unknown, message: string) =>
      await assert.rejects(async () => await source.read(indices as Int32Array), {
        message: `Cannot read examples: ${message}`,
      });
    const none = `and there are ${length} examples, counted from 0`;
    await refused(Int32Array.of(0, length), `indices[1] is ${length}, ${none}`);
    await refused(Int32Array.of(-1), `indices[0] is -1, ${none}`);
    await refused([0, 1, 0.5], `indices[2] is 0.5, ${none}`);
    await refused(
      0,
      "indices must be a list of positions, such as Int32Array.of(0, 1), found number 0",
    );
    assert.equal((await source.read(Int32Array.of(length - 1))).indices.length, 1);
  }
});
