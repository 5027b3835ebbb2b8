import assert from "node:assert/strict";
import {
  addFlowNoise,
  addNoise,
  convertPrediction,
  minSnrWeights,
  noiseSchedule,
  type NoiseScheduleOptions,
  predictionTarget,
  signalToNoise,
  velocity,
} from "galaxykit/diffusion";
import { jit, key, normal, tf } from "galaxykit/tensorflow";
import { difference } from "./_runs.ts";
import { options, schedulers } from "./_schedulers.ts";

const STABLE_DIFFUSION = {
  betaSchedule: "scaled_linear",
  betaStart: 0.00085,
  betaEnd: 0.012,
} as const;

/** The greatest relative error. */
function relative(found: ArrayLike<number>, wanted: readonly number[]): number {
  return Math.max(
    ...wanted.map((value, i) => Math.abs(found[i]! - value) / Math.max(Math.abs(value), 1e-300)),
  );
}

Deno.test("noiseSchedule() is that of diffusers, in float64", () => {
  for (const { config, places, alphasCumprod } of schedulers.schedules) {
    const schedule = noiseSchedule(options(config));
    const found = places.map((place) => schedule.alphasCumprod[place]!);
    assert.ok(relative(found, alphasCumprod) < 1e-9, `${JSON.stringify(config)}: ${found}`);
  }
});

Deno.test("signalToNoise(), addNoise() and velocity() are those of diffusers", () => {
  for (const { config, places, ...wanted } of schedulers.schedules) {
    const schedule = noiseSchedule(options(config));
    const ratios = signalToNoise(schedule);
    assert.ok(relative(places.map((place) => ratios[place]!), wanted.signalToNoise) < 1e-4);
    const noised = {
      image: tf.fill([places.length, 1], 0.3),
      noise: tf.fill([places.length, 1], -1.2),
      timesteps: tf.tensor1d(places, "int32"),
    };
    assert.ok(difference(addNoise(schedule, noised).dataSync(), wanted.noisy) < 1e-6);
    assert.ok(difference(velocity(schedule, noised).dataSync(), wanted.velocity) < 1e-6);
  }
});

Deno.test("noiseSchedule() of Stable Diffusion leaves what it is known to leave", () => {
  const { alphasCumprod } = noiseSchedule(STABLE_DIFFUSION);
  assert.equal(alphasCumprod[0]!.toFixed(6), "0.999150");
  assert.equal(alphasCumprod[999]!.toFixed(8), "0.00466010");
  const sigmas = alphasCumprod.map((left) => Math.sqrt((1 - left) / left));
  assert.deepEqual([sigmas[0]!.toFixed(6), sigmas[999]!.toFixed(6)], ["0.029167", "14.614641"]);
});

Deno.test("noiseSchedule() rescaled begins as before, ends in nothing, and its betas say so", () => {
  const before = noiseSchedule(STABLE_DIFFUSION);
  const { alphasCumprod, betas } = noiseSchedule({
    ...STABLE_DIFFUSION,
    rescaleBetasZeroSnr: true,
  });
  assert.ok(Math.abs(alphasCumprod[0]! - before.alphasCumprod[0]!) < 1e-15);
  assert.equal(alphasCumprod[999], 0);
  assert.equal(betas[999], 1);
  let left = 1;
  assert.ok(betas.every((beta, t) => Math.abs((left *= 1 - beta) - alphasCumprod[t]!) < 1e-12));
});

Deno.test("noiseSchedule() takes betas as they are", () => {
  const trainedBetas = [0.1, 0.5];
  const { alphasCumprod } = noiseSchedule({ trainedBetas, numTrainTimesteps: 2 });
  assert.deepEqual([...alphasCumprod], [0.9, 0.45]);
});

Deno.test("noiseSchedule() refuses what is no schedule, by name", () => {
  const refused: [NoiseScheduleOptions, string][] = [
    [{ betaStart: NaN }, "betaStart must be in (0, 1), found NaN"],
    [{ betaEnd: 1 }, "betaEnd must be in (0, 1), found 1"],
    [{ numTrainTimesteps: 0 }, "numTrainTimesteps must be a whole number in [2, ∞), found 0"],
    [
      { betaSchedule: "sigmoid" as "linear" },
      'betaSchedule must be one of linear, scaled_linear, squaredcos_cap_v2, "sigmoid" found',
    ],
    [
      { trainedBetas: [0.1] },
      "trainedBetas must be as many as numTrainTimesteps, 1000, found 1",
    ],
    [
      { trainedBetas: [0.1, NaN], numTrainTimesteps: 2 },
      "trainedBetas[1] must be in (0, 1), found NaN",
    ],
    [{ betaStrat: 1 } as object, 'there is no option "betaStrat", nearest is "betaStart"'],
  ];
  for (const [given, message] of refused) {
    assert.throws(() => noiseSchedule(given), {
      name: "RangeError",
      message: `Cannot make a noise schedule: ${message}`,
    });
  }
});

Deno.test("addNoise() and velocity() work inside jit, and leave nothing behind", () => {
  const schedule = noiseSchedule(STABLE_DIFFUSION);
  const noised = {
    image: normal(key(1), [3, 4, 4, 2]),
    noise: normal(key(2), [3, 4, 4, 2]),
    timesteps: tf.tensor1d([0, 500, 999], "int32"),
  };
  for (const noising of [addNoise, velocity]) {
    const traced = jit((given: typeof noised) => noising(schedule, given));
    traced(noised).dispose();
    const { numTensors } = tf.memory();
    const [eager, inside] = [noising(schedule, noised), traced(noised)];
    assert.equal(difference(inside.dataSync(), eager.dataSync()), 0);
    tf.dispose([eager, inside]);
    assert.equal(tf.memory().numTensors, numTensors);
    traced.dispose();
  }
});

