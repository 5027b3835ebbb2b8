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

Deno.test("oneCycle() is a finite rate at every step, wherever the rise ends", () => {
  for (const steps of [1, 2, 3, 10, 101]) {
    for (const rise of [0, 0.05, 0.1, 1 / 3, 0.5, 0.9, 1]) {
      const schedule = oneCycle({ rate: 0.1, steps, rise });
      const rates = Array.from({ length: steps + 2 }, (_, step) => schedule(step));
      assert.ok(rates.every((rate) => rate > 0 && rate <= 0.1), `${steps} ${rise}: ${rates}`);
    }
  }
  // The rise ends at the first step: its rate is the highest, as a longer rise's last one is.
  assert.equal(oneCycle({ rate: 0.1, steps: 10, rise: 0.1 })(0), 0.1);
  assert.equal(oneCycle({ rate: 0.1, steps: 10, rise: 0.5 })(4), 0.1);
});

Deno.test("Schedules refuse options that are missing, not known, or out of their range", () => {
  const calls: [() => unknown, string][] = [
    [() => constant(-1), "Cannot make a constant schedule: rate must be in [0, ∞), found -1"],
    [() => constant(NaN), "Cannot make a constant schedule: rate must be in [0, ∞), found NaN"],
    [
      () => constant("0.1" as never),
      "Cannot make a constant schedule: rate must be in [0, ∞), found string 0.1",
    ],
    [
      () => cosine({ rate: Infinity, steps: 10 }),
      "Cannot make a cosine schedule: rate must be in [0, ∞), found Infinity",
    ],
    [
      () => cosine({ rate: 1, steps: 0 }),
      "Cannot make a cosine schedule: steps must be a whole number in [1, ∞), found 0",
    ],
    [
      () => cosine({ rate: 1, steps: 10, warmup: NaN }),
      "Cannot make a cosine schedule: warmup must be in [0, ∞), found NaN",
    ],
    [
      () => cosine({ rate: 1, steps: 10, final: -1 }),
      "Cannot make a cosine schedule: final must be in [0, ∞), found -1",
    ],
    [
      () => cosine({ rate: 1, steps: 10, warmUp: 1 } as never),
      'Cannot make a cosine schedule: there is no option "warmUp", nearest is "warmup"',
    ],
    [
      () => oneCycle({ rate: 1, steps: 9.5 }),
      "Cannot make a one-cycle schedule: steps must be a whole number in [1, ∞), found 9.5",
    ],
    [
      () => oneCycle({ rate: 1, steps: 9, rise: 1.5 }),
      "Cannot make a one-cycle schedule: rise must be in [0, 1], found 1.5",
    ],
    [
      () => oneCycle({ rate: 1, steps: 9, endFactor: 0 }),
      "Cannot make a one-cycle schedule: endFactor must be in (0, ∞), found 0",
    ],
    [
      () => oneCycle({ rate: 1 } as never),
      "Cannot make a one-cycle schedule: it needs steps, found none",
    ],
    [
      () => stepDecay({ rate: 1, every: 0 }),
      "Cannot make a schedule of steps: every must be a whole number in [1, ∞), found 0",
    ],
    [
      () => stepDecay({ rate: 1, every: 2, factor: -0.1 }),
      "Cannot make a schedule of steps: factor must be in (0, 1], found -0.1",
    ],
  ];
  for (const [call, message] of calls) assert.throws(call, { message });
});
