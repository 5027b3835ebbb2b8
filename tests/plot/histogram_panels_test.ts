import assert from "node:assert/strict";
import { histogramPanels } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

Deno.test("histogramPanels() counts each sample in its own panel, with marks", async () => {
  const figure = histogramPanels([
    { name: "right", values: [0.5, 0.9, 0.95, 1, NaN], mark: { at: 0.93, label: "median 0.93" } },
    { name: "wrong", values: Float32Array.of(0.55, 0.4) },
  ], { title: "Confidence", label: "probability", range: [0.5, 1], bins: 5 });
  checkSnapshot(figure, "histogram_panels");
  const { concat } = figure.spec as unknown as {
    concat: { layer: { data: { values: { count: number }[] } }[] }[];
  };
  const counts = concat.map(({ layer }) => layer[0].data.values.map(({ count }) => count));
  assert.deepEqual(counts, [[1, 0, 0, 0, 3], [1, 0, 0, 0, 0]]);
  await checkFigure(figure, [
    ...["Confidence", "right (4)", "wrong (1)", "median 0.93", "galaxies"],
    "5 galaxies, 1 others without a value, 1 outside the axes",
  ]);
});

Deno.test("histogramPanels() refuses samples without a value", () => {
  const options = { title: "Confidence", label: "probability" };
  assert.throws(() => histogramPanels([{ name: "right", values: [2, NaN] }], options), {
    name: "RangeError",
    message: "Cannot draw histograms: 1 samples have no value from 0 to 1",
  });
});

Deno.test("histogramPanels() leaves null out, as NaN", async () => {
  const values = [0.5, null, undefined, NaN, 0] as number[];
  const figure = histogramPanels([{ name: "right", values }], { title: "a", label: "b" });
  assert.match(await figure.svg(), /right \(2\)/);
});
