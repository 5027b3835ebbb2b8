import assert from "node:assert/strict";
import {
  ddim,
  ddimInverse,
  ddpm,
  dpmSolver,
  euler,
  eulerAncestral,
  heun,
  noiseOf,
  pndm,
  type Sampler,
  samplerNamed,
  samplers,
  type SamplerState,
  unipc,
} from "galaxykit/diffusion";
import { jit, key, tf } from "galaxykit/tensorflow";
import { difference } from "./_runs.ts";

const SHAPE = [4, 4, 3];

/** Any network that is a function of tensors. */
function network(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.sin(x), 0.5));
}

/** What a run begins with: an image, where it has to. */
function beginning(name: string, seeds: readonly number[]) {
  const noise = noiseOf(seeds.map(key), SHAPE);
  return name === "ddimInverse" ? { image: noise } : { noise };
}

for (const name of Object.keys(samplers)) {
  Deno.test(`${name} gives an image that depends on its own key alone, to the bit`, () => {
    const plan = samplerNamed(name).plan({ steps: 6 });
    const images = [[1, 2, 3], [3], [2, 3]].map((seeds) => {
      const keys = seeds.map(key);
      let state = plan.begin(beginning(name, seeds));
      while (state.index < plan.calls.length) {
        state = plan.step(state, network(plan.input(state)), { keys });
      }
      return [...tf.unstack(state.sample).at(-1)!.dataSync()];
    });
    assert.deepEqual(images[1], images[0]);
    assert.deepEqual(images[2], images[0]);
  });

  Deno.test(`${name} leaks nothing, and a state that is disposed of takes no other with it`, () => {
    const plan = samplerNamed(name).plan({ steps: 6 });
    const keys = [key(1), key(2)];
    const given = beginning(name, [1, 2]);
    const { numTensors } = tf.memory();
    let state = plan.begin(given);
    while (state.index < plan.calls.length) {
      const [input, before] = [plan.input(state), state];
      const output = network(input);
      state = plan.step(before, output, { keys });
      tf.dispose([input, plan.image(before, output), output, before]);
    }
    assert.equal(state.sample.dataSync().length, 96);
    tf.dispose(state);
    assert.equal(tf.memory().numTensors, numTensors);
  });

  Deno.test(`${name} takes the same steps inside jit`, () => {
    const plan = samplerNamed(name).plan({ steps: 6 });
    const keys = [key(1), key(2)];
    const whole = (first: tf.Tensor) =>
      tf.tidy(() => {
        let state: SamplerState = { index: 0, sample: first, memory: {} };
        while (state.index < plan.calls.length) {
          state = plan.step(state, network(plan.input(state)), { keys });
        }
        return state.sample;
      });
    const { sample } = plan.begin(beginning(name, [1, 2]));
    const [eager, traced] = [whole(sample), jit(whole)(sample)];
    assert.ok(difference(traced.dataSync(), eager.dataSync()) < 1e-5);
  });
}

Deno.test("step() inside jit takes and gives states", () => {
  const plan = heun().plan({ steps: 4 });
  const step = jit((state: SamplerState) => plan.step(state, network(plan.input(state))));
  let [eager, traced] = [0, 1].map(() => plan.begin({ noise: noiseOf([key(1)], SHAPE) }));
  while (eager!.index < 3) {
    eager = plan.step(eager!, network(plan.input(eager!)));
    traced = step(traced!);
    assert.equal(traced.index, eager.index);
    assert.deepEqual(Object.keys(traced.memory), Object.keys(eager.memory));
  }
  assert.ok(difference(traced!.sample.dataSync(), eager!.sample.dataSync()) < 1e-6);
});

Deno.test("a run goes on from any of its states as if it had not stopped", () => {
  for (
    const sampler of [heun(), unipc({ solverOrder: 3 }), pndm(), dpmSolver({ solverOrder: 3 })]
  ) {
    const plan = sampler.plan({ steps: 8 });
    const states = [plan.begin({ noise: noiseOf([key(1)], SHAPE) })];
    for (const _ of plan.calls) {
      const state = states.at(-1)!;
      states.push(plan.step(state, network(plan.input(state))));
    }
    let state = states[5]!;
    while (state.index < plan.calls.length) state = plan.step(state, network(plan.input(state)));
    assert.deepEqual(state.sample.dataSync(), states.at(-1)!.sample.dataSync());
  }
});

