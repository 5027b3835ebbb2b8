import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage } from "galaxykit/data";
import { galaxy, writeGalaxyFolder } from "galaxykit/sky";

Deno.test("writeGalaxyFolder() writes the pixels that galaxy() draws, a folder per kind", async () => {
  const root = Deno.makeTempDirSync();
  const folder = join(root, "galaxies");
  await writeGalaxyFolder(folder, { count: 5, size: 24, seed: 8 });
  const kinds = ["edge-on", "smooth", "spiral", "edge-on", "smooth"];
  for (const [index, kind] of kinds.entries()) {
    const found = await decodeImage(join(folder, kind, `00000${index}.png`), { size: 24 });
    assert.deepEqual(found, galaxy({ seed: 8, index, size: 24 }));
  }
  assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["galaxies"]);
  await writeGalaxyFolder(join(root, "survey"), { count: 3, size: 24, seed: 8, format: "jpeg" });
  const jpeg = Deno.readFileSync(join(root, "survey/smooth/000001.jpg"));
  assert.deepEqual([...jpeg.subarray(0, 2)], [0xff, 0xd8]);
  Deno.removeSync(root, { recursive: true });
});

Deno.test("writeGalaxyFolder() leaves what exists alone, and nothing behind when it fails", async () => {
  const root = Deno.makeTempDirSync();
  const folder = join(root, "galaxies");
  Deno.mkdirSync(folder);
  await assert.rejects(writeGalaxyFolder(folder, { count: 3, size: 24, seed: 1 }), {
    name: "Error",
    message: `Cannot write galaxies to "${folder}": it exists already, name a new folder`,
  });
  await assert.rejects(writeGalaxyFolder(join(root, "new"), { count: 3, size: 4, seed: 1 }), {
    message: `Cannot write galaxies to "${join(root, "new")}": ` +
      "Cannot draw a galaxy: size must be an integer from 8, 4 found",
  });
  await assert.rejects(writeGalaxyFolder(join(root, "new"), { count: 0, seed: 1 }), {
    name: "RangeError",
    message: "Cannot write galaxies: count must be a positive integer, 0 found",
  });
  assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["galaxies"]);
  Deno.removeSync(root, { recursive: true });
});
