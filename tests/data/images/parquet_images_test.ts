import assert from "node:assert/strict";
import { join } from "node:path";
import { GALAXY_MNIST, loadHdf5Images, loadParquetImages, relabel } from "galaxykit/data";
import { referencePath } from "../formats/_tables.ts";

const path = referencePath("images.parquet");

Deno.test("loadParquetImages() decodes the images of a Hugging Face file, group by group", async () => {
  const set = await loadParquetImages(path, {
    size: 8,
    targets: ["smooth-or-featured-gz2_smooth"],
  });
  assert.deepEqual(
    set.ids,
    Array.from({ length: 5 }, (_, i) => `${587722952231026744n + BigInt(i)}`),
  );
  assert.deepEqual([...set.targets!.values], [12, 3, 0, 5, 7]);
  for (const [i, colour] of [0, 40, 80, 120, 160].entries()) {
    const start = i * 8 * 8 * 3;
    assert.deepEqual([...set.images!.subarray(start, start + 3)], [colour, 0, 255 - colour]);
  }
});

Deno.test("loadParquetImages() takes columns of bytes, ids and places, and goes through a cache", async () => {
  const cache = Deno.makeTempDirSync();
  for (let time = 0; time < 2; time++) {
    using set = await loadParquetImages(path, { size: 4, image: "thumbnail", id: "objid", cache });
    assert.equal(set.ids[4], "587722952231026748");
    const { images } = await set.read(Int32Array.of(3));
    assert.deepEqual([...images.subarray(0, 3)], [3, 0, 252]);
  }
  assert.equal([...Deno.readDirSync(cache)].length > 0, true);
  Deno.removeSync(cache, { recursive: true });
});

Deno.test("loadParquetImages() says what is wrong with columns, classes and options", async () => {
  const cases: [object, RegExp][] = [
    [
      { image: "img" },
      /no column "img" of images among image, id_str, .*, did you mean "image"\?$/,
    ],
    [
      { image: "id_str" },
      /column "id_str" must hold the bytes of images, or a structure with them/,
    ],
    [{ label: "label", classes: ["a", "b"] }, /column "label" as classes: row 4 holds none/],
    [{ label: "objid", classes: ["a"], id: "id_str" }, /is not among a$/],
    [{ lable: "label" }, /^Cannot load images: there is no option "lable", nearest is "label"$/],
    [{ id: "label" }, /Cannot name rows by column "label": row 4 holds no value/],
  ];
  for (const [options, message] of cases) {
    await assert.rejects(loadParquetImages(path, { size: 8, ...options }), { message });
  }
  await assert.rejects(loadParquetImages(join(path, "none"), { size: 8 }), /there is no such file/);
});

Deno.test("loadHdf5Images() and relabel() refuse options that they do not know", async () => {
  const slip: object = { croopFraction: 0.5 };
  await assert.rejects(loadHdf5Images("a.hdf5", { ...GALAXY_MNIST, size: 64, ...slip }), {
    message: 'Cannot load images: there is no option "croopFraction", nearest is "cropFraction"',
  });
  const set = await loadParquetImages(path, { size: 4 });
  const lables: object = { lables: [0] };
  assert.throws(() => relabel(set, lables), {
    message: 'Cannot relabel a set: there is no option "lables", nearest is "labels"',
  });
});
