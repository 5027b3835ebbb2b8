/**
 * Where the questions of a decision tree stand in a drawing, and how the answers run between them.
 *
 * @module
 */

import type { Answer, DecisionTree, Question } from "../data/mod.ts";
import { textWidth } from "./_font.ts";
import { fontSize } from "./theme.ts";

/** Sizes of the drawing, in pixels. */
export const sizes = {
  /** From one column of questions to the next. */
  pitch: 178,
  /** Width of a question's bar. */
  bar: 9,
  /** Length of a band that ends. */
  stub: 26,
  /** Least room of an answer, for its text. */
  answer: 15,
  /** One line of a question's text. */
  line: 13,
  /** Below a question, and below a band that passes. */
  gap: { question: 22, lane: 2 },
} as const;

/** A question in its place. */
export type PlacedQuestion = {
  readonly question: Question;
  readonly x: number;
  /** Top of its bar; its text ends above. */
  readonly y: number;
  readonly height: number;
  readonly lines: readonly string[];
};

/** An answer as a band: its middle from corner to corner, of one thickness. */
export type Band = {
  readonly answer: Answer;
  /** Place among the answers of its question. */
  readonly place: number;
  readonly thickness: number;
  readonly corners: { x: number; y: number }[];
};

/** A drawing of a tree. */
export type TreeLayout = {
  readonly questions: readonly PlacedQuestion[];
  readonly bands: readonly Band[];
  readonly width: number;
  readonly height: number;
};

/** A band on its way into a column: to a question, or to a lane of its own that passes by. */
type Arrival = { key: string; band: Band; y: number };

/**
 * Lays a tree out from left to right: each question in the column after the last one that leads to
 * it; a band that passes a column keeps a lane there. Within a column things stand in the order of
 * what leads to them, as near to it as there is room.
 *
 * @param thickness Of each answer's band, in pixels
 */
export function layOutTree(
  tree: DecisionTree,
  thickness: (answer: Answer) => number,
): TreeLayout {
  const column = columnsOf(tree);
  const last = Math.max(...Object.values(column));
  const questions: PlacedQuestion[] = [];
  const bands: Band[] = [];
  function hop({ answer }: Band, to: number): string {
    return column[answer.next!] === to ? answer.next! : `lane of ${answer.id}`;
  }
  let height = 0;
  let arrivals: Arrival[] = [];
  for (let at = 0; at <= last; at++) {
    const x = at * sizes.pitch;
    const starts = tree.questions.filter(({ id }) => column[id] === at).map(({ id }) => id);
    const next: Arrival[] = [];
    let free = 0;
    for (const key of new Set([...arrivals.map((arrival) => arrival.key), ...starts])) {
      const coming = arrivals.filter((arrival) => arrival.key === key).sort((a, b) => a.y - b.y);
      const flow = coming.reduce((sum, { band }) => sum + band.thickness, 0);
      const question = tree.questions.find(({ id }) => id === key);
      const rooms = question?.answers.map((answer) => Math.max(thickness(answer), sizes.answer));
      const tall = Math.max(flow, rooms?.reduce((sum, room) => sum + room) ?? 0);
      const lines = question ? wrap(`${key}  ${question.text}`, sizes.pitch - 34) : [];
      const middle = coming.reduce((sum, { y }) => sum + y, 0) / Math.max(1, coming.length);
      const top = Math.max(middle - tall / 2, free + lines.length * sizes.line + 4);
      let from = top + (tall - flow) / 2;
      for (const { band } of coming) {
        const y = from + band.thickness / 2;
        from += band.thickness;
        band.corners.push({ x, y });
        if (question) continue;
        band.corners.push({ x: x + sizes.bar, y });
        next.push({ key: hop(band, at + 1), band, y });
      }
      let slot = top + (tall - (rooms?.reduce((sum, room) => sum + room) ?? 0)) / 2;
      question?.answers.forEach((answer, place) => {
        const y = slot + rooms![place] / 2;
        slot += rooms![place];
        const corners = [{ x: x + sizes.bar, y }];
        const band = { answer, place, thickness: thickness(answer), corners };
        bands.push(band);
        if (answer.next === null) corners.push({ x: x + sizes.bar + sizes.stub, y });
        else next.push({ key: hop(band, at + 1), band, y });
      });
      if (question) questions.push({ question, x, y: top, height: tall, lines });
      free = top + tall + (question ? sizes.gap.question : sizes.gap.lane);
      height = Math.max(height, top + tall);
    }
    arrivals = next;
  }
  return { questions, bands, width: (last + 1) * sizes.pitch, height };
}

/** The column of each question: one more than the highest of those that lead to it. */
function columnsOf(tree: DecisionTree): Record<string, number> {
  const column: Record<string, number> = {};
  function of(id: string): number {
    column[id] ??= Math.max(
      0,
      ...tree.questions.filter(({ answers }) => answers.some(({ next }) => next === id))
        .map((question) => of(question.id) + 1),
    );
    return column[id];
  }
  tree.questions.forEach(({ id }) => of(id));
  return column;
}

/** The text in lines of at most a width, broken between words. */
function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(/(?<=\S) /)) {
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (textWidth(longer, { size: fontSize.note }) <= width || lines.at(-1) === "") {
      lines[lines.length - 1] = longer;
    } else lines.push(word);
  }
  return lines;
}
