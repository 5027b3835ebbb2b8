import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { sampleGrid } from "../../lib/plot/mod.ts";

/** One-coloured pictures: red ones of class "a", green ones of class "b". */
async function folder(): Promise<{ paths: string[]; labels: (string | null)[] }> {
  const root = Deno.makeTempDirSync();
  const labels = ["a", "b", "a", null, "a", "b", "a"];
  const paths = await Promise.all(labels.map(async (label, i) => {
    const path = join(root, `${i}.png`);
    const background = label === "a" ? "#c80000" : label === "b" ? "#00c800" : "#0000c8";
    const create = { width: 12, height: 12, channels: 3 as const, background };
    await sharp({ create }).png().toFile(path);
    return path;
  }));
  return { paths, labels };
}

async function pixelsOf(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
}

Deno.test("sampleGrid() shows a row for each class under its name", async () => {
  const { paths, labels } = await folder();
  const grid = await sampleGrid({ paths, labels, perClass: 3, tileSize: 40, seed: 1 });
  assert.equal(grid.toString(), "ImageGrid: no title, 6 images");
  const at = await pixelsOf(await grid.png({ scale: 1 }));
  // rows begin below a heading of 20 pixels, tiles are 48 apart
  for (const column of [0, 1, 2]) assert.deepEqual(at(30 + 48 * column, 50), [200, 0, 0]);
  for (const column of [0, 1]) assert.deepEqual(at(30 + 48 * column, 118), [0, 200, 0]);
  assert.deepEqual(at(30 + 96, 118), [255, 255, 255]);
  assert.equal(grid.height, 10 + 20 + 40 + 8 + 20 + 40 + 10);
});

Deno.test("sampleGrid() draws by the seed", async () => {
  const { paths, labels } = await folder();
  const options = { paths, labels, perClass: 1, tileSize: 20, captions: paths };
  const one = await (await sampleGrid({ ...options, seed: 1 })).png();
  assert.deepEqual(await (await sampleGrid({ ...options, seed: 1 })).png(), one);
});

Deno.test("sampleGrid() shows one class without labels", async () => {
  const { paths } = await folder();
  const grid = await sampleGrid({ paths, perClass: 4, tileSize: 20, seed: 1 });
  assert.deepEqual([grid.width, grid.height], [10 + 4 * 20 + 3 * 8 + 10, 40]);
});

Deno.test("sampleGrid() refuses lists that do not fit, and an empty sample", async () => {
  await assert.rejects(() => sampleGrid({ paths: ["a.png"], labels: [], seed: 1 }), {
    name: "TypeError",
    message: "Cannot draw a sample: each path has one of the labels: 1 paths and 0 labels found",
  });
  await assert.rejects(() => sampleGrid({ paths: ["a.png"], labels: [null], seed: 1 }), {
    name: "RangeError",
    message: "Cannot draw a sample: it has no galaxies",
  });
});
