import assert from "node:assert/strict";
import {
  ddim,
  ddpm,
  dpmSolver,
  euler,
  eulerAncestral,
  heun,
  pndm,
  samplerNamed,
  samplerOfConfig,
  samplers,
} from "galaxykit/diffusion";
import { difference } from "./_runs.ts";
import { schedulers } from "./_schedulers.ts";

const STABLE_DIFFUSION = {
  betaSchedule: "scaled_linear",
  betaStart: 0.00085,
  betaEnd: 0.012,
} as const;

Deno.test("timesteps are those of diffusers for any number of steps, to the last rounding", () => {
  for (const { className, spacing, steps, timesteps } of schedulers.timesteps) {
    const sampler = samplerOfConfig({ _class_name: className, timestep_spacing: spacing });
    const found = sampler.plan({ steps }).timesteps;
    assert.equal(found.length, timesteps.length);
    assert.ok(difference(found, timesteps) < 1e-9, `${className} ${spacing} ${steps}: ${found}`);
  }
});

Deno.test("eulerAncestral() takes GalaxySD's levels: linspace, 40 steps", () => {
  const { calls, start, noiseScale } = eulerAncestral(STABLE_DIFFUSION).plan({ steps: 40 });
  const sigmas = calls.map(({ level }) => level.noise.toFixed(5));
  assert.deepEqual(sigmas.slice(0, 4), ["14.61464", "12.54561", "10.82878", "9.39680"]);
  assert.deepEqual(sigmas.slice(-3), ["0.22874", "0.15674", "0.02917"]);
  const [first, last] = [calls[0]!.next, calls.at(-1)!.next];
  assert.equal(first["random"]!.toFixed(5), "6.43508");
  // x and the image are mixed in the ratio of the levels: σ_down of the first step
  assert.equal((first["sample"]! * calls[0]!.level.noise).toFixed(5), "10.76950");
  assert.equal(last["random"], 0);
  assert.deepEqual([start.signal, start.noise.toFixed(4)], [1, "14.6146"]);
  assert.equal(noiseScale.toFixed(4), "14.6146");
});

Deno.test("pure noise is multiplied with σ, and with the whole deviation where steps are leading", () => {
  for (const sampler of [euler, eulerAncestral, heun]) {
    const of = (timestepSpacing: "linspace" | "leading" | "trailing") => {
      const plan = sampler({ ...STABLE_DIFFUSION, timestepSpacing }).plan({ steps: 30 });
      return [plan.noiseScale, plan.calls[0]!.level.noise] as const;
    };
    for (const spacing of ["linspace", "trailing"] as const) {
      const [scale, sigma] = of(spacing);
      assert.equal(scale, sigma);
    }
    const [scale, sigma] = of("leading");
    assert.ok(Math.abs(scale ** 2 - sigma ** 2 - 1) < 1e-9);
  }
});

Deno.test("a network is given σ-samples at unit variance", () => {
  for (const { level } of heun(STABLE_DIFFUSION).plan({ steps: 5 }).calls) {
    assert.ok(Math.abs(level.scale ** 2 * (level.noise ** 2 + 1) - 1) < 1e-12);
  }
});

Deno.test("a schedule that ends in pure noise has σ = 4096 there", () => {
  const settings = { rescaleBetasZeroSnr: true, timestepSpacing: "trailing" } as const;
  const { level } = euler(settings).plan({ steps: 5 }).calls[0]!;
  assert.equal(level.noise.toFixed(2), "4096.00");
});

Deno.test("strength keeps the last ⌊steps · strength⌋ steps, cut off as diffusers does", () => {
  const kept = (steps: number, strength: number) => ddim().plan({ steps, strength }).calls.length;
  assert.equal(kept(50, 0.58), 28); // 28.999999999999996
  assert.equal(kept(50, 1), 50);
  assert.equal(kept(10, 0.19), 1);
  const whole = ddim().plan({ steps: 50 }).timesteps;
  assert.deepEqual(ddim().plan({ steps: 50, strength: 0.8 }).timesteps, whole.slice(10));
});

