import assert from "node:assert/strict";
import { intervalCurves } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

const options = { title: "Label noise", x: "volunteers", y: "share" };

Deno.test("intervalCurves() draws curves, bands and levels to compare with", async () => {
  const figure = intervalCurves([
    { x: 3, value: 0.3, low: 0.25, high: 0.35, group: "true" },
    { x: 30, value: 0.2, low: 0.15, high: 0.25, group: "true" },
    { x: 3, value: 0.1, group: "other" },
    { x: 30, value: 0.05, group: "other" },
  ], {
    ...options,
    ...{ scale: "log", ticks: [3, 30], format: ".0%" },
    reference: [{ at: 0.01, label: "published" }],
  });
  checkSnapshot(figure, "interval_curves");
  await checkFigure(figure, ["Label noise", "true", "other", "30%", "published", "volunteers"]);
  const svg = await checkFigure(intervalCurves([{ x: 1, value: 2 }], options), ["share"]);
  assert.ok(!svg.includes("role-legend"));
});

Deno.test("intervalCurves() refuses nothing, and a value outside its interval", () => {
  assert.throws(() => intervalCurves([], options), {
    name: "RangeError",
    message: "Cannot draw curves: there are no points",
  });
  const point = { x: 3, value: 0.5, low: 0.6, high: 0.7 };
  assert.throws(() => intervalCurves([point], options), {
    name: "RangeError",
    message: "Cannot draw curves: a value must lie in its interval: 0.5 in [0.6, 0.7] at 3",
  });
  assert.throws(() => intervalCurves([{ ...point, group: "a", low: NaN }], options), {
    message: "Cannot draw curves: a value must lie in its interval: a, 0.5 in [NaN, 0.7] at 3",
  });
});
