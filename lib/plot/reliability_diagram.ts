/**
 * Whether probabilities mean what they say.
 *
 * @module
 */

import type { ReliabilityBin } from "../metrics/mod.ts";
import { Figure } from "./figure.ts";
import { groups, mark, numbers, tooltip } from "./_marks.ts";
import { ink } from "./theme.ts";

/** A network's bins, as `calibration()` gives them. */
export type ReliabilityCurve = {
  /** What the probabilities are of, told apart by colour. */
  name: string;
  bins: readonly ReliabilityBin[];
  /** Told beside the name. @default {none} */
  expectedError?: number;
};

/**
 * Accuracy by confidence: on the diagonal what is said with confidence 0.8 is right four times in
 * five; below it, the network is surer than it should be. A point is as large as its bin is full.
 *
 * @throws {RangeError} When no bin holds a sample
 *
 * @example
 * ```ts
 * import { calibration } from "galaxykit/metrics";
 * import { reliabilityDiagram } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const { bins, expectedError } = calibration({
 *   target: [0, 1, 0],
 *   probabilities: [[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]],
 * });
 * const figure = reliabilityDiagram([{ name: "mine", bins, expectedError }]);
 * assert.match(await figure.svg(), /confidence/);
 * ```
 */
export function reliabilityDiagram(
  curves: readonly ReliabilityCurve[],
  options: {
    /** Heading. @default {"Reliability"} */
    title?: string;
  } = {},
): Figure {
  const { title = "Reliability" } = options;
  const names = curves.map(({ name, expectedError }) =>
    expectedError === undefined ? name : `${name} (ECE ${expectedError.toFixed(3)})`
  );
  const values = curves.flatMap(({ bins }, i) =>
    bins.filter(({ count }) => count > 0)
      .map(({ confidence, accuracy, count }) => ({ confidence, accuracy, count, name: names[i] }))
  );
  if (values.length === 0) {
    throw new RangeError("Cannot draw a reliability diagram: no bin holds a sample");
  }
  const low = Math.floor(
    10 * Math.min(...values.map(({ confidence, accuracy }) => Math.min(confidence, accuracy))),
  ) / 10;
  const ends = { domain: [low, 1], axis: { tickCount: 6 } };
  const x = numbers("confidence", { title: "confidence", ...ends });
  const y = numbers("accuracy", { title: "part that is right", ...ends });
  const color = {
    ...groups("name", names),
    legend: { columns: 1 },
  };
  return new Figure({
    description: `${title}: ${names.join("; ")}`,
    title,
    width: 280,
    height: 280,
    layer: [
      mark("line", {
        values: [{ confidence: low, accuracy: low }, { confidence: 1, accuracy: 1 }],
        ...{ x, y, color: ink.axis, strokeDash: [4, 3], strokeWidth: 1.5 },
      }),
      mark("line", { values, x, y, color }),
      mark("point", {
        ...{ values, x, y, color, opacity: 1 },
        size: {
          field: "count",
          type: "quantitative",
          scale: { range: [12, 160], zero: false },
          legend: null,
        },
        tooltip: tooltip(
          ["name"],
          ["confidence", undefined, ".3f"],
          ["accuracy", undefined, ".3f"],
          ["count", "galaxies", ","],
        ),
      }),
    ],
  });
}
