import assert from "node:assert/strict";
import { join } from "node:path";
import { openHdf5Images } from "../../../lib/data/images/hdf5_file.ts";
import { GALAXY10_DECALS, GALAXY_MNIST, loadHdf5Images } from "galaxykit/data";

const PATH = join(import.meta.dirname!, "../../reference/galaxies.hdf5");

/** Image `index` as the generator made it. */
function image(index: number): Uint8Array {
  const pixels = new Uint8Array(12 * 12 * 3);
  for (let y = 0; y < 12; y++) {
    for (let x = 0; x < 12; x++) {
      pixels.set([x * 3 + index, y * 5 + index, x + y + index], (y * 12 + x) * 3);
    }
  }
  return pixels;
}

Deno.test("loadHdf5Images() reads images and labels, compressed or not", async () => {
  for (const images of ["images", "plain"]) {
    const set = await loadHdf5Images(PATH, { ...GALAXY10_DECALS, images, size: 12 });
    assert.equal(set.ids.length, 20);
    assert.deepEqual([...set.labels], Array.from({ length: 20 }, (_, index) => index % 10));
    assert.equal(set.classes[5], "barred spiral");
    for (let index = 0; index < 20; index++) {
      const row = set.images!.subarray(index * 432, (index + 1) * 432);
      assert.deepEqual(row, image(index), `image ${index}`);
    }
  }
});

Deno.test("loadHdf5Images() resizes, through a cache too; 64-bit labels", async () => {
  const cache = Deno.makeTempDirSync();
  const options = { ...GALAXY_MNIST, size: 6 };
  const plain = await loadHdf5Images(PATH, options);
  for (let time = 0; time < 2; time++) {
    using set = await loadHdf5Images(PATH, { ...options, cache });
    assert.deepEqual(set.images!, plain.images!);
    assert.deepEqual([...set.labels], Array.from({ length: 20 }, (_, index) => index % 4));
  }
  assert.equal([...Deno.readDirSync(cache)].length, 1);
  Deno.removeSync(cache, { recursive: true });
});

Deno.test("loadHdf5Images() makes grey images RGB", async () => {
  const set = await loadHdf5Images(PATH, { ...GALAXY_MNIST, images: "grey", size: 12 });
  assert.deepEqual([...set.images!.subarray(3, 6)], [3, 3, 3]);
});

Deno.test("openHdf5Images() refuses other data sets", async () => {
  const cases: [Partial<typeof GALAXY_MNIST>, string, string][] = [
    [
      { images: "pictures" },
      "TypeError",
      `Cannot use "${PATH}": data set "pictures" is wanted, ` +
      "ans, few, float, grey, images, labels, plain found",
    ],
    [
      { images: "float" },
      "TypeError",
      `Cannot use data set "float" of "${PATH}": uint8 of n x height x width x 3 is wanted, ` +
      "<f of 20 x 12 x 12 x 3 found",
    ],
    [
      { images: "ans" },
      "TypeError",
      `Cannot use data set "ans" of "${PATH}": uint8 of n x height x width x 3 is wanted, ` +
      "<B of 20 found",
    ],
    [
      { labels: "few" },
      "TypeError",
      `Cannot use the labels of "${PATH}": 20 are wanted, one an image, 5 found`,
    ],
    [
      { labels: "ans" },
      "RangeError",
      `Cannot use the labels of "${PATH}": 0 to 3 are wanted, 4 found at image 4`,
    ],
    [
      { labels: "float" },
      "TypeError",
      `Cannot use the labels of "${PATH}": 20 are wanted, one an image, 20 x 12 x 12 x 3 found`,
    ],
  ];
  for (const [change, name, message] of cases) {
    const layout = { ...GALAXY_MNIST, ...change };
    await assert.rejects(openHdf5Images(PATH, layout), { name, message });
  }
  // The kind of an error crosses from the worker.
  const options = { ...GALAXY_MNIST, images: "ans", size: 12 };
  await assert.rejects(loadHdf5Images(PATH, options), { name: "TypeError" });
});

Deno.test("loadHdf5Images() refuses damaged files", async () => {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, "a.hdf5");
  const whole = Deno.readFileSync(PATH);
  const load = () => loadHdf5Images(path, { ...GALAXY10_DECALS, size: 12 });
  await assert.rejects(load(), { message: `Cannot read "${path}": no such file` });
  Deno.writeFileSync(path, whole.subarray(0, whole.length - 1000));
  await assert.rejects(load(), {
    message: `Cannot read "${path}": it is no HDF5 file, or truncated`,
  });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("openHdf5Images() never gives other pixels for a damaged file", async () => {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, "a.hdf5");
  const whole = Deno.readFileSync(PATH);
  for (const length of [0, 5, 600]) {
    Deno.writeFileSync(path, whole.subarray(0, length));
    await assert.rejects(openHdf5Images(path, GALAXY10_DECALS), {
      message: `Cannot read "${path}": it is no HDF5 file, or truncated`,
    });
  }
  // A byte changed anywhere: what is compressed or describes the file has checksums.
  const expected = Uint8Array.from({ length: 20 }, (_, index) => index)
    .reduce<number[]>((all, index) => all.concat(...image(index)), []);
  let refused = 0;
  for (let at = 40; at < whole.length; at += 53) {
    const bytes = whole.slice();
    bytes[at] ^= 0x55;
    Deno.writeFileSync(path, bytes);
    try {
      const { read } = await openHdf5Images(path, GALAXY10_DECALS);
      assert.deepEqual([...read(0, 20)], expected, `byte ${at}`);
    } catch (error) {
      if ((error as Error).name === "AssertionError") throw error;
      assert.match((error as Error).message, /^Cannot (read|use) /, `byte ${at}`);
      refused++;
    }
  }
  assert.ok(refused > 20, `${refused} refused`);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("loadHdf5Images() leaves the event loop free", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await loadHdf5Images(PATH, { ...GALAXY_MNIST, size: 12 });
  clearInterval(timer);
  assert.ok(ticks > 5, `${ticks} ticks`); // opening alone takes a tenth of a second
});
