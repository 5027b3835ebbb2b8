import assert from "node:assert/strict";
import sharp from "sharp";
import { display, imageGrid, type Tile } from "../../lib/plot/mod.ts";
import { readPng } from "./_checks.ts";

/** A tile of one colour. */
function tile(rgb: [number, number, number], caption?: string): Tile {
  const pixels = new Uint8Array(16 * 16 * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = rgb[i % 3];
  return { pixels, width: 16, caption };
}

async function pixelsOf(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
}

Deno.test("imageGrid() puts each tile in its place, in its colours", async () => {
  const tiles = [tile([200, 0, 0]), tile([0, 150, 0]), tile([0, 0, 100])];
  const grid = imageGrid(tiles, { columns: 2, tileSize: 50 });
  assert.deepEqual([grid.width, grid.height], [128, 128]);
  for (const scale of [1, 2]) {
    const at = await pixelsOf(await grid.png({ scale }));
    assert.deepEqual(at(35 * scale, 35 * scale), [200, 0, 0]);
    assert.deepEqual(at(93 * scale, 35 * scale), [0, 150, 0]);
    assert.deepEqual(at(35 * scale, 93 * scale), [0, 0, 100]);
    assert.deepEqual(at(93 * scale, 93 * scale), [255, 255, 255]);
    assert.deepEqual(at(4 * scale, 4 * scale), [255, 255, 255]);
  }
});

Deno.test("imageGrid() reads tiles that lie inside a larger array", async () => {
  const all = new Uint8Array(2 * 16 * 16 * 3).fill(10);
  all.subarray(16 * 16 * 3).fill(220);
  const grid = imageGrid([{ pixels: all.subarray(16 * 16 * 3), width: 16 }], { tileSize: 20 });
  assert.deepEqual((await pixelsOf(await grid.png({ scale: 1 })))(20, 20), [220, 220, 220]);
});

Deno.test("imageGrid() writes captions below their tiles, as wide as they", async () => {
  const white: [number, number, number] = [255, 255, 255];
  const caption = "odd spiral & <more> than the tile is wide\nσ = 0.93";
  const grid = imageGrid([tile(white, caption), tile(white)], { tileSize: 80, title: "T" });
  const { data, width, height } = await readPng(await grid.png({ scale: 1 }));
  assert.deepEqual([width, height], [grid.width, grid.height]);
  const dark: { x: number; y: number }[] = [];
  data.forEach((value, i) => {
    if (value < 128) dark.push({ x: i % width, y: Math.floor(i / width) });
  });
  const top = 10 + 26; // below the margin and the heading
  const captions = dark.filter(({ y }) => y > top);
  assert.ok(captions.length > 100, `${captions.length}`);
  assert.ok(captions.every(({ x, y }) => y > top + 80 && x >= 10 && x <= 90));
  assert.ok(captions.some(({ y }) => y > top + 80 + 15), "the second line");
  assert.ok(dark.some(({ y }) => y < top), "the heading");
});

Deno.test("imageGrid() fits an oblong picture inside its tile", async () => {
  const pixels = new Uint8Array(40 * 10 * 3);
  const grid = imageGrid([{ pixels, width: 40, height: 10 }], { tileSize: 80 });
  const at = await pixelsOf(await grid.png({ scale: 1 }));
  assert.deepEqual(at(50, 50), [0, 0, 0]);
  assert.deepEqual(at(12, 50), [0, 0, 0]);
  assert.deepEqual(at(50, 25), [255, 255, 255]);
});

Deno.test("imageGrid() shows pixels as squares when it is not to smooth", async () => {
  const pixels = Uint8Array.of(0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0);
  const grid = imageGrid([{ pixels, width: 2 }], { tileSize: 40, smooth: false });
  const { data, width } = await readPng(await grid.png({ scale: 1 }));
  const inside = data.filter((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= 10 && x < 50 && y >= 10 && y < 50;
  });
  assert.ok(inside.every((value) => value === 0 || value === 255));
  const smooth = await readPng(
    await imageGrid([{ pixels, width: 2 }], { tileSize: 40 }).png({ scale: 1 }),
  );
  assert.ok(smooth.data.some((value) => value > 60 && value < 200));
});

Deno.test("ImageGrid saves PNG only and shows itself to a notebook", async () => {
  const folder = Deno.makeTempDirSync();
  const grid = imageGrid([tile([9, 9, 9])], { tileSize: 30, title: "Mergers" });
  await grid.save(`${folder}/grid.png`);
  const png = await readPng(Deno.readFileSync(`${folder}/grid.png`));
  assert.deepEqual([png.width, png.density], [100, 192]);
  await assert.rejects(grid.save(`${folder}/grid.svg`), {
    name: "RangeError",
    message: `Cannot save "${folder}/grid.svg": the extension must be one of .png`,
  });
  const bundle = await grid[display]();
  assert.deepEqual(Object.keys(bundle), ["image/jpeg", "text/plain"]);
  assert.equal(bundle["text/plain"], "ImageGrid: Mergers, 1 image");
});

Deno.test("imageGrid() refuses what it cannot draw", () => {
  assert.throws(() => imageGrid([]), {
    name: "RangeError",
    message: "Cannot draw an image grid: it has no tiles",
  });
  const short = { pixels: new Uint8Array(9), width: 2 };
  assert.throws(() => imageGrid([tile([0, 0, 0]), short]), {
    name: "TypeError",
    message: "Cannot draw an image grid: tile 1 of 2 x 2 pixels must hold 12 values: 9",
  });
  const promised = Promise.resolve(tile([0, 0, 0])) as unknown as Tile;
  assert.throws(() => imageGrid([tile([0, 0, 0]), promised]), {
    name: "TypeError",
    message:
      "Cannot draw an image grid: tile 1 is a promise; await it, or all: await Promise.all(tiles)",
  });
  for (const [name, value] of [["columns", 0], ["tileSize", 1.5]] as const) {
    assert.throws(() => imageGrid([tile([0, 0, 0])], { [name]: value }), {
      name: "RangeError",
      message: `Cannot draw an image grid: ${name} must be 1, 2, 3, …: ${value}`,
    });
  }
});

Deno.test("imageGrid() writes headings above the rows that have one", async () => {
  const grey: [number, number, number] = [200, 200, 200];
  const tiles = [tile(grey), tile(grey), tile(grey)];
  const grid = imageGrid(tiles, { columns: 1, tileSize: 50, rows: ["smooth", "", "featured"] });
  assert.deepEqual([grid.width, grid.height], [70, 10 + 20 + 50 + 8 + 50 + 8 + 20 + 50 + 10]);
  const { data, width } = await readPng(await grid.png({ scale: 1 }));
  const inked = new Set<number>();
  data.forEach((value, i) => value < 128 && inked.add(Math.floor(i / width)));
  const [first, second] = [[10, 30], [138, 166]];
  assert.ok(
    [...inked].every((y) => [first, second].some(([top, bottom]) => y >= top && y <= bottom)),
    `${[...inked]}`,
  );
  assert.ok(inked.has(20) && inked.has(156), `${[...inked]}`);
});

Deno.test("imageGrid() goes on in a second line where a caption is wider than its tile", async () => {
  const heightOf = (caption: string) =>
    imageGrid([tile([255, 255, 255], caption)], { tileSize: 72 }).height;
  const [none, one, two, three] = ["", "a", "a\nb", "a\nb\nc"].map(heightOf);
  assert.deepEqual([one! > none!, two! > one!], [true, true]);
  assert.equal(heightOf("smooth 0.93"), one);
  assert.equal(heightOf("588017703996096547"), two);
  assert.equal(heightOf("true smooth, taken for a star"), two);
  assert.equal(heightOf("true smooth, taken for a star\n0.93"), three);

  // The same picture as when the line is broken by hand
  const png = (caption: string) =>
    imageGrid([tile([9, 9, 9], caption)], { tileSize: 72 }).png({ scale: 1 });
  assert.deepEqual(await png("edge-on, spiral 71 %"), await png("edge-on, spiral\n71 %"));
});
