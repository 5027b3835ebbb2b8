import assert from "node:assert/strict";
import { distributions } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

const table = {
  z: [0.01, 0.02, 0.03, 0.03, null, 0.09, NaN],
  survey: ["a", "b", "a", "a", "a", null, "b"],
};

type Values = { data: { values: { name: string; value: number; density: number }[] } };

Deno.test("distributions() scales each sample's histogram to an area of 1", async () => {
  const options = { column: "z", by: "survey", label: "redshift", range: [0, 0.04], bins: 4 };
  const figure = distributions(table, { ...options, range: [0, 0.04] });
  await checkFigure(figure, ["a (3)", "b (1)", "redshift", "4 galaxies, 3 others without a value"]);
  const { values } = (figure.spec as unknown as Values).data;
  const ofA = values.filter(({ name }) => name === "a (3)").map(({ density }) => density);
  assert.deepEqual(ofA.map((density) => Math.round(density * 0.01 * 3)), [0, 1, 0, 2, 0]);
  checkSnapshot(figure, "distributions");
});

Deno.test("distributions() of one sample leaves out what lies outside", async () => {
  const figure = distributions({ z: [0, 1, 2, 3, 100] }, { column: "z", range: [0, 3], bins: 3 });
  const { values } = (figure.spec as unknown as Values).data;
  // of five values one each in the first two bins, two in the closed last one
  assert.deepEqual(values.map(({ density }) => density), [0.2, 0.2, 0.4, 0]);
  await checkFigure(figure, ["Distribution of z", "5 galaxies"]);
});

Deno.test("distributions() refuses a column without values", () => {
  assert.throws(() => distributions({ z: [null, NaN] }, { column: "z" }), {
    name: "RangeError",
    message: 'Cannot draw the distribution of "z": no row has a value',
  });
});

Deno.test("distributions() says what its axis leaves out, and takes no text or null for 0", async () => {
  const z = [0.01, 0.02, 0.03, null, NaN, Infinity, 5];
  const figure = distributions({ z }, { column: "z", range: [0, 0.1] });
  await checkFigure(figure, ["4 galaxies, 3 others without a value"]);
  assert.match(`${figure.spec.description}`, /: 4 values, 1 outside the axes$/);
  assert.throws(() => distributions({ z: ["0.1", "faint"] }, { column: "z" }), {
    name: "RangeError",
    message: 'Cannot use column "z" as numbers: row 1 holds "faint"',
  });
});
