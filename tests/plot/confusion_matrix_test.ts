import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { type ConfusionCounts, confusionMatrix } from "../../lib/plot/mod.ts";
import { textWidth } from "../../lib/plot/_font.ts";
import { checkFigure, checkSnapshot, readPng } from "./_checks.ts";

const small: ConfusionCounts = {
  matrix: [[80, 20, 0], [1, 998, 1], [0, 0, 0]],
  classes: ["smooth", "featured", "artifact"],
};

/** Counts that differ from cell to cell, most on the diagonal. */
function counts(n: number): ConfusionCounts {
  const matrix = Array.from(
    { length: n },
    (_, i) => Array.from({ length: n }, (_, j) => i === j ? 1200 + i : (i * 7 + j * 3) % 11),
  );
  return { matrix, classes: Array.from({ length: n }, (_, i) => `class ${i}`) };
}

type Layout = { width: { step: number }; layer: { mark: { fontSize: number } }[] };
type Cell = { true: string; predicted: string; count: number; share: number; percent: string };

function cells(figure: ReturnType<typeof confusionMatrix>): Cell[] {
  return (figure.spec.data as { values: Cell[] }).values;
}

Deno.test("confusionMatrix() shows counts, shares of the true class, and accuracy", async () => {
  const figure = confusionMatrix(small, { title: "Test set" });
  await checkFigure(figure, ["Test set", "n = 1,100, accuracy 98.0 %", "998", "80%", ">99%"]);
  checkSnapshot(figure, "confusion_matrix");
  assert.deepEqual(cells(figure).map(({ percent }) => percent), [
    ...["80%", "20%", ""],
    ...["<1%", ">99%", "<1%"],
    ...["", "", ""],
  ]);
  assert.deepEqual(cells(figure).slice(6).map(({ share }) => share), [0, 0, 0]);
});

Deno.test("confusionMatrix() counts the pairs of a table or a DataFrame", () => {
  const columns = {
    target: ["b", "a", "b", "a10", "a9"],
    prediction: ["b", "b", "a", "a10", "a9"],
  };
  for (const table of [columns, pl.DataFrame(columns)]) {
    const figure = confusionMatrix(table);
    assert.deepEqual(cells(figure).slice(0, 4).map((cell) => cell.predicted), [
      "a",
      "a9",
      "a10",
      "b",
    ]);
    assert.deepEqual(cells(figure).map(({ count }) => count), [
      ...[0, 0, 0, 1],
      ...[0, 1, 0, 0],
      ...[0, 0, 1, 0],
      ...[1, 0, 0, 1],
    ]);
  }
  const figure = confusionMatrix({ label: Int32Array.of(0, 1), guess: Int32Array.of(1, 1) }, {
    target: "label",
    prediction: "guess",
    classes: ["1", "0"],
  });
  assert.deepEqual(cells(figure).map(({ count }) => count), [1, 0, 1, 0]);
});

for (const n of [2, 10, 37]) {
  Deno.test(`confusionMatrix() is readable with ${n} classes`, async () => {
    const figure = confusionMatrix(counts(n));
    await checkFigure(figure, ["class 0", `class ${n - 1}`]);
    const { width, layer } = figure.spec as unknown as Layout;
    const size = layer[1].mark.fontSize;
    assert.ok(size >= 8, `${size}`);
    assert.ok(textWidth("1,236", { size }) < width.step);
    const png = await readPng(await figure.png({ scale: 1 }));
    assert.ok(png.width > 150 && png.width < 1500, `${png.width}`);
    assert.ok(png.dark > 1000);
  });
}

Deno.test("confusionMatrix() makes room for long counts", () => {
  for (const n of [2, 10, 37]) {
    const { matrix, classes } = counts(n);
    const long = Array.from(matrix, (row) => Array.from(row, (count) => count * 8888));
    const { width, layer } = confusionMatrix({ matrix: long, classes }).spec as unknown as Layout;
    const size = layer[1].mark.fontSize;
    const room = width.step - textWidth("10,665,600", { size });
    assert.ok(size >= 8 && room > 3, `${n} classes: ${size} pixels, ${room} to spare`);
  }
});

