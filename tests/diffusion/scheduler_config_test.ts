import assert from "node:assert/strict";
import { join } from "node:path";
import {
  configOf,
  ddim,
  dpmSolver,
  euler,
  flowMatchEuler,
  pndm,
  readSchedulerConfig,
  type Sampler,
  samplerNamed,
  samplerOfConfig,
  samplers,
  swapSampler,
  writeSchedulerConfig,
} from "galaxykit/diffusion";
import { temporaryFolder } from "../temporary.ts";
import { schedulers } from "./_schedulers.ts";

const folder = temporaryFolder();
const path = join(folder, "scheduler_config.json");

function written(text: string): Sampler {
  Deno.writeTextFileSync(path, text);
  return readSchedulerConfig(path);
}

Deno.test("swapSampler() makes what diffusers' from_config makes, of the files that it writes", () => {
  for (const { from, to, config } of schedulers.swaps) {
    const { name } = samplerOfConfig({ _class_name: to });
    const found = configOf(swapSampler(written(from), { to: name }));
    for (const [field, value] of Object.entries(config)) {
      if (!(field in found) || value === null) continue; // One thing here, or not said
      assert.deepEqual(found[field], value, `${field} of ${to} from ${from}`);
    }
    assert.equal(found["timestep_spacing"], config["timestep_spacing"]);
    assert.equal(found["beta_schedule"], config["beta_schedule"]);
  }
});

Deno.test("swapSampler() there and back is the sampler that it was", () => {
  const first = pndm({ skipPrkSteps: true, stepsOffset: 1, betaSchedule: "scaled_linear" });
  const back = swapSampler(swapSampler(first, { to: "dpmSolver" }), { to: "pndm" });
  assert.deepEqual(back.settings, first.settings);
});

Deno.test("swapSampler() keeps the noise schedule that a network was trained on", () => {
  const { settings } = swapSampler(ddim(), { to: "heun" });
  assert.deepEqual([settings.betaStart, settings.betaEnd], [0.0001, 0.02]); // heun's own are others
});

Deno.test("swapSampler() refuses what would be another thing, by name", () => {
  const pureNoise = ddim({ rescaleBetasZeroSnr: true, predictionType: "v_prediction" });
  assert.throws(() => swapSampler(pureNoise, { to: "heun" }), {
    name: "RangeError",
    message:
      "Cannot make a heun sampler: rescale_betas_zero_snr must be false, as it has no schedule that ends in pure noise, found true",
  });
  assert.throws(() => swapSampler(ddim(), { to: "flowMatchEuler" }), {
    name: "RangeError",
    message:
      'Cannot make a flowMatchEuler sampler: predictionType must be one of flow_prediction, "epsilon" found',
  });
  assert.throws(() => swapSampler(flowMatchEuler(), { to: "euler" }), {
    name: "RangeError",
    message:
      'Cannot make a euler sampler: predictionType must be one of epsilon, v_prediction, sample, "flow_prediction" found',
  });
  assert.throws(() => swapSampler(ddim(), { to: "lms" }), {
    name: "RangeError",
    message:
      /^Cannot make a sampler: there is no "lms", there are ddpm, ddim, ddimInverse, euler, /,
  });
});

Deno.test("writeSchedulerConfig() and readSchedulerConfig() keep every sampler's settings", () => {
  const told: Record<string, Parameters<typeof samplerNamed>[1]> = {
    euler: { useKarrasSigmas: true, finalSigmasType: "sigma_min" },
    dpmSolver: { solverOrder: 3, solverType: "heun", thresholding: true },
    flowMatchEuler: { shift: 3 },
    ddim: { eta: 0.5, stepsOffset: 1 },
  };
  for (const name of Object.keys(samplers)) {
    const sampler = samplerNamed(name, told[name]);
    writeSchedulerConfig(path, sampler);
    const read = readSchedulerConfig(path);
    // A run's own choice, not in files
    assert.deepEqual({ ...read.settings, ...(name === "ddim" && { eta: 0.5 }) }, sampler.settings);
    assert.ok(!Deno.readTextFileSync(path).includes('eta"'));
  }
});

