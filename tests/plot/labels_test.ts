import assert from "node:assert/strict";
import { pl } from "galaxykit";
import { gz1Tree } from "galaxykit/data";
import {
  colourMagnitude,
  confusionMatrix,
  distributions,
  Figure,
  histogramPanels,
  intervalCurves,
  intervalPlot,
  learningCurves,
  selectionFlow,
  thresholdTradeoff,
  upsetPlot,
  voteHistograms,
} from "galaxykit/plot";
import { labelFaults, textsOf } from "./_labels.ts";

/** Small, large, few, equal and close numbers; names that are long or many. */
const figures: Record<string, () => Figure> = {
  "histogram of one value": () => histogramPanels([{ name: "a", values: [0.5] }], looks),
  "histogram of a narrow range": () =>
    histogramPanels([{ name: "a", values: [0.50001] }], { ...looks, range: [0.5, 0.50002] }),
  "histogram of days": () =>
    histogramPanels([{ name: "a", values: [2460000.2] }], { ...looks, range: [2460000, 2460005] }),
  "histogram of ids": () =>
    histogramPanels([{ name: "a", values: [5.877e17] }], { ...looks, range: [5.87e17, 5.88e17] }),
  "histograms with words at both edges": () =>
    histogramPanels([
      { name: "many", values: Array.from({ length: 20000 }, (_, i) => i % 100 / 100) },
      { name: "right", values: [0.2], mark: { at: 0.98, label: "median 0.98 of all" } },
      { name: "left", values: [0.2], mark: { at: 0.02, label: "threshold of the paper" } },
    ], looks),
  "distribution of one value": () => distributions({ z: [0.5] }, { column: "z" }),
  "distribution of zeros": () => distributions({ z: [0, 0, 0] }, { column: "z" }),
  "distribution of small numbers": () => distributions({ z: [1e-9, 2e-9] }, { column: "z" }),
  "distributions of a dozen classes": () => {
    const rows = Array.from({ length: 60 }, (_, i) => i);
    const named = rows.map((i) => `class number ${i % 12}`);
    return distributions({ z: rows, c: named }, { column: "z", by: "c" });
  },
  "votes of one galaxy": () => voteHistograms(votes([0.5]), gz1Tree),
  "votes of many galaxies": () =>
    voteHistograms(votes(Array.from({ length: 500 }, (_, i) => i / 500)), gz1Tree, { bins: 100 }),
  "curve of one point": () => intervalCurves([{ x: 1, value: 0.5 }], axes),
  "curve of counts": () => intervalCurves(curve([0, 1], [0, 1]), { ...axes, format: "d" }),
  "curve of more counts": () => intervalCurves(curve([0, 5], [0, 2]), { ...axes, format: ",d" }),
  "curve with too few digits": () =>
    intervalCurves(curve([0, 5], [0.5, 0.52]), { ...axes, format: ".1f" }),
  "curve with too few digits of a percentage": () =>
    intervalCurves(curve([0, 5], [0.5, 0.52]), { ...axes, format: ".0%" }),
  "curve of large numbers that are close": () =>
    intervalCurves(curve([2460000, 2460005], [100000001, 100000004]), axes),
  "curve with ticks that are close": () => {
    const ticks = [0.5, 0.51, 0.52, 0.53, 0.9];
    return intervalCurves(curve(ticks, ticks), { ...axes, ticks });
  },
  "curve by ratios": () => {
    const ticks = [3, 5, 7, 10, 12, 15, 20, 25, 30, 35, 40, 45, 50];
    return intervalCurves(curve(ticks, ticks), { ...axes, ticks, scale: "log" });
  },
  "trade-off of counts": () =>
    thresholdTradeoff(
      ["Kept", "Noise"].map((name) => ({
        ...{ name, label: "galaxies", format: ",d" },
        points: curve([0.6, 0.7], [1, 0]),
      })),
    ),
  "intervals that are close": () =>
    intervalPlot([{ name: "a", value: 0.98765, low: 0.98764, high: 0.98766 }], looks),
  "intervals of days": () =>
    intervalPlot([{ name: "a", value: 2460001, low: 2460000, high: 2460003 }], {
      ...{ title: "Days", label: "day", format: "d" },
    }),
  "intervals of long names": () =>
    intervalPlot([
      {
        name: "a very long name that goes on until nobody reads it any more",
        value: 1,
        low: 0,
        high: 2,
      },
      { name: "b", value: 1, low: 0, high: 2 },
    ], { ...looks, reference: { at: 2, label: "published: 2.000, by the paper" } }),
  "matrix of large counts": () =>
    confusionMatrix({
      matrix: [[123456789, 12], [3, 987654321]],
      classes: ["a class with a long name", "another class"],
    }),
  "curves of one epoch": () => learningCurves([epoch(1, 0.5)]),
  "curves of a thousand epochs": () =>
    learningCurves(Array.from({ length: 1000 }, (_, i) => epoch(i + 1, 1 / (i + 1)))),
  "curves of large losses": () => learningCurves([1, 2, 3].map((i) => epoch(i, 1e7 + i))),
  "curves of no loss": () => learningCurves([1, 2, 3].map((i) => epoch(i, 0))),
  "selection of one": () => selectionFlow(flow([1])),
  "selection of many": () => selectionFlow(flow([123456789, 1])),
  "colour of one galaxy": () =>
    colourMagnitude({ m: [-20], c: [0.5] }, { magnitude: "m", colour: "c" }),
  "colours that are close": () =>
    colourMagnitude({ m: [-20.00001, -20.00002], c: [0.5, 0.50001] }, {
      ...{ magnitude: "m", colour: "c" },
    }),
  "labels of one row": () => upsetPlot({ a: Int32Array.of(1) }),
  "labels of many rows": () =>
    upsetPlot({
      "a long label of a set, with words": Int32Array.from({ length: 200000 }, (_, i) => i),
      other: Int32Array.from({ length: 150000 }, (_, i) => 2 * i),
      rare: Int32Array.of(5),
    }),
};

