import assert from "node:assert/strict";
import { calibration } from "../../lib/metrics/mod.ts";
import { reliabilityDiagram } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

Deno.test("reliabilityDiagram() draws the bins that hold samples, and the diagonal", async () => {
  const probabilities = [[0.95, 0.05], [0.75, 0.25], [0.78, 0.22], [0.4, 0.6]];
  const own = calibration({ target: [0, 0, 1, 1], probabilities, bins: 10 });
  const figure = reliabilityDiagram([
    { name: "mine", ...own },
    { name: "other", bins: own.bins.slice(8) },
  ]);
  checkSnapshot(figure, "reliability_diagram");
  const error = own.expectedError.toFixed(3);
  await checkFigure(figure, ["Reliability", `mine (ECE ${error})`, "other", "confidence"]);
});

Deno.test("reliabilityDiagram() refuses bins without samples", () => {
  const bins = [{ low: 0, high: 1, count: 0, confidence: NaN, accuracy: NaN }];
  assert.throws(() => reliabilityDiagram([{ name: "mine", bins }]), {
    name: "RangeError",
    message: "Cannot draw a reliability diagram: no bin holds a sample",
  });
});
