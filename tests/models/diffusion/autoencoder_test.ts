import assert from "node:assert/strict";
import {
  type AutoencoderConfig,
  autoencoderConfigs,
  AutoencoderKL,
  posteriorDivergence,
  posteriorMode,
  samplePosterior,
} from "galaxykit/models";
import { key, tf } from "galaxykit/tensorflow";
import reference from "../../reference/diffusion_sizes.json" with { type: "json" };
import { asTensor, readFixture, withPrefix } from "../../nn/reference.ts";
import { assertAgrees, assertNear, assertSize, type DiffusersNetwork } from "./_reference.ts";

const NETWORKS = readFixture<DiffusersNetwork<AutoencoderConfig>>(
  "diffusion_autoencoder.safetensors",
);

for (const network of NETWORKS.filter(({ name }) => name !== "tiled")) {
  Deno.test(`AutoencoderKL agrees with diffusers': ${network.name}`, () => {
    const model = new AutoencoderKL(network.config);
    assertAgrees(model, network, {
      inputs: ["images", "latents"],
      output: "both",
      run: ({ images, latents }) =>
        tf.concat([model.encode(images), model.decode(latents)].map((x) => tf.reshape(x, [-1]))),
    });
    model.dispose();
  });
}

Deno.test("AutoencoderKL agrees with diffusers' in tiles, and leaves no tensor behind", () => {
  const { config, tensors } = NETWORKS.find(({ name }) => name === "tiled")!;
  const model = new AutoencoderKL(config);
  model.loadStateDict(withPrefix(tensors, "state/"));
  const [images, latents] = ["images", "latents"].map((name) => asTensor(tensors[name]!));
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    assertNear(model.encode(images!, { tiling: {} }), tensors["moments"]!, "moments");
    assertNear(model.decode(latents!, { tiling: {} }), tensors["decoded"]!, "decoded");
  });
  assert.equal(tf.memory().numTensors, before);
});

const TINY: Partial<AutoencoderConfig> = {
  ...{ block_out_channels: [4, 8], norm_num_groups: 2, latent_channels: 2, sample_size: 16 },
  down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
  up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
};

Deno.test("AutoencoderKL takes images apart only where they are larger than a tile", () => {
  const model = new AutoencoderKL(TINY, { key: key(1) });
  const images = tf.reshape(tf.linspace(-1, 1, 16 * 12 * 3), [1, 16, 12, 3]) as tf.Tensor4D;
  const [whole, same, apart] = [undefined, {}, { size: 8, overlap: 0.5 }]
    .map((tiling) => model.encode(images, { tiling }));
  assert.deepEqual(same!.dataSync(), whole!.dataSync());
  assert.deepEqual(apart!.shape, whole!.shape);
  assert.notDeepEqual(apart!.dataSync(), whole!.dataSync());
  // What lies in the first tile alone is what that tile gives
  const first = model.encode(tf.slice(images, [0, 0, 0, 0], [1, 8, 8, 3]));
  assertNear(
    tf.slice(apart!, [0, 0, 0, 0], [1, 2, 2, 4]),
    { shape: [1, 2, 2, 4], data: tf.slice(first, [0, 0, 0, 0], [1, 2, 2, 4]).dataSync() },
    "first tile",
  );
  for (const side of [8, 10, 12, 14, 18, 30]) {
    const { shape } = model.encode(tf.zeros([1, side, 8, 3]), { tiling: { size: 8 } });
    assert.deepEqual(shape, [1, side / 2, 4, 4]);
  }
  assert.throws(() => model.encode(images, { tiling: { size: 9 } }), {
    name: "RangeError",
    message: "Cannot tile images: size must be a multiple of 2 pixels, found 9",
  });
  assert.throws(() => model.decode(tf.zeros([1, 8, 8, 2]), { tiling: { overlap: 1 } }), {
    name: "RangeError",
    message: "Cannot tile images: overlap must be in [0, 1), found 1",
  });
});

Deno.test("AutoencoderKL scales and shifts latents, there and back", () => {
  const config = { ...TINY, scaling_factor: 0.5, shift_factor: 3 };
  const model = new AutoencoderKL(config, { key: key(1) });
  const images = tf.reshape(tf.linspace(-1, 1, 4 * 4 * 3), [1, 4, 4, 3]) as tf.Tensor4D;
  const moments = model.encode(images);
  const wanted = [...posteriorMode(moments).dataSync()].map((value) => (value - 3) * 0.5);
  const latents = model.toLatents(images);
  assertNear(latents, { shape: [1, 2, 2, 2], data: wanted }, "latents");
  const decoded = model.decode(posteriorMode(moments));
  assertNear(model.toImages(latents), { shape: [1, 4, 4, 3], data: decoded.dataSync() }, "images");
  const drawn = [1, 1, 2].map((
    seed,
  ) => [...model.toLatents(images, { key: key(seed) }).dataSync()]);
  assert.deepEqual(drawn[0], drawn[1]);
  assert.notDeepEqual(drawn[0], drawn[2]);
});

