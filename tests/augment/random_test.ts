/** What the augmentations draw: ranges, shares, independence, the same eager and jitted. */

import assert from "node:assert/strict";
import { jit, type Key, key, tf } from "galaxykit/tensorflow";
import {
  type Augmentation,
  colorJitter,
  compose,
  cutmix,
  cutout,
  gaussianNoise,
  mixup,
  randomAffine,
  randomApply,
  randomBlur,
  randomFlip,
  randomGrayscale,
  randomResizedCrop,
  symmetricBeta,
} from "galaxykit/augment";

/** Smooth coloured images that differ, in [0, 255]. */
function pictures(batch: number, size: number): tf.Tensor4D {
  const values = Float32Array.from(
    { length: batch * size * size * 3 },
    (_, at) => 127 + 120 * Math.sin(at * 0.37 + Math.floor(at / (size * size * 3))),
  );
  return tf.tensor4d(values, [batch, size, size, 3]);
}

/** The value of each image where all its values are one. */
function oneValue(images: tf.Tensor): number[] {
  return [...tf.mean(tf.reshape(images, [images.shape[0]!, -1]), 1).dataSync()];
}

const AUGMENTATIONS: Record<string, Augmentation> = {
  randomAffine: randomAffine({ degrees: 180, zoom: [0.5, 2], shift: 0.2, flip: true }),
  randomResizedCrop: randomResizedCrop({ flip: true }),
  randomFlip,
  colorJitter: colorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 }),
  randomGrayscale: randomGrayscale({ probability: 0.5 }),
  randomBlur: randomBlur({ sigma: [0.1, 2] }),
  gaussianNoise: gaussianNoise({ std: 10 }),
  cutout: cutout({ side: 0.5 }),
  composed: compose(randomFlip, randomApply(cutout({ side: 0.5 }), { probability: 0.5 })),
};

for (const [name, augment] of Object.entries(AUGMENTATIONS)) {
  Deno.test(`${name} draws the same eager and jitted, other things from another key, and leaks nothing`, () => {
    const images = pictures(16, 20);
    const [one, two] = [key(1), key(2)];
    const before = tf.memory().numTensors;
    const eager = augment(one, images);
    const other = augment(two, images);
    assert.equal(tf.memory().numTensors, before + 2);
    const jitted = jit((own: Key, images: tf.Tensor4D) => augment(own, images));
    const traced = jitted(one, images);
    assert.deepEqual(eager.shape, images.shape);
    const apart = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
    assert.ok(apart(eager, traced) < 1e-2, `${apart(eager, traced)} apart`);
    assert.ok(apart(eager, other) > 1);
    jitted.dispose();
  });

  Deno.test(`${name} draws for each image by itself`, () => {
    const one = pictures(1, 20);
    const changed = augment(key(4), tf.tile(one, [16, 1, 1, 1]));
    const sums = new Set(oneValue(tf.mul(changed, tf.range(0, 20 * 20 * 3).reshape([20, 20, 3]))));
    assert.ok(sums.size > 1, "all alike");
  });
}

Deno.test("randomAffine() of nothing is the image, and flips half exactly", () => {
  const images = pictures(64, 9);
  assert.deepEqual(randomAffine({})(key(1), images).dataSync(), images.dataSync());
  const flipped = randomAffine({ flip: true })(key(1), images);
  const mirrored = tf.reverse(images, 2);
  const same = (other: tf.Tensor) =>
    [...tf.max(tf.reshape(tf.abs(tf.sub(flipped, other)), [64, -1]), 1).dataSync()]
      .filter((worst) => worst < 1e-3).length;
  const [left, right] = [same(images), same(mirrored)];
  assert.equal(left + right, 64);
  assert.ok(left > 16 && right > 16, `${left} as they were`);
});

Deno.test("randomAffine() fills with what it is told", () => {
  const bright = tf.fill<tf.Rank.R4>([8, 16, 16, 1], 200);
  const options = { zoom: [0.4, 0.5] as const };
  const corner = (fill: "reflect" | "nearest" | number) =>
    tf.slice(randomAffine({ ...options, fill })(key(1), bright), [0, 0, 0, 0], [-1, 1, 1, 1])
      .dataSync()[0]!;
  assert.deepEqual([corner("reflect"), corner("nearest"), corner(7)].map(Math.round), [
    200,
    200,
    7,
  ]);
  assert.throws(() => randomAffine({ zoom: [0, 1] }), {
    name: "RangeError",
    message: "Cannot zoom: a positive range is wanted, 0 to 1 found",
  });
});

