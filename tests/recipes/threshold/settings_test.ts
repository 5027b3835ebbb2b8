import assert from "node:assert/strict";
import { threshold } from "galaxykit/recipes";
import type { ThresholdSettings } from "../../../lib/recipes/threshold/settings.ts";
import { settingsOf } from "../../../lib/settings.ts";

const refused = (change: Partial<ThresholdSettings> | { thresholds: string }, message: string) =>
  assert.throws(() => settingsOf(threshold.settings, { profile: "tiny", ...change }), {
    name: "RangeError",
    message: `Cannot sweep thresholds: ${message}`,
  });

Deno.test("threshold reads thresholds at even distances", () => {
  const of = (thresholds: string) => settingsOf(threshold.settings, { thresholds }).thresholds;
  assert.deepEqual(of("0.4:0.95:12").slice(0, 3), [0.4, 0.45, 0.5]);
  const { thresholds } = settingsOf(threshold.settings, {});
  assert.equal(thresholds.length, 20);
  assert.ok(thresholds.includes(0.6)); // the article's
  const wanted = "thresholds must be rising numbers, above 0, at most 1";
  for (const text of ["a:b:c:d", "0.5::3", "0.5:0.9:1"]) {
    refused({ thresholds: text }, `${wanted}, "${text}" found`);
  }
  refused({ thresholds: "0.4:1.2:5" }, `${wanted}, [0.4,0.6,0.8,1,1.2] found`);
  refused({ thresholds: "0.9:0.5:5" }, `${wanted}, [0.9,0.8,0.7,0.6,0.5] found`);
  refused({ thresholds: "0:0.5:2" }, `${wanted}, [0,0.5] found`);
});

Deno.test("threshold refuses settings that make no sense", () => {
  refused({ at: 0.4 }, "at must be a number, at least 0.5, at most 1, 0.4 found");
  const wanted = "must be rising numbers, above 0, at most 1";
  refused({ thresholds: [0.5, 0.5] }, `thresholds ${wanted}, [0.5,0.5] found`);
  refused({ thresholds: [0.6, 1.2] }, `thresholds ${wanted}, [0.6,1.2] found`);
  refused({ volunteers: [2.5] }, "volunteers must be rising integers, at least 1, [2.5] found");
  refused({ targets: [1] }, "targets must be rising numbers, above 0, below 1, [1] found");
  refused({ folds: 1 }, "folds must be an integer, at least 2, 1 found");
  refused({ draws: 0 }, "draws must be an integer, at least 1, 0 found");
  refused({ l2: 0 }, "l2 must be a number, above 0, 0 found");
});
