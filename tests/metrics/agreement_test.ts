import assert from "node:assert/strict";
import { cohenKappa, matthewsCorrelation } from "galaxykit/metrics";
import { assertClose, cases } from "./reference.ts";

for (const [name, { target, prediction, kappa, matthews }] of Object.entries(cases)) {
  Deno.test(`agreement is that of scikit-learn: ${name}`, () => {
    for (const [weights, expected] of Object.entries(kappa)) {
      const options = weights === "none" ? {} : { weights: weights as "linear" };
      const found = cohenKappa({ target, prediction, ...options });
      if (expected === null) assert.ok(Number.isNaN(found));
      else assertClose(found, expected);
    }
    assertClose(matthewsCorrelation({ target, prediction }), matthews);
  });
}

Deno.test("agreement is 1 when perfect, −1 when opposite, undefined or 0 when constant", () => {
  const target = [0, 1, 0, 1];
  const opposite = [1, 0, 1, 0];
  assert.equal(cohenKappa({ target, prediction: target }), 1);
  assert.equal(cohenKappa({ target, prediction: opposite }), -1);
  assert.equal(matthewsCorrelation({ target, prediction: target }), 1);
  assert.equal(matthewsCorrelation({ target, prediction: opposite }), -1);
  assert.equal(matthewsCorrelation({ target, prediction: [1, 1, 1, 1] }), 0);
  assert.ok(Number.isNaN(cohenKappa({ target: [2, 2], prediction: [2, 2] })));
});

Deno.test("cohenKappa() with weights counts distances between classes, also over an absent one", () => {
  const near = cohenKappa({ target: [0, 1, 3], prediction: [1, 1, 3], weights: "linear" });
  const far = cohenKappa({ target: [0, 1, 3], prediction: [3, 1, 3], weights: "linear" });
  assert.ok(near > far);
});

Deno.test("agreement refuses unequal lengths and no samples", () => {
  assert.throws(() => cohenKappa({ target: [0], prediction: [0, 1] }), {
    name: "TypeError",
    message: "Cannot compute Cohen's kappa: target has 1 samples, prediction 2",
  });
  assert.throws(() => matthewsCorrelation({ target: [], prediction: [] }), {
    name: "RangeError",
    message: "Cannot compute Matthews correlation: there are no samples",
  });
});
