import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage, loadImageFolder } from "galaxykit/data";
import { writeGalaxies } from "./_galaxies.ts";

/** A folder of `count` generated galaxies, and one file of it cut short. */
async function galaxies(count: number, cut?: string): Promise<string> {
  const folder = join(Deno.makeTempDirSync(), "galaxies");
  await writeGalaxies(folder, { count, size: 48 });
  if (cut) {
    const path = join(folder, cut);
    Deno.writeFileSync(path, Deno.readFileSync(path).subarray(0, -200));
  }
  return folder;
}

Deno.test("loadImageFolder() keeps images, labels, classes and ids in step", async () => {
  const folder = await galaxies(7);
  const set = await loadImageFolder(folder, { size: 16 });
  assert.equal(set.size, 16);
  assert.deepEqual(set.classes, ["edge-on", "smooth", "spiral"]);
  assert.deepEqual(set.labels, Int32Array.of(0, 0, 0, 1, 1, 2, 2));
  assert.equal(set.ids[3], "smooth/000001.png");
  assert.equal(set.images!.length, 7 * 768);
  for (const [row, id] of set.ids.entries()) {
    const expected = await decodeImage(join(folder, id), { size: 16 });
    assert.deepEqual(set.images!.slice(row * 768, (row + 1) * 768), expected);
  }
  Deno.removeSync(join(folder, ".."), { recursive: true });
});

Deno.test("loadImageFolder() refuses a damaged image, or leaves it out", async () => {
  const folder = await galaxies(9, "smooth/000004.png");
  const path = join(folder, "smooth/000004.png");
  await assert.rejects(loadImageFolder(folder, { size: 16 }), {
    message: `Cannot decode 1 of the 9 images of "${folder}": ` +
      `"${path}" (the PNG is damaged or cut); remove them or skip bad files`,
  });
  Deno.writeTextFileSync(join(folder, "spiral/notes.txt"), "x");
  const set = await loadImageFolder(folder, { size: 16, bad: "skip" });
  assert.deepEqual(set.bad.map(({ path }) => path), [join(folder, "spiral/notes.txt"), path]);
  assert.deepEqual(set.labels, Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2));
  assert.equal(set.images!.length, 8 * 768);
  for (const [row, id] of set.ids.entries()) {
    const expected = await decodeImage(join(folder, id), { size: 16 });
    assert.deepEqual(set.images!.slice(row * 768, (row + 1) * 768), expected);
  }
  Deno.removeSync(join(folder, ".."), { recursive: true });
});

Deno.test("loadImageFolder() does not let a class vanish", async () => {
  const folder = await galaxies(3, "spiral/000002.png");
  await assert.rejects(loadImageFolder(folder, { size: 16, bad: "skip" }), {
    message: `Cannot use class "spiral" of "${folder}": none of its images decodes`,
  });
  Deno.removeSync(join(folder, ".."), { recursive: true });
});

Deno.test("loadImageFolder() says how much memory it would need", async () => {
  const folder = await galaxies(3);
  await assert.rejects(loadImageFolder(folder, { size: 20_000, memoryLimit: 2e9 }), {
    name: "RangeError",
    message: "Cannot hold 3 images of 20000x20000 pixels in memory: 3.60 GB wanted, " +
      "2.00 GB allowed; choose a size of at most 14907 pixels, or fewer images",
  });
  // Without a limit of one's own, the free memory is it.
  await assert.rejects(
    loadImageFolder(folder, { size: 2_000_000 }),
    /^RangeError: Cannot hold 3 images of 2000000x2000000 pixels in memory: 36000.00 GB wanted, .* GB free; choose a size of at most \d+ pixels, or fewer images$/,
  );
  Deno.removeSync(join(folder, ".."), { recursive: true });
});
