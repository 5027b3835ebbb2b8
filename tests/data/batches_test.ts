import assert from "node:assert/strict";
import { batches, type BatchOptions, countBatches, type ImageSet, imageSet } from "galaxykit/data";

/** Image i is filled with the value i, and has the label i % 3. */
function numberedSet(count: number): ImageSet {
  const size = 2;
  const images = new Uint8Array(count * 12).map((_, byte) => Math.floor(byte / 12));
  const labels = Int32Array.from({ length: count }, (_, index) => index % 3);
  return imageSet({ images, size, labels, classes: ["a", "b", "c"] });
}

async function indicesOf(set: ImageSet, options: BatchOptions): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { indices } of batches(set, options)) all.push([...indices]);
  return all;
}

Deno.test("batches() walks in order without shuffle, the last batch shorter or dropped", async () => {
  const set = numberedSet(7);
  assert.deepEqual(await indicesOf(set, { batchSize: 3 }), [[0, 1, 2], [3, 4, 5], [6]]);
  assert.deepEqual(await indicesOf(set, { batchSize: 3, lastBatch: "drop" }), [[0, 1, 2], [
    3,
    4,
    5,
  ]]);
});

Deno.test("batches() keeps images, labels and indices together", async () => {
  const set = numberedSet(20);
  let seen = 0;
  for await (const batch of batches(set, { batchSize: 6, shuffle: true, seed: 3 })) {
    assert.equal(batch.images.length, batch.indices.length * 12);
    batch.indices.forEach((index, row) => {
      assert.equal(batch.labels[row], set.labels[index]);
      assert.deepEqual(
        batch.images.subarray(row * 12, (row + 1) * 12),
        new Uint8Array(12).fill(index),
      );
      seen++;
    });
  }
  assert.equal(seen, 20);
});

Deno.test("batches() does not hand out views of the set or of each other", async () => {
  const set = numberedSet(4);
  const before = set.images!.slice();
  const part = Int32Array.of(2, 0);
  for await (const { images, indices } of batches(set, { batchSize: 2, indices: part })) {
    images.fill(255);
    indices.fill(9);
  }
  assert.deepEqual(set.images, before);
  assert.deepEqual(part, Int32Array.of(2, 0));
});

Deno.test("batches() visits each image once an epoch, in an order of seed and epoch alone", async () => {
  const set = numberedSet(50);
  const options = { batchSize: 8, shuffle: true, seed: 1, epoch: 2 };
  const order = (await indicesOf(set, options)).flat();
  assert.deepEqual(order.toSorted((a, b) => a - b), [...Array(50).keys()]);
  assert.deepEqual((await indicesOf(set, { ...options, batchSize: 5 })).flat(), order);
  assert.notDeepEqual((await indicesOf(set, { ...options, epoch: 3 })).flat(), order);
  assert.notDeepEqual((await indicesOf(set, { ...options, seed: 2 })).flat(), order);
});

Deno.test("batches() resumes at a step", async () => {
  const set = numberedSet(23);
  const options = { batchSize: 5, shuffle: true, seed: 9, epoch: 4 };
  const whole = await indicesOf(set, options);
  for (let firstStep = 0; firstStep <= whole.length; firstStep++) {
    assert.deepEqual(await indicesOf(set, { ...options, firstStep }), whole.slice(firstStep));
  }
});

Deno.test("batches() visits the given positions only", async () => {
  const set = numberedSet(10);
  const indices = Int32Array.of(8, 1, 5);
  assert.deepEqual(await indicesOf(set, { batchSize: 2, indices }), [[8, 1], [5]]);
  const shuffled = (await indicesOf(set, { batchSize: 2, indices, shuffle: true })).flat();
  assert.deepEqual(shuffled.sort(), [1, 5, 8]);
  assert.deepEqual(indices, Int32Array.of(8, 1, 5));
});

