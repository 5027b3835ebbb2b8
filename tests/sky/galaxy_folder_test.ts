import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage } from "galaxykit/data";
import {
  classify,
  drawGalaxy,
  fractionsOf,
  renderGalaxy,
  tally,
  writeGalaxyFolder,
} from "galaxykit/sky";

Deno.test("writeGalaxyFolder() sorts pictures by what volunteers agree on", async () => {
  const root = Deno.makeTempDirSync();
  const folder = join(root, "galaxies");
  await writeGalaxyFolder(folder, { count: 7, size: 24, seed: 8 });
  const counts: Record<string, number> = {};
  for (const { name: kind } of Deno.readDirSync(folder)) {
    for (const { name } of Deno.readDirSync(join(folder, kind))) {
      counts[kind] = (counts[kind] ?? 0) + 1;
      const galaxy = drawGalaxy({ seed: 8, index: parseInt(name) });
      const found = await decodeImage(join(folder, kind, name), { size: 24 });
      assert.deepEqual(found, renderGalaxy(galaxy, { size: 24 }).pixels);
      const [smooth, features] = fractionsOf(tally(classify(galaxy)));
      assert.ok(kind === "smooth" ? smooth >= 0.7 : features >= 0.5, `${kind}/${name}`);
    }
  }
  assert.deepEqual(counts, { "edge-on": 3, smooth: 2, spiral: 2 });
  assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["galaxies"]);
  await writeGalaxyFolder(join(root, "survey"), { count: 3, size: 24, seed: 8, format: "jpeg" });
  const [jpeg] = Deno.readDirSync(join(root, "survey/smooth"));
  const bytes = Deno.readFileSync(join(root, "survey/smooth", jpeg.name));
  assert.deepEqual([...bytes.subarray(0, 2)], [0xff, 0xd8]);
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
  await assert.rejects(
    writeGalaxyFolder(join(root, "new"), { count: 3, size: 4, seed: 1 }),
    (error) => {
      assert.match(
        (error as Error).message,
        /^Cannot write galaxies to ".*new": Cannot draw galaxy \d+ of seed 1: .*size must be an integer from 8 to 2048, 4 found$/,
      );
      return true;
    },
  );
  await assert.rejects(writeGalaxyFolder(join(root, "new"), { count: 0, seed: 1 }), {
    name: "RangeError",
    message: "Cannot write galaxies: count must be a positive integer, 0 found",
  });
  assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["galaxies"]);
  Deno.removeSync(root, { recursive: true });
});