Deno.test("begin() with an image mixes it with noise at the level of the first call", () => {
  const image = tf.ones([1, ...SHAPE]);
  const noise = noiseOf([key(1)], SHAPE);
  for (const sampler of [ddim(), euler()]) {
    const plan = sampler.plan({ steps: 20, strength: 0.5 });
    const { signal, noise: deviation } = plan.calls[0]!.level;
    const wanted = tf.add(tf.mul(image, signal), tf.mul(noise, deviation));
    const { sample } = plan.begin({ image, noise });
    assert.ok(difference(sample.dataSync(), wanted.dataSync()) < 1e-6);
  }
});

Deno.test("step() draws each call's noise anew, from the keys and the number of the call", () => {
  const plan = eulerAncestral().plan({ steps: 4 });
  const keys = [key(1), key(2)];
  const noise = noiseOf(keys, SHAPE);
  let [drawn, given] = [plan.begin({ noise }), plan.begin({ noise })];
  for (const index of plan.calls.keys()) {
    const output = network(plan.input(drawn));
    drawn = plan.step(drawn, output, { keys });
    given = plan.step(given, output, { noise: noiseOf(keys, SHAPE, { draw: index + 1 }) });
    assert.deepEqual(drawn.sample.dataSync(), given.sample.dataSync());
  }
});

Deno.test("noised() has the noise of the call to come, and none after the last", () => {
  const image = tf.ones([1, ...SHAPE]);
  const noise = noiseOf([key(1)], SHAPE);
  for (const sampler of [euler(), heun(), ddim()]) {
    const plan = sampler.plan({ steps: 5, strength: 0.6 });
    const at = (index: number) => plan.noised(image, { noise, index }).dataSync();
    assert.deepEqual(at(0), plan.begin({ image, noise }).sample.dataSync());
    assert.deepEqual(at(plan.calls.length), image.dataSync());
    // A perfect network that knows the image takes the sample to the same place
    const state = plan.begin({ image, noise });
    const next = plan.step(state, noise); // of predictionType epsilon
    assert.ok(difference(next.sample.dataSync(), at(1)) < 1e-5, sampler.name);
  }
});

Deno.test("image() is the image that a perfect network sees, within the limits of the settings", () => {
  const image = tf.linspace(-2, 2, 48).reshape([1, ...SHAPE]);
  const noise = noiseOf([key(1)], SHAPE);
  const settings = { predictionType: "sample" } as const;
  for (const [sampler, most] of [[ddpm(settings), 1], [euler(settings), 2]] as const) {
    const plan = sampler.plan({ steps: 10 });
    const found = plan.image(plan.begin({ noise, image }), image);
    assert.ok(difference(found.dataSync(), image.clipByValue(-most, most).dataSync()) < 1e-6);
  }
});

Deno.test("dynamic thresholding cuts each image off at a quantile of its own, at least 1", () => {
  const sampler = ddpm({
    predictionType: "sample",
    thresholding: true,
    dynamicThresholdingRatio: 0.5,
    sampleMaxValue: 3,
  });
  const plan = sampler.plan({ steps: 10 });
  const cases: [number[], number[]][] = [
    [[0, 2, -4], [0, 1, -1]], // the median of 0, 2, 4
    [[0, 0.2, -4], [0, 0.2, -1]], // 1 at least
    [[0, 20, -40], [0, 1, -1]], // 3 at most
    [[1.5, 2.5, -40], [0.6, 1, -1]],
  ];
  const images = tf.tensor2d(cases.map(([image]) => image!));
  const state = plan.begin({ noise: tf.zeros(images.shape) });
  const found = plan.image(state, images).dataSync();
  assert.ok(difference(found, cases.flatMap(([, wanted]) => wanted)) < 1e-6, String(found));
});

Deno.test("noiseOf() draws other noise at each draw, of variance 1", () => {
  const [first, second] = [0, 1].map((draw) => noiseOf([key(1)], [64, 64], { draw }).dataSync());
  assert.notDeepEqual(first, second);
  const values = Array.from(first!);
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(Math.abs(variance - 1) < 0.1);
});

