import assert from "node:assert/strict";
import { upsetPlot } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

const members = {
  merger: Int32Array.of(9),
  round: Int32Array.from({ length: 1500 }, (_, i) => 2 * i),
  ring: Int32Array.of(0, 1, 2, 3, 5),
  none: new Int32Array(0),
};

type Concat = { concat: { data?: { values: unknown }; layer: { data: { values: unknown } }[] }[] };

Deno.test("upsetPlot() shows combinations, their numbers and those of each label", async () => {
  const figure = upsetPlot(members);
  await checkFigure(figure, [
    ...["round", "ring", "merger", "1,498", "1,500"],
    "1,504 rows, 4 combinations",
  ]);
  const { concat } = figure.spec as unknown as Concat;
  const line = (column: number, line: number, label: string) => ({ column, line, label });
  assert.deepEqual(concat[2].layer[3].data.values, [
    line(0, 0, "round"),
    line(1, 1, "ring"),
    line(2, 0, "round"),
    line(2, 1, "ring"),
    line(3, 2, "merger"),
  ]);
  assert.deepEqual(concat[2].layer[2].data.values, [{ column: 2, first: 0, last: 1 }]);
  assert.deepEqual(concat[3].data!.values, [
    { line: 0, count: 1500, text: "1,500" },
    { line: 1, count: 5, text: "5" },
    { line: 2, count: 1, text: "1" },
  ]);
  checkSnapshot(figure, "upset_plot");
});

Deno.test("upsetPlot() says how many combinations it leaves out", async () => {
  await checkFigure(upsetPlot(members, { columns: 1 }), [
    "1,504 rows, 4 combinations, of which 3 smaller ones are not shown",
  ]);
  await checkFigure(upsetPlot(members, { minimum: 2 }), [
    "1,504 rows, 4 combinations, of which 1 smaller ones are not shown",
  ]);
});

Deno.test("upsetPlot() refuses what it cannot draw", () => {
  assert.throws(() => upsetPlot({ none: new Int32Array(0) }), {
    name: "RangeError",
    message: "Cannot draw an UpSet plot: no combination of labels has 1 rows or more",
  });
  assert.throws(() => upsetPlot(members, { columns: 0 }), {
    name: "RangeError",
    message: "Cannot draw an UpSet plot: columns must be 1, 2, 3, …: 0",
  });
});
