import assert from "node:assert/strict";
import { join } from "node:path";
import { catalogueKindOf, commonestPaths, openSurvey } from "galaxykit/data";
import pl from "nodejs-polars";
import { onShared, shared } from "../../shared_data.ts";

const kind = catalogueKindOf({
  name: "mine",
  title: "Two questions",
  ids: ["id"],
  columns: { id: "text" },
  questions: { disc: ["yes", "no"], bar: ["yes", "no"] },
  after: { bar: "disc_yes" },
  suffixes: { fraction: "" },
});

Deno.test("commonestPaths() follows the most votes, as far as anyone was asked", () => {
  const frame = pl.DataFrame({
    disc_yes: [0.7, 0.4, 0.5, 1, NaN],
    disc_no: [0.3, 0.6, 0.5, 0, NaN],
    bar_yes: [0.2, 0.9, 0.5, NaN, NaN],
    bar_no: [0.8, 0.1, 0.5, NaN, NaN],
  });
  assert.deepEqual(commonestPaths({ kind, frame }), [
    ["disc_yes", "bar_no"],
    ["disc_no"],
    ["disc_yes", "bar_yes"], // of equal ones the first
    ["disc_yes"],
    [],
  ]);
});

Deno.test("commonestPaths() refuses tables without votes", () => {
  assert.throws(
    () => commonestPaths({ kind: { name: "plain", tree: null } as never, frame: pl.DataFrame() }),
    {
      name: "RangeError",
      message: "Cannot walk a decision tree: the table (plain) has no votes",
    },
  );
});

Deno.test({
  ...onShared(
    "gz2_hart16_sample",
    "commonestPaths() of debiased fractions are Galaxy Zoo 2's classes",
  ),
}, () => {
  const survey = openSurvey(join(shared, "gz2_hart16_sample"));
  const classes = survey.frame.getColumn("gz2_class").toArray() as string[];
  commonestPaths(survey, { fractions: "debiased" }).forEach((path, row) => {
    const text = classes[row];
    assert.equal(text.startsWith("E"), path[0] === "a01", text);
    assert.equal(text.startsWith("A"), path[0] === "a03", text);
    assert.equal(text.startsWith("Se"), path.includes("a04"), text);
    assert.equal(/^S.*[tml](\(.\))?$/.test(text), path.includes("a08"), text);
    assert.equal(text.endsWith("(m)"), path.includes("a24"), text);
  });
});
