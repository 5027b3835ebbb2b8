import assert from "node:assert/strict";
import { constant, cosine, oneCycle, type Schedule, stepDecay } from "galaxykit/train";
import { fixture } from "./_optimizer_fixture.ts";

function ratesOf(kind: string, name: string): { rates: number[]; options: Record<string, number> } {
  const found = fixture.schedules.find((entry) => entry.schedule === kind && entry.name === name);
  assert.ok(found !== undefined, `no rates of ${kind} ${name}`);
  return found;
}

function assertRates(schedule: Schedule, wanted: number[], first = 0): void {
  for (let step = first; step < wanted.length; step++) {
    assert.ok(
      Math.abs(schedule(step) - wanted[step]!) < 1e-12,
      `step ${step}: ${schedule(step)} found, ${wanted[step]} wanted`,
    );
  }
}

Deno.test("constant() is the same rate throughout", () => {
  assert.deepEqual([0, 1, 1000].map(constant(0.3)), [0.3, 0.3, 0.3]);
});

Deno.test("cosine() without a rise agrees with PyTorch's CosineAnnealingLR", () => {
  const { rates } = ratesOf("cosine", "no_warmup");
  assertRates(cosine({ rate: 0.1, steps: rates.length }), rates);
});

Deno.test("cosine() falls from the rise to the final rate as PyTorch's", () => {
  const { rates, options } = ratesOf("cosine", "minimum");
  const { warmupSteps: warmup, minimum: final } = options;
  assertRates(cosine({ rate: 0.1, steps: rates.length, warmup, final }), rates, warmup);
});

Deno.test("cosine() rises a step ahead of transformers' schedule, whose first step stands still", () => {
  const { rates, options } = ratesOf("cosineFromZero", "from_zero");
  const warmup = options["warmupSteps"]!;
  const schedule = cosine({ rate: 0.1, steps: rates.length, warmup });
  assertRates(schedule, rates.slice(1, warmup + 1));
  assertRates(schedule, rates, warmup);
});

Deno.test("cosine() stays at the final rate after its steps", () => {
  assert.equal(cosine({ rate: 0.1, steps: 10, final: 0.01 })(15), 0.01);
});

Deno.test("cosine() refuses a rise as long as the whole", () => {
  assert.throws(() => cosine({ rate: 0.1, steps: 10, warmup: 10 }), {
    name: "RangeError",
    message: "Cannot make a cosine schedule: warmup must be in [0, steps), found 10 of 10 steps",
  });
});

Deno.test("oneCycle() agrees with PyTorch's OneCycleLR", () => {
  const { rates } = ratesOf("oneCycle", "default");
  assertRates(oneCycle({ rate: 0.1, steps: rates.length }), rates);
});

Deno.test("oneCycle() gives finite rates for any number of steps", () => {
  for (let steps = 1; steps <= 12; steps++) {
    const schedule = oneCycle({ rate: 0.1, steps });
    for (let step = 0; step < steps; step++) {
      const rate = schedule(step);
      assert.ok(rate > 0 && rate <= 0.1, `rate ${rate} in step ${step} of ${steps}`);
    }
  }
});

Deno.test("stepDecay() agrees with PyTorch's StepLR", () => {
  const { rates } = ratesOf("step", "default");
  assertRates(stepDecay({ rate: 0.1, every: 15 }), rates);
});
