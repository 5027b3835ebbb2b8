import assert from "node:assert/strict";
import { openSurvey, voteFractions } from "galaxykit/data";
import { pearsonCorrelation } from "galaxykit/metrics";
import { agreementOf, meanAgreement, showsAny } from "../../../lib/recipes/galaxysd/agreement.ts";
import { rowsOf, someOf } from "../../../lib/recipes/galaxysd/generated.ts";
import { fractionsOf, Reader, wins } from "../../../lib/recipes/galaxysd/reader.ts";

const survey = openSurvey("data/sky").pictured();
const CROP = 0.5;
const { images } = await survey.images({ size: 64, cropFraction: CROP, targets: [] });
const pictures = { images: images!, size: 64 };

Deno.test("the reader says of the middle of pictures what volunteers say of the whole", async () => {
  using reader = await Reader.open({ crop: CROP });
  const read = await reader.read(pictures);
  const { values } = voteFractions(survey, { questions: ["t01"], fractions: "weighted" });
  const found = fractionsOf(read, "a02");
  const r = pearsonCorrelation({ target: values.a02!, prediction: found });
  assert.ok(r > 0.7, `r = ${r}`); // Of 64 galaxies, with the noise of their own votes
  // Each picture is read for itself
  const few = await reader.read(rowsOf(pictures, Int32Array.of(5, 3)));
  assert.ok(Math.abs(fractionsOf(few, "a02")[1]! - found[3]!) < 1e-4);
  assert.deepEqual((await reader.read(someOf(pictures, [0, 0]))).count, 0);
});

/** Answers of three pictures to the roundness question: each is another one's. */
const answers = (() => {
  const fractions = new Float32Array(3 * 37);
  const order = ["a16", "a17", "a18"];
  const places = [15, 16, 17];
  order.forEach((_, row) =>
    places.forEach((place, at) => {
      fractions[row * 37 + place] = row === at ? 0.7 : 0.1;
    })
  );
  return { fractions, count: 3 };
})();

Deno.test("an answer wins where it is the first of its question", () => {
  assert.deepEqual(wins(answers, "a16"), [true, false, false]);
  assert.deepEqual(wins(answers, "a18"), [false, false, true]);
  // Where two are alike none is the first
  assert.deepEqual(wins(answers, "a19"), [false, false, false]);
});

Deno.test("a group is shown by any of its kinds, a kind by all of its answers", () => {
  const shown = showsAny(answers, [["a16"], ["a18"]]);
  assert.deepEqual(shown, [true, false, true]);
  assert.deepEqual(showsAny(answers, [["a16", "a19"]]), [false, false, false]);
  const some = [agreementOf("a", shown), agreementOf("b", [true]), agreementOf("none", [])];
  assert.deepEqual(some[0], { name: "a", hits: 2, of: 3 });
  assert.ok(Math.abs(meanAgreement(some) - (2 / 3 + 1) / 2) < 1e-9);
});
