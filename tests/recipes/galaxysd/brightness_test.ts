import assert from "node:assert/strict";
import { ddim, noiseOf, zeroTerminalSnr } from "galaxykit/diffusion";
import { key, tf } from "galaxykit/tensorflow";
import { galaxysd, reproduce } from "galaxykit/recipes";
import { IdealDenoiser } from "../../../lib/recipes/galaxysd/ideal_denoiser.ts";
import { temporaryFolder } from "../../temporary.ts";

const images = tf.tensor4d(
  Float32Array.from({ length: 5 * 4 * 4 * 3 }, (_, at) => Math.sin(at * at)),
  [
    ...[5, 4, 4, 3] as const,
  ],
);

Deno.test("IdealDenoiser gives the mean of what is likely behind the noise", () => {
  const noisy = tf.tidy(() =>
    tf.add(
      tf.mul(0.6, images.slice([0, 0, 0, 0], [2, -1, -1, -1])),
      noiseOf([key(1), key(2)], [4, 4, 3]),
    )
  );
  for (const noiseOffset of [0, 0.5]) {
    using network = new IdealDenoiser(images, { noiseOffset });
    const level = { signal: 0.6, noise: 0.8 };
    const epsilon = network.predict(noisy, { ...level, type: "epsilon" });
    const found = tf.div(tf.sub(noisy, tf.mul(0.8, epsilon)), 0.6).arraySync() as number[][][][];
    // By the density of the noise, whose covariance is 1 + noiseOffset² between pixels of a channel
    const [x, y] = [noisy, images].map((some) => some.arraySync() as number[][][][]);
    for (const [row, one] of x!.entries()) {
      const logs = y!.map((image) => {
        let sum = 0;
        for (let channel = 0; channel < 3; channel++) {
          const d = one.flatMap((line, r) =>
            line.map((pixel, c) => (pixel[channel]! - 0.6 * image[r]![c]![channel]!) / 0.8)
          );
          const total = d.reduce((a, b) => a + b, 0);
          const squares = d.reduce((a, b) => a + b * b, 0);
          // Sherman and Morrison
          sum += squares - noiseOffset ** 2 * total ** 2 / (1 + noiseOffset ** 2 * d.length);
        }
        return -sum / 2;
      });
      const weights = logs.map((log) => Math.exp(log - Math.max(...logs)));
      const all = weights.reduce((a, b) => a + b, 0);
      const wanted = y!.reduce((sum, image, at) => sum + weights[at]! / all * image[1]![2]![0]!, 0);
      assert.ok(Math.abs(found[row]![1]![2]![0]! - wanted) < 1e-4, `offset ${noiseOffset}`);
    }
    const velocity = network.predict(noisy, { ...level, type: "v_prediction" });
    const wanted = tf.sub(
      tf.mul(0.6, epsilon),
      tf.mul(0.8, tf.div(tf.sub(noisy, tf.mul(0.8, epsilon)), 0.6)),
    );
    assert.ok(tf.max(tf.abs(tf.sub(velocity, wanted))).dataSync()[0]! < 1e-5);
  }
});

Deno.test("a run with it ends in one of the images, whatever it began with", async () => {
  using network = new IdealDenoiser(images);
  const plan = zeroTerminalSnr(ddim({ clipSample: false })).plan({ steps: 20 });
  const before = tf.memory().numTensors;
  const found = await network.run(plan, { seeds: [1, 2, 3, 4, 5, 6] });
  assert.equal(tf.memory().numTensors, before);
  const known = images.dataSync();
  const nearest = Array.from(
    { length: 6 },
    (_, row) =>
      Array.from({ length: 5 }, (_, image) =>
        Math.max(
          ...found.subarray(row * 48, (row + 1) * 48)
            .map((value, at) => Math.abs(value - known[image * 48 + at]!)),
        )),
  );
  assert.ok(nearest.every((distances) => Math.min(...distances) < 0.05), `${nearest}`);
});

Deno.test("brightness: noise alone is too bright, and each remedy mends some of it", async () => {
  const { results } = await reproduce(galaxysd, `${temporaryFolder()}/run`, {
    ...{ data: "data/sky", settings: { profile: "tiny" }, items: ["brightness"] },
  });
  const { ways } = results.brightness!.values as {
    ways: { name: string; sampler: string; sky: number; distance: number }[];
  };
  const [real, drawn, noise, , image, offset, zero, shifted] = ways;
  assert.equal(results.brightness!.table!.rows.length, 8);
  assert.ok(drawn!.distance < noise!.distance);
  for (const remedy of [image, offset, zero, shifted]) {
    assert.ok(Math.abs(remedy!.sky - real!.sky) < noise!.sky - real!.sky, remedy!.name);
  }
});
