/** The functional parts of the augmentations against torchvision's, at fixed parameters. */

import assert from "node:assert/strict";
import { tf } from "galaxykit/tensorflow";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  affineMaps,
  cropAndResize,
  gaussianBlur,
  resample,
} from "galaxykit/augment";
import { asTensor, type FixtureCase, readFixture } from "../nn/reference.ts";

type Case = FixtureCase<{ options: { kernelSize?: number; size?: number } }>;
const cases: Case[] = readFixture("augment.safetensors");

function check(name: string, run: (get: (role: string) => tf.Tensor, entry: Case) => tf.Tensor) {
  Deno.test(`${name} equals torchvision`, () => {
    const chosen = cases.filter((entry) => entry.name.split("_")[0] === name);
    assert.ok(chosen.length > 0);
    for (const entry of chosen) {
      tf.tidy(() => {
        const get = (role: string) => asTensor(entry.tensors[role]!);
        const [ours, theirs] = [run(get, entry), get("output")].map((all) =>
          // Enlarging, the outermost pixels of a crop look beyond it; torchvision repeats its border.
          name === "crop" ? tf.slice(all!, [0, 1, 1, 0], [-1, 6, 6, -1]) : all!
        ) as [tf.Tensor, tf.Tensor];
        assert.deepEqual(ours.shape, theirs.shape);
        const worst = tf.max(tf.abs(tf.sub(ours, theirs))).dataSync()[0]!;
        assert.ok(worst < 5e-3, `${entry.name}: ${worst} of 255 apart`);
      });
    }
  });
}

const COLOURS = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
};

for (const [name, adjust] of Object.entries(COLOURS)) {
  check(name, (get) => adjust(get("images") as tf.Tensor4D, get("factor") as tf.Tensor1D));
}

check("hue", (get) => adjustHue(get("images") as tf.Tensor4D, get("turn") as tf.Tensor1D));

check(
  "blur",
  (get, { options }) =>
    gaussianBlur(get("images") as tf.Tensor4D, get("sigma") as tf.Tensor1D, {
      kernelSize: options.kernelSize!,
    }),
);

check("affine", (get) => {
  const images = get("images") as tf.Tensor4D;
  const [angle, zoom, right, down] = ["angle", "zoom", "right", "down"].map((role) =>
    get(role) as tf.Tensor1D
  );
  return resample(images, affineMaps(images.shape, { angle, zoom, right, down }), { fill: 0 });
});

check("crop", (get, { options }) => {
  const boxes = tf.stack(["left", "top", "width", "height"].map(get), 1) as tf.Tensor2D;
  return cropAndResize(get("images") as tf.Tensor4D, boxes, { size: options.size! });
});
