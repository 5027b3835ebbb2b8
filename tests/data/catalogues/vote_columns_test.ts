import assert from "node:assert/strict";
import {
  answerColumns,
  euclidTree,
  gz2Tree,
  kaggleTree,
  predictedReach,
  reach,
  voteColumns,
} from "galaxykit/data";

Deno.test("voteColumns() knows the trees of surveys by their columns, in any order", () => {
  for (const tree of [gz2Tree, kaggleTree, euclidTree]) {
    const quantity = tree === kaggleTree ? "cumulative" : "fraction";
    const names = answerColumns(tree, quantity).toReversed();
    const found = voteColumns(["redshift", ...names])!;
    assert.equal(found.tree.name, tree.name);
    assert.deepEqual([...found.columns.keys()], names);
  }
  const weighted = voteColumns(["t03_bar_a06_bar_weighted_fraction"])!;
  const { question, answer, quantity } = [...weighted.columns.values()][0]!;
  assert.deepEqual([question.id, answer.id, quantity], ["t03", "a06", "weighted_fraction"]);
  assert.equal(voteColumns(["redshift", "mag_r"]), undefined);
});

Deno.test("predictedReach() is reach() of fractions that sum to 1, and scales others", () => {
  const values = Object.fromEntries(
    gz2Tree.questions.flatMap(({ answers }) =>
      answers.map(({ id }, at) => [id, Float64Array.of((at + 1) / answers.length)] as const)
    ),
  );
  const scaled = Object.fromEntries(
    gz2Tree.questions.flatMap(({ answers }) => {
      const sum = answers.reduce((sum, { id }) => sum + values[id]![0]!, 0);
      return answers.map(({ id }) => [id, values[id]!.map((value) => value / sum)] as const);
    }),
  );
  const [found, wanted] = [predictedReach(gz2Tree, values), reach(gz2Tree, scaled)];
  for (const { id } of gz2Tree.questions) {
    assert.ok(Math.abs(found[id]![0]! - wanted[id]![0]!) < 1e-12, id);
  }
  assert.throws(() => predictedReach(gz2Tree, { a01: Float64Array.of(1) }), {
    name: "RangeError",
    message: /the values of a02, a03 are missing$/,
  });
});
