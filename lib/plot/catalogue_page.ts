/**
 * A catalogue at a glance.
 *
 * @module
 */

import {
  answerColumns,
  answersOf,
  type Catalogue,
  certainAnswers,
  type DecisionTree,
  describeCatalogue,
  membersOf,
  type Quantity,
  selectRows,
  wellSampledCuts,
  willettThresholds,
} from "../data/mod.ts";
import { misspelt } from "../data/catalogues/incomplete.ts";
import { colourMagnitude } from "./colour_magnitude.ts";
import { distributions } from "./distributions.ts";
import type { Figure } from "./figure.ts";
import { type PageSection, reportPage } from "./report_page.ts";
import { selectionFlow } from "./selection_flow.ts";
import { treeFlow } from "./tree_flow.ts";
import { upsetPlot } from "./upset_plot.ts";
import { fractions, voteHistograms } from "./vote_histograms.ts";

/** A section with one figure, or the reason why there is none. */
type FigureSection = PageSection & { figure?: Figure };

/** Votes that make a question of Galaxy Zoo 2 well sampled; its thresholds are for 20, or for 10. */
const votes = { many: 20, few: 10 } as const;

/** Names under which tables keep redshifts, and magnitudes with the bands of a colour. */
const redshifts = ["redshift", "REDSHIFT", "z"];
const magnitudes: [magnitude: string, blue: string, red: string][] = [
  ["abs_r", "abs_g", "abs_r"],
  ["absolute_magnitude", "mag_g", "mag_r"],
];

/**
 * The figures that a catalogue's columns allow: the decision tree with the flow of its votes, vote
 * fractions, a selection by the cuts of Willett et al. 2013 and the answers that are certain then,
 * redshifts, colours and magnitudes.
 *
 * @example
 * ```ts
 * import { readCatalogue } from "galaxykit/data";
 * import { catalogueFigures } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/gz1.csv`;
 * Deno.writeTextFileSync(
 *   path,
 *   "OBJID,NVOTE,P_EL,P_CW,P_ACW,P_EDGE,P_DK,P_MG\n587722981736120347,30,0.5,0.2,0.3,0,0,0\n",
 * );
 * const sections = catalogueFigures(readCatalogue(path));
 * assert.deepEqual(sections.map(({ heading }) => heading), ["Decision tree", "Vote fractions"]);
 * ```
 */
export function catalogueFigures({ kind, frame }: Catalogue): FigureSection[] {
  const { tree } = kind;
  // a misspelt column is none, but its quantity is not passed over for another one
  const meant = misspelt(kind, frame.columns).map(({ expected }) => expected);
  const names = new Set(frame.columns);
  const sections: FigureSection[] = [];
  const quantity = tree &&
    fractions.find((quantity) => has(tree, names.union(new Set(meant)), [quantity]));
  if (tree && quantity) {
    sections.push(
      section("Decision tree", () => treeFlow(tree, { table: frame, quantity })),
      section("Vote fractions", () => voteHistograms(frame, tree, { quantity })),
    );
  }
  if (tree?.name === "gz2" && quantity && has(tree, names, ["count", "debiased", quantity])) {
    sections.push(...gz2Samples({ kind, frame }, tree));
  }
  // beside a magnitude "i" the column "z" is one too
  const redshift = redshifts.find((name) => names.has(name) && !(name === "z" && names.has("i")));
  if (redshift !== undefined) {
    const options = { column: redshift, label: "redshift", title: "Redshifts" };
    sections.push(section("Redshifts", () => distributions(frame, options)));
  }
  const bands = magnitudes.find((columns) => columns.every((name) => names.has(name)));
  if (bands !== undefined) {
    const [magnitude, blue, red] = bands;
    const options = { magnitude, colour: [blue, red] as const };
    sections.push(section("Colour and magnitude", () => colourMagnitude(frame, options)));
  }
  return sections;
}

/**
 * One HTML page: what the table is, what is wrong with it, and its figures.
 *
 * @returns The page's text
 */
export function cataloguePage(catalogue: Catalogue, options: {
  /** Heading. @default {the catalogue's kind} */
  title?: string;
  /** @default {those of catalogueFigures} */
  sections?: readonly PageSection[];
} = {}): Promise<string> {
  const { title = catalogue.kind.title, sections = catalogueFigures(catalogue) } = options;
  const { problems } = catalogue;
  const text = [
    describeCatalogue(catalogue),
    ...problems.map(({ message }) => `problem: ${message}`),
    problems.length === 0 ? "no problems" : `${problems.length} problems`,
  ];
  return reportPage({ title, text: text.join("\n"), sections });
}

/** A section with its figure or, where the values allow none, the reason. */
function section(heading: string, draw: () => Figure): FigureSection {
  try {
    return { heading, figure: draw() };
  } catch (error) {
    if (error instanceof RangeError) return { heading, text: error.message };
    throw error;
  }
}

function gz2Samples(
  { frame }: Pick<Catalogue, "kind" | "frame">,
  tree: DecisionTree,
): FigureSection[] {
  // a survey with fewer volunteers has its own, lower thresholds
  const enough = selectRows(frame, wellSampledCuts(tree, "t11", samplingBy(votes.many)));
  const least = enough.count >= frame.height / 50 ? votes.many : votes.few;
  const { flow } = selectRows(frame, wellSampledCuts(tree, "t11", samplingBy(least)));
  const members = membersOf(frame, certainAnswers(tree, samplingBy(least)));
  const named = Object.fromEntries(
    answersOf(tree).map(({ id, text }) => [`${id}  ${text}`, members[id]]),
  );
  const sections: FigureSection[] = [{
    heading: "Selection",
    text:
      `Galaxies with ${least} votes or more on the number of spiral arms, by the thresholds of ` +
      "Willett et al. 2013",
    figure: selectionFlow(flow, { title: "Well sampled at t11" }),
  }];
  if (Object.values(members).some(({ length }) => length > 0)) {
    sections.push({
      heading: "Certain answers",
      text: `Answers with a debiased fraction of 0.8 or more at questions with ${least} votes`,
      figure: upsetPlot(named, { title: "Certain answers together", columns: 25 }),
    });
  }
  return sections;
}

function samplingBy(minimumVotes: 10 | 20) {
  return { thresholds: willettThresholds[minimumVotes], minimumVotes };
}

function has(
  tree: DecisionTree,
  names: ReadonlySet<string>,
  quantities: readonly Quantity[],
): boolean {
  return quantities.every((quantity) =>
    tree.suffixes[quantity] !== undefined &&
    answerColumns(tree, quantity).every((name) => names.has(name))
  );
}
