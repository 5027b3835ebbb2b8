import assert from "node:assert/strict";
import { tf } from "galaxykit/tensorflow";
import { Ema, type EmaOptions } from "galaxykit/train";

type Case = EmaOptions & { values: number[][]; averages: number[][]; decays: number[] };

const { cases }: { cases: Case[] } = JSON.parse(
  Deno.readTextFileSync(new URL("../reference/ema.json", import.meta.url)),
);

for (const { values, averages, decays, ...options } of cases) {
  Deno.test(`Ema of ${JSON.stringify(options)} averages as diffusers' EMAModel does`, () => {
    const parameter = tf.variable(tf.tensor1d(values[0]!));
    const ema = new Ema({ parameter }, options);
    values.slice(1).forEach((present, step) => {
      parameter.assign(tf.tensor1d(present));
      ema.update();
      const found = ema.state.parameter!.dataSync();
      averages[step]!.forEach((wanted, i) =>
        assert.ok(
          Math.abs(found[i]! - wanted) < 1e-6,
          `step ${step + 1}: ${found[i]}, ${wanted} wanted (decay ${decays[step]})`,
        )
      );
    });
    if (options.warmup) assert.equal(ema.state["warmup/steps"]!.dataSync()[0], 30);
    ema.dispose();
    parameter.dispose();
  });
}

Deno.test("Ema refuses a decay or a warm-up out of range", () => {
  const parameters = { a: tf.variable(tf.scalar(0)) };
  const refused: [EmaOptions, string][] = [
    [{ decay: 1 }, "the decay must be in [0, 1), found 1"],
    [{ decay: NaN }, "the decay must be in [0, 1), found NaN"],
    [{ decay: 0.9, warmup: { power: 0 } }, "power of the warm-up must be positive, found 0"],
    [{ decay: 0.9, warmup: { after: -1 } }, "after of the warm-up must be positive, found -1"],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => new Ema(parameters, options), {
      name: "RangeError",
      message: `Cannot average parameters: ${message}`,
    });
  }
});