Deno.test("batches() refuses what gives no batch, before the first one is asked for", () => {
  const set = numberedSet(5);
  const cases: [BatchOptions, string][] = [
    [{ batchSize: 0 }, "Cannot make batches: batchSize must be a positive integer, 0 found"],
    [{ batchSize: 2.5 }, "Cannot make batches: batchSize must be a positive integer, 2.5 found"],
    [
      { batchSize: 8, lastBatch: "drop" },
      'Cannot make batches of 8: 5 examples found, and lastBatch is "drop"',
    ],
    [
      { batchSize: 8, indices: new Int32Array(0) },
      "Cannot make batches of 8: 0 examples found",
    ],
    [
      { batchSize: 2, indices: Int32Array.of(0, 5) },
      "Cannot make batches: position 5 found, wanted below 5",
    ],
    [
      { batchSize: 2, indices: Int32Array.of(-1) },
      "Cannot make batches: position -1 found, wanted below 5",
    ],
    [{ batchSize: 2, firstStep: 4 }, "Cannot start at step 4: the epoch has 3 steps"],
    [{ batchSize: 8, firstStep: -1 }, "Cannot start at step -1: the epoch has 1 step"],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => batches(set, options), { name: "RangeError", message });
  }
});

Deno.test("batches() begins no more than the prefetch ahead, and ends with the loop", async () => {
  let [begun, ended] = [0, 0];
  const source = {
    length: 20,
    ids: Array.from({ length: 20 }, (_, index) => `${index}`),
    async read(indices: Int32Array) {
      begun++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended++;
      return { indices };
    },
  };
  let taken = 0;
  for await (const _batch of batches(source, { batchSize: 2, prefetch: 3 })) {
    taken++;
    if (taken === 4) break; // while the last is being read
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(begun, taken + 3);
  }
  assert.deepEqual([begun, ended], [7, 7]); // none runs on
});

Deno.test("batches() throws what a read throws where its batch is taken, and waits for the others", async () => {
  let running = 0;
  for (const later of [false, true]) {
    const source = {
      length: 6,
      ids: [..."abcdef"],
      read(indices: Int32Array) {
        if (!later && indices[0] === 2) throw new Error("no 2");
        running++;
        return (async () => {
          await new Promise((resolve) => setTimeout(resolve, 5 + indices[0]));
          running--;
          if (indices[0] === 2) throw new Error("no 2");
          return { indices };
        })();
      },
    };
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const { indices } of batches(source, { batchSize: 1, prefetch: 5 })) {
        seen.push(...indices);
      }
    }, { message: "no 2" });
    assert.deepEqual([seen, running], [[0, 1], 0]);
  }
});

Deno.test("batches() tells a source that reads at once what comes next, and reads it when it is wanted", async () => {
  const told: string[] = [];
  const { read, ...rest } = numberedSet(6);
  const source = {
    ...rest,
    readAhead: (indices: Int32Array) => void told.push(`ahead ${indices}`),
    read(indices: Int32Array) {
      told.push(`read ${indices}`);
      return read(indices);
    },
  };
  for await (const { indices } of batches(source, { batchSize: 2, prefetch: 1 })) {
    told.push(`taken ${indices}`);
  }
  assert.deepEqual(told, [
    ...["ahead 0,1", "ahead 2,3", "read 0,1", "taken 0,1"],
    ...["ahead 4,5", "read 2,3", "taken 2,3", "read 4,5", "taken 4,5"],
  ]);
});

Deno.test("batches() skips what a source leaves out altogether", async () => {
  const source = {
    ...numberedSet(6),
    read: (indices: Int32Array) => ({ indices: indices.filter((index) => index > 3) }),
  };
  assert.deepEqual(await Array.fromAsync(batches(source, { batchSize: 3 })), [
    { indices: Int32Array.of(4, 5) },
  ]);
  assert.deepEqual(await Array.fromAsync(batches(source, { batchSize: 2 })), [
    { indices: Int32Array.of(4, 5) },
  ]);
});

Deno.test("batches() says what a source's batch must hold", async () => {
  const source = { ...numberedSet(6), read: () => ({ x: 1 }) as never };
  await assert.rejects(Array.fromAsync(batches(source, { batchSize: 3 })), {
    name: "TypeError",
    message:
      "Cannot make batches: what a source reads must hold `indices`, the positions of what came, found { x }",
  });
});

Deno.test("countBatches() counts a shorter last batch unless it is dropped", () => {
  assert.equal(countBatches(10, { batchSize: 4 }), 3);
  assert.equal(countBatches(10, { batchSize: 4, lastBatch: "drop" }), 2);
  assert.equal(countBatches(8, { batchSize: 4 }), 2);
});
