import assert from "node:assert/strict";
import { addNoise, minSnrWeights, noiseSchedule } from "galaxykit/diffusion";
import { type Denoiser, denoisingLoss, type DenoisingOptions } from "galaxykit/generation";
import type { UNetInputs } from "galaxykit/models";
import { key, tf } from "galaxykit/tensorflow";

const [BATCH, SIDE, CHANNELS] = [64, 8, 4];
const SHAPE: [number, number, number, number] = [BATCH, SIDE, SIDE, CHANNELS];
const schedule = noiseSchedule({ betaSchedule: "scaled_linear" });

type Call = {
  noised: Float32Array;
  times: number[];
  labels?: Float32Array;
  context?: Float32Array;
};

/** A network that answers as it is told to, and notes what it was asked. */
function network(answer: (noised: tf.Tensor, inputs: UNetInputs) => tf.Tensor) {
  const calls: Call[] = [];
  const denoiser = {
    unet: {
      call(noised: tf.Tensor, inputs: UNetInputs) {
        calls.push({
          noised: noised.dataSync() as Float32Array,
          times: [...inputs.timestep.dataSync()],
          labels: inputs.classLabels?.dataSync() as Float32Array | undefined,
          context: inputs.encoderHiddenStates?.dataSync() as Float32Array | undefined,
        });
        return answer(noised, inputs);
      },
    },
    text_encoder: {
      encode: (ids: tf.Tensor) => ({ tokens: tf.expandDims(tf.cast(ids, "float32"), 2) }),
    },
  } as unknown as Denoiser;
  return { denoiser, calls };
}

const nothing = () => network((noised) => tf.zerosLike(noised));
const broadcast = (values: number[]) => tf.tensor(values, [values.length, 1, 1, 1]);
const value = (tensor: tf.Tensor) => tensor.dataSync()[0]!;

Deno.test("a network that knows the noise has no loss, whatever it predicts", () => {
  // Images of noughts: what is seen is the noise, times how much of it there is
  const latents = tf.zeros(SHAPE);
  const flow = network((noised, { timestep }) =>
    tf.div(noised, tf.div(tf.reshape(timestep, [-1, 1, 1, 1]), 1000))
  );
  for (const times of ["uniform", "stratified", "logit-normal"] as const) {
    const loss = denoisingLoss(flow.denoiser, { schedule: "flow", times });
    assert.ok(value(loss({ latents }, { key: key(1), training: true }).loss) < 1e-6, times);
  }
  for (const predictionType of ["epsilon", "v_prediction", "sample"] as const) {
    const exact = network((noised, { timestep }) => {
      const left = [...timestep.dataSync()].map((t) => schedule.alphasCumprod[t]!);
      if (predictionType === "sample") return tf.zerosLike(noised);
      const noise = tf.div(noised, broadcast(left.map((a) => Math.sqrt(1 - a))));
      return predictionType === "epsilon" ? noise : tf.mul(noise, broadcast(left.map(Math.sqrt)));
    });
    const loss = denoisingLoss(exact.denoiser, { schedule, predictionType });
    const found = value(loss({ latents }, { key: key(2), training: true }).loss);
    assert.ok(found < 1e-6, `${predictionType}: ${found}`);
  }
});

Deno.test("a network that says nothing has the loss of what is to be predicted", () => {
  const latents = tf.fill(SHAPE, 0.5);
  const lossOf = (options: DenoisingOptions) =>
    value(
      denoisingLoss(nothing().denoiser, options)({ latents }, { key: key(3), training: true }).loss,
    );
  const near = (found: number, wanted: number) =>
    assert.ok(Math.abs(found - wanted) < 0.04, `${found} found, ${wanted} wanted`);
  near(lossOf({ schedule: "flow" }), 1 + 0.25); // noise - image
  near(lossOf({ schedule }), 1);
  near(lossOf({ schedule, predictionType: "sample" }), 0.25);
  // A number for each channel beside, which is to be predicted, too
  near(lossOf({ schedule, noiseOffset: 0.5 }) - lossOf({ schedule }), 0.25);
  // More noise is seen, and not to be told
  near(lossOf({ schedule, inputPerturbation: 0.5 }), 1);
});

