import assert from "node:assert/strict";
import { densityPanels, pairedHistograms, residualPanels, scoreBars } from "../../lib/plot/mod.ts";
import { checkFigure } from "./_checks.ts";

const target = Array.from({ length: 60 }, (_, i) => i < 5 ? NaN : (i - 5) / 54);
const prediction = target.map((x, i) =>
  Number.isNaN(x) ? 2 : Math.min(1, x + 0.1 * Math.sin(i) ** 2)
);
const panels = ["Smooth", "Bar", "Spiral"].map((name, at) => ({
  ...{ name, target, prediction },
  notes: [at === 1 ? "t03: Is there a sign of a bar feature through the centre?" : "t01", "r 0.98"],
}));

/** The values of the first layer of a panel. */
// deno-lint-ignore no-explicit-any
function valuesOf(figure: { spec: any }, panel = 0, layer = 0): Record<string, number>[] {
  return figure.spec.concat[panel].layer[layer].data.values;
}

Deno.test("densityPanels() counts galaxies with a truth, and cuts long lines", async () => {
  const figure = densityPanels(panels, { title: "Fractions", columns: 2, bins: 10 });
  const svg = await checkFigure(figure, ["Fractions", "Smooth (55)", "true fraction"]);
  assert.match(svg, />r 0\.98</);
  assert.match(svg, /t03: Is there a sign of a bar feat[^<]*…/);
  assert.equal(valuesOf(figure).reduce((sum, { n }) => sum + n!, 0), 55);
  const one = { name: "one", target: [0.5], prediction: [0.5] };
  await checkFigure(densityPanels([one], { title: "One" }), ["one (1)"]);
  assert.throws(() => densityPanels([{ ...one, target: [NaN] }], { title: "None" }), {
    name: "RangeError",
    message: "Cannot draw predictions against the truth: 1 panels have no value from 0 to 1",
  });
});

Deno.test("pairedHistograms() compares the same galaxies, with an area of 1 each", async () => {
  const figure = pairedHistograms(panels, { title: "Distributions", columns: 2, bins: 20 });
  await checkFigure(figure, ["true", "predicted", "Bar (55)", "vote fraction"]);
  for (const name of ["true", "predicted"]) {
    const own = valuesOf(figure).filter((row) => row.name as unknown === name);
    const area = own.reduce((sum, { density }) => sum + density! / 20, 0);
    assert.ok(Math.abs(area - 1) < 1e-9, `${area}`); // The prediction of 2 has no truth
  }
  assert.throws(() => pairedHistograms([], { title: "None" }), {
    name: "RangeError",
    message: "Cannot draw distributions: 0 panels have no value from 0 to 1",
  });
});

Deno.test("residualPanels() shows medians of groups of equally many galaxies", async () => {
  const x = Array.from({ length: 200 }, (_, i) => i === 3 ? NaN : i / 1000);
  const residual = x.map((z, i) => (i % 2 ? 0.1 : -0.1) + (z > 0.1 ? 0.2 : 0));
  const panel = { name: "Spiral", label: "redshift", x, residual };
  const figure = residualPanels([panel], { title: "Errors", groups: 2 });
  await checkFigure(figure, ["Errors", "Spiral (199)", "redshift", "predicted − true"]);
  const [low, high] = valuesOf(figure, 0, 3) as unknown as { y: number; n: number }[];
  assert.ok(Math.abs(high!.y - low!.y) > 0.15 && Math.abs(low!.n - high!.n) <= 1);
  await checkFigure(residualPanels([{ ...panel, x: [0.1], residual: [0] }], { title: "One" }));
  assert.throws(() => residualPanels([{ ...panel, x: [NaN], residual: [0] }], { title: "None" }), {
    name: "RangeError",
    message: 'Cannot draw errors of "Spiral": no galaxy has an error and a redshift',
  });
});

Deno.test("scoreBars() draws answers by question, networks side by side, and falls below 0", async () => {
  const bars = [
    { name: "Smooth", section: "Smooth or featured?", value: 0.98, low: 0.97, high: 0.99 },
    { name: "Bar", section: "Is there a bar?", value: -0.2, low: -0.4, high: 0.1 },
  ];
  const texts = ["R²", "Smooth or featured?", "Is there a bar?", "0.98", "-0.20"];
  await checkFigure(scoreBars(bars, { title: "R²", label: "R²" }), texts);
  const groups = bars.flatMap((bar) =>
    ["SDSS", "UKIDSS"].map((group, at) => ({ name: bar.name, group, value: bar.value - at / 10 }))
  );
  await checkFigure(scoreBars(groups, { title: "r", label: "r" }), ["SDSS", "UKIDSS", "0.88"]);
  assert.throws(() => scoreBars([{ name: "Bar", value: NaN }], { title: "r", label: "r" }), {
    name: "RangeError",
    message: 'Cannot draw scores: that of "Bar" is NaN; leave it out, and say so',
  });
});
