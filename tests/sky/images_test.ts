import assert from "node:assert/strict";
import sharp from "sharp";
import { Prng } from "../../lib/prng.ts";
import { throughJpeg } from "../../lib/sky/_jpeg.ts";
import { addNoise, shareNoise } from "../../lib/sky/_noise.ts";
import { blur, moffat } from "../../lib/sky/psf.ts";
import { resample } from "../../lib/sky/_resample.ts";

Deno.test("blur() turns a point into a Moffat profile, keeping its flux", () => {
  // An even side: the wide Gaussian goes through a plane of half the size.
  const side = 80;
  const plane = new Float32Array(side * side);
  plane[40 * side + 40] = 1;
  blur(plane, { side, fwhm: 5 });
  const flux = plane.reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(flux - 1) < 1e-4, `${flux}`);
  const peak = moffat(0, 5);
  for (const r of [0, 1, 2, 3, 5, 8, 12]) {
    const found = plane[40 * side + 40 + r];
    assert.ok(
      Math.abs(found - moffat(r, 5)) < 0.03 * peak,
      `${r}: ${found}, ${moffat(r, 5)} wanted`,
    );
  }
});

Deno.test("blur() moves light by fractions of a pixel", () => {
  for (const side of [61, 60]) {
    const plane = new Float32Array(side * side);
    plane[30 * side + 30] = 1;
    blur(plane, { side, fwhm: 4, shift: [0.3, -0.6] });
    let [x, y] = [0, 0];
    plane.forEach((value, at) => {
      x += value * (at % side - 30);
      y += value * (Math.floor(at / side) - 30);
    });
    assert.ok(Math.abs(x - 0.3) < 0.01 && Math.abs(y + 0.6) < 0.01, `${side}: ${x}, ${y}`);
  }
});

Deno.test("moffat() has unit flux", () => {
  let flux = 0;
  for (let r = 0.005; r < 100; r += 0.01) flux += 2 * Math.PI * r * 0.01 * moffat(r, 1.3);
  assert.ok(Math.abs(flux - 1) < 1e-3, `${flux}`);
});

Deno.test("addNoise() has the variance of sky and photons, no mean but the offset", () => {
  for (const light of [0, 50]) {
    const plane = new Float32Array(60001).fill(light);
    addNoise(plane, { random: new Prng(3), sky: 2, gain: 10, offset: 0.5 });
    const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
    const variance = plane.reduce((sum, value) => sum + (value - mean) ** 2, 0) / plane.length;
    assert.ok(Math.abs(mean - light - 0.5) < 0.04, `${mean}`);
    assert.ok(Math.abs(variance / (4 + light / 10) - 1) < 0.03, `${variance}`);
  }
});

Deno.test("throughJpeg() does what a JPEG library's file does", async () => {
  for (const side of [96, 101]) await compareWithLibrary(side); // whole units, and a border within
});

async function compareWithLibrary(side: number): Promise<void> {
  const random = new Prng(1);
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const [column, row] = [Math.floor(at / 3) % side, Math.floor(at / 3 / side)];
    const light = 200 * Math.exp(-((column - 40) ** 2 + (row - 50) ** 2) / 300);
    return Math.min(255, Math.max(0, light * [1, 0.8, 0.6][at % 3] + 12 * random.normal() + 8));
  });
  const raw = { width: side, height: side, channels: 3 as const };
  const file = await sharp(pixels, { raw }).jpeg({ quality: 75 }).toBuffer();
  const wanted = await sharp(file).raw().toBuffer();
  const found = pixels.slice();
  throughJpeg(found, { side, quality: 75 });
  const difference = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length;
  // What is left is the library's smoother enlarging of the colours.
  assert.ok(difference(found, wanted) < 2.2, `${difference(found, wanted)}`);
  assert.ok(difference(found, wanted) < 0.4 * difference(pixels, wanted));
  // Without colours hardly anything is left but the rounding of the library's integer arithmetic.
  const grey = pixels.map((_, at) => pixels[at - at % 3]);
  const greyFile = await sharp(grey, { raw }).jpeg({ quality: 75 }).toBuffer();
  const greyFound = grey.slice();
  throughJpeg(greyFound, { side, quality: 75 });
  const error = difference(greyFound, await sharp(greyFile).raw().toBuffer());
  assert.ok(error < 0.6, `${error}`);
}

Deno.test("resample() keeps an even picture even, and a ramp a ramp", () => {
  const even = new Uint8Array(20 * 20 * 3).fill(77);
  for (const size of [9, 20, 53]) {
    assert.ok(resample(even, { side: 20, size, extent: 20 }).every((value) => value === 77));
  }
  const ramp = Uint8Array.from({ length: 40 * 40 }, (_, at) => 5 * (at % 40));
  const small = resample(ramp, { side: 40, size: 16, extent: 32, channels: 1 });
  const large = resample(ramp, { side: 40, size: 64, extent: 32, channels: 1 });
  for (let k = 0; k < 16; k++) assert.equal(small[8 * 16 + k], Math.round(5 * (4 + 2 * k + 0.5)));
  for (let k = 0; k < 64; k++) {
    assert.ok(Math.abs(large[30 * 64 + k] - 5 * (4 + (k + 0.5) / 2 - 0.5)) <= 0.76);
  }
});

Deno.test("shareNoise() takes noise from single pixels and none from the whole", () => {
  const [side, share] = [96, 0.1];
  const random = new Prng(5);
  const noise = Float32Array.from({ length: side * side }, () => random.normal());
  const power = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);
  const shared = noise.slice();
  shareNoise(shared, { side, share });
  assert.ok(Math.abs(total(shared) - total(noise)) < 1e-2);
  const wanted = ((1 - 2 * share) ** 2 + 2 * share ** 2) ** 2;
  assert.ok(Math.abs(power(shared) / power(noise) - wanted) < 0.03);
});

Deno.test("resample() refuses an input smaller than its filter", () => {
  assert.throws(
    () => resample(new Uint8Array(3 * 3), { side: 3, size: 4, extent: 3, channels: 1 }),
    {
      name: "RangeError",
      message: "Cannot resample: 4 pixels a side are wanted, 3 found",
    },
  );
});

Deno.test("blur() does the same wherever the light ends", () => {
  // Spots that touch the borders, a dark row, and a floor of light that leaves no pixel dark.
  for (const [side, fwhm] of [[40, 3], [40, 6], [41, 6]]) {
    const spots = new Float32Array(side * side);
    for (const at of [0, side - 1, 5 * side + 7, 20 * side + 30, side * side - 1]) spots[at] = 1;
    const floor = spots.map((value) => value + 1e-3);
    const even = new Float32Array(side * side).fill(1e-3);
    for (const plane of [spots, floor, even]) blur(plane, { side, fwhm, shift: [0.2, -0.3] });
    const worst = Math.max(...spots.map((value, at) => Math.abs(floor[at] - even[at] - value)));
    assert.ok(worst < 1e-7, `${side}, ${fwhm}: ${worst}`);
  }
});
