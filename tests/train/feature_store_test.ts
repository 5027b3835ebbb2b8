import assert from "node:assert/strict";
import { relabel } from "galaxykit/data";
import { type ImageModel, resnet18 } from "galaxykit/models";
import { key, tf } from "galaxykit/tensorflow";
import { FeatureStore, finetune, type Phase, predictProbabilities } from "galaxykit/train";
import { galaxySet, normalization } from "./_problem.ts";

const set = galaxySet({ count: 12 });
const all = Int32Array.from(set.labels.keys());
const HEAD: Phase = { name: "head", epochs: 1, rate: 1e-2, trainable: "head" };
const LAST: Phase = { name: "last", epochs: 1, rate: 1e-3, trainable: { lastBlocks: 2 } };

/** A training, and how many images it computed the features of. */
async function run(
  model: ImageModel,
  { phases, features, indices = all.subarray(0, 8), images = set }: {
    phases: Phase[];
    features?: FeatureStore;
    indices?: Int32Array;
    images?: typeof set;
  },
) {
  const losses: number[] = [];
  let computed = 0;
  await finetune(model, {
    ...{ phases, features, batchSize: 4, seed: 3, normalization, batchNorm: "inference" },
    train: { set: images, indices },
    validation: { set: images, indices: all.subarray(8) },
    onStep: ({ loss }) => losses.push(loss),
    onProgress(report) {
      if ("done" in report && report.unit === "images" && report.done === report.total) {
        computed += report.total!;
      }
    },
  });
  return { losses, computed };
}

const create = (seed = 1) => resnet18({ classes: 3, width: 4, key: key(seed) });

Deno.test("FeatureStore computes the features of an image once for all trainings", async () => {
  const features = new FeatureStore();
  const [first, alone] = [create(), create()];
  const wanted = await run(alone, { phases: [HEAD, LAST] });
  const found = await run(first, { phases: [HEAD, LAST], features });
  assert.equal(found.computed, 2 * 12, "for the head, and for the last blocks");
  assert.deepEqual(found.losses, wanted.losses);

  const again = create();
  const second = await run(again, { phases: [HEAD, LAST], features });
  assert.deepEqual([second.computed, second.losses], [0, wanted.losses]);

  // Other images join, other labels do not matter, another network finds nothing
  const labels = set.labels.map((label) => (label + 1) % 3);
  const others = { phases: [HEAD], features, indices: all.subarray(2, 6) };
  assert.equal((await run(create(), { ...others, images: relabel(set, { labels }) })).computed, 0);
  assert.equal((await run(create(2), others)).computed, 4 + 4);
});

Deno.test("predictProbabilities() takes up the features that a store has of the network", async () => {
  const features = new FeatureStore();
  const model = create();
  await run(model, { phases: [HEAD, LAST], features });
  const wanted = await predictProbabilities(model, { set });
  // Were the images looked at, these would be seen
  const blind = { ...set, read: () => Promise.reject(new Error("read")) };
  await assert.rejects(predictProbabilities(model, { set: blind }), { message: "read" });
  const labelled = {
    ...set,
    async read(indices: Int32Array) {
      return { ...await set.read(indices), images: new Uint8Array(indices.length * 32 * 32 * 3) };
    },
  };
  const before = tf.memory().numTensors;
  const found = await predictProbabilities(model, { set: labelled, features, batchSize: 5 });
  assert.equal(tf.memory().numTensors, before);
  found.forEach((row, i) =>
    row.forEach((value, k) => assert.ok(Math.abs(value - wanted[i]![k]!) < 1e-5))
  );

  // A trunk that was trained meanwhile is another network, and the images are looked at
  await run(model, { phases: [{ ...LAST, trainable: "all" }] });
  const moved = await predictProbabilities(model, { set, features });
  assert.deepEqual(moved, await predictProbabilities(model, { set }));
});