Deno.test("what the network sees is the image with its noise, of the time that it is told", () => {
  const latents = tf.tidy(() =>
    tf.reshape(tf.linspace(-1, 1, BATCH * SIDE * SIDE * CHANNELS), SHAPE)
  );
  const seen = network((noised) => tf.zerosLike(noised));
  const loss = denoisingLoss(seen.denoiser, { schedule, times: "stratified" });
  loss({ latents }, { key: key(4), training: true });
  const perturbed = network((noised) => tf.zerosLike(noised));
  denoisingLoss(perturbed.denoiser, { schedule, times: "stratified", inputPerturbation: 1 })(
    { latents },
    { key: key(4), training: true },
  );
  const [{ noised, times }] = seen.calls as [Call];
  // One time from each stretch of the schedule
  const stretch = 1000 / BATCH;
  times.forEach((time, at) =>
    assert.ok(time + 1 > at * stretch && time < (at + 1) * stretch, `${time} is number ${at}`)
  );
  const image = addNoise(schedule, {
    ...{ image: latents, noise: tf.zerosLike(latents) },
    timesteps: tf.tensor1d(times, "int32"),
  });
  const noise = tf.sub(tf.tensor(noised, SHAPE), image);
  const spread = tf.sqrt(tf.mean(tf.square(noise), [1, 2, 3])).dataSync();
  times.forEach((time, at) => {
    const wanted = Math.sqrt(1 - schedule.alphasCumprod[time]!);
    assert.ok(Math.abs(spread[at]! / wanted - 1) < 0.2, `${time}: ${spread[at]}, ${wanted} wanted`);
  });
  const more = tf.sub(tf.tensor(perturbed.calls[0]!.noised, SHAPE), image);
  const ratio = value(tf.div(tf.mean(tf.square(more)), tf.mean(tf.square(noise))));
  assert.ok(Math.abs(ratio - 2) < 0.1, `${ratio} times the noise`);
});

Deno.test("weights of timesteps are those of minSnrWeights, and the loss by time is without", () => {
  const latents = tf.zeros(SHAPE);
  const { denoiser, calls } = network((noised) => tf.zerosLike(noised));
  const options = {
    schedule,
    predictionType: "epsilon",
    minSnrGamma: 5,
    weightFloor: 0.1,
  } as const;
  const { loss, metrics } = denoisingLoss(denoiser, options)({ latents }, {
    ...{ key: key(5), training: true },
  });
  const weights = minSnrWeights(schedule, { predictionType: "epsilon", gamma: 5, floor: 0.1 });
  const [{ times, noised }] = calls as [Call];
  const size = SIDE * SIDE * CHANNELS;
  const errors = times.map((time, at) => {
    const own = noised.subarray(at * size, (at + 1) * size);
    return own.reduce((sum, x) => sum + x * x, 0) / size / (1 - schedule.alphasCumprod[time]!);
  });
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const wanted = mean(errors.map((error, at) => weights[times[at]!]! * error));
  assert.ok(Math.abs(value(loss) - wanted) < 1e-4 * wanted);
  for (const from of [0, 250, 500, 750]) {
    const { sum, count } = metrics![`loss_of_${from}`] as { sum: tf.Tensor; count: tf.Tensor };
    const own = errors.filter((_, at) => times[at]! >= from && times[at]! < from + 250);
    assert.equal(value(count), own.length);
    assert.ok(Math.abs(value(sum) / own.length - mean(own)) < 1e-3);
  }
});

Deno.test("shares of captions and numbers are not told, each apart or both", () => {
  const rows = 4000;
  const latents = tf.zeros([rows, 1, 1, 1]);
  const tokens = tf.ones([rows, 3], "int32");
  const conditions = tf.ones([rows, 2]);
  const { denoiser, calls } = network((noised) => tf.zerosLike(noised));
  const loss = denoisingLoss(denoiser, {
    ...{ schedule: "flow", untold: { caption: 0.2, conditions: 0.4, both: 0.1 } },
    emptyTokens: [7, 8, 9],
  });
  loss({ latents, tokens, conditions }, { key: key(6), training: true });
  const [{ labels, context }] = calls as [Call];
  const captions = Array.from({ length: rows }, (_, row) => context![3 * row] === 1);
  const votes = Array.from({ length: rows }, (_, row) => labels![2 * row] === 1);
  captions.forEach((told, row) => {
    assert.deepEqual([...context!.subarray(3 * row, 3 * row + 3)], told ? [1, 1, 1] : [7, 8, 9]);
    assert.equal(labels![2 * row], labels![2 * row + 1]);
  });
  const share = (some: boolean[]) => some.filter((one) => one).length / rows;
  const near = (found: number, wanted: number) =>
    assert.ok(Math.abs(found - wanted) < 0.03, `${found} found, ${wanted} wanted`);
  near(share(captions), 0.9 * 0.8);
  near(share(votes), 0.9 * 0.6);
  near(share(captions.map((told, row) => !told && !votes[row]!)), 0.1 + 0.9 * 0.2 * 0.4);
});

Deno.test("denoisingLoss() refuses what does not go together", () => {
  const refused = (options: DenoisingOptions, message: RegExp) =>
    assert.throws(() => denoisingLoss(nothing().denoiser, options), {
      name: "RangeError",
      message,
    });
  refused(
    { schedule: "flow", predictionType: "epsilon" },
    /flow predicts noise - image.*"epsilon"/,
  );
  refused({ schedule: "flow", minSnrGamma: 5 }, /found minSnrGamma 5/);
  refused({ schedule, times: "logit-normal" }, /those of a flow/);
  refused({ schedule, untold: { caption: 0.1 } }, /give emptyTokens/);
  refused({ schedule, untold: { conditions: 1.5 } }, /conditions must be in \[0, 1\].*1\.5/);
  refused({ schedule, noiseOffset: -1 }, /noiseOffset/);
});
