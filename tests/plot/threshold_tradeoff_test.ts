import assert from "node:assert/strict";
import { thresholdTradeoff } from "../../lib/plot/mod.ts";
import { compile } from "vega-lite";
import { parse, View } from "vega";
import { checkFigure, checkSnapshot } from "./_checks.ts";

const panels = [{
  name: "Kept",
  label: "share",
  points: [0.5, 0.6, 0.8].flatMap((x) => [
    { x, value: 1 - x, group: "all" },
    { x, value: (1 - x) / 2, group: "smooth" },
  ]),
}, {
  name: "Noise",
  label: "wrong",
  format: ".2f",
  points: [{ x: 0.5, value: 0.3, low: 0.2, high: 0.4 }, { x: 0.8, value: 0.1 }],
}];
const readout = (threshold: number) => [`threshold ${threshold}`, `${10 * threshold} kept`];

Deno.test("thresholdTradeoff() draws panels, and the numbers of the threshold it stands at", async () => {
  const figure = thresholdTradeoff(panels, { readout });
  checkSnapshot(figure, "threshold_tradeoff");
  const svg = await checkFigure(figure, ["Kept", "Noise", "smooth", "threshold 0.6", "6 kept"]);
  assert.ok(!svg.includes("threshold 0.5"));
  // The nearest threshold where there is none at the wanted place
  const texts = ["threshold 0.8"];
  assert.ok(
    !(await checkFigure(thresholdTradeoff(panels, { readout, at: 0.99 }), texts))
      .includes("threshold 0.6"),
  );
  await checkFigure(thresholdTradeoff(panels), ["Kept", "Noise"]);
});

Deno.test("thresholdTradeoff() shows other numbers where the slider is moved", async () => {
  const { spec } = thresholdTradeoff(panels, { readout });
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  for (const [slider, wanted] of [[0.5, 0.5], [0.54, 0.5], [0.56, 0.6], [0.69, 0.6], [0.8, 0.8]]) {
    const svg = await view.signal("threshold", slider).toSVG();
    for (const threshold of [0.5, 0.6, 0.8]) {
      assert.equal(svg.includes(`>threshold ${threshold}<`), threshold === wanted);
    }
  }
  view.finalize();
});

Deno.test("thresholdTradeoff() refuses nothing", () => {
  assert.throws(() => thresholdTradeoff([]), {
    name: "RangeError",
    message: "Cannot draw a threshold trade-off: there are no panels",
  });
  assert.throws(() => thresholdTradeoff([{ ...panels[0], points: [] }]), {
    name: "RangeError",
    message: "Cannot draw curves: there are no points",
  });
});
