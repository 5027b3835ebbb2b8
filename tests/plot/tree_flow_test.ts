import assert from "node:assert/strict";
import { answerColumn, decisionTrees, gz2Tree } from "galaxykit/data";
import { treeFlow } from "../../lib/plot/mod.ts";
import { layOutTree, sizes } from "../../lib/plot/_tree_layout.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

for (const tree of Object.values(decisionTrees)) {
  Deno.test(`layOutTree() keeps the questions and lanes of ${tree.name} apart`, () => {
    const { questions, bands, width, height } = layOutTree(tree, () => 6);
    assert.equal(questions.length, tree.questions.length);
    assert.equal(bands.length, tree.questions.flatMap(({ answers }) => answers).length);
    // what takes room in a column: questions with their text, and bands that pass
    const rooms = questions.map(({ x, y, height, lines }) => ({
      x,
      top: y - lines.length * sizes.line,
      bottom: y + height,
    }));
    for (const { corners, thickness } of bands) {
      for (const { x, y } of corners.slice(1, -1)) {
        rooms.push({ x, top: y - thickness / 2, bottom: y + thickness / 2 });
      }
    }
    for (const [i, a] of rooms.entries()) {
      assert.ok(a.x < width && a.top >= 0 && a.bottom <= height + 1e-9);
      for (const b of rooms.slice(i + 1)) {
        assert.ok(a.x !== b.x || a.bottom <= b.top || b.bottom <= a.top, JSON.stringify([a, b]));
      }
    }
  });
}

Deno.test("layOutTree() leads each answer to the question that follows", () => {
  const { questions, bands } = layOutTree(gz2Tree, () => 6);
  for (const { answer, corners, thickness } of bands) {
    const end = corners.at(-1)!;
    const target = questions.find(({ question }) => question.id === answer.next);
    if (!target) continue;
    assert.equal(end.x, target.x);
    assert.ok(end.y - thickness / 2 >= target.y - 1e-9);
    assert.ok(end.y + thickness / 2 <= target.y + target.height + 1e-9);
  }
});

Deno.test("treeFlow() draws every question and answer", async () => {
  const texts = gz2Tree.questions.flatMap(({ answers }) => answers.map(({ text }) => text));
  await checkFigure(treeFlow(gz2Tree), ["Galaxy Zoo 2 (Willett et al. 2013)", ...texts]);
});

Deno.test("treeFlow() tells the mean share of the volunteers that give each answer", async () => {
  const table: Record<string, number[]> = {};
  for (const { answers } of gz2Tree.questions) {
    answers.forEach(({ id }, i) => {
      table[answerColumn(gz2Tree, id, "weighted_fraction")] = i === 0
        ? [1, 0.5]
        : i === 1
        ? [0, 0.5]
        : [0, 0];
    });
  }
  const figure = treeFlow(gz2Tree, { table, title: "Two galaxies" });
  // of the second galaxy half are asked whether it is edge-on, and a quarter say so
  await checkFigure(figure, ["Smooth: 75 %", "Features or disk: 25 %", "Star or artifact: 0 %"]);
  await checkFigure(figure, ["Bar: 6 %", "Completely round: 63 %"]);
  checkSnapshot(figure, "tree_flow");
});
