import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { batches, memorySource } from "galaxykit/data";

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
