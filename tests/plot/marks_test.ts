import assert from "node:assert/strict";
import {
  groups,
  headroom,
  mark,
  numbers,
  panelTitle,
  references,
  tooltip,
  wholeTicks,
} from "../../lib/plot/_marks.ts";
import { Figure } from "../../lib/plot/mod.ts";
import { ink, palette } from "../../lib/plot/theme.ts";

Deno.test("mark() tells what the mark shows of its rows from how it looks", () => {
  const x = numbers("z", { title: "redshift" });
  assert.deepEqual(
    mark("text", { values: [{ z: 1 }], x, y: -3, color: "red", text: { field: "z" } }),
    {
      data: { values: [{ z: 1 }] },
      mark: { type: "text", y: -3, color: "red" },
      encoding: {
        x: { field: "z", type: "quantitative", title: "redshift" },
        text: { field: "z" },
      },
    },
  );
});

Deno.test("mark() without rows leaves those of the figure", () => {
  assert.deepEqual(Object.keys(mark("bar", { width: { band: 0.6 } })), ["mark", "encoding"]);
});

Deno.test("numbers() keeps to the ends of a domain that is given", () => {
  const { scale } = numbers("z", { domain: [0.01, 0.25] });
  assert.deepEqual(scale, { domain: [0.01, 0.25], nice: false, zero: false });
});

Deno.test("groups() shows a legend where there is something to tell apart", () => {
  assert.equal(groups("name", ["one"]).legend, null);
  const { scale, legend } = groups("name", ["a", "b"], { labelLimit: 90 });
  assert.deepEqual(scale, { domain: ["a", "b"], range: palette.slice(0, 2) });
  assert.deepEqual(legend, { labelLimit: 90 });
});

Deno.test("tooltip() formats numbers, and takes all else for names", () => {
  assert.deepEqual(tooltip(["name"], ["n", "galaxies", ","]), [
    { field: "name", type: "nominal" },
    { field: "n", title: "galaxies", type: "quantitative", format: "," },
  ]);
});

Deno.test("references() draws lines with their words, and nothing without lines", () => {
  assert.deepEqual(references([], { x: numbers("x") }), []);
  const lines = [{ at: 0.9, label: "published" }];
  const [rule, words] = references(lines, { y: numbers("y", { title: "share" }) });
  assert.deepEqual(rule, {
    data: { values: lines },
    mark: { type: "rule", color: ink.note, strokeDash: [4, 3] },
    encoding: { y: { field: "at", type: "quantitative", title: "share" } },
  });
  assert.deepEqual((words as { encoding: unknown }).encoding, {
    y: { field: "at", type: "quantitative", title: "share" },
    x: { value: "width" },
    text: { field: "label" },
  });
});

Deno.test("wholeTicks() are round, and no number twice", () => {
  assert.deepEqual(wholeTicks(0, 1, 4), [0, 1]);
  assert.deepEqual(wholeTicks(0, 3, 4), [0, 1, 2, 3]);
  assert.deepEqual(wholeTicks(0, 2298, 4), [0, 1000, 2000]);
  assert.deepEqual(wholeTicks(1, 200, 10), [20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
});

Deno.test("headroom() makes titles of panels stand at one height, wherever their ticks are", async () => {
  const panel = (values: number[]) => ({
    title: panelTitle(`${values}`),
    layer: [
      headroom(),
      mark("point", { values: [{ y: 1 }], y: numbers("y", { domain: [0, 1], axis: { values } }) }),
    ],
  });
  const svg = await new Figure({ hconcat: [panel([0, 1]), panel([0])] }).svg();
  const tops = [...svg.matchAll(/role-title"><g transform="translate\(\S+,(\S+)\)/g)].map((
    [, top],
  ) => top);
  assert.equal(tops.length, 2);
  assert.equal(tops[0], tops[1]);
});