Deno.test("samplePosterior() draws from mean and variance, and keeps the variance in bounds", () => {
  const moments = tf.concat([tf.fill([1, 40, 50, 1], 3), tf.fill([1, 40, 50, 1], Math.log(4))], 3);
  const { mean, variance } = tf.moments(samplePosterior(key(1), moments));
  assert.ok(Math.abs(mean.dataSync()[0]! - 3) < 0.15); // Three standard errors: 2 / √2000 each
  assert.ok(Math.abs(variance.dataSync()[0]! - 4) < 0.4);
  const [large] = samplePosterior(key(1), tf.tensor4d([0, 1e30], [1, 1, 1, 2])).dataSync();
  assert.ok(Number.isFinite(large));
});

Deno.test("posteriorDivergence() is that of two normal distributions", () => {
  const moments = tf.tensor4d([1, 0, -2, Math.log(4)], [2, 1, 1, 2]);
  const [first, second] = posteriorDivergence(moments).dataSync();
  assert.ok(Math.abs(first! - 0.5) < 1e-6); // mean² / 2
  assert.ok(Math.abs(second! - (4 + 4 - 1 - Math.log(4)) / 2) < 1e-6);
});

Deno.test("AutoencoderKL has the keys and shapes of Stable Diffusion's", () => {
  const model = new AutoencoderKL(autoencoderConfigs.sd);
  assertSize(model, reference.sizes.autoencoder);
  assert.equal(model.factor, 8);
  model.dispose();
});

Deno.test("AutoencoderKL makes itself again from its configuration, and all it has learns", () => {
  const model = new AutoencoderKL(TINY, { key: key(1) });
  const again = new AutoencoderKL(JSON.parse(JSON.stringify(model.config)));
  assert.deepEqual(again.stateShapes(), model.stateShapes());
  const { grads } = tf.variableGrads(() => {
    const moments = model.encode(tf.ones([1, 4, 4, 3]));
    const images = model.decode(samplePosterior(key(2), moments));
    return tf.add(tf.mean(tf.square(images)), tf.mean(posteriorDivergence(moments))) as tf.Scalar;
  });
  assert.equal(Object.keys(grads).length, model.parameters().length);
});

Deno.test("AutoencoderKL says which configurations and images it takes", () => {
  const refusals: [Record<string, unknown>, string][] = [
    [{ latent_chanels: 4 }, 'there is no option "latent_chanels", nearest is "latent_channels"'],
    [{ latents_mean: [0] }, "latents_mean must be null, found [0]: the kit has no other"],
    [
      { down_block_types: ["DownEncoderBlock2D"] },
      "down_block_types must be DownEncoderBlock2D for each of the 2 block_out_channels, found DownEncoderBlock2D",
    ],
    [
      { norm_num_groups: 3 },
      "norm_num_groups must divide block_out_channels, found 3 for 4 (block 0)",
    ],
    [{ scaling_factor: 0 }, "scaling_factor must be in (0, ∞), found 0"],
  ];
  for (const [change, reason] of refusals) {
    assert.throws(() => new AutoencoderKL({ ...TINY, ...change } as Partial<AutoencoderConfig>), {
      name: "RangeError",
      message: `Cannot make AutoencoderKL: ${reason}`,
    });
  }
  const model = new AutoencoderKL(TINY, { key: key(1) });
  assert.throws(() => model.encode(tf.zeros([1, 5, 4, 3])), {
    name: "TypeError",
    message: "Cannot encode: the sides of images must be multiples of 2 pixels, found 5x4",
  });
  assert.throws(() => model.decode(tf.zeros([1, 4, 4, 3])), {
    name: "TypeError",
    message: "Cannot decode: the shape must be [batch, height, width, 2], found [1,4,4,3]",
  });
});

Deno.test("AutoencoderKL.dispose() leaves no tensor", () => {
  const from = key(1);
  const before = tf.memory().numTensors;
  new AutoencoderKL(autoencoderConfigs.tiny, { key: from }).dispose();
  assert.equal(tf.memory().numTensors, before);
});
