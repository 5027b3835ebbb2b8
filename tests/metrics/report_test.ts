import assert from "node:assert/strict";
import { classificationReport } from "galaxykit/metrics";
import { assertClose, cases } from "./reference.ts";

Deno.test("classificationReport() holds the reference's numbers, averages last", () => {
  const expected = cases["classes without samples"];
  const { target, probabilities } = expected;
  const classes = ["a", "b", "c", "d", "e", "f"];
  const report = classificationReport({ target, probabilities, classes });
  assert.deepEqual(
    report.rows.map((row) => row.class),
    [...classes, "macro average", "weighted average"],
  );
  const scores = report.rows.map(({ class: _, ...row }) => row);
  assertClose(scores.slice(0, 6), expected.perClass);
  assertClose(scores[6], { ...expected.macro, support: 30 });
  assertClose(scores[7], { ...expected.weighted, support: 30 });
  assertClose(
    [report.accuracy, report.balancedAccuracy, report.logLoss],
    [expected.accuracy, expected.balancedAccuracy, expected.logLoss],
  );
});

Deno.test("classificationReport() aligns its text", () => {
  const { text } = classificationReport({
    target: new Array(12345).fill(0),
    probabilities: new Array(12345).fill([1, 0]),
    classes: ["a very long name of a class", "b"],
  });
  const lines = text.split("\n");
  assert.equal(lines.length, 7);
  assert.equal(new Set(lines.slice(0, 5).map((line) => line.length)).size, 1);
  assert.equal(lines[1], "a very long name of a class      1.000   1.000  1.000    12345");
  assert.equal(lines[2], "b                                0.000   0.000  0.000        0");
  assert.equal(lines[6], "accuracy 1.000, balanced accuracy 1.000, log loss 0.000");
});

Deno.test("classificationReport() wants a name for each column", () => {
  assert.throws(
    () => classificationReport({ target: [0], probabilities: [[1, 0]], classes: ["smooth"] }),
    {
      name: "TypeError",
      message: "Cannot report on classes: 1 names are given, probabilities have 2 columns",
    },
  );
});
