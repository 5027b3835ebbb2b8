import assert from "node:assert/strict";
import { ddim, type Plan, samplerOfConfig } from "galaxykit/diffusion";
import { tf } from "galaxykit/tensorflow";
import { asTensor, readFixture } from "../nn/reference.ts";
import { difference, type Network, samplesOf } from "./_runs.ts";

type Run = {
  className: string;
  config: Record<string, unknown>;
  steps: number;
  strength?: number;
  eta?: number;
  noiseScale: number;
  timesteps: number[];
};

const { runs, tensors } = readFixture<{ runs: Run[] }>("schedulers.safetensors")[0]!;
const image = asTensor(tensors["image"]!);
const noises = tf.unstack(asTensor(tensors["noises"]!));
const wanted = tf.unstack(asTensor(tensors["samples"]!));

/** As `denoiser` of tests/reference/schedulers.py. */
function denoiser(kind: string): Network {
  return (input, { timestep: t }) =>
    Array.from(input, (x, i) => {
      const isFlow = kind === "flow_prediction";
      const angle = (t + 20) / 1040 * Math.PI / 2;
      const [a, b] = isFlow ? [1 - t / 1000, t / 1000] : [Math.cos(angle), Math.sin(angle)];
      const mean = 0.5 * Math.sin(i);
      const image = (0.36 * a * x + b * b * mean) / (0.36 * a * a + b * b) +
        0.05 * b * b * Math.sin(2 * x);
      const noise = (x - a * image) / b;
      if (kind === "epsilon") return noise;
      if (kind === "sample") return image;
      return isFlow ? noise - image : a * noise - b * image;
    });
}

function planOf({ className, config, steps, strength = 1, eta }: Run): Plan {
  const sampler = samplerOfConfig({ _class_name: className, ...config });
  if (eta === undefined) return sampler.plan({ steps, strength });
  return ddim({ ...sampler.settings, eta }).plan({ steps, strength });
}

for (const [className, ofClass] of Map.groupBy(runs.entries(), ([, { className }]) => className)) {
  Deno.test(`${className} runs as in diffusers, with every setting`, () => {
    assert.ok(ofClass.length >= 7);
    for (const [number, run] of ofClass) {
      const what = JSON.stringify({ ...run, timesteps: undefined });
      const plan = planOf(run);
      assert.ok(difference(plan.timesteps, run.timesteps) < 1e-6, what);
      assert.equal(plan.timesteps.length, run.timesteps.length, what);
      if (plan.noiseScale !== 0) {
        assert.ok(Math.abs(plan.noiseScale / run.noiseScale - 1) < 1e-6, what);
      }
      const [noise, ...drawn] = noises as [tf.Tensor, ...tf.Tensor[]];
      const samples = samplesOf(plan, plan.begin(beginning(run, noise)), {
        network: denoiser(plan.predictionType),
        random: (index) => ({ noise: drawn[index]! }),
      });
      const [middle, end] = tf.unstack(wanted[number]!).map((sample) => sample.dataSync());
      const error = Math.max(
        difference(samples[Math.floor(samples.length / 2)]!, middle!),
        difference(samples.at(-1)!, end!),
      );
      assert.ok(error <= 1e-5, `${error} in ${what}`);
    }
  });
}

function beginning({ className, strength = 1 }: Run, noise: tf.Tensor) {
  if (className === "DDIMInverseScheduler") return { image };
  return strength === 1 ? { noise } : { noise, image };
}
