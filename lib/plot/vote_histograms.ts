/**
 * How volunteers' votes are distributed over the galaxies.
 *
 * @module
 */

import {
  answerColumns,
  answerValues,
  columnNames,
  type DecisionTree,
  type Quantity,
  questionOf,
  type Table,
  votesReceived,
} from "../data/mod.ts";
import { mean } from "../statistics.ts";
import { count } from "../text.ts";
import { Figure } from "./figure.ts";
import { fitText } from "./_font.ts";
import { binRows, type Bins, histogram } from "./_histogram.ts";
import { headroom, mark, numbers, panelTitle, tooltip } from "./_marks.ts";
import { fontSize, ink, palette } from "./theme.ts";

/** Options of {@linkcode voteHistograms}. */
export type VoteHistogramsOptions = {
  /** Which fractions. @default {the tree's first of "weighted_fraction", "fraction", "cumulative"} */
  quantity?: Quantity;
  /** Ids of questions. @default {all} */
  questions?: readonly string[];
  /**
   * Only galaxies with so many votes at the question are counted; 0 where the table has no counts.
   *
   * @default {10}
   */
  minimumVotes?: number;
  /** @default {20} */
  bins?: number;
  /** Heading. @default {"Vote fractions"} */
  title?: string;
};

/** As wide whatever its labels, so that the panels of all questions stand below each other. */
const shareAxis = { title: null, tickCount: 2, format: "~%", minExtent: 34, maxExtent: 34 };
const panel = { width: 112, height: 56 };

/**
 * A row of histograms for each question, one for each answer: the share of the galaxies by the
 * answer's fraction. Only galaxies with enough votes at the question are counted; their number stands
 * below the question, the mean fraction below the answer. A question without such galaxies is left
 * out.
 *
 * @throws {RangeError} When the table lacks the fractions, or no galaxy has enough votes
 *
 * @example
 * ```ts
 * import { gz1Tree } from "galaxykit/data";
 * import { voteHistograms } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const [no, half] = [[0, 0], [0.5, 0.1]];
 * const votes = { P_EL: [0.5, 0.9], P_CW: half, P_ACW: no, P_EDGE: no, P_DK: no, P_MG: no };
 * const figure = voteHistograms(votes, gz1Tree, { bins: 10 });
 * assert.match(await figure.svg(), /Clockwise spiral/);
 * ```
 */
export function voteHistograms(
  table: Table,
  tree: DecisionTree,
  options: VoteHistogramsOptions = {},
): Figure {
  const { bins = 20, title = "Vote fractions", minimumVotes = 10 } = options;
  const { questions = tree.questions.map(({ id }) => id) } = options;
  const names = new Set(columnNames(table));
  const quantity = options.quantity ?? fractionsOf(tree);
  const scale: Bins = { low: 0, high: 1, count: bins };
  const rows = questions.flatMap((id) => {
    const { answers, text } = questionOf(tree, id);
    const values = answerValues(tree, table, { quantity, questions: [id] });
    const columns = answers.map((answer) => values[answer.id]);
    const least = tree.suffixes.count !== undefined && minimumVotes > 0 &&
        answerColumns(tree, "count", [id]).every((name) => names.has(name))
      ? minimumVotes
      : 0;
    const votes = least > 0
      ? votesReceived(tree, answerValues(tree, table, { quantity: "count", questions: [id] }))[id]
      : undefined;
    const asked = [...columns[0].keys()].filter((row) => {
      if (votes !== undefined && !(votes[row] >= least)) return false;
      const sum = columns.reduce((sum, column) => sum + column[row], 0);
      return sum > 0 && sum < Infinity;
    });
    if (asked.length === 0) return [];
    const shares = columns.map((column) =>
      Array.from(histogram(asked.map((row) => column[row]), scale), (n) => n / asked.length)
    );
    const highest = Math.max(...shares.flat());
    return [{
      title: {
        text: `${id}  ${text}`,
        subtitle: `${count(asked.length)} galaxies with ` +
          (least > 0 ? `${least} votes or more` : "answers"),
        ...{ fontSize: fontSize.label + 1, subtitleFontSize: fontSize.note, offset: 6 },
      },
      spacing: 14,
      hconcat: answers.map((answer, i) => ({
        ...panel,
        title: panelTitle(fitText(answer.text, { size: fontSize.label, width: panel.width }), {
          subtitle: `mean ${mean(asked.map((row) => columns[i][row])).toFixed(2)}`,
          ...{ fontWeight: "normal", subtitlePadding: 1, offset: 2 },
        }),
        data: { values: binRows({ share: shares[i] }, scale) },
        layer: [
          headroom(),
          mark("bar", {
            ...{ color: palette[0], stroke: "white", strokeWidth: 0.5 },
            x: numbers("from", {
              scale: { domain: [0, 1] },
              axis: { title: null, values: [0, 0.5, 1], format: "~g" },
            }),
            x2: { field: "to" },
            y: numbers("share", {
              scale: { domain: [0, highest] },
              axis: i > 0 ? null : { ...shareAxis, grid: false },
            }),
            y2: { datum: 0 },
            tooltip: tooltip(
              ["from", "fraction from", ".2f"],
              ["to", "to", ".2f"],
              ["share", "share of the galaxies", ".1%"],
            ),
          }),
        ],
      })),
    }];
  });
  if (rows.length === 0) {
    throw new RangeError(
      `Cannot draw vote fractions: no galaxy has enough votes at ${questions.join(", ")}`,
    );
  }
  return new Figure({
    description: `${title}: ${quantity.replace("_", " ")} of ${rows.length} questions`,
    title: { text: title, subtitle: `${tree.title}, ${quantity.replace("_", " ")}`, offset: 20 },
    spacing: 22,
    vconcat: rows,
    config: { title: { anchor: "start", color: ink.text, subtitleColor: ink.note } },
  });
}

/** Kinds of vote fractions, the best first. */
export const fractions: readonly Quantity[] = ["weighted_fraction", "fraction", "cumulative"];

/** The best fractions that a tree's catalogues have. */
export function fractionsOf(tree: DecisionTree): Quantity {
  return fractions.find((quantity) => tree.suffixes[quantity] !== undefined) ?? "fraction";
}
