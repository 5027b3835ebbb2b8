import assert from "node:assert/strict";
import sharp from "sharp";
import { overlay, overlayGrid } from "../../lib/plot/mod.ts";
import { inferno } from "../../lib/plot/theme.ts";
import { readPng } from "./_checks.ts";

Deno.test("overlay() mixes picture and colour by the opacity", () => {
  const pixels = Uint8Array.of(0, 100, 200, 0, 100, 200);
  assert.deepEqual([...overlay(pixels, [0.3, 1], { opacity: 0 })], [...pixels]);
  const full = [...overlay(pixels, [0, 1], { opacity: 1 })];
  assert.deepEqual(full, [0, 0, 4, 252, 255, 164]); // the ends of the scale
  assert.deepEqual([...overlay(pixels, [0, 1])].slice(3), [126, 178, 182]);
});

Deno.test("overlay() grows lighter with the map, evenly", () => {
  const map = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  const colours = overlay(new Uint8Array(3 * 256), map, { opacity: 1 });
  const lightness = Array.from(map, (_, i) => lightnessOf(colours.subarray(3 * i, 3 * i + 3)));
  const steps = lightness.slice(1).map((value, i) => value - lightness[i]);
  assert.ok(Math.min(...steps) >= -0.3, `${Math.min(...steps)}`); // rounding to whole levels
  // every eighth of the scale adds about an eighth of the lightness
  for (let i = 32; i < 256; i += 32) {
    const share = (lightness[i] - lightness[i - 32]) / lightness[255];
    assert.ok(share > 0.09 && share < 0.16, `${i}: ${share}`);
  }
  assert.equal(inferno.length, 17);
});

/** CIE L* of a colour in sRGB. */
function lightnessOf(rgb: Uint8Array): number {
  const [r, g, b] = Array.from(rgb, (value) => {
    const v = value / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return y <= 0.008856 ? 903.3 * y : 116 * Math.cbrt(y) - 16;
}

Deno.test("overlay() refuses a map of another size, and values out of range", () => {
  assert.throws(() => overlay(new Uint8Array(6), [0]), {
    name: "TypeError",
    message: "Cannot lay a map over a picture: 2 pixels and 1 values found",
  });
  for (const value of [-0.1, 1.01, NaN]) {
    assert.throws(() => overlay(new Uint8Array(3), [value]), {
      name: "RangeError",
      message: `Cannot lay a map over a picture: its values must lie in [0, 1]: ${value}`,
    });
  }
});

Deno.test("overlayGrid() sets each overlay beside its picture, with a bar of colours", async () => {
  const pixels = new Uint8Array(16 * 16 * 3);
  const panel = { pixels, width: 16, map: new Float32Array(256).fill(1), caption: "a" };
  const grid = overlayGrid([panel, panel], { columns: 1, tileSize: 40, title: "T", opacity: 1 });
  const png = await grid.png({ scale: 1 });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray(3 * (y * info.width + x)).subarray(0, 3)];
  const top = 10 + 26;
  assert.deepEqual(at(30, top + 20), [0, 0, 0]);
  assert.deepEqual(at(78, top + 20), [252, 255, 164]);
  assert.equal((await readPng(png)).width, 10 + 40 + 8 + 40 + 10);
  const wide = overlayGrid([panel, panel], { tileSize: 100 });
  const { data: wideData, info: wideInfo } = await sharp(await wide.png({ scale: 1 })).raw()
    .toBuffer({ resolveWithObject: true });
  const row = Array.from(
    { length: wideInfo.width },
    (_, x) => [...wideData.subarray(3 * (20 * wideInfo.width + x)).subarray(0, 3)],
  );
  const middle = [187, 55, 85];
  const near = row.some((rgb) => rgb.every((value, i) => Math.abs(value - middle[i]) < 8));
  assert.ok(near, "the middle of the scale is in the bar");
});