const looks = { title: "Figure", label: "value" };
const axes = { title: "Curves", x: "abscissa", y: "ordinate" };

function curve(x: number[], values: number[]) {
  return x.map((x, i) => ({ x, value: values[i] }));
}

function votes(elliptical: number[]) {
  const none = elliptical.map(() => 0);
  const spiral = elliptical.map(() => 0.05);
  return { P_EL: elliptical, P_CW: spiral, P_ACW: none, P_EDGE: none, P_DK: none, P_MG: none };
}

function epoch(epoch: number, loss: number) {
  return { epoch, train_loss: loss, validation_loss: 1.1 * loss };
}

function flow(counts: number[]) {
  const none = counts.map(() => 0);
  const cut = counts.map((_, i) => `cut number ${i} with words`);
  return pl.DataFrame({ cut, before: counts, removed: none, missing: none, kept: counts });
}

for (const [name, draw] of Object.entries(figures)) {
  Deno.test(`no label stands twice, lies on another or is cut off: ${name}`, async () => {
    assert.deepEqual(labelFaults(await draw().svg()), []);
  });
}

Deno.test("labelFaults() sees labels that stand twice, lie on each other or are cut off", async () => {
  const data = { values: [{ v: 0 }, { v: 1 }] };
  const axis = { format: ".0f", tickCount: 6 };
  const y = { field: "v", type: "quantitative" as const };
  const twice = new Figure({ data, height: 200, mark: "point", encoding: { y: { ...y, axis } } });
  assert.deepEqual(labelFaults(await twice.svg()), ["an axis reads 0, 0, 0, 1, 1, 1"]);
  const spread = { ...y, axis: { labelOverlap: false, values: [0, 1], format: ".9f" } };
  const above = new Figure({ data, width: 20, mark: "point", encoding: { x: spread } });
  assert.ok(labelFaults(await above.svg()).includes('"0.000000000" lies on "1.000000000"'));
  const text = { type: "text" as const, text: "words without end", dx: 90 };
  const autosize = { type: "none" as const };
  const cut = new Figure({ ...{ data, autosize, width: 100 }, mark: text });
  assert.deepEqual(
    new Set(labelFaults(await cut.svg())),
    new Set(['"words without end" is cut off at the edge']),
  );
});

Deno.test("textsOf() places texts as they are turned", async () => {
  const title = { text: "Words", anchor: "start" as const };
  const x = { field: "v", type: "nominal" as const, title: "across", axis: { labelAngle: 0 } };
  const y = { field: "v", type: "quantitative" as const, title: "upwards" };
  const spec = { title, data: { values: [{ v: 3 }] }, mark: "point" as const, encoding: { x, y } };
  const texts = textsOf(await new Figure(spec).svg());
  const of = (text: string) => texts.find((one) => one.text === text)!;
  const [above, across, upwards] = ["Words", "across", "upwards"].map(of);
  assert.ok(above!.bottom < upwards!.top && upwards!.bottom < across!.top);
  assert.ok(upwards!.bottom - upwards!.top > 3 * (upwards!.right - upwards!.left));
  assert.equal(across!.role, "axis-title");
  assert.equal(of("3").role, "axis-label");
});
