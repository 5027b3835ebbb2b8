import assert from "node:assert/strict";
import { gz2Tree, readCatalogue, voteConditions } from "galaxykit/data";
import {
  conditionOf,
  GROUPS,
  PROMPTS,
  requestOf,
  TAGS,
} from "../../../lib/recipes/galaxysd/requests.ts";

const { layout } = voteConditions(readCatalogue("data/sky/catalogue.parquet"));

const askedOf = (answers: string[]) => {
  const values = conditionOf(requestOf("", answers), { layout });
  const count = layout.answers.length;
  return Object.fromEntries(
    layout.answers.flatMap((id, at) =>
      values[count + at] === 1 ? [[id, Number(values[at]!.toFixed(3))]] : []
    ),
  );
};

Deno.test("a request for an answer asks for all that leads to it", () => {
  const bar = askedOf(["a06"]);
  assert.deepEqual(Object.keys(bar), ["a01", "a02", "a03", "a04", "a05", "a06", "a07"]);
  assert.deepEqual([bar.a02, bar.a05, bar.a06], [0.9, 0.9, 0.9]);
  assert.deepEqual(Object.keys(askedOf(["a19"])).slice(0, 2), ["a14", "a15"]);
  assert.equal(askedOf(["a16"]).a01, 0.9);
});

Deno.test("of two answers to one question each has half", () => {
  const { a24, a38, a14 } = askedOf(["a24", "a38"]);
  assert.deepEqual([a24, a38, a14], [0.45, 0.45, 0.9]);
});

Deno.test("prompts, groups and tags can all be asked for, and say smooth where they are", () => {
  for (const { name, answers, prompt } of PROMPTS) {
    assert.ok(conditionOf({ name, answers, prompt }, { layout }).some((value) => value > 0), name);
    const isSmooth = answers.some((id) => ["a16", "a17", "a18"].includes(id));
    assert.equal(prompt.startsWith("sdss, smooth, "), isSmooth);
  }
  assert.equal(PROMPTS.length, 16);
  const known = gz2Tree.questions.flatMap(({ answers }) => answers.map(({ id }) => id));
  assert.ok([...Object.values(GROUPS).flat(2), ...TAGS].every((id) => known.includes(id)));
  assert.equal(requestOf("", ["a08", "a34"]).prompt, "sdss, spiral galaxy, 4 spiral arms");
});
