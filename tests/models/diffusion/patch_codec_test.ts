import assert from "node:assert/strict";
import { openSurvey } from "galaxykit/data";
import {
  fitPatchCodec,
  openDiffusionModel,
  PatchCodec,
  type PatchCodecConfig,
  saveDiffusionModel,
} from "galaxykit/models";
import { tf } from "galaxykit/tensorflow";
import { Prng } from "../../../lib/prng.ts";
import { temporaryFolder } from "../../temporary.ts";

const SIZE = 32;
const { images } = await openSurvey("data/sky").images({ size: SIZE, targets: [] });
const galaxies = images as Uint8Array;
const count = galaxies.length / (SIZE * SIZE * 3);

const pixelsOf = (bytes: Uint8Array) =>
  tf.tensor4d(Float32Array.from(bytes, (byte) => byte / 127.5 - 1), [
    bytes.length / (SIZE * SIZE * 3),
    SIZE,
    SIZE,
    3,
  ]);

/** What the codec makes of images, in decibels. */
function measured(codec: PatchCodec, bytes: Uint8Array): number {
  return tf.tidy(() => {
    const pixels = pixelsOf(bytes);
    const error = tf.mean(tf.squaredDifference(codec.decode(codec.encode(pixels)), pixels));
    return 10 * Math.log10(4 / error.dataSync()[0]);
  });
}

Deno.test("a patch codec loses what it says, and less with more components", () => {
  const told: number[] = [];
  for (const latent_channels of [2, 6, 12, 24]) {
    const { codec, psnr } = fitPatchCodec(galaxies, { size: SIZE, latent_channels });
    // Cutting at black and white, which the number leaves out, mends a little
    const own = measured(codec, galaxies);
    assert.ok(own > psnr - 0.01 && own < psnr + 1, `${own} dB measured, ${psnr} dB told`);
    told.push(psnr);
  }
  assert.ok(told.every((value, at) => at === 0 || value > told[at - 1]! + 1), `${told}`);
});

Deno.test("latents of a patch codec are spread as noise, the first components most", () => {
  const { codec } = fitPatchCodec(galaxies, { size: SIZE });
  const latents = codec.encode(pixelsOf(galaxies));
  assert.deepEqual(latents.shape, [count, 8, 8, 12]);
  const { mean, variance } = tf.moments(latents, [0, 1, 2]);
  for (const value of mean.dataSync()) assert.ok(Math.abs(value) < 1e-3, `mean ${value}`);
  const spread = [...variance.dataSync()];
  assert.ok(Math.abs(spread.reduce((sum, value) => sum + value) / 12 - 1) < 1e-3, `${spread}`);
  assert.deepEqual(spread, spread.toSorted((a, b) => b - a));
  // The root of what the components themselves have: 12 of a variance that falls a thousandfold
  assert.ok(spread[0]! / spread[11]! < 1000);
});

Deno.test("a patch codec finds the components that there are", () => {
  // Patches of 2 x 2 grey pixels: twice as much of one direction as of another, none of the others
  const [first, second] = [[1, 1, 1, 1], [1, -1, 1, -1]];
  const random = new Prng(1);
  const bytes = new Uint8Array(4 * 4000);
  for (let at = 0; at < 4000; at++) {
    const [a, b] = [20 * random.normal(), 10 * random.normal()];
    bytes.set(first.map((value, i) => Math.round(127 + a * value + b * second[i]!)), 4 * at);
  }
  const config: Partial<PatchCodecConfig> = { in_channels: 1, patch_size: 2, latent_channels: 2 };
  const { codec } = fitPatchCodec(bytes, { size: 2, ...config });
  const { data } = codec.stateDict()["encoder.weight"] as { data: Float32Array };
  const rows = [data.slice(0, 4), data.slice(4)].map((row) => {
    const length = Math.hypot(...row);
    return [...row].map((value) => value / length);
  });
  const along = (row: number[], wanted: number[]) =>
    Math.abs(row.reduce((sum, value, at) => sum + value * wanted[at]! / 2, 0));
  assert.ok(along(rows[0]!, first) > 0.999 && along(rows[1]!, second) > 0.999, `${rows}`);
});

Deno.test("a patch codec lies in a folder, and is the same on the next day", async () => {
  const { codec } = fitPatchCodec(galaxies, { size: SIZE, seed: 3 });
  const folder = temporaryFolder();
  await saveDiffusionModel(folder, codec);
  const again = await openDiffusionModel(PatchCodec, folder);
  assert.deepEqual(again.config, codec.config);
  assert.deepEqual(again.stateDict(), codec.stateDict());
  const once = fitPatchCodec(galaxies, { size: SIZE, seed: 3 }).codec;
  assert.deepEqual(once.stateDict(), codec.stateDict());
});

Deno.test("a patch codec refuses what does not fit", () => {
  const refused = (body: () => unknown, message: RegExp) => assert.throws(body, { message });
  refused(
    () => new PatchCodec({ latent_channels: 49 }),
    /latent_channels must be .*48.*, found 49/,
  );
  refused(
    () => new PatchCodec().encode(tf.zeros([1, 30, 32, 3])),
    /sides that are multiples of 4, found \[1,30,32,3\]/,
  );
  refused(
    () => new PatchCodec().decode(tf.zeros([1, 8, 8, 4])),
    /\[batch, height, width, 12\], found \[1,8,8,4\]/,
  );
  refused(() => fitPatchCodec(galaxies, { size: 30 }), /images of 30 x 30 pixels/);
  refused(
    () => fitPatchCodec(new Uint8Array(64 * 64 * 3 * 4), { size: 64 }),
    /fewer than 12 components that differ/,
  );
});
