import assert from "node:assert/strict";
import { labelEfficiency, labelsNeeded } from "galaxykit/metrics";
import { studentQuantile } from "../../lib/metrics/_beta.ts";
import { assertClose } from "./reference.ts";
import { reference } from "./votes_reference.ts";

Deno.test("labelEfficiency() has Student's intervals of the mean over repeats", () => {
  for (const { share, freedom, t } of reference.student) {
    assertClose(studentQuantile(share, freedom) / t, 1, 1e-9);
  }
  const scores = [0.5, 0.6, 0.7, 0.55, 0.65];
  const [point, single] = labelEfficiency([
    { labels: 400, score: 0.8 },
    ...scores.map((score) => ({ labels: 100, score })),
  ]);
  assert.deepEqual([point!.labels, point!.runs, single!.low], [100, 5, undefined]);
  const half = reference.student[1]!.t * Math.sqrt(0.00625 / 5);
  assertClose([point!.value, point!.low, point!.high], [0.6, 0.6 - half, 0.6 + half]);
});

Deno.test("labelsNeeded() is where a curve first reaches a score, of errors too", () => {
  const errors = [[10, 0.4], [100, 0.2], [1000, 0.1]].map(([labels, value]) => ({
    labels: labels!,
    value: value!,
  }));
  assertClose(labelsNeeded(errors, { score: 0.3, better: "lower" }), Math.sqrt(1000), 1e-9);
  assert.equal(labelsNeeded(errors, { score: 0.5, better: "lower" }), 10);
  assert.ok(Number.isNaN(labelsNeeded(errors, { score: 0.05, better: "lower" })));
  assert.throws(() => labelEfficiency([{ labels: 0, score: 1 }]), {
    name: "RangeError",
    message: "Cannot draw a label-efficiency curve: a run has 0 labels",
  });
});