Deno.test("addFlowNoise() ends in noise alone, and its slope is noise - image", () => {
  const [image, noise] = [normal(key(1), [2, 3]), normal(key(2), [2, 3])];
  const at = (time: number) => addFlowNoise({ image, noise, times: tf.tensor1d([time, time]) });
  assert.ok(difference(at(1).dataSync(), noise.dataSync()) < 1e-6);
  assert.ok(difference(at(0).dataSync(), image.dataSync()) < 1e-6);
  const slope = tf.mul(tf.sub(at(0.75), at(0.5)), 4);
  assert.ok(difference(slope.dataSync(), tf.sub(noise, image).dataSync()) < 1e-5);
  assert.throws(() => addFlowNoise({ image, noise, times: tf.tensor1d([1]) }), {
    name: "RangeError",
    message: "Cannot take the noise of timesteps float32 [1]: float32 [2] is wanted, one an image",
  });
});

Deno.test("convertPrediction() turns each kind of prediction into each other", () => {
  const schedule = noiseSchedule(STABLE_DIFFUSION);
  const noised = {
    image: normal(key(1), [3, 4]),
    noise: normal(key(2), [3, 4]),
    timesteps: tf.tensor1d([3, 500, 900], "int32"),
  };
  const sample = addNoise(schedule, noised);
  const kinds = ["epsilon", "sample", "v_prediction"] as const;
  for (const from of kinds) {
    const output = predictionTarget(schedule, { ...noised, predictionType: from });
    for (const to of kinds) {
      const { timesteps } = noised;
      const found = convertPrediction(schedule, { sample, output, timesteps, from, to });
      const wanted = predictionTarget(schedule, { ...noised, predictionType: to });
      assert.ok(difference(found.dataSync(), wanted.dataSync()) < 2e-5, `${from} to ${to}`);
    }
  }
});

Deno.test("convertPrediction() refuses to find an image in pure noise", () => {
  const schedule = noiseSchedule({ rescaleBetasZeroSnr: true });
  const [sample, output] = [tf.ones([1, 2]), tf.ones([1, 2])];
  const timesteps = tf.tensor1d([999], "int32");
  assert.throws(
    () => convertPrediction(schedule, { sample, output, timesteps, from: "epsilon", to: "sample" }),
    {
      name: "RangeError",
      message:
        'Cannot make "sample" of "epsilon" where a schedule ends in pure noise: the noise tells nothing of the image; predict v_prediction or sample',
    },
  );
});

Deno.test("minSnrWeights() are those of the image's error, whatever the network predicts", () => {
  const schedule = noiseSchedule(STABLE_DIFFUSION);
  const ratios = signalToNoise(schedule);
  const weights = (predictionType: "epsilon" | "sample" | "v_prediction") =>
    minSnrWeights(schedule, { predictionType, gamma: 5 });
  const [image, noise, v] = [weights("sample"), weights("epsilon"), weights("v_prediction")];
  for (const [t, ratio] of ratios.entries()) {
    // An error e of the noise is one of e/√SNR of the image; one of the velocity, e/√(SNR + 1)
    assert.ok(Math.abs(noise[t]! - image[t]! / ratio) < 1e-12);
    assert.ok(Math.abs(v[t]! - image[t]! / (ratio + 1)) < 1e-12);
    assert.ok(Math.abs(image[t]! - Math.min(ratio, 5)) < 1e-12);
  }
});

Deno.test("minSnrWeights() where a schedule ends in pure noise: 1 of the noise, 0 of the velocity", () => {
  const schedule = noiseSchedule({ ...STABLE_DIFFUSION, rescaleBetasZeroSnr: true });
  assert.equal(minSnrWeights(schedule, { predictionType: "epsilon" })[999], 1);
  assert.equal(minSnrWeights(schedule, { predictionType: "v_prediction" })[999], 0);
  assert.equal(minSnrWeights(schedule, { predictionType: "v_prediction", floor: 0.1 })[999], 0.1);
});

Deno.test("addNoise() and minSnrWeights() refuse what does not fit", () => {
  const schedule = noiseSchedule();
  const [image, noise] = [tf.zeros([2, 4, 4, 3]), tf.zeros([2, 4, 4, 1])];
  const timesteps = tf.tensor1d([1, 2], "int32");
  assert.throws(() => addNoise(schedule, { image, noise, timesteps }), {
    name: "RangeError",
    message:
      "Cannot mix images of shape [2,4,4,3] with others of shape [2,4,4,1]: make both of one shape",
  });
  assert.throws(
    () => addNoise(schedule, { image, noise: image, timesteps: tf.tensor1d([1], "int32") }),
    {
      name: "RangeError",
      message: "Cannot take the noise of timesteps int32 [1]: int32 [2] is wanted, one an image",
    },
  );
  assert.throws(() => minSnrWeights(schedule, { predictionType: "epsilon", gamma: 0 }), {
    name: "RangeError",
    message: "Cannot weight timesteps: gamma must be in (0, ∞), found 0",
  });
});
