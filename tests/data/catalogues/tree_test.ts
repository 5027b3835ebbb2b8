import assert from "node:assert/strict";
import {
  answerColumn,
  answerColumns,
  answerOf,
  answersOf,
  decals12Tree,
  decals5Tree,
  decisionTree,
  decisionTrees,
  gz2Tree,
  kaggleTree,
  pathsTo,
  questionOf,
  type QuestionSpec,
  ukidssTree,
} from "../../../lib/data/catalogues/mod.ts";

Deno.test("gz2Tree has the 11 questions and 37 answers of Willett et al., and who is asked", () => {
  assert.equal(gz2Tree.questions.length, 11);
  const ids = answersOf(gz2Tree).map((answer) => answer.id);
  const expected = Array.from({ length: 38 }, (_, i) => `a${String(i + 1).padStart(2, "0")}`);
  assert.deepEqual(ids.toSorted(), expected.filter((id) => id !== "a35"));
  const after = Object.fromEntries(gz2Tree.questions.map((q) => [q.id, q.after]));
  assert.deepEqual(after, {
    t01: [],
    t02: ["a02"],
    t03: ["a05"],
    t04: ["a05"],
    t05: ["a05"],
    t06: ["a01", "a02"],
    t07: ["a01"],
    t08: ["a14"],
    t09: ["a04"],
    t10: ["a08"],
    t11: ["a08"],
  });
});

Deno.test("kaggleTree counts Class6 for every galaxy and the rest as GZ2 does", () => {
  const after = Object.fromEntries(kaggleTree.questions.map((q) => [q.id, q.after]));
  assert.deepEqual(after.Class6, []);
  assert.deepEqual(after.Class5, ["Class2.2"]);
  assert.deepEqual(after.Class7, ["Class1.1"]);
  assert.deepEqual(after.Class8, ["Class6.1"]);
  assert.deepEqual(after.Class9, ["Class2.1"]);
  assert.deepEqual(after.Class11, ["Class4.1"]);
  assert.equal(answerColumns(kaggleTree, "cumulative").length, 37);
});

Deno.test("decals trees differ in bars, bulges, arms and mergers", () => {
  assert.deepEqual(answerColumns(decals12Tree, "fraction", ["bar"]), [
    "bar_yes_fraction",
    "bar_no_fraction",
  ]);
  assert.deepEqual(answerColumns(decals5Tree, "fraction", ["bar"]), [
    "bar_strong_fraction",
    "bar_weak_fraction",
    "bar_no_fraction",
  ]);
  assert.equal(answersOf(decals12Tree).length, 30);
  assert.equal(answersOf(decals5Tree).length, 34);
  assert.deepEqual(questionOf(decals5Tree, "merging").after, [
    "smooth-or-featured_smooth",
    "smooth-or-featured_featured-or-disk",
  ]);
  assert.equal(answerOf(decals5Tree, "spiral-arm-count_cant-tell").text, "Can't tell");
});

Deno.test("ukidssTree names every answer of GZ2 but the odd features", () => {
  assert.equal(answersOf(ukidssTree).length, 30);
  assert.equal(answerColumn(ukidssTree, "a16", "fraction"), "how-rounded-ukidss_round_fraction");
  assert.equal(answerColumn(ukidssTree, "a15", "count"), "something-odd-ukidss_no");
});

Deno.test("every tree is sorted, and its columns are distinct", () => {
  for (const tree of Object.values(decisionTrees)) {
    const seen = new Set<string>();
    for (const question of tree.questions) {
      for (const answer of question.after) assert.ok(seen.has(answer), `${tree.name} ${answer}`);
      question.answers.forEach((answer) => seen.add(answer.id));
      assert.ok(pathsTo(tree, question.id).length > 0);
    }
    const stems = answersOf(tree).map((answer) => answer.stem);
    assert.equal(new Set(stems).size, stems.length);
  }
});

Deno.test("answerColumn() and its relatives say what the tree has", () => {
  assert.equal(
    answerColumn(gz2Tree, "t08_odd_feature_a38_dust_lane", "flag"),
    "t08_odd_feature_a38_dust_lane_flag",
  );
  assert.throws(() => answerColumn(kaggleTree, "Class1.1", "flag"), {
    name: "RangeError",
    message: 'Cannot find quantity "flag" in the tree "kaggle": it has cumulative',
  });
  assert.throws(() => answerOf(gz2Tree, "a35"), {
    name: "RangeError",
    message:
      /^Cannot find answer "a35" in the tree "gz2": it has a01, a02, .*, a12, …, did you mean "a05"\?$/,
  });
  assert.throws(() => answerColumns(gz2Tree, "count", ["t12"]), {
    name: "RangeError",
    message: /^Cannot find question or answer "t12" in the tree "gz2": it has t01, a01, a02/,
  });
});

Deno.test("decisionTree() refuses ids twice, arrows to nowhere and circles", () => {
  const make = (questions: QuestionSpec[]) =>
    decisionTree({ name: "mine", title: "", suffixes: {}, questions, stem: (_, id) => id });
  const question = (id: string, answer: string, next: string | null): QuestionSpec => ({
    id,
    text: "",
    stem: id,
    answers: [[answer, "", next], [`${answer}n`, "", null]],
  });
  assert.throws(() => make([question("q", "a", null), question("r", "a", null)]), {
    message: 'Cannot make the tree "mine": the id "a" is used twice',
  });
  assert.throws(() => make([question("q", "a", "s")]), {
    message: 'Cannot make the tree "mine": answer "a" leads to "s", which is no question',
  });
  assert.throws(() => make([question("q", "a", "r"), question("r", "b", "q")]), {
    message: 'Cannot make the tree "mine": the questions q, r wait for each other',
  });
});