Deno.test("begin() and step() refuse what does not fit, by name", () => {
  const noise = noiseOf([key(1), key(2)], SHAPE);
  const plan = eulerAncestral().plan({ steps: 3 });
  const state = plan.begin({ noise });
  const refused: [() => unknown, string, string][] = [
    [
      () => plan.step(state, tf.zeros([2, 4, 4, 1])),
      "RangeError",
      "Cannot go on: the shape of the network's output must be that of the sample, [2,4,4,3], found [2,4,4,1]",
    ],
    [
      () => plan.step(state, noise),
      "TypeError",
      "Cannot go on: this sampler draws noise, and neither keys (one an image) nor noise is given",
    ],
    [
      () => plan.step(state, noise, { keys: [key(1)] }),
      "RangeError",
      "Cannot go on: there must be a key for each of 2 images, found 1",
    ],
    [
      () => plan.step(state, noise, { noise: tf.zeros([1]) }),
      "RangeError",
      "Cannot go on: the shape of noise must be that of the sample, [2,4,4,3], found [1]",
    ],
    [
      () => plan.input({ ...state, index: 3 }),
      "RangeError",
      "Cannot go on: the run has 3 calls, and 3 are done",
    ],
    [
      () => plan.step(state, tf.fill(noise.shape, NaN), { noise }),
      "RangeError",
      "Cannot go on after call 1 of 3 (timestep 999): the sample holds NaN or infinite values; look at what the network gives, and at the precision it runs in",
    ],
    [
      () => plan.begin({ noise: tf.fill([1, 2], Infinity) }),
      "RangeError",
      "Cannot begin a run: the sample holds NaN or infinite values; look at what the network gives, and at the precision it runs in",
    ],
    [() => plan.begin({}), "TypeError", "Cannot begin a run: noise is not given"],
    [
      () => ddimInverse().plan({ steps: 3 }).begin({ noise }),
      "TypeError",
      "Cannot begin a run: this one begins with an image (strength below 1, or an inversion), and image is not given",
    ],
    [
      () => ddim().plan({ steps: 4, strength: 0.5 }).begin({ noise }),
      "TypeError",
      "Cannot begin a run: this one begins with an image (strength below 1, or an inversion), and image is not given",
    ],
    [
      () => plan.begin({ noise, image: tf.zeros([2, 4, 4, 4]) }),
      "RangeError",
      "Cannot begin a run: the shape of noise must be that of the image, [2,4,4,4], found [2,4,4,3]",
    ],
    [() => noiseOf([], [2]), "TypeError", "Cannot draw noise: no keys are given"],
  ];
  for (const [act, name, message] of refused) assert.throws(act, { name, message });
});

/** Sums and means of whole runs that diffusers' own tests assert, on their model and sample. */
const PUBLISHED: [Sampler, { sum?: number; mean: number }][] = [
  [ddim(), { sum: 172.0067, mean: 0.223967 }],
  [ddim({ predictionType: "v_prediction" }), { sum: 52.5302, mean: 0.0684 }],
  [pndm(), { sum: 198.1318, mean: 0.258 }],
  [euler({ numTrainTimesteps: 1100 }), { sum: 10.0807, mean: 0.0131 }],
  [euler({ numTrainTimesteps: 1100, useKarrasSigmas: true }), { sum: 124.523, mean: 0.16214 }],
  [
    heun({ numTrainTimesteps: 1100, betaStart: 0.0001, betaEnd: 0.02 }),
    { sum: 0.1233, mean: 0.0002 },
  ],
  [dpmSolver({ lowerOrderFinal: false, finalSigmasType: "sigma_min" }), { mean: 0.3301 }],
  [unipc({ finalSigmasType: "sigma_min" }), { mean: 0.2464 }],
];

for (const [sampler, { sum, mean }] of PUBLISHED) {
  Deno.test(`${sampler.name} gives the figures of diffusers' full loop: ${sum ?? "-"}, ${mean}`, () => {
    const plan = sampler.plan({ steps: 10 });
    let state = plan.begin({ noise: tf.div(tf.range(0, 768), 768).reshape([4, 8, 8, 3]) });
    for (const timestep of plan.timesteps) {
      // Those tests go on from what the network is given, and not from the sample
      const sample = plan.input(state);
      const output = tf.mul(sample, timestep / (timestep + 1));
      state = plan.step({ ...state, sample }, output);
    }
    const found = tf.sum(tf.abs(state.sample)).dataSync()[0]!;
    if (sum !== undefined) assert.ok(Math.abs(found - sum) < 1e-2, `${found}`);
    assert.ok(Math.abs(found / 768 - mean) < 1e-3, `${found / 768}`);
  });
}
