import assert from "node:assert/strict";
import { join } from "node:path";
import {
  batches,
  type BatchOptions,
  type ImageSet,
  imageSet,
  loadImages,
  relabel,
  streamImages,
} from "galaxykit/data";
import { imageGrid } from "galaxykit/plot";
import { writeGalaxies } from "./_galaxies.ts";

const images = new Uint8Array(3 * 12).map((_, at) => at);

Deno.test("image sets of every kind give the same batches and tiles", async () => {
  const root = Deno.makeTempDirSync();
  const paths = await writeGalaxies(join(root, "galaxies"), { count: 11, size: 24 });
  const items = paths.map((image, index) => ({
    id: `galaxy ${index}`,
    image,
    class: ["b", "a", "c"][index % 3],
    targets: [index, NaN],
    text: `the ${index}th`,
  }));
  const options = { size: 12, targetNames: ["x", "y"] };
  const memory = await loadImages(items, options);
  using cached = await loadImages(items, { ...options, cache: join(root, "cache") });
  const { labels, classes, ids, targets, texts } = memory;
  const stream = streamImages(items, options);
  const kinds: Record<string, ImageSet> = {
    cached,
    stream,
    made: imageSet({ images: memory.images!, size: 12, labels, classes, ids, targets, texts }),
    relabelled: relabel(relabel(stream, { labels: labels.map(() => -1), texts: undefined }), {
      labels,
      texts,
    }),
    spread: { ...cached },
  };
  const walks: BatchOptions[] = [
    { batchSize: 4 },
    { batchSize: 4, lastBatch: "drop", shuffle: true, seed: 3, epoch: 2 },
    { batchSize: 3, shuffle: true, seed: 2, firstStep: 2, prefetch: 0 },
    { batchSize: 2, indices: Int32Array.of(9, 3, 3, 0, 10), shuffle: true, prefetch: 9 },
  ];
  for (const [kind, set] of Object.entries(kinds)) {
    for (const walk of walks) {
      const found = await Array.fromAsync(batches(set, walk));
      assert.deepEqual(found, await Array.fromAsync(batches(memory, walk)), kind);
    }
    assert.deepEqual(await set.tile(4), await memory.tile(4), kind);
    assert.deepEqual([set.length, set.size, set.ids, set.bad], [11, 12, memory.ids, []], kind);
  }
  Deno.removeSync(root, { recursive: true });
});

Deno.test("imageSet() names images by their positions, and gives them no class", async () => {
  const set = imageSet({ images, size: 2 });
  assert.deepEqual(set.labels, Int32Array.of(-1, -1, -1));
  assert.deepEqual([set.classes, set.ids, set.length], [[], ["0", "1", "2"], 3]);
  const { labels, ...rest } = await set.read(Int32Array.of(2, 0));
  assert.deepEqual(labels, Int32Array.of(-1, -1));
  assert.deepEqual(Object.keys(rest).sort(), ["images", "indices"]);
  assert.equal(set.images, images); // not copied
});

Deno.test("imageSet() refuses what does not belong together", () => {
  const classes = ["a", "b"];
  const cases: [Omit<Parameters<typeof imageSet>[0], "images" | "size">, string][] = [
    [{ ids: ["a", "b"] }, "3 ids are wanted, 2 found"],
    [{ ids: ["a", "b", "a"] }, 'the id "a" occurs more than once'],
    [{ labels: [0, 1], classes }, "3 labels are wanted, 2 found"],
    [{ labels: [0, 1, 2], classes }, 'image "2" has label 2, wanted -1 or one of 2 classes'],
    [{ labels: [0, -2, 1], classes }, 'image "1" has label -2, wanted -1 or one of 2 classes'],
    [{ labels: [0.5, 0, 1], classes }, 'image "0" has label 0.5, wanted -1 or one of 2 classes'],
    [{ classes: ["a", "b", "a"] }, 'two classes are called "a"'],
    [{ labels: [-1, 0, 0] }, 'image "1" has label 0, wanted -1 or one of 0 classes'],
    [
      { targets: { names: ["x", "y"], values: new Float32Array(3) } },
      "6 targets are wanted, 3 found",
    ],
    [{ texts: ["x"] }, "3 texts are wanted, 1 found"],
  ];
  for (const [labels, message] of cases) {
    assert.throws(() => imageSet({ images, size: 2, ...labels }), {
      name: "RangeError",
      message: `Cannot make an image set: ${message}`,
    });
  }
  for (const count of [35, 0]) {
    assert.throws(() => imageSet({ images: images.subarray(0, count), size: 2 }), {
      name: "RangeError",
      message:
        `Cannot make an image set: images of 2x2 pixels hold a multiple of 12 values, ${count} found`,
    });
  }
});

Deno.test("relabel() changes what is given and keeps the rest, also of the set it is made of", async () => {
  const set = imageSet({
    images,
    size: 2,
    labels: [0, 1, 1],
    classes: ["a", "b"],
    texts: [..."xyz"],
  });
  const other = relabel(set, { labels: [1, -1, 0] });
  const all = Int32Array.of(0, 1, 2);
  assert.deepEqual((await other.read(all)).labels, Int32Array.of(1, -1, 0));
  assert.deepEqual((await set.read(all)).labels, Int32Array.of(0, 1, 1));
  assert.deepEqual((await other.read(Int32Array.of(2, 0))).texts, ["z", "x"]);
  assert.deepEqual([other.classes, other.images], [["a", "b"], images]);
  const same = relabel(set, { labels: undefined, texts: undefined });
  assert.deepEqual([same.labels, same.texts], [Int32Array.of(0, 1, 1), [..."xyz"]]);
  const captions = await Promise.all([0, 1].map(async (at) => (await other.tile(at)).caption));
  assert.deepEqual(captions, ["b", "1"]);
  assert.throws(() => relabel(set, { classes: ["a"] }), {
    message: 'Cannot make an image set: image "1" has label 1, wanted -1 or one of 1 classes',
  });
});

Deno.test("tile() gives one image for a grid, or says that there is none", async () => {
  const set = imageSet({ images, size: 2, labels: [0, -1, 0], classes: ["spiral"] });
  assert.deepEqual(await set.tile(2), { pixels: images.slice(24), width: 2, caption: "spiral" });
  assert.deepEqual(await set.tile(1), { pixels: images.slice(12, 24), width: 2, caption: "1" });
  assert.equal(
    imageGrid(await Promise.all([0, 1, 2].map(set.tile))).toString(),
    "ImageGrid: no title, 3 images",
  );
  for (const index of [3, -1, 0.5]) {
    await assert.rejects(set.tile(index), {
      name: "RangeError",
      message: `Cannot show image ${index}: the set has 3, from 0`,
    });
  }
  const damaged = [{ id: "a", image: new Uint8Array(9) }];
  await assert.rejects(streamImages(damaged, { size: 2, bad: "skip" }).tile(0), {
    message: 'Cannot show image "a": it is damaged',
  });
});