Deno.test("strength cuts a run of two calls a step between two steps", () => {
  const [whole, part] = [1, 0.5].map((strength) => heun().plan({ steps: 10, strength }));
  assert.deepEqual(part!.calls, whole!.calls.slice(10));
});

Deno.test("pndm() repeats the second timestep of a run, wherever it begins", () => {
  const sampler = pndm({ skipPrkSteps: true, stepsOffset: 1 });
  const { timesteps } = sampler.plan({ steps: 8, strength: 0.5 });
  assert.deepEqual(timesteps, [376, 251, 251, 126, 1]);
});

Deno.test("plan() of every sampler refuses steps and strengths that mean nothing, by name", () => {
  const refused: [Record<string, unknown>, string][] = [
    [{ steps: 0 }, "steps must be a whole number in [1, 1000], found 0"],
    [{ steps: 2.5 }, "steps must be a whole number in [1, 1000], found 2.5"],
    [{ steps: NaN }, "steps must be a whole number in [1, 1000], found NaN"],
    [{}, "steps must be a whole number in [1, 1000], found null"],
    [{ steps: 1001 }, "steps must be a whole number in [1, 1000], found 1001"],
    [{ steps: 10, strength: 2 }, "strength must be in (0, 1], found 2"],
    [{ steps: 10, strength: 0 }, "strength must be in (0, 1], found 0"],
    [{ steps: 10, strength: NaN }, "strength must be in (0, 1], found NaN"],
    [
      { steps: 10, strength: 0.05 },
      "strength 0.05 of 10 steps leaves none, at least 20 steps are wanted",
    ],
    [{ steps: 10, stregnth: 1 }, 'there is no option "stregnth", nearest is "strength"'],
  ];
  for (const name of Object.keys(samplers)) {
    for (const [options, message] of refused) {
      assert.throws(() => samplerNamed(name).plan(options as { steps: number }), {
        name: "RangeError",
        message: `Cannot plan a run of ${name}: ${message}`,
      });
    }
  }
});

Deno.test("plan() refuses timesteps that there are not, or twice", () => {
  assert.throws(() => ddpm({ stepsOffset: 1 }).plan({ steps: 1000 }), {
    name: "RangeError",
    message:
      "Cannot plan a run: 1000 leading steps with stepsOffset 1 begin at timestep 1000, and the last is 999; take fewer steps or less offset",
  });
  assert.throws(() => dpmSolver().plan({ steps: 1000 }), {
    name: "RangeError",
    message: "Cannot plan a run: 1000 linspace steps fall on timestep 500 twice; take fewer",
  });
  assert.throws(() => pndm().plan({ steps: 8, strength: 0.3 }), {
    name: "RangeError",
    message:
      "Cannot plan a run of pndm: the Runge-Kutta steps want at least 4 timesteps, found 2; take more steps, or skipPrkSteps true",
  });
});

Deno.test("plan() refuses a prediction that tells nothing of the image, or of the noise", () => {
  const pureNoise = { rescaleBetasZeroSnr: true, timestepSpacing: "trailing" } as const;
  for (const sampler of [ddim, ddpm]) {
    assert.throws(() => sampler(pureNoise).plan({ steps: 10 }), {
      name: "RangeError",
      message:
        'Cannot plan a run: at timestep 999 a sample is pure noise, of which predictionType "epsilon" tells nothing; take v_prediction, or a schedule that does not end in pure noise',
    });
    assert.equal(
      sampler({ ...pureNoise, predictionType: "v_prediction" }).plan({ steps: 10 }).calls.length,
      10,
    );
  }
  assert.throws(
    () => samplerNamed("ddimInverse", { predictionType: "sample" }).plan({ steps: 10 }),
    {
      name: "RangeError",
      message:
        'Cannot plan a run: at timestep 0 a sample has no noise, of which predictionType "sample" tells nothing; take epsilon or v_prediction, or setAlphaToOne false',
    },
  );
});
