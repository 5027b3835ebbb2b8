/**
 * What a diffusion model has learnt of little noise and of much.
 *
 * @module
 */

import { columnNames, columnValues, type Table } from "../data/tables.ts";
import type { Figure } from "./figure.ts";
import { wholeTicks } from "./_marks.ts";
import { type CurvePoint, intervalCurves } from "./interval_curves.ts";
import { type HistoryRow, historyTable } from "./learning_curves.ts";

/**
 * The loss of each stretch of time by epoch: the columns `validation_loss_of_0` (little noise) to
 * `validation_loss_of_750`, as `denoisingLoss` has them; those of the training where there is no
 * validation. A mean over all times hides that what is easy is learnt first.
 *
 * @param history A table, or rows, with one row an epoch
 * @throws {RangeError} When there is no such column, or a value is not finite
 *
 * @example
 * ```ts
 * import { lossByTime } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = lossByTime([
 *   { epoch: 1, validation_loss_of_0: 1.2, validation_loss_of_500: 0.76 },
 *   { epoch: 2, validation_loss_of_0: 1.03, validation_loss_of_500: 0.52 },
 * ]);
 * assert.match(await figure.svg(), /0 to 499/);
 * ```
 */
export function lossByTime(
  history: Table | readonly HistoryRow[],
  { title = "Loss by time, from little noise to much" }: {
    /** Heading. @default {"Loss by time, from little noise to much"} */
    title?: string;
  } = {},
): Figure {
  const table = historyTable(history);
  const names = columnNames(table);
  const startsOf = (split: string) =>
    names.map((name) => new RegExp(`^${split}_loss_of_(\\d+)$`).exec(name)?.[1])
      .filter((start) => start !== undefined).map(Number).sort((a, b) => a - b);
  const split = ["validation", "train"].find((split) => startsOf(split).length > 0);
  if (split === undefined) {
    throw new RangeError(
      `Cannot draw the loss by time: no column validation_loss_of_… or train_loss_of_… among ${
        names.join(", ")
      }`,
    );
  }
  const epochs = Array.from(columnValues(table, "epoch"), Number);
  const points = startsOf(split).flatMap((start, at, starts): CurvePoint[] => {
    const group = `${start} to ${(starts[at + 1] ?? TIMES) - 1}`;
    const values = Array.from(columnValues(table, `${split}_loss_of_${start}`));
    return epochs.map((x, row) => ({ x, value: values[row] as number, group }))
      .filter(({ value }) => value !== null);
  });
  return intervalCurves(points, {
    title,
    x: "epoch",
    y: `loss, ${split === "train" ? "training" : split}`,
    ticks: wholeTicks(Math.min(...epochs), Math.max(...epochs), 10),
  });
}

/** Times of a schedule, from 0. */
const TIMES = 1000;
