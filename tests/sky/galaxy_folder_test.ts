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
  const names = Object.fromEntries(
    [...Deno.readDirSync(folder)].map(({ name: kind }) => [
      kind,
      [...Deno.readDirSync(join(folder, kind))].map(({ name }) => name).sort(),
    ]),
  );
  assert.deepEqual(names, {
    "edge-on": ["000000.png", "000003.png", "000006.png"],
    smooth: ["000001.png", "000004.png"],
    spiral: ["000002.png", "000005.png"],
  });
  // The second smooth galaxy of the sky is the second smooth picture.
  const smooth = [];
  for (let index = 0; smooth.length < 2; index++) {
    const galaxy = drawGalaxy({ seed: 8, index });
    if (fractionsOf(tally(classify(galaxy)))[0] >= 0.7) smooth.push(galaxy);
  }
  const found = await decodeImage(join(folder, "smooth", "000004.png"), { size: 24 });
  assert.deepEqual(found, renderGalaxy(smooth[1], { size: 24 }).pixels);
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

Deno.test("writeGalaxyFolder() refuses options that it does not know", async () => {
  const slip = { count: 3, seed: 1, sise: 32 };
  await assert.rejects(writeGalaxyFolder(join(Deno.makeTempDirSync(), "new"), slip), {
    name: "RangeError",
    message: 'Cannot write galaxies: there is no option "sise", nearest is "size"',
  });
});
