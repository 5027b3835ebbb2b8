import assert from "node:assert/strict";
import { intervalPlot } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

const options = { title: "Accuracy", label: "accuracy" };

Deno.test("intervalPlot() draws values, intervals and what to compare them with", async () => {
  const figure = intervalPlot([
    { name: "two phases", group: "smooth", value: 0.9, low: 0.8, high: 0.95 },
    { name: "two phases", group: "featured", value: 0.85, low: 0.8, high: 0.95 },
    { name: "from scratch", group: "smooth", value: 0.7, low: 0.6, high: 0.8 },
  ], { ...options, reference: { at: 0.909, label: "published 0.909" } });
  checkSnapshot(figure, "interval_plot");
  const texts = ["Accuracy", "two phases", "from scratch", "smooth", "0.700", "published 0.909"];
  await checkFigure(figure, texts);
  await checkFigure(intervalPlot([{ name: "one", value: 1, low: 1, high: 1 }], options), ["1.000"]);
});

Deno.test("intervalPlot() refuses nothing, and a value outside its interval", () => {
  assert.throws(() => intervalPlot([], options), {
    name: "RangeError",
    message: "Cannot draw intervals: there are no rows",
  });
  assert.throws(() => intervalPlot([{ name: "one", value: 2, low: 0, high: 1 }], options), {
    name: "RangeError",
    message: "Cannot draw intervals: the value must lie in its interval: one is 2 in [0, 1]",
  });
});

Deno.test("intervalPlot() tells values apart whose intervals are narrow", async () => {
  const rows = [
    { name: "one", value: 0.9991, low: 0.9989, high: 0.9993 },
    { name: "other", value: 0.9986, low: 0.998, high: 1 },
  ];
  await checkFigure(intervalPlot(rows, options), ["0.9991", "0.9986"]);
  await checkFigure(intervalPlot(rows, { ...options, format: ".1%" }), ["99.9%"]);
});
