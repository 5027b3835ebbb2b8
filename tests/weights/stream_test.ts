import assert from "node:assert/strict";
import { join } from "node:path";
import {
  BatchNorm2d,
  Conv2d,
  Linear,
  loadVariables,
  Sequential,
  type StreamedTensor,
  streamVariables,
} from "galaxykit/nn";
import { key, tf } from "galaxykit/tensorflow";
import {
  openSafetensors,
  readSafetensors,
  stateDictOf,
  streamSafetensors,
  writeSafetensors,
} from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";

function network(seed?: number): Sequential {
  const from = seed === undefined ? undefined : key(seed);
  return new Sequential({
    conv: new Conv2d(3, 4, { kernelSize: 3, key: from }),
    norm: new BatchNorm2d(4),
    fc: new Linear(4, 2, { key: from }),
  });
}

function lent(byteLength: number, order: string[] = [], name = ""): StreamedTensor {
  return {
    ...{ dtype: "F32", shape: [2] },
    async lend(use) {
      order.push(`read ${name}`);
      await Promise.resolve();
      use(new Uint8Array(byteLength));
      order.push(`written ${name}`);
    },
  };
}

Deno.test("streamSafetensors() writes the bytes of writeSafetensors()", async () => {
  const folder = temporaryFolder();
  const [whole, streamed] = ["a", "b"].map((name) => join(folder, name)) as [string, string];
  const model = network(1);
  model.namedBuffers()["norm.num_batches_tracked"]!.assign(tf.scalar(12, "int32"));
  const extra = { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) } as const;
  const metadata = { epoch: "2" };
  const before = tf.memory().numTensors;
  writeSafetensors(whole, { ...model.stateDict(), extra }, { metadata });
  // What is read is freed before the next is
  const onProgress = () => assert.equal(tf.memory().numTensors, before);
  await streamSafetensors(streamed, { ...model.streamState(), extra }, { metadata, onProgress });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(Deno.readFileSync(streamed), Deno.readFileSync(whole));
  model.dispose();
});

Deno.test("streamSafetensors() writes each tensor before it reads the next, and tells of it", async () => {
  const order: string[] = [];
  const reports: unknown[] = [];
  const path = join(temporaryFolder(), "model.safetensors");
  const tensors = { b: lent(8, order, "b"), a: lent(8, order, "a") };
  await streamSafetensors(path, tensors, { onProgress: (report) => reports.push(report) });
  assert.deepEqual(order, ["read a", "written a", "read b", "written b"]);
  assert.deepEqual(
    reports,
    [8, 16].map((done) => ({
      ...{ what: "Writing model.safetensors", done, total: 16, unit: "bytes" },
    })),
  );
});

Deno.test("streamSafetensors() that fails or is aborted leaves the file as it was", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "model.safetensors");
  await streamSafetensors(path, { old: lent(8) });
  const before = Deno.readFileSync(path);
  await assert.rejects(streamSafetensors(path, { a: lent(8), b: lent(4) }), {
    name: "TypeError",
    message: `Cannot write "${path}": tensor "b" lends 4 bytes, its shape wants 8`,
  });
  const abort = new AbortController();
  const tensors = { a: lent(8), b: lent(8) };
  await assert.rejects(
    streamSafetensors(path, tensors, { signal: abort.signal, onProgress: () => abort.abort() }),
    { name: "AbortError" },
  );
  assert.deepEqual(Deno.readFileSync(path), before);
  assert.deepEqual([...Deno.readDirSync(folder)].length, 1);
});

Deno.test("streamVariables() and loadVariables() keep an optimiser's state beside the model's", async () => {
  const path = join(temporaryFolder(), "last.safetensors");
  const model = network(1);
  const mean = tf.variable(tf.tensor1d([1, 2, 3]));
  const prefixed = <T>(prefix: string, part: Record<string, T>) =>
    Object.fromEntries(Object.entries(part).map(([name, one]) => [prefix + name, one]));
  await streamSafetensors(path, {
    ...prefixed("model/", model.streamState()),
    ...prefixed("state/", streamVariables({ mean })),
  });
  using file = openSafetensors(path);
  const again = network();
  again.loadStateDict(stateDictOf(file, { prefix: "model/" }));
  assert.deepEqual(again.stateDict(), model.stateDict());
  const loaded = tf.variable(tf.zeros([3]));
  const state = stateDictOf(file, { prefix: "state/" });
  loadVariables({ mean: loaded }, state, { into: "the optimiser" });
  assert.deepEqual([...loaded.dataSync()], [1, 2, 3]);
  assert.throws(
    () => loadVariables({ square: loaded }, state, { into: "the optimiser", source: '"last"' }),
    {
      name: "TypeError",
      message:
        'Cannot load "last" into the optimiser: 1 key missing (first "square"), 1 key unexpected (first "mean")',
    },
  );
});

Deno.test("Module.loadStateDict() copies at once: the array may be written over", () => {
  const layer = new Linear(2, 1, { bias: false });
  const data = Float32Array.of(3, 4);
  layer.loadStateDict({ weight: { dtype: "F32", shape: [1, 2], data } });
  const variable = tf.variable(tf.zeros([2]));
  loadVariables({ variable }, { variable: { dtype: "F32", shape: [2], data } }, { into: "it" });
  data.fill(9);
  assert.deepEqual([...layer.weight.dataSync()], [3, 4]);
  assert.deepEqual([...variable.dataSync()], [3, 4]);
});

Deno.test("Module.streamState() gives values as they are when they are read", async () => {
  const path = join(temporaryFolder(), "model.safetensors");
  const layer = new Linear(2, 1, { bias: false, key: key(1) });
  const state = layer.streamState();
  layer.weight.assign(tf.tensor2d([5, 6], [2, 1]));
  await streamSafetensors(path, state);
  assert.deepEqual(readSafetensors(path).tensors["weight"]!.data, Float32Array.of(5, 6));
});
