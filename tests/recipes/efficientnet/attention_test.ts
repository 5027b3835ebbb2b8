import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage, imageSet } from "galaxykit/data";
import { objectId, writeSky } from "galaxykit/sky";
import { drawGalaxies, shuffleLabels } from "../../../lib/recipes/efficientnet/ways.ts";
import { trueMask } from "../../../lib/recipes/efficientnet/true_mask.ts";
import { measure, skyOf } from "../../../lib/recipes/efficientnet/attention.ts";
import { temporaryFolder } from "../../temporary.ts";

Deno.test("trueMask() lies over the galaxy as the network sees it", async () => {
  const folder = join(temporaryFolder(), "sky");
  await writeSky(folder, { count: 6, seed: 5, size: 96, format: "png", workers: 1 });
  for (const [size, crop] of [[64, 2 / 3], [96, 1], [48, 0.5]]) {
    const mask = trueMask(folder, { size, crop })!;
    for (const index of [0, 1, 2, 3, 4, 5]) {
      const inside = mask(`${objectId({ seed: 5, index })}`);
      const path = join(folder, "images", `${index}.png`);
      const pixels = await decodeImage(path, { size, cropFraction: crop });
      const sums = [[0, 0], [0, 0]];
      inside.forEach((value, i) => {
        sums[value][0] += pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2];
        sums[value][1]++;
      });
      // Light above the border's: the level of the sky is not the galaxy's
      const level = skyOf(pixels, size).reduce((sum, part) => sum + part, 0);
      const [sky, galaxy] = sums.map(([sum, count]) => sum / count - level);
      assert.ok(galaxy > 2 * sky, `galaxy ${index} at ${size} pixels: ${galaxy} over ${sky}`);
      assert.equal(inside[(size / 2) * size + size / 2], 1, "the centre is inside");
    }
  }
  assert.equal(trueMask(temporaryFolder(), { size: 64, crop: 1 }), undefined);
});

Deno.test("measure() weighs a map by place", () => {
  const corner = Float32Array.from({ length: 16 }, (_, i) => i === 0 ? 1 : 0);
  const mask = Uint8Array.from({ length: 16 }, (_, i) => i === 0 || i === 5 ? 1 : 0);
  // The sum of three maps: this one, and two that lie in pixel 5 and outside of the mask
  const others = corner.map((value, i) => value + (i === 5 || i === 6 ? 1 : 0));
  const sum = { sum: Float64Array.from(others), count: 3 };
  const { radius, inside, area, prior } = measure(corner, mask, sum);
  assert.ok(Math.abs(radius - 0.375 * Math.SQRT2) < 1e-12);
  assert.deepEqual([inside, area, prior], [1, 2 / 16, 1 / 2]);
  const even = measure(new Float32Array(16).fill(0.5), mask, { ...sum, count: 1 });
  assert.deepEqual([even.inside, even.prior], [2 / 16, NaN]);
  assert.deepEqual(measure(undefined, mask, sum), {
    ...{ blank: true, radius: NaN, inside: NaN, prior: NaN, area: 2 / 16 },
  });
  assert.ok(Number.isNaN(measure(corner, undefined, sum).inside));
});

Deno.test("skyOf() is the median of the border, colour by colour", () => {
  const pixels = new Uint8Array(16 * 3).fill(200); // the middle does not matter
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 4; x++) {
      if (x % 3 > 0 && y % 3 > 0) continue;
      pixels.set([10, 20, x === 0 && y === 0 ? 255 : 30], 3 * (4 * y + x));
    }
  }
  assert.deepEqual([...skyOf(pixels, 4)], [10, 20, 30]);
});

Deno.test("drawGalaxies() draws others for each seed", () => {
  const train = Int32Array.from({ length: 50 }, (_, i) => 2 * i);
  const [a, b, again] = [1, 2, 1].map((seed) => drawGalaxies(train, { galaxies: 20, seed }));
  assert.deepEqual(a, again);
  assert.notDeepEqual(a, b);
  assert.equal(new Set(a).size, 20);
  assert.ok(a.every((index) => train.includes(index)));
  assert.deepEqual(drawGalaxies(train, { galaxies: 80, seed: 1 }), train);
});

Deno.test("shuffleLabels() deals the labels out anew among the training images alone", () => {
  const labels = Int32Array.from({ length: 200 }, (_, i) => i % 4 === 0 ? 1 : 0);
  const set = imageSet({ images: new Uint8Array(600), size: 1, classes: ["a", "b"], labels });
  const train = Int32Array.from({ length: 150 }, (_, i) => i);
  const shuffled = shuffleLabels(set, train, 1);
  const sum = (values: Int32Array) => values.reduce((a, b) => a + b, 0);
  assert.equal(sum(shuffled.labels), 50);
  assert.deepEqual(shuffled.labels.slice(150), labels.slice(150));
  const same = train.filter((index) => shuffled.labels[index] === labels[index]).length;
  assert.ok(same > 70 && same < 110, `${same}`); // by chance 150 (0.75² + 0.25²) = 94
  assert.deepEqual(shuffleLabels(set, train, 1).labels, shuffled.labels);
  assert.notDeepEqual(shuffleLabels(set, train, 2).labels, shuffled.labels);
});
