import assert from "node:assert/strict";
import { THRESHOLD, thresholdRange, type ThresholdSettings } from "galaxykit/recipes";
import { checkThresholdSettings } from "../../../lib/recipes/threshold/settings.ts";

Deno.test("thresholdRange() reads thresholds at even distances", () => {
  assert.deepEqual(thresholdRange("0.4:0.95:12").slice(0, 3), [0.4, 0.45, 0.5]);
  assert.equal(THRESHOLD.small.thresholds.length, 20);
  assert.ok(THRESHOLD.small.thresholds.includes(0.6)); // the article's
  for (const text of ["0.5", "0.5:0.9", "a:b:c:d", "0.5::3"]) {
    assert.throws(() => thresholdRange(text), {
      name: "SyntaxError",
      message: `Cannot read thresholds "${text}": wanted low:high:count`,
    });
  }
  for (const text of ["0.4:1.2:5", "0.9:0.5:5", "0:0.5:5", "x:0.5:5"]) {
    assert.throws(() => thresholdRange(text), {
      name: "RangeError",
      message: `Cannot sweep thresholds ${text}: they must lie in (0, 1] and rise`,
    });
  }
  assert.throws(() => thresholdRange("0.5:0.9:1"), {
    name: "RangeError",
    message: "Cannot sweep thresholds 0.5:0.9:1: two or more are wanted",
  });
});

Deno.test("checkThresholdSettings() refuses what makes no sense", () => {
  Object.values(THRESHOLD).forEach(checkThresholdSettings);
  const refusals: [Partial<ThresholdSettings>, string][] = [
    [{ at: 0.4 }, "at is 0.4, wanted a number from 0.5 to 1"],
    [{ clean: 1.2 }, "clean is 1.2, wanted a number from 0.5 to 1"],
    [{ thresholds: [0.5, 0.5] }, "thresholds is 0.5,0.5, wanted rising numbers in (0, 1]"],
    [{ thresholds: [0.6, 1.2] }, "thresholds is 0.6,1.2, wanted rising numbers in (0, 1]"],
    [{ volunteers: [2.5] }, "volunteers is 2.5, wanted rising whole numbers from 1"],
    [{ targets: [1] }, "targets is 1, wanted rising numbers between 0 and 1"],
    [{ folds: 1 }, "folds is 1, wanted a whole number from 2"],
    [{ draws: 0 }, "draws is 0, wanted a whole number from 1"],
    [{ l2: 0 }, "l2 is 0, wanted a number above 0"],
  ];
  for (const [change, message] of refusals) {
    assert.throws(() => checkThresholdSettings({ ...THRESHOLD.tiny, ...change }), {
      name: "RangeError",
      message: `Cannot sweep thresholds: ${message}`,
    });
  }
});
