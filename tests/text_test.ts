import assert from "node:assert/strict";
import {
  count,
  markdownTable,
  percent,
  percentWithin,
  pValue,
  textTable,
  within,
} from "../lib/text.ts";

Deno.test("textTable() aligns columns under their headings", () => {
  const rows = [["a", "1", ""], ["abc", "10", "yes"]];
  const table = textTable(["name", "n", "ok"], rows, { align: ["left", "right", "left"] });
  assert.equal(table, "name   n  ok\na      1\nabc   10  yes");
});

Deno.test("textTable() takes the last alignment for the columns that follow", () => {
  assert.equal(
    textTable([], [["a", "1", "2"], ["b", "30", "40"]], { align: ["left", "right"] }),
    "a   1   2\nb  30  40",
  );
});

Deno.test("textTable() indents each line, and makes nothing of no lines", () => {
  assert.equal(
    textTable(["n"], [["1"], ["10"]], { align: "right", indent: 2 }),
    "   n\n   1\n  10",
  );
  assert.equal(textTable([], []), "");
});

Deno.test("count(), percent() and within() write numbers as tables show them", () => {
  const interval = { value: 0.9091, low: 0.8853, high: 0.9312 };
  assert.equal(count(1234567), "1,234,567");
  assert.equal(percent(0.41149), "41.1 %");
  assert.equal(percent(0.41149, 0), "41 %");
  assert.equal(within(interval), "0.909 [0.885, 0.931]");
  assert.equal(percentWithin(interval), "90.9 % [88.5, 93.1]");
  assert.equal(percentWithin(null), "–");
});

Deno.test("pValue() does not claim that a small one is 0", () => {
  assert.equal(pValue(0.03124), "0.0312");
  assert.equal(pValue(3e-7), "< 0.0001");
});

Deno.test("markdownTable() is aligned for a page, and for those who read it as text", () => {
  const table = markdownTable(["name", "n"], [["resnet18", "1,204"]], { align: ["left", "right"] });
  assert.equal(table, "| name     |     n |\n| -------- | ----: |\n| resnet18 | 1,204 |");
});