Deno.test("confusionMatrix() makes room for long class names", async () => {
  const names = ["galaxies with a disk seen edge-on and a rounded bulge in the middle", "other"];
  const svg = await checkFigure(confusionMatrix({ matrix: [[1, 2], [3, 4]], classes: names }));
  const cut = "galaxies with a disk seen edge-on and a round…";
  assert.equal(svg.split(`>${cut}</text>`).length, 3);
  // The title of the axis is left of its labels: 240 pixels of text, and the padding.
  const x = Number(svg.match(/translate\(-([\d.]+),[\d.]+\) rotate\(-90\)[^>]*>true class/)![1]);
  assert.ok(x > 245 && x < 270, `${x}`);
});

Deno.test("confusionMatrix() keeps text and cell apart at every share", () => {
  const { layer: [cells, count, percent] } = confusionMatrix(small).spec as unknown as {
    layer: { encoding: { color: { value: string; scale: { range: string[] } } } }[];
  };
  const { range } = cells.encoding.color.scale;
  for (let share = 0; share <= 100; share++) {
    for (const { encoding: { color: { value } } } of [count, percent]) {
      const found = contrast(value, interpolate(range, share / 100));
      assert.ok(found >= 6, `share ${share} %: contrast ${found}`);
    }
  }
});

/** WCAG 2 contrast of two colours. */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = channels(hex).map((value) =>
    value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function interpolate(range: string[], share: number): string {
  const place = share * (range.length - 1);
  const i = Math.min(Math.floor(place), range.length - 2);
  const [from, to] = [channels(range[i]), channels(range[i + 1])];
  const mixed = from.map((value, c) => Math.round(value + (to[c] - value) * (place - i)));
  return "#" + mixed.map((value) => value.toString(16).padStart(2, "0")).join("");
}

Deno.test("confusionMatrix() refuses what it cannot draw", () => {
  const classes = ["a", "b"];
  const cases: [Parameters<typeof confusionMatrix>, string, string][] = [
    [[{ matrix: [], classes: [] }], "RangeError", "it takes 2 classes or more: 0 found"],
    [[{ matrix: [[3]], classes: ["a"] }], "RangeError", "it takes 2 classes or more: 1 found"],
    [
      [{ matrix: [[1, 2], [3]], classes }],
      "TypeError",
      "2 classes need as many rows and columns: row lengths [2, 1]",
    ],
    [
      [{ matrix: [[1, 2, 3], [1, 2, 3]], classes }],
      "TypeError",
      "2 classes need as many rows and columns: row lengths [3, 3]",
    ],
    [[{ matrix: [[0, 0], [0, 0]], classes }], "RangeError", "it counts no objects"],
    [
      [{ matrix: [[1, NaN], [0, 0]], classes }],
      "RangeError",
      "entries must be counts: row 0, column 1 is NaN",
    ],
    [
      [{ matrix: [[1, 2], [-1, 0.5]], classes }],
      "RangeError",
      "entries must be counts: row 1, column 0 is -1",
    ],
    [
      [{ matrix: [[1, 2], [3, 4]], classes: ["a", "a"] }],
      "RangeError",
      'class "a" is named twice',
    ],
    [[{ target: [], prediction: [] }], "RangeError", "it takes 2 classes or more: 0 found"],
    [
      [{ target: ["a", "b"], prediction: ["a"] }],
      "TypeError",
      'columns must have one length: "target" has 2 rows, "prediction" has 1',
    ],
    [
      [{ target: ["a", "b"], prediction: ["a", "c"] }, { classes }],
      "RangeError",
      'class "c" is not among a, b',
    ],
  ];
  for (const [args, name, message] of cases) {
    const full = `Cannot draw a confusion matrix: ${message}`;
    assert.throws(() => confusionMatrix(...args), { name, message: full });
  }
  assert.throws(() => confusionMatrix({ target: ["a"], predicted: ["a"] }), {
    name: "RangeError",
    message: 'Cannot read the table: no column "prediction" among target, predicted, ' +
      'did you mean "predicted"?',
  });
});

Deno.test("confusionMatrix() takes a missing value for no class", () => {
  for (const none of [null, NaN, ""]) {
    const table = { target: ["a", "b", "a"], prediction: ["a", "b", none] as string[] };
    assert.throws(() => confusionMatrix(table), {
      name: "RangeError",
      message: 'Cannot draw a confusion matrix: row 2 of "prediction" holds no class; ' +
        "leave such rows out",
    });
  }
});
