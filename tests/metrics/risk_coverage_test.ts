import assert from "node:assert/strict";
import { Prng } from "galaxykit/data";
import { riskCoverage } from "galaxykit/metrics";

Deno.test("riskCoverage() answers from the surest on", () => {
  const probabilities = [[0.4, 0.6], [0.9, 0.1], [0.3, 0.7], [0.05, 0.95]];
  const { points, area } = riskCoverage({ target: [1, 0, 0, 1], probabilities });
  assert.deepEqual(points, [
    { threshold: 0.95, count: 1, coverage: 0.25, accuracy: 1 },
    { threshold: 0.9, count: 2, coverage: 0.5, accuracy: 1 },
    { threshold: 0.7, count: 3, coverage: 0.75, accuracy: 2 / 3 },
    { threshold: 0.6, count: 4, coverage: 1, accuracy: 0.75 },
  ]);
  assert.equal(area, (0 + 0 + 1 / 3 + 1 / 4) / 4);
});

Deno.test("riskCoverage() takes samples of one confidence together, whatever their order", () => {
  const target = [0, 1, 1, 0, 0, 1];
  const confidences = [0.8, 0.8, 0.8, 0.6, 0.6, 0.9];
  const probabilities = confidences.map((p) => [p, 1 - p]);
  const { points, area } = riskCoverage({ target, probabilities });
  assert.deepEqual(points.map(({ count, accuracy }) => [count, accuracy]), [
    [1, 0],
    [4, 0.25],
    [6, 0.5],
  ]);
  // The mean over many random orders of what the definition gives for each
  const random = new Prng(1);
  let sum = 0;
  const orders = 4000;
  for (let k = 0; k < orders; k++) {
    const order = [...random.permutation(6)].sort((a, b) => confidences[b] - confidences[a]);
    let wrong = 0;
    order.forEach((i, place) => sum += (wrong += target[i]) / (place + 1) / 6 / orders);
  }
  assert.ok(Math.abs(area - sum) < 0.005, `${area} found, ${sum} wanted`);
});

Deno.test("riskCoverage() of a confidence that tells nothing has the error rate as its area", () => {
  const { area, points } = riskCoverage({
    target: [0, 0, 1, 0],
    probabilities: Array.from({ length: 4 }, () => [0.7, 0.3]),
  });
  assert.equal(points.length, 1);
  assert.equal(area, 0.25);
});

Deno.test("riskCoverage() refuses other lengths", () => {
  assert.throws(() => riskCoverage({ target: [0], probabilities: [] }), { name: "TypeError" });
});
