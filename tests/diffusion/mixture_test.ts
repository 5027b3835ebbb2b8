import assert from "node:assert/strict";
import {
  ddim,
  ddimInverse,
  ddpm,
  dpmSolver,
  euler,
  eulerAncestral,
  flowMatchEuler,
  flowMatchHeun,
  heun,
  type Level,
  type Plan,
  pndm,
  type PredictionType,
  type Sampler,
  type SamplerState,
  unipc,
} from "galaxykit/diffusion";
import { key, normal, tf } from "galaxykit/tensorflow";
import { type Network, samplesOf } from "./_runs.ts";

// Images of one pixel, of two kinds. What a perfect network predicts of them is known in closed form,
// and, as a flow on a line keeps the order of its points, where each goes: to the same quantile.

const KINDS = [{ share: 0.35, mean: -1.1, deviation: 0.45 }, {
  share: 0.65,
  mean: 0.8,
  deviation: 0.6,
}];

/** The kinds with the noise of a level on them. */
function noisy({ signal, noise }: Pick<Level, "signal" | "noise">) {
  return KINDS.map(({ share, mean, deviation }) => ({
    share,
    mean: signal * mean,
    deviation: Math.hypot(signal * deviation, noise),
  }));
}

/** The probability of less than x. */
function below(x: number, level: Pick<Level, "signal" | "noise">): number {
  return noisy(level).reduce(
    (sum, { share, mean, deviation }) => sum + share * normalCdf((x - mean) / deviation),
    0,
  );
}

