import assert from "node:assert/strict";
import {
  answersOf,
  decals12Tree,
  decals5Tree,
  gz1Tree,
  gz2Tree,
  kaggleTree,
  sharedAnswers,
  ukidssTree,
} from "../../../lib/data/catalogues/mod.ts";

Deno.test("sharedAnswers() pairs what means the same, and only that", () => {
  assert.equal(sharedAnswers(gz2Tree, decals12Tree).length, 26);
  assert.equal(sharedAnswers(decals5Tree, gz2Tree).length, 22);
  assert.equal(sharedAnswers(gz2Tree, ukidssTree).length, 30);
  const kaggle = Object.fromEntries(sharedAnswers(kaggleTree, gz2Tree));
  assert.equal(Object.keys(kaggle).length, 37);
  assert.equal(kaggle["Class8.7"], "a38");
  assert.equal(kaggle["Class11.5"], "a36");
  const bars = sharedAnswers(gz2Tree, decals5Tree).filter(([id]) => id === "a06" || id === "a07");
  assert.deepEqual(bars, []);
});

Deno.test("sharedAnswers() names answers that exist, with the same words where none changed", () => {
  for (const tree of [decals12Tree, decals5Tree, ukidssTree]) {
    for (const [a, b] of sharedAnswers(gz2Tree, tree)) {
      assert.ok(answersOf(gz2Tree).some(({ id }) => id === a), a);
      assert.ok(answersOf(tree).some(({ id }) => id === b), b);
    }
  }
});

Deno.test("sharedAnswers() refuses trees without a known relation", () => {
  assert.throws(() => sharedAnswers(gz1Tree, gz2Tree), {
    name: "RangeError",
    message: 'Cannot relate the trees "gz1" and "gz2": no answers in common are known',
  });
});
