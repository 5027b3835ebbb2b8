/**
 * A decision tree, and how many volunteers take each of its ways.
 *
 * @module
 */

import {
  answerValues,
  cumulativeFractions,
  type DecisionTree,
  type Quantity,
  type Table,
} from "../data/mod.ts";
import { mean } from "../statistics.ts";
import { percent } from "../text.ts";
import { Figure } from "./figure.ts";
import { mark, numbers, type Position, tooltip } from "./_marks.ts";
import { fontSize, ink, palette } from "./theme.ts";
import { type Band, layOutTree, sizes } from "./_tree_layout.ts";
import { fractionsOf } from "./vote_histograms.ts";

/** Options of {@linkcode treeFlow}. */
export type TreeFlowOptions = {
  /** Votes of which the bands show the mean. @default {none: bands of one thickness} */
  table?: Table;
  /** Which fractions. @default {the tree's first of "weighted_fraction", "fraction", "cumulative"} */
  quantity?: Quantity;
  /** Heading. @default {the tree's title} */
  title?: string;
};

/** Thickness in pixels of a band that all volunteers take, and of any where there are no votes. */
const thickness = { all: 190, plain: 5 } as const;

/**
 * Draws a decision tree from left to right: a bar for each question, a band for each answer to the
 * question that follows. With a table a band is as thick as the mean share of a galaxy's volunteers
 * that give the answer.
 *
 * @throws {RangeError} When the table lacks a column of fractions
 *
 * @example
 * ```ts
 * import { gz2Tree } from "galaxykit/data";
 * import { treeFlow } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * assert.match(await treeFlow(gz2Tree).svg(), /Features or disk/);
 * ```
 */
export function treeFlow(tree: DecisionTree, options: TreeFlowOptions = {}): Figure {
  const { table, title = tree.title, quantity = fractionsOf(tree) } = options;
  const shares = table && meanShares(tree, table, quantity);
  const { questions, bands, width, height } = layOutTree(
    tree,
    ({ id }) => shares ? Math.max(0.7, thickness.all * shares[id]) : thickness.plain,
  );
  const x = numbers("x", { domain: [0, width], axis: null });
  const y = numbers("y", { domain: [height, 0], axis: null });
  return new Figure({
    description: `${title}: ${questions.length} questions, ${bands.length} answers`,
    title: {
      text: title,
      ...(shares && { subtitle: "mean share of a galaxy's volunteers that give each answer" }),
    },
    width,
    height,
    layer: [
      mark("area", {
        values: bands.flatMap(outline),
        ...{ x, y, y2: { field: "y2" }, detail: { field: "answer" }, opacity: 0.42 },
        color: {
          field: "place",
          type: "ordinal",
          scale: { domain: palette.map((_, i) => i), range: palette },
          legend: null,
        },
      }),
      mark("rect", {
        values: questions.map((one) => ({
          ...{ x: one.x, x2: one.x + sizes.bar, y: one.y, y2: one.y + one.height },
          question: one.question.text,
        })),
        ...{ x, x2: { field: "x2" }, y, y2: { field: "y2" }, color: ink.text },
        tooltip: tooltip(["question"]),
      }),
      ...legible({
        values: questions.flatMap(({ x, y, lines }) =>
          lines.map((text, i) => ({ x, y: y - 5 - (lines.length - 1 - i) * sizes.line, text }))
        ),
        ...{ x, y, baseline: "alphabetic", fontWeight: "bold" },
      }),
      ...legible({
        values: bands.map(({ answer, corners: [{ x, y }] }) => ({
          ...{ x: x + 5, y },
          text: answer.text + (shares ? `: ${share(shares[answer.id])}` : ""),
        })),
        ...{ x, y, baseline: "middle" },
      }),
    ],
  });
}

/** A text on a pale rim, so that it can be read where bands run under it. */
function legible(options: {
  values: readonly { x: number; y: number; text: string }[];
  x: Position;
  y: Position;
  baseline: "alphabetic" | "middle";
  fontWeight?: "bold";
}) {
  const text = {
    ...options,
    align: "left",
    fontSize: fontSize.note,
    text: { field: "text" },
  } as const;
  const rim = { stroke: "white", strokeWidth: 3, strokeJoin: "round", opacity: 0.65 } as const;
  return [mark("text", { ...text, ...rim }), mark("text", text)];
}

/** The mean over galaxies of each answer's share of all volunteers. */
function meanShares(
  tree: DecisionTree,
  table: Table,
  quantity: Quantity,
): Record<string, number> {
  const values = answerValues(tree, table, { quantity });
  const shares = quantity === "cumulative" ? values : cumulativeFractions(tree, values);
  return Object.fromEntries(
    Object.entries(shares).map(([id, column]) => {
      const known = column.filter(Number.isFinite);
      return [id, known.length === 0 ? 0 : mean(known)];
    }),
  );
}

/** A band's upper and lower edge, with an S from one corner to the next. */
function outline({ answer, place, thickness, corners }: Band) {
  const steps = 14;
  const points = corners.slice(1).flatMap((to, i) => {
    const from = corners[i];
    return Array.from({ length: steps + 1 }, (_, step) => {
      const t = step / steps;
      return { x: from.x + t * (to.x - from.x), y: from.y + smooth(t) * (to.y - from.y) };
    });
  });
  return points.map(({ x, y }) => ({
    ...{ answer: answer.id, place, x },
    ...{ y: y - thickness / 2, y2: y + thickness / 2 },
  }));
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

function share(value: number): string {
  return value > 0 && value < 0.005 ? "<1 %" : percent(value, 0);
}
