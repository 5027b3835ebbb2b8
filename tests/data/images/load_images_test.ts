import assert from "node:assert/strict";
import { join } from "node:path";
import {
  batches,
  decodeImage,
  imageSet,
  loadImageFolder,
  loadImages,
  type LoadOptions,
  streamImageFolder,
  streamImages,
} from "galaxykit/data";
import type { ImageList } from "../../../lib/data/images/image_list.ts";
import { loadList } from "../../../lib/data/images/load_images.ts";
import { writeGalaxies } from "./_galaxies.ts";

Deno.test("loadImages() keeps a catalogue's order, classes and targets", async () => {
  const folder = Deno.makeTempDirSync();
  const paths = (await writeGalaxies(folder, { count: 4, size: 24 })).toReversed();
  const items = paths.map((image, index) => ({
    id: `58773${index}`,
    image,
    class: ["spiral", "cigar"][index % 2],
    targets: [index, index / 2],
    text: `number ${index}`,
  }));
  const set = await loadImages(items, { size: 12, targetNames: ["a", "b"] });
  assert.deepEqual(set.ids, ["587730", "587731", "587732", "587733"]);
  assert.deepEqual([set.classes, [...set.labels]], [["cigar", "spiral"], [1, 0, 1, 0]]);
  assert.deepEqual([...set.targets!.values], [0, 0, 1, 0.5, 2, 1, 3, 1.5]);
  assert.deepEqual(set.images!.slice(0, 432), await decodeImage(paths[0], { size: 12 }));
  const seen = [];
  for await (const { indices, targets, texts } of batches(set, { batchSize: 3, shuffle: true })) {
    assert.deepEqual([...targets!], [...indices].flatMap((index) => [index, index / 2]));
    assert.deepEqual(texts, Array.from(indices, (index) => `number ${index}`));
    seen.push(...indices);
  }
  assert.deepEqual(seen.sort(), [0, 1, 2, 3]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("loadImages() lists missing files before it decodes, or leaves them out", async () => {
  const folder = Deno.makeTempDirSync();
  const paths = await writeGalaxies(folder, { count: 3, size: 24 });
  const items = [...paths, join(folder, "none.jpg"), folder].map((image, index) => ({
    id: `${index}`,
    image,
    targets: [index],
  }));
  let decoded = 0;
  const options = { size: 12, targetNames: ["x"], onProgress: () => decoded++ };
  await assert.rejects(loadImages(items, options), {
    message: `Cannot use 2 of 5 images: "${folder}/none.jpg" (no such file), ` +
      `"${folder}" (it is not a file); remove them or skip bad files`,
  });
  assert.equal(decoded, 0);
  Deno.writeTextFileSync(paths[1], "no image");
  const set = await loadImages(items, { ...options, bad: "skip" });
  assert.deepEqual([set.ids, [...set.targets!.values]], [["0", "2"], [0, 2]]);
  assert.deepEqual(set.bad.map(({ path }) => path), [join(folder, "none.jpg"), folder, paths[1]]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("loadImages() takes bytes and pixels in memory", async () => {
  const folder = Deno.makeTempDirSync();
  const [path] = await writeGalaxies(folder, { count: 1, size: 24 });
  const data = await decodeImage(path, { size: 24 });
  const items = [
    { id: "file", image: path },
    { id: "bytes", image: Deno.readFileSync(path) },
    { id: "pixels", image: { data, width: 24, height: 24, channels: 3 as const } },
  ];
  const cache = join(folder, "cache");
  using set = await loadImages(items, { size: 12, cache });
  assert.equal(set.images!.length, 3 * 432);
  assert.deepEqual(set.images!.slice(0, 432), set.images!.slice(432, 864));
  assert.deepEqual(set.images!.slice(0, 432), set.images!.slice(864));
  await assert.rejects(loadImages([{ id: "bad", image: new Uint8Array(9) }], { size: 12 }), {
    message: 'Cannot decode 1 of the 1 images of the list: "bad" ' +
      "(not a JPEG, PNG, WebP, TIFF, GIF, AVIF or FITS file); remove them or skip bad files",
  });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("loadImages() refuses labels that do not fit together", async () => {
  const image = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 as const };
  const size = 2;
  await assert.rejects(loadImages([{ id: "a", image }, { id: "a", image }], { size }), {
    name: "RangeError",
    message: 'Cannot make an image set: the id "a" occurs more than once',
  });
  await assert.rejects(loadImages([{ id: "a", image, class: "x" }, { id: "b", image }], { size }), {
    name: "TypeError",
    message: 'Cannot make an image set: image "b" has no class, others have one',
  });
  await assert.rejects(loadImages([{ id: "a", image, text: "x" }, { id: "b", image }], { size }), {
    name: "TypeError",
    message: 'Cannot make an image set: image "b" has no text, others have one',
  });
  await assert.rejects(loadImages([{ id: "a", image, class: "x" }], { size, classes: ["y"] }), {
    name: "RangeError",
    message: 'Cannot make an image set: class "x" is not among y',
  });
  await assert.rejects(loadImages([{ id: "a", image, targets: [1] }], { size }), {
    name: "TypeError",
    message: 'Cannot make an image set: image "a" has 1 targets, 0 are named',
  });
  await assert.rejects(loadImages([], { size }), {
    message: "Cannot make an image set: there is no image in it",
  });
});

Deno.test("loadList() decodes block by block, and leaves bad images out", async () => {
  const cache = Deno.makeTempDirSync();
  const ids = [..."abcdefg"];
  const asked: number[][] = [];
  const list: ImageList = {
    ...{ name: "the blocks", ids, labels: new Int32Array(7), classes: ["x"], bad: [], block: 3 },
    read(start, end) {
      asked.push([start, end]);
      return Array.from(
        { length: end - start },
        (_, at) =>
          start + at === 4
            ? new Uint8Array(9)
            : { data: new Uint8Array(12).fill(start + at), width: 2, height: 2, channels: 3 },
      );
    },
    stamps: () => ids,
  };
  const done: number[] = [];
  const options: LoadOptions = {
    ...{ size: 2, bad: "skip" },
    onProgress: (report) => "done" in report && done.push(report.done),
  };
  const set = await loadList(list, options);
  assert.deepEqual(asked, [[0, 3], [3, 6], [6, 7]]);
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(set.ids, [..."abcdfg"]);
  assert.deepEqual(set.bad.map(({ path }) => path), ["e"]);
  const wanted = [0, 1, 2, 3, 5, 6].flatMap((value) => Array(12).fill(value));
  assert.deepEqual([...set.images!], wanted);
  using cached = await loadList(list, { ...options, cache });
  assert.deepEqual([[...cached.images!], cached.bad], [wanted, set.bad]);
  await assert.rejects(loadList({ ...list, ids: [], labels: new Int32Array(0) }, options), {
    message: "Cannot use the blocks: none of the images decodes",
  });
  Deno.removeSync(cache, { recursive: true });
});

Deno.test("a stream stops at a bad file, or leaves it out and tells it once", async () => {
  const folder = Deno.makeTempDirSync();
  const paths = await writeGalaxies(folder, { count: 6, size: 24 });
  const bytes = Deno.readFileSync(paths[1]);
  Deno.writeFileSync(paths[1], bytes.subarray(0, bytes.length - 100));
  const all = (stream: ReturnType<typeof streamImageFolder>) =>
    Array.fromAsync(batches(stream, { batchSize: 4 }));
  await assert.rejects(all(streamImageFolder(folder, { size: 12 })), {
    message: `Cannot decode 1 images of a batch from "${folder}": "${paths[1]}" ` +
      "(the PNG is damaged or cut); remove them or skip bad files",
  });
  const stream = streamImageFolder(folder, { size: 12, bad: "skip" });
  for (let epoch = 0; epoch < 2; epoch++) {
    const [first, second] = await all(stream);
    assert.deepEqual([...first.indices, ...second.indices], [0, 1, 3, 4, 5]);
    assert.equal(first.images!.length, 3 * 432);
    assert.deepEqual([...first.labels], [0, 0, 1]);
  }
  assert.deepEqual(stream.bad.map(({ path }) => path), [paths[1]]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("sets of images refuse options that they do not know", async () => {
  const slip = { size: 12, cropfraction: 0.5 };
  const refused = (what: string) => ({
    name: "RangeError",
    message: `Cannot ${what}: there is no option "cropfraction", nearest is "cropFraction"`,
  });
  const items = [{ id: "a", image: "nowhere.png" }];
  await assert.rejects(loadImageFolder("nowhere", slip), refused("load images"));
  await assert.rejects(loadImages(items, slip), refused("load images"));
  assert.throws(() => streamImageFolder("nowhere", slip), refused("stream images"));
  assert.throws(() => streamImages(items, slip), refused("stream images"));
  const pixels = { images: new Uint8Array(48), size: 4, label: [0] };
  assert.throws(() => imageSet(pixels), {
    name: "RangeError",
    message: 'Cannot make an image set: there is no option "label", nearest is "labels"',
  });
});

Deno.test("loadImages() takes the whole preprocessing of a model", async () => {
  const preprocessing = {
    size: 8,
    cropFraction: 1,
    filter: "bilinear",
    mean: [0],
    std: [1],
  } as const;
  const pixels = { data: new Uint8Array(192), width: 8, height: 8, channels: 3 as const };
  const set = await loadImages([{ id: "a", image: pixels }], preprocessing);
  assert.deepEqual([set.length, set.size], [1, 8]);
});
