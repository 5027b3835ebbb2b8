/**
 * Items of the training set, from a table of votes alone.
 *
 * @module
 */

import {
  capMembers,
  captionTags,
  certainAnswers,
  cleanRule,
  galaxyPrompts,
  gz2Tree,
  memberRows,
  type Members,
  membersOf,
  promptCuts,
  type PromptLetter,
  promptLetters,
  selectRows,
} from "../../../data/mod.ts";
import { treeFlow, upsetPlot } from "../../../plot/mod.ts";
import { count } from "../../../text.ts";
import type { Item } from "../../recipe.ts";
import type { GalaxysdRun } from "../run.ts";

type TableItem = Item<GalaxysdRun>;

/** Galaxies of a label at most. */
const CAP = 2000;

/** Answers that say how much there is of something, or how it is wound: left out of the figure. */
const DETAILS = ["t05", "t09", "t10", "t11"];

/** Those of the answers that captions tell. */
function withTag(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([id]) => id in captionTags));
}

/** The galaxies of each answer that is certain of them. */
function certain({ survey }: GalaxysdRun): Members {
  return membersOf(survey.frame, certainAnswers(gz2Tree, cleanRule));
}

export const selection: TableItem = {
  title: "sample, cut by cut",
  notes: [
    'Published: 239,695 galaxies, of 71,455 an answer is certain, 27,910 are left with at most 2,000 of a label; "completely round" 14,835, then 2,000',
    'Contradictions: the article says votes "exceed" 20 and fractions 0.8 where Willett et al. have "at least"; 28,289 images are in the authors\' log, 27,910 in the text; a galaxy with several labels can be drawn by any of them',
    "Left out as in the article: early types (completely round, in-between) with a dust lane",
  ],
  draw(run) {
    const { survey: { frame, kind } } = run;
    const rows = (members: Members) => memberRows(members).length;
    const all = certain(run);
    const strict = membersOf(
      frame,
      certainAnswers(gz2Tree, { ...cleanRule, minimumVotes: 21, strict: true }),
    );
    const capped = capMembers(all, { cap: CAP, seed: run.settings.seed });
    const told = withTag(capped);
    const lanes = new Set(all.a38);
    const earlyWithLane = new Set([...all.a16, ...all.a17].filter((row) => lanes.has(row)));
    const without = Object.fromEntries(
      Object.entries(told).map(([id, own]) => [id, own.filter((row) => !earlyWithLane.has(row))]),
    );
    const line = (stage: string, published: string, own: number) => [stage, published, count(own)];
    return {
      table: {
        columns: ["stage", "published", run.data],
        rows: [
          line("galaxies", "239,695", frame.height),
          line("an answer is certain (at least 20 votes, 0.8)", "71,455", rows(all)),
          line("an answer that captions tell is", "", rows(withTag(all))),
          line("the same, above 20 votes and 0.8", "", rows(strict)),
          line("at most 2,000 of each label", "27,910", rows(capped)),
          line("with a label that captions tell", "", rows(told)),
          line("without early types with a dust lane", "", rows(without)),
          line("completely round", "14,835", all.a16.length),
          line("completely round, at most 2,000", "2,000", capped.a16.length),
        ],
      },
      values: {
        galaxies: frame.height,
        certain: rows(all),
        capped: rows(capped),
        left: rows(without),
        kind: kind.name,
      },
    };
  },
};

export const fig2: TableItem = {
  title: "combinations of labels in the training set",
  notes: [
    "Left open: the order of the columns, the smallest combination shown; here the commonest first, 30 at most",
    "Left out as in the article: labels of detail, such as the number of arms",
  ],
  draw(run) {
    const all = certain(run);
    const members = Object.fromEntries(
      gz2Tree.questions.filter(({ id }) => !DETAILS.includes(id)).flatMap(({ answers }) =>
        answers.flatMap(({ id }) => id in captionTags ? [[captionTags[id]!, all[id]!]] : [])
      ),
    ) as Members;
    if (memberRows(members).length === 0) {
      return { notes: ["No galaxy of this table has a label that is certain"] };
    }
    return {
      figures: { fig2: upsetPlot(members, { title: "Labels that are certain, together" }) },
      values: Object.fromEntries(
        Object.entries(members).map(([label, rows]) => [label, rows.length]),
      ),
    };
  },
};

export const table1: TableItem = {
  title: "prompts",
  notes: [
    "Contradiction: K and L have the weight 1.2 in table 1, 1.3 in its caption and on the homepage; here 1.2",
    'P says "bulge prominence", the others "central bulge prominence"',
  ],
  draw({ survey: { frame }, data }) {
    const rows = promptLetters.map((letter: PromptLetter) => [
      ...[letter, galaxyPrompts[letter].text],
      count(selectRows(frame, promptCuts(letter)).count),
    ]);
    return { table: { columns: ["type", "prompt", `galaxies of ${data}`], rows } };
  },
};

export const figb3: TableItem = {
  title: "decision tree of Galaxy Zoo 2",
  notes: ["Bands are as thick as the mean share of the volunteers that take them"],
  draw: ({ survey: { frame } }) => ({ figures: { figb3: treeFlow(gz2Tree, { table: frame }) } }),
};
