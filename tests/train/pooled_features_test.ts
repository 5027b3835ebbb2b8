import assert from "node:assert/strict";
import { tf } from "galaxykit/tensorflow";
import { normalizeImages } from "galaxykit/models";
import { pooledFeatures } from "galaxykit/train";
import { galaxySet, normalization, tinyModel } from "./_problem.ts";

const set = galaxySet({ count: 7 });

Deno.test("pooledFeatures() gives what the last layer is given, in the order asked for", async () => {
  const model = tinyModel();
  const before = tf.memory().numTensors;
  const done: number[] = [];
  const indices = Int32Array.of(5, 0, 3);
  const { values, width } = await pooledFeatures(model, { set, indices }, {
    normalization,
    batchSize: 2,
    onProgress: (report) => "done" in report && done.push(report.done),
  });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([width, values.length, done], [32, 3 * 32, [2, 3]]);
  const pixels = tf.tensor4d(Array.from(set.images!), [7, 32, 32, 3]);
  const wanted = model.pooled(tf.gather(normalizeImages(pixels, normalization), [5, 0, 3]));
  wanted.dataSync().forEach((value, at) =>
    assert.ok(Math.abs(value - values[at]!) < 1e-4, `${value} wanted, ${values[at]} found`)
  );
  model.dispose();
});

Deno.test("pooledFeatures() stops when the signal aborts", async () => {
  const model = tinyModel();
  const signal = AbortSignal.abort();
  await assert.rejects(pooledFeatures(model, { set }, { normalization, signal }), {
    name: "AbortError",
  });
  model.dispose();
});

Deno.test("pooledFeatures() refuses a stream that leaves images out", async () => {
  const model = tinyModel();
  const stream = {
    ...set,
    read: (indices: Int32Array) => set.read(indices.subarray(1)),
  };
  await assert.rejects(pooledFeatures(model, { set: stream }, { normalization }), {
    message:
      "Cannot tell the images apart: the set left 1 of 7 out; leave them out of the list, too",
  });
  model.dispose();
});
