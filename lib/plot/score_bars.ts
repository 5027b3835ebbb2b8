/**
 * A score of many answers as bars, for one network or survey or several.
 *
 * @module
 */

import { Figure } from "./figure.ts";
import { anyNumber, categories, groups, mark, numbers, panelTitle, tooltip } from "./_marks.ts";
import { fontSize, ink } from "./theme.ts";

/** A score. */
export type ScoreBar = {
  /** What it is of: an answer. */
  name: string;
  value: number;
  /** Ends of its interval. @default {none} */
  low?: number;
  high?: number;
  /** Told apart by colour: a network, a stage, a survey. @default {one group} */
  group?: string;
  /** The question, whose answers stand together. @default {one section} */
  section?: string;
};

/** Options of {@linkcode scoreBars}. */
export type ScoreBarsOptions = {
  /** Heading. */
  title: string;
  /** Text of the x axis. */
  label: string;
  /** Digits of the values beside the bars. @default {2} */
  digits?: number;
};

/**
 * Horizontal bars from 0, with their intervals and values, answers of a question together.
 *
 * @throws {RangeError} When there are no bars, or a value is not finite
 *
 * @example
 * ```ts
 * import { scoreBars } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const figure = scoreBars([
 *   { name: "Smooth", value: 0.98, low: 0.97, high: 0.99, section: "Smooth or featured?" },
 *   { name: "Bar", value: 0.77, section: "Is there a bar?" },
 * ], { title: "Correlation", label: "Pearson's r" });
 * assert.match(await figure.svg(), /Is there a bar\?/);
 * ```
 */
export function scoreBars(bars: readonly ScoreBar[], options: ScoreBarsOptions): Figure {
  const { title, label, digits = 2 } = options;
  if (bars.length === 0) throw new RangeError("Cannot draw scores: there are no bars");
  const wrong = bars.find(({ value }) => !Number.isFinite(value));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot draw scores: that of "${wrong.name}" is ${wrong.value}; leave it out, and say so`,
    );
  }
  const parts = [...new Set(bars.map(({ group = "" }) => group))];
  const sections = Map.groupBy(bars, ({ section = "" }) => section);
  const ends = bars.flatMap(({ value, low = value, high = value }) => [low, high]);
  // Room for the values beside the longest bars
  const [least, most] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const room = (most - least) * 0.12;
  const domain = [least < 0 ? least - room : 0, most > 0 ? most + room : 0];
  const color = groups("group", parts);
  return new Figure({
    description: `${title}: ${
      bars.map(({ name, group, value }) =>
        `${name}${group ? `, ${group}` : ""} ${value.toFixed(digits)}`
      )
        .join("; ")
    }`,
    title: { text: title, offset: 16 },
    spacing: 10,
    vconcat: [...sections].map(([section, own], place) => {
      const y = categories("name", [...new Set(own.map(({ name }) => name))], {
        title: null,
        axis: { grid: false, labelLimit: LABELS, minExtent: LABELS, maxExtent: LABELS },
      });
      const isLast = place === sections.size - 1;
      const axis = {
        domain,
        title: isLast ? label : null,
        axis: { format: anyNumber, grid: true, tickCount: 6, labels: isLast, ticks: isLast },
      };
      const row = {
        y,
        ...(parts.length > 1 && {
          yOffset: { field: "group", type: "nominal" as const, sort: parts },
        }),
      };
      const values = own.map(({ group = "", low, high, ...bar }) => ({
        ...{ ...bar, group, zero: 0, low: low ?? bar.value, high: high ?? bar.value },
        end: Math.max(bar.value, high ?? bar.value, 0),
        text: bar.value.toFixed(digits),
      }));
      return {
        width: 340,
        height: { step: parts.length > 1 ? 12 : 17 },
        ...(section === "" ? {} : { title: panelTitle(section, { offset: 4 }) }),
        data: { values },
        layer: [
          mark("bar", {
            ...{ ...row, color, x: numbers("value", axis), x2: { field: "zero" } },
            tooltip: tooltip(["name"], ["value", label, ".4f"], ["low", "from", ".4f"], [
              ...["high", "to", ".4f"] as const,
            ]),
          }),
          mark("rule", {
            ...{ ...row, x: numbers("low", axis), x2: { field: "high" } },
            ...{ color: ink.text, strokeWidth: 1 },
          }),
          mark("text", {
            ...{ ...row, x: numbers("end", axis), text: { field: "text" } },
            ...{ align: "left", dx: 4, fontSize: fontSize.note, color: ink.text },
          }),
        ],
      };
    }),
  });
}

/** Pixels of the names, the same in all sections, so that bars begin at one line. */
const LABELS = 190;
