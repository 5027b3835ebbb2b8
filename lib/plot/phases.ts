/**
 * Where one stretch of a training ends and the next begins, drawn into its curves.
 *
 * @module
 */

import { fitText } from "./_font.ts";
import { mark, numbers } from "./_marks.ts";
import { fontSize, ink } from "./theme.ts";

/** A stretch of a training, such as the second phase of a fine-tuning. */
export type Phase = {
  /** Its first epoch. */
  from: number;
  label: string;
};

/**
 * Layers for a panel by epoch: a line halfway before the first epoch of each phase, and above the
 * panel its label, cut where the next one begins. A phase that is still to come is left out.
 *
 * @throws {RangeError} When the phases are out of order or begin before the first epoch
 */
export function phaseMarks(phases: readonly Phase[], panel: {
  /** Epochs at hand. */
  first: number;
  last: number;
  /** Epochs at the edges of the panel. */
  domain: [number, number];
  /** In pixels, and the room to its right. */
  width: number;
  spacing: number;
}) {
  const { first, last, domain, width, spacing } = panel;
  phases.forEach(({ from, label }, i) => {
    if (from >= first && (i === 0 || from > phases[i - 1].from)) return;
    throw new RangeError(
      `Cannot draw learning curves: phases must begin one after another from epoch ${first}: ` +
        `"${label}" begins at ${from}`,
    );
  });
  const begun = phases.filter(({ from }) => from <= last);
  if (begun.length === 0) return [];
  const starts = begun.map(({ from }) => from === first ? domain[0] : from - 0.5);
  const pixels = width / (domain[1] - domain[0]);
  const labels = begun.map(({ label }, i) => {
    const next = starts[i + 1] ?? domain[1] + spacing / pixels;
    const room = (next - starts[i]) * pixels - 6;
    return { start: starts[i], label: fitText(label, { size: fontSize.note, width: room }) };
  });
  const x = numbers("start");
  return [
    mark("rule", {
      values: starts.filter((start) => start > first).map((start) => ({ start })),
      ...{ x, color: ink.axis, strokeDash: [3, 3] },
    }),
    mark("text", {
      ...{ values: labels, x, text: { field: "label" }, color: ink.note, fontSize: fontSize.note },
      ...{ align: "left", baseline: "bottom", y: -3, dx: 2 },
    }),
  ];
}
