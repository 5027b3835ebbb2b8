import assert from "node:assert/strict";
import { checkNormalization, modelCard, normalizeImages, resnet18 } from "galaxykit/models";
import { key, tf, uint8Tensor } from "galaxykit/tensorflow";

Deno.test("normalizeImages() is (x / 255 - mean) / std for each channel", () => {
  const images = tf.tensor4d([0, 51, 255, 255, 102, 0], [1, 1, 2, 3]);
  const found = normalizeImages(images, { mean: [0.5, 0.2, 0], std: [0.5, 0.25, 1] });
  const wanted = [-1, 0, 1, 1, 0.8, 0];
  found.dataSync().forEach((value, index) =>
    assert.ok(Math.abs(value - wanted[index]!) < 1e-6, `value ${index}: ${value}`)
  );
});

Deno.test("normalizeImages() takes bytes and numbers alike", () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, index) => 20 * index);
  const normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const [a, b] = [uint8Tensor(bytes, [1, 2, 2, 3]), tf.tensor4d([...bytes], [1, 2, 2, 3])]
    .map((images) => normalizeImages(images as tf.Tensor4D, normalization).dataSync());
  assert.deepEqual(a, b);
});

Deno.test("checkNormalization() refuses deviations that divide by nothing, and other channels", () => {
  const check = (mean: unknown, std: unknown, channels?: number) => () =>
    checkNormalization({ mean, std } as never, { channels, what: "train" });
  for (const std of [0, -0.1, NaN, Infinity, 1e-300, 1e300]) {
    assert.throws(check([0.5, 0.5], [0.2, std]), {
      name: "RangeError",
      message: `Cannot train: std must hold numbers above 0, found [0.2,${std}]`,
    });
  }
  assert.throws(check([NaN], [1]), /^RangeError: Cannot train: mean must hold finite numbers/);
  assert.throws(check([1e300], [1]), /^RangeError: Cannot train: mean must hold finite numbers/);
  assert.throws(check(undefined, [1]), {
    message:
      'Cannot train: a normalisation must have mean and std, lists of numbers, found {"std":[1]}',
  });
  assert.throws(check([0, 0, 0], [1, 1, 1], 1), {
    message: "Cannot train: mean and std must have a number for each of 1 channels, found 3 and 3",
  });
  assert.throws(check([0, 0], [1]), /found 2 and 1$/);
});

Deno.test("ImageModel.preprocessing is its card's, at its size", () => {
  const model = resnet18({ classes: 3, width: 4 });
  const { size, cropFraction, filter, mean, std } = modelCard("resnet18");
  assert.deepEqual(model.preprocessing, { size, cropFraction, filter, mean, std });
  assert.deepEqual(model.normalization, { mean, std });
  assert.equal(resnet18({ width: 4, size: 64 }).preprocessing.size, 64);
  const mini = modelCard("resnet18_mini").create({});
  assert.deepEqual(mini.normalization.mean, [0.05, 0.05, 0.05]);
  const images = tf.fill([1, 32, 32, 3], 51) as tf.Tensor4D;
  const [value] = mini.normalize(images).dataSync();
  assert.ok(Math.abs(value! - (0.2 - 0.05) / 0.12) < 1e-6);
});

Deno.test("ImageModel.normalization that is set is of its configuration, and checked", () => {
  const model = resnet18({ classes: 3, width: 4, key: key(1) });
  const normalization = { mean: [0.1, 0.1, 0.1], std: [0.2, 0.2, 0.2] };
  model.normalization = normalization;
  model.preprocessing = { ...model.preprocessing, cropFraction: 0.5 };
  assert.deepEqual(model.normalization, normalization);
  assert.equal(model.preprocessing.cropFraction, 0.5);
  assert.deepEqual(model.config.options.preprocessing, {
    ...{ size: 224, cropFraction: 0.5, filter: "bilinear" },
    ...normalization,
  });
  assert.throws(() => model.normalization = { mean: [0, 0, 0], std: [1, 0, 1] }, {
    name: "RangeError",
    message:
      "Cannot set the preprocessing of resnet18: std must hold numbers above 0, found [1,0,1]",
  });
  assert.throws(() => model.normalization = { mean: [0], std: [1] }, /each of 3 channels/);
  assert.deepEqual(model.normalization, normalization);
});

Deno.test("ImageModel.normalization of other channels than the published ones has to be said", () => {
  const model = resnet18({ width: 4, inChannels: 5 });
  assert.throws(() => model.normalization, {
    name: "RangeError",
    message:
      "Cannot tell the normalisation of resnet18 with 5 channels: give its mean and std, or set model.normalization",
  });
  const five = { mean: new Array(5).fill(0.5), std: new Array(5).fill(0.25) };
  model.normalization = five;
  assert.deepEqual(model.normalization, five);
});

Deno.test("ImageModel.preprocessing takes a card, and refuses what is out of range", () => {
  const model = resnet18({ classes: 3, width: 4, preprocessing: { size: 64 } });
  assert.equal(model.preprocessing.size, 64);
  model.preprocessing = modelCard("vit_small_mini");
  assert.deepEqual(model.config.options.preprocessing, {
    ...{ size: 128, cropFraction: 2 / 3, filter: "bicubic" },
    ...{ mean: [0.05, 0.05, 0.05], std: [0.12, 0.12, 0.12] },
  });
  const wrong = [
    [{ size: 0 }, "size must be a whole number of pixels, at least 1, found 0"],
    [{ cropFraction: 1.5 }, "cropFraction must be in (0, 1], found 1.5"],
    [{ filter: "cubic" }, "filter must be lanczos, bicubic or bilinear, found cubic"],
    [
      { std: [1, 1, 1] },
      'a normalisation must have mean and std, lists of numbers, found {"std":[1,1,1]}',
    ],
  ] as const;
  for (const [preprocessing, message] of wrong) {
    assert.throws(() => resnet18({ width: 4, preprocessing: preprocessing as never }), {
      name: "RangeError",
      message: `Cannot set the preprocessing of resnet18: ${message}`,
    });
  }
});