Deno.test("readSchedulerConfig() reads infinite numbers, which Python writes, and writes none", () => {
  const sampler = written(
    '{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "beta_end": 0.012}',
  );
  assert.equal(sampler.settings.betaEnd, 0.012);
  assert.ok(!JSON.stringify(configOf(sampler)).includes("lambda_min_clipped"));
});

Deno.test("samplerOfConfig() takes other samplers' words and Python's None for what they mean", () => {
  const config = { _class_name: "DPMSolverMultistepScheduler", solver_type: "bh2" };
  assert.equal(samplerOfConfig(config).settings.solverType, "midpoint");
  const none = { _class_name: "EulerDiscreteScheduler", use_karras_sigmas: null };
  assert.equal(samplerOfConfig(none).settings.useKarrasSigmas, false);
});

Deno.test("samplerOfConfig() refuses what it does not know, or cannot do, by name", () => {
  const refused: [Record<string, unknown>, string][] = [
    [
      { _class_name: "EulerDiscreteScheduler", use_beta_sigmas: true },
      "Cannot make a euler sampler: use_beta_sigmas must be false here, found true",
    ],
    [
      { _class_name: "DPMSolverMultistepScheduler", lambda_min_clipped: -5.1 },
      "Cannot make a dpmSolver sampler: lambda_min_clipped must be -Infinity here, found -5.1",
    ],
    [
      { _class_name: "UniPCMultistepScheduler", disable_corrector: [0] },
      "Cannot make a unipc sampler: disable_corrector must be [] here, found [0]",
    ],
    [
      { _class_name: "DDPMScheduler", variance_type: "learned_range" },
      'Cannot make a ddpm sampler: varianceType must be one of fixed_small, fixed_small_log, fixed_large, "learned_range" found',
    ],
    [
      { _class_name: "DDIMScheduler", step_offset: 1 },
      'Cannot make a ddim sampler: there is no field "step_offset", nearest is "steps_offset"',
    ],
    [
      { _class_name: "DDIMScheduler", clip_sample: "no" },
      'Cannot make a ddim sampler: clipSample must be true or false, found "no"',
    ],
  ];
  for (const [config, message] of refused) {
    assert.throws(() => samplerOfConfig(config), { message });
  }
  assert.throws(() => samplerOfConfig({ _class_name: "LCMScheduler" }), {
    name: "RangeError",
    message:
      /^Cannot make a sampler of a configuration: _class_name must be one of DDPMScheduler, .*, found "LCMScheduler"$/,
  });
});

Deno.test("readSchedulerConfig() refuses a file that is no configuration, naming it", () => {
  assert.throws(() => written("{"), {
    name: "SyntaxError",
    message: `Cannot read "${path}": it is no JSON`,
  });
  assert.throws(() => written("[1]"), {
    name: "SyntaxError",
    message: `Cannot read "${path}": an object is wanted, found [1]`,
  });
});

Deno.test("samplers refuse settings that they have not, or out of their range", () => {
  assert.throws(() => euler({ useKarasSigmas: true } as object), {
    name: "RangeError",
    message:
      'Cannot make a euler sampler: there is no option "useKarasSigmas", nearest is "useKarrasSigmas"',
  });
  assert.throws(() => euler({ stepsOffset: -1 }), {
    name: "RangeError",
    message: "Cannot make a euler sampler: stepsOffset must be a whole number in [0, ∞), found -1",
  });
  assert.throws(() => ddim({ eta: NaN }), {
    name: "RangeError",
    message: "Cannot make a ddim sampler: eta must be in [0, 1], found NaN",
  });
  assert.throws(() => dpmSolver({ algorithmType: "sde-dpmsolver++", solverOrder: 3 }), {
    name: "RangeError",
    message: "Cannot make a dpmSolver sampler: sde-dpmsolver++ has solverOrder 1 or 2, found 3",
  });
  assert.throws(() => euler({ betaStart: 0 }), {
    message: /betaStart must be in \(0, 1\), found 0/,
  });
});
