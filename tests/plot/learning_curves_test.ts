import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { learningCurves } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot, readPng } from "./_checks.ts";

function history(epochs: number) {
  return Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    train_loss: 1 / (i + 2),
    validation_loss: 1 / (i + 1.5),
    train_accuracy: 1 - 0.5 / (i + 1),
    validation_accuracy: 1 - 0.6 / (i + 1),
  }));
}

type Panel = {
  layer: {
    data: { values: Record<string, number | string>[] };
    encoding: { x: { axis: { values: number[] } } };
  }[];
};

function panels(figure: ReturnType<typeof learningCurves>): Panel[] {
  return (figure.spec as unknown as { concat: Panel[] }).concat;
}

Deno.test("learningCurves() draws loss and accuracy side by side", async () => {
  const figure = learningCurves(history(12), {
    title: "ResNet-18",
    phases: [{ from: 1, label: "head" }, { from: 9, label: "all layers" }, {
      from: 20,
      label: "?",
    }],
  });
  const texts = ["ResNet-18", "Loss", "Accuracy", "training", "validation", "epoch", "12"];
  await checkFigure(figure, [...texts, "head", "all layers"]);
  checkSnapshot(figure, "learning_curves");
});

Deno.test("learningCurves() marks the phases that the history names", async () => {
  const rows = history(6).map((row, i) => ({ ...row, phase: i < 4 ? "head" : "last blocks" }));
  const [head, last] = ["head", "last blocks"];
  const phases = [{ from: 1, label: head }, { from: 5, label: last }];
  const figure = learningCurves(rows);
  await checkFigure(figure, [head, last]);
  assert.deepEqual(figure.spec, learningCurves(history(6), { phases }).spec);
});

for (const epochs of [1, 2, 30, 200]) {
  Deno.test(`learningCurves() draws ${epochs} epochs`, async () => {
    const figure = learningCurves(history(epochs));
    const svg = await checkFigure(figure, [`${epochs}`]);
    assert.doesNotMatch(svg, />\d+\.\d{6,}</); // 0.60000000000000009
    const { values } = panels(figure)[0].layer[0].encoding.x.axis;
    assert.ok(values.every(Number.isInteger) && values.length <= 11, `${values}`);
    const png = await readPng(await figure.png());
    assert.ok(png.dark > 1000);
    assert.ok(png.width > 1300 && png.width < 1700, `${png.width}`);
  });
}

Deno.test("learningCurves() has a scale for values that are all the same", async () => {
  for (const loss of [0, 0.7, -3, 1e-9]) {
    const rows = [{ epoch: 1, train_loss: loss }, { epoch: 2, train_loss: loss }];
    const svg = await checkFigure(learningCurves(rows), ["training"]);
    assert.doesNotMatch(svg, /NaN/);
    assert.doesNotMatch(svg, />validation</);
  }
});

Deno.test("learningCurves() reads rows, columns and a DataFrame alike", () => {
  const rows = history(3);
  const columns = {
    epoch: [1, 2, 3],
    train_loss: rows.map((row) => row.train_loss),
    validation_loss: Float64Array.from(rows, (row) => row.validation_loss),
    train_accuracy: rows.map((row) => row.train_accuracy),
    validation_accuracy: rows.map((row) => row.validation_accuracy),
  };
  const { spec } = learningCurves(rows);
  assert.deepEqual(learningCurves(columns).spec, spec);
  assert.deepEqual(learningCurves(pl.DataFrame(columns)).spec, spec);
});

Deno.test("learningCurves() leaves out the epochs without a value", () => {
  const rows = history(4).map((row) => ({
    ...row,
    validation_loss: row.epoch % 2 ? null : row.validation_loss,
  }));
  const [loss] = panels(learningCurves(rows));
  const drawn = loss.layer[0].data.values.filter(({ split }) => split === "validation");
  assert.deepEqual(drawn.map(({ epoch }) => epoch), [2, 4]);
});

Deno.test("learningCurves() draws the wanted quantities by another name of the epoch", () => {
  const rows = [{ step: 10, train_loss: 1, validation_f1_macro: 0.5 }];
  const figure = learningCurves(rows, { epoch: "step", metrics: ["f1_macro"] });
  assert.equal(panels(figure).length, 1);
  assert.equal(panels(learningCurves(rows, { epoch: "step" })).length, 2);
});

Deno.test("learningCurves() refuses what it cannot draw", () => {
  const [first, second] = history(2);
  const cases: [Parameters<typeof learningCurves>, string][] = [
    [[{ epoch: [] }], "the history has no rows"],
    [
      [[first, { ...second, validation_loss: NaN }]],
      '"validation_loss" must be finite: epoch 2 has NaN',
    ],
    [[[{ epoch: 1, train_loss: Infinity }]], '"train_loss" must be finite: epoch 1 has Infinity'],
    [[[first, first]], '"epoch" must grow from row to row: row 1 has 1 after 1'],
    [[[{ epoch: null, train_loss: 1 }]], '"epoch" must grow from row to row: row 0 has null'],
    [[[{ epoch: 1, loss: 1 }]], "no column train_… or validation_… among epoch, loss"],
    [
      [[{ epoch: 1, train_loss: 1 }], { metrics: ["accuracy"] }],
      "no value of train_accuracy or validation_accuracy among epoch, train_loss",
    ],
    [
      [[first], { phases: [{ from: 0, label: "head" }] }],
      'phases must begin one after another from epoch 1: "head" begins at 0',
    ],
    [
      [[first], { phases: [{ from: 5, label: "all" }, { from: 5, label: "more" }] }],
      'phases must begin one after another from epoch 1: "more" begins at 5',
    ],
  ];
  for (const [args, message] of cases) {
    const full = `Cannot draw learning curves: ${message}`;
    assert.throws(() => learningCurves(...args), { name: "RangeError", message: full });
  }
  assert.throws(() => learningCurves([]), {
    name: "RangeError",
    message: "Cannot draw learning curves: the history has no rows",
  });
});