/** Φ, by its series near 0 and its continued fraction away from it. */
function normalCdf(z: number): number {
  if (z > 0) return 1 - normalCdf(-z);
  const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  if (z > -3) {
    let [term, sum] = [z, z];
    for (let n = 1; n < 60; n++) sum += term *= z * z / (2 * n + 1);
    return 0.5 + density * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / (-z + fraction);
  return density / (-z + fraction);
}

/** The value below which a share of all lies. */
function quantile(share: number, level: Pick<Level, "signal" | "noise">): number {
  const wide = 10 * (level.signal + level.noise);
  let [low, high] = [-wide, wide];
  for (let i = 0; i < 70; i++) {
    const middle = (low + high) / 2;
    if (below(middle, level) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** A perfect network: the mean of the images that a sample may come of, as what it is to predict. */
function perfect(kind: PredictionType, levels: readonly Level[]): Network {
  return (input, { index }) => {
    const { signal, noise, scale } = levels[index]!;
    return Array.from(input, (given) => {
      const x = given / scale;
      const parts = noisy({ signal, noise }).map(({ share, mean, deviation }, k) => {
        const z = (x - mean) / deviation;
        const { mean: m, deviation: s } = KINDS[k]!;
        return {
          weight: share * Math.exp(-z * z / 2) / deviation,
          image: (s * s * signal * x + noise * noise * m) / (deviation * deviation),
        };
      });
      const total = parts.reduce((sum, { weight }) => sum + weight, 0);
      const image = parts.reduce((sum, { weight, image }) => sum + weight * image, 0) / total;
      const random = (x - signal * image) / noise;
      if (kind === "sample") return image;
      if (kind === "epsilon") return random;
      if (kind === "flow_prediction") return random - image;
      return (signal * random - noise * image) * scale;
    });
  };
}

const SHARES = Array.from({ length: 41 }, (_, i) => (i + 0.5) / 41);

/** Where the flow leads from one level to the next: the points of all shares. */
function points(level: Level): Float32Array {
  return Float32Array.from(SHARES, (share) => quantile(share, level));
}

function column(values: ArrayLike<number>): tf.Tensor {
  return tf.tensor2d(Float32Array.from(values), [values.length, 1]);
}

/**
 * The mean distance from where the flow leads, before a call.
 *
 * @param options `until`: which call, counted from the end
 */
function error(plan: Plan, { until }: { until: number }): number {
  const levels = plan.calls.map(({ level }) => level);
  const calls = plan.calls.slice(0, -until);
  const network = perfect(plan.predictionType, levels);
  let state: SamplerState = { index: 0, sample: column(points(levels[0]!)), memory: {} };
  for (const index of calls.keys()) {
    const input = plan.input(state).dataSync() as Float32Array;
    state = plan.step(state, column(network(input, { timestep: NaN, index })));
  }
  return meanDifference(state.sample.dataSync(), points(levels[calls.length]!));
}

const STABLE_DIFFUSION = {
  betaSchedule: "scaled_linear",
  betaStart: 0.00085,
  betaEnd: 0.012,
} as const;
const KARRAS = { ...STABLE_DIFFUSION, useKarrasSigmas: true };

/** A sampler, the order of its error, and a number of steps, doubled to measure it. */
type Row = {
  sampler: Sampler;
  order: number;
  steps: number;
  /** Down to which timestep, in place of the last. */
  until?: number;
};

const ROWS: Row[] = [
  { sampler: ddim({ ...STABLE_DIFFUSION, clipSample: false }), order: 1, steps: 50 },
  { sampler: euler(KARRAS), order: 1, steps: 40 },
  { sampler: euler(STABLE_DIFFUSION), order: 1, steps: 40 },
  { sampler: euler({ ...KARRAS, predictionType: "v_prediction" }), order: 1, steps: 40 },
  { sampler: flowMatchEuler(), order: 1, steps: 40 },
  { sampler: heun(KARRAS), order: 2, steps: 20 },
  { sampler: flowMatchHeun(), order: 2, steps: 20 },
  { sampler: dpmSolver({ ...KARRAS, solverOrder: 1 }), order: 1, steps: 40 },
  { sampler: dpmSolver(KARRAS), order: 2, steps: 40 },
  { sampler: dpmSolver({ ...KARRAS, solverType: "heun" }), order: 2, steps: 40 },
  { sampler: dpmSolver({ ...KARRAS, solverOrder: 3 }), order: 2, steps: 80 }, // see its doc
  { sampler: unipc({ ...KARRAS, solverOrder: 1 }), order: 2, steps: 20 }, // as it is corrected
  { sampler: unipc(KARRAS), order: 3, steps: 20 },
  { sampler: unipc({ ...KARRAS, solverType: "bh1" }), order: 3, steps: 20 },
  { sampler: unipc({ ...KARRAS, solverOrder: 3 }), order: 4, steps: 20 },
  // Of order 2, as its paper says, but for the last timesteps, where ᾱ runs to 1 ever faster
  { sampler: pndm({ ...STABLE_DIFFUSION, skipPrkSteps: true }), order: 2, steps: 50, until: 100 },
  { sampler: pndm(STABLE_DIFFUSION), order: 2, steps: 50, until: 100 },
];

for (const { sampler, order, steps, until: timestep } of ROWS) {
  const { solverOrder, solverType, skipPrkSteps, useKarrasSigmas, predictionType } =
    sampler.settings;
  const told = JSON.stringify({
    solverOrder,
    solverType,
    skipPrkSteps,
    useKarrasSigmas,
    predictionType,
  });
  Deno.test(`${sampler.name} ${told} follows a mixture's flow, its error of order ${order}`, () => {
    const [coarse, fine] = [steps, 2 * steps].map((count) => {
      const plan = sampler.plan({ steps: count });
      const at = timestep === undefined ? -1 : plan.timesteps.lastIndexOf(timestep);
      return error(plan, { until: at < 0 ? 1 : plan.calls.length - at });
    });
    const found = Math.log2(coarse! / fine!);
    assert.ok(found > order - 0.15, `${found}, from ${coarse} and ${fine}`);
    assert.ok(fine! < 0.015, `${fine}`);
  });
}

Deno.test("ddimInverse() leads an image to the noise that ddim() makes it of", () => {
  const settings = { ...STABLE_DIFFUSION, clipSample: false };
  const [errors, back] = [[] as number[], [] as number[]];
  for (const steps of [50, 100]) {
    const inverse = ddimInverse(settings).plan({ steps });
    const images = Float32Array.from(SHARES, (share) => quantile(share, { signal: 1, noise: 0 }));
    // Its levels are those that it comes from; the first, without noise, the network never sees
    const levels = inverse.calls.map((_, i) => (inverse.calls[i + 1] ?? last(steps)).level);
    const noise = samplesOf(inverse, inverse.begin({ image: column(images) }), {
      network: perfect("epsilon", levels),
    }).at(-1)!;
    errors.push(meanDifference(noise, points(levels.at(-1)!)));
    const plan = ddim(settings).plan({ steps });
    const again = samplesOf(plan, plan.begin({ noise: column(noise) }), {
      network: perfect("epsilon", plan.calls.map(({ level }) => level)),
    }).at(-1)!;
    back.push(meanDifference(again, images));
  }
  assert.ok(Math.log2(errors[0]! / errors[1]!) > 0.85, `${errors}`);
  assert.ok(Math.log2(back[0]! / back[1]!) > 0.85, `${back}`);
  assert.ok(back[1]! < 0.03, `${back}`);

  function last(steps: number) {
    return ddim(settings).plan({ steps }).calls[0]!;
  }
});

function meanDifference(found: ArrayLike<number>, wanted: Float32Array): number {
  return wanted.reduce((sum, value, i) => sum + Math.abs(value - found[i]!), 0) / wanted.length;
}

/** Samplers that draw noise lead to the mixture, if not each point to its own. */
const DRAWING: [Sampler, number][] = [
  [ddpm({ ...STABLE_DIFFUSION, clipSample: false }), 100],
  [ddpm({ ...STABLE_DIFFUSION, clipSample: false, varianceType: "fixed_large" }), 100],
  [ddim({ ...STABLE_DIFFUSION, clipSample: false, eta: 1 }), 100],
  [eulerAncestral(STABLE_DIFFUSION), 100],
  [dpmSolver({ ...KARRAS, algorithmType: "sde-dpmsolver++" }), 40],
];

for (const [sampler, steps] of DRAWING) {
  const { algorithmType, varianceType, eta } = sampler.settings;
  const told = JSON.stringify({ algorithmType, varianceType, eta });
  Deno.test(`${sampler.name} ${told} draws images of the mixture`, () => {
    const count = 4000;
    const plan = sampler.plan({ steps });
    const images = samplesOf(plan, plan.begin({ noise: normal(key(1), [count, 1]) }), {
      network: perfect(plan.predictionType, plan.calls.map(({ level }) => level)),
      random: (index) => ({ noise: normal(key(100 + index), [count, 1]) }),
    }).at(-1)!.sort();
    // The distance of Kolmogorov and Smirnov: 1.63/√count is passed by chance one time in 100
    const distance = images.reduce(
      (most, x, i) =>
        Math.max(most, Math.abs(below(x, { signal: 1, noise: 0 }) - (i + 0.5) / count)),
      0,
    );
    assert.ok(distance < 1.63 / Math.sqrt(count), `${distance}`);
  });
}