Deno.test("randomResizedCrop() takes parts of the areas and ratios that it is told", () => {
  // An image of its own coordinates shows which part was taken.
  const side = 64;
  const x = tf.tile(tf.reshape(tf.range(0, side), [1, 1, side, 1]), [512, side, 1, 1]);
  const y = tf.transpose(x, [0, 2, 1, 3]);
  const images = tf.concat([x, y], 3) as tf.Tensor4D;
  const crops = randomResizedCrop({ size: 16, scale: [0.2, 0.5], flip: true })(key(2), images);
  assert.deepEqual(crops.shape, [512, 16, 16, 2]);
  const pick = (row: number, column: number) =>
    tf.slice(crops, [0, row, column, 0], [-1, 1, 1, 2]).dataSync();
  // Away from the border, where pixels beyond the image would repeat it.
  const [start, end] = [pick(4, 4), pick(11, 11)];
  let mirrored = 0;
  const [areas, ratios]: [number[], number[]] = [[], []];
  for (let image = 0; image < 512; image++) {
    const width = (end[2 * image]! - start[2 * image]!) * 16 / 7;
    const height = (end[2 * image + 1]! - start[2 * image + 1]!) * 16 / 7;
    if (width < 0) mirrored++;
    areas.push(Math.abs(width) * height / side ** 2);
    ratios.push(Math.abs(width) / height);
  }
  assert.ok(Math.min(...areas) > 0.199 && Math.max(...areas) < 0.501);
  assert.ok(Math.min(...areas) < 0.21 && Math.max(...areas) > 0.49);
  assert.ok(Math.min(...ratios) > 0.749 && Math.max(...ratios) < 1.334);
  assert.ok(mirrored > 200 && mirrored < 312, `${mirrored} mirrored`);
});

Deno.test("colorJitter() keeps to its ranges, and leaves white balance to the hue", () => {
  const grey = tf.fill<tf.Rank.R4>([512, 4, 4, 3], 100);
  const values = oneValue(colorJitter({ brightness: 0.3 })(key(3), grey));
  assert.ok(Math.min(...values) >= 70 - 1e-3 && Math.max(...values) <= 130 + 1e-3);
  assert.ok(Math.min(...values) < 72 && Math.max(...values) > 128);
  const same = oneValue(colorJitter({ contrast: 0.5, saturation: 0.5, hue: 0.5 })(key(3), grey));
  assert.ok(same.every((value) => Math.abs(value - 100) < 0.05), "grey has no contrast, no colour");
  assert.throws(() => colorJitter({ hue: 0.6 }), {
    name: "RangeError",
    message: "Cannot change colours: hue must be in [0, 0.5], 0.6 found",
  });
});

Deno.test("randomApply() and randomGrayscale() change the share that they are told", () => {
  const ones = tf.ones<tf.Rank.R4>([1000, 2, 2, 3]);
  const zero: Augmentation = (_, images) => tf.zerosLike(images);
  const kept = oneValue(randomApply(zero, { probability: 0.2 })(key(7), ones));
  const changed = kept.filter((value) => value === 0).length;
  assert.ok(changed > 150 && changed < 250, `${changed} changed`); // the deviation is 13
  const grey = randomGrayscale({ probability: 1 })(key(1), pictures(2, 4)).dataSync();
  for (let at = 0; at < grey.length; at += 3) assert.equal(grey[at], grey[at + 2]);
});

Deno.test("gaussianNoise() has its deviation, cutout() its area", () => {
  const flat = tf.fill<tf.Rank.R4>([16, 32, 32, 3], 128);
  const { mean, variance } = tf.moments(gaussianNoise({ std: 12 })(key(1), flat));
  assert.ok(Math.abs(mean.dataSync()[0]! - 128) < 0.3);
  assert.ok(Math.abs(variance.dataSync()[0]! ** 0.5 - 12) < 0.2);
  const holes = cutout({ side: 0.5, fill: 0 })(key(1), tf.ones([500, 32, 32, 1]));
  const areas = oneValue(holes).map((value) => 1 - value);
  assert.ok(Math.max(...areas) < 0.2501 && Math.min(...areas) > 0.06);
  const average = areas.reduce((sum, area) => sum + area) / 500;
  assert.ok(Math.abs(average - 0.4375 ** 2) < 0.015, `${average}`); // the mean part inside of each side
});

Deno.test("randomBlur() refuses a kernel that does not fit", () => {
  assert.throws(() => randomBlur({ sigma: [1, 2], kernelSize: 4 })(key(1), pictures(1, 8)), {
    name: "RangeError",
    message: "Cannot blur: kernelSize must be odd and below 16, twice the side, 4 found",
  });
});

Deno.test("symmetricBeta() has mean 1/2 and the variance of alpha", () => {
  for (const alpha of [0.2, 1, 4]) {
    const { mean, variance } = tf.moments(symmetricBeta(key(5), 20_000, { alpha }));
    assert.ok(Math.abs(mean.dataSync()[0]! - 0.5) < 0.012, `alpha ${alpha}`);
    const wanted = 1 / (4 * (2 * alpha + 1));
    assert.ok(Math.abs(variance.dataSync()[0]! / wanted - 1) < 0.05, `alpha ${alpha}`);
  }
});

for (const [name, mix] of Object.entries({ mixup, cutmix })) {
  Deno.test(`${name}() mixes targets by the same shares as images`, () => {
    // An image is filled with its target.
    const targets = tf.tensor2d(Float32Array.from({ length: 64 }, (_, i) => i), [64, 1]);
    const images = tf.tile(tf.reshape(targets, [64, 1, 1, 1]), [1, 24, 24, 3]) as tf.Tensor4D;
    const run = jit((own: Key, images: tf.Tensor4D, targets: tf.Tensor2D) =>
      mix(own, { images, targets }, { alpha: 0.7 })
    );
    const mixed = run(key(3), images, targets);
    run.dispose();
    const means = oneValue(mixed.images);
    const values = [...mixed.targets.dataSync()];
    means.forEach((mean, index) => assert.ok(Math.abs(mean - values[index]!) < 0.01));
    assert.ok(values.filter((value, index) => Math.abs(value - index) > 1).length > 32);
  });
}
