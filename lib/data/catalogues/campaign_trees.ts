/**
 * Decision trees of the Galaxy Zoo campaigns under the column names of Galaxy Zoo Evo and Zoobot:
 * question, campaign, answer ("smooth-or-featured-gz2_smooth"); and those of Hubble, CANDELS and
 * Euclid under the names of their own tables.
 *
 * @module
 */

import { type DecisionTree, decisionTree, type Quantity, type Question } from "./tree.ts";
import { decals12Tree, decals5Tree, gz2Tree, ukidssTree } from "./trees.ts";

/** Answers by question, in the order of the tree. */
export type Answers = Readonly<Record<string, readonly string[]>>;

/** A tree of questions and answers, its columns called QUESTION_ANSWER. */
export type PairTree = {
  readonly name: string;
  readonly title: string;
  /** Answers by question. */
  readonly questions: Answers;
  /** The answer, as QUESTION_ANSWER, after which a question is asked. @default {asked of everybody} */
  readonly after?: Readonly<Record<string, string | readonly string[]>>;
  /** What follows in the name of a column, by quantity. */
  readonly suffixes?: Readonly<Partial<Record<Quantity, string>>>;
};

const suffixes = { count: "", fraction: "_fraction" };

/**
 * Makes a tree of questions and their answers.
 *
 * @throws {RangeError} When a name is used twice, or a question comes after an answer that is none
 */
export function pairTree({ name, title, questions, after = {}, ...rest }: PairTree): DecisionTree {
  const answers = Object.entries(questions).flatMap(([question, names]) =>
    names.map((answer) => `${question}_${answer}`)
  );
  const deciding = Object.entries(after).map(([question, given]) =>
    [question, typeof given === "string" ? [given] : [...given]] as const
  );
  for (const [question, given] of deciding) {
    const wrong = Object.hasOwn(questions, question)
      ? given.find((answer) => !answers.includes(answer))
      : question;
    if (wrong === undefined) continue;
    throw new RangeError(
      `Cannot make the tree "${name}": "${wrong}" must be one of its ` +
        (wrong === question
          ? `questions, ${Object.keys(questions).join(", ")}`
          : `answers, ${answers.slice(0, 8).join(", ")}${answers.length > 8 ? ", …" : ""}`),
    );
  }
  const before = new Map(deciding);
  return decisionTree({
    ...{ name, title, suffixes: rest.suffixes ?? suffixes },
    questions: Object.entries(questions).map(([question, names]) => ({
      ...{ id: question, stem: question, text: words(question), after: before.get(question) ?? [] },
      answers: names.map((answer) => [`${question}_${answer}`, words(answer), null] as const),
    })),
    stem: (_, id) => id,
  });
}

function words(name: string): string {
  const text = name.replaceAll(/[-_]/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A tree under the names of a campaign: the questions' stems with its suffix, ids the stems. */
function campaignTree(
  { questions }: Pick<DecisionTree, "questions">,
  { name, title, from = "", to }: { name: string; title: string; from?: string; to: string },
): DecisionTree {
  const stems = new Map(
    questions.flatMap(({ stem, answers }) =>
      answers.map((answer) => {
        const question = from === "" ? stem + to : stem.replace(from, to);
        return [answer.id, question + answer.stem.slice(stem.length)] as const;
      })
    ),
  );
  const renamed = (question: Question): Question => {
    const stem = from === "" ? question.stem + to : question.stem.replace(from, to);
    return {
      ...{ id: stem, text: question.text, stem },
      answers: question.answers.map(({ id, text }) => ({
        ...{ id: stems.get(id)!, text, stem: stems.get(id)!, next: null },
      })),
      after: question.after.map((id) => stems.get(id)!),
    };
  };
  return { name, title, suffixes, questions: questions.map(renamed) };
}

const smoothOrFeatured = ["smooth", "features", "artifact"];
const rounded = ["completely", "in-between", "cigar-shaped"];
const arms = ["1", "2", "3", "4", "5-plus", "cant-tell"];
const yesNo = ["yes", "no"];

/** Questions of discs that Hubble and CANDELS share. */
const clumpyAfter = (to: string) => ({
  [`how-rounded${to}`]: `smooth-or-featured${to}_smooth`,
  [`clumpy-appearance${to}`]: `smooth-or-featured${to}_features`,
  [`clump-count${to}`]: `clumpy-appearance${to}_yes`,
  [`disk-edge-on${to}`]: `clumpy-appearance${to}_no`,
  [`bar${to}`]: `disk-edge-on${to}_no`,
  [`has-spiral-arms${to}`]: `disk-edge-on${to}_no`,
  [`spiral-winding${to}`]: `has-spiral-arms${to}_yes`,
  [`spiral-arm-count${to}`]: `has-spiral-arms${to}_yes`,
  [`bulge-size${to}`]: `disk-edge-on${to}_no`,
});

const evoHubble = pairTree({
  name: "evo_hubble",
  title: "Galaxy Zoo Hubble (Willett et al. 2017), names of Galaxy Zoo Evo",
  questions: {
    "smooth-or-featured-hubble": smoothOrFeatured,
    "how-rounded-hubble": rounded,
    "clumpy-appearance-hubble": yesNo,
    "clump-count-hubble": arms,
    "disk-edge-on-hubble": yesNo,
    "bulge-shape-hubble": ["rounded", "boxy", "none"],
    "bar-hubble": yesNo,
    "has-spiral-arms-hubble": yesNo,
    "spiral-winding-hubble": ["tight", "medium", "loose"],
    "spiral-arm-count-hubble": arms,
    "bulge-size-hubble": ["none", "just-noticeable", "obvious", "dominant"],
    "galaxy-symmetrical-hubble": yesNo,
    "clumps-embedded-larger-object-hubble": yesNo,
  },
  after: {
    ...clumpyAfter("-hubble"),
    "bulge-shape-hubble": "disk-edge-on-hubble_yes",
    "galaxy-symmetrical-hubble": "clumpy-appearance-hubble_yes",
    "clumps-embedded-larger-object-hubble": "clumpy-appearance-hubble_yes",
  },
});

const evoCandels = pairTree({
  name: "evo_candels",
  title: "Galaxy Zoo CANDELS (Simmons et al. 2017), names of Galaxy Zoo Evo",
  questions: {
    "smooth-or-featured-candels": smoothOrFeatured,
    "how-rounded-candels": rounded,
    "clumpy-appearance-candels": yesNo,
    "clump-count-candels": arms,
    "disk-edge-on-candels": yesNo,
    "edge-on-bulge-candels": yesNo,
    "bar-candels": yesNo,
    "has-spiral-arms-candels": yesNo,
    "spiral-winding-candels": ["tight", "medium", "loose"],
    "spiral-arm-count-candels": arms,
    "bulge-size-candels": ["none", "obvious", "dominant"],
    "merging-candels": ["merger", "tidal-debris", "both", "neither"],
  },
  after: { ...clumpyAfter("-candels"), "edge-on-bulge-candels": "disk-edge-on-candels_yes" },
});

/** DECaLS' questions of GZD-5 and those that Cosmic Dawn, JWST and Euclid ask besides. */
function problemTree(
  { name, title, to, clumps }: { name: string; title: string; to: string; clumps: boolean },
): DecisionTree {
  const pairs = Object.fromEntries(decals5Tree.questions.map(({ stem, answers }) => [
    stem + to,
    answers.map((answer) =>
      stem === "smooth-or-featured" && answer.text === "Artifact"
        ? "problem"
        : answer.stem.slice(stem.length + 1)
    ),
  ]));
  const after = Object.fromEntries(
    decals5Tree.questions.filter((question) => question.after.length > 0).map((question) => [
      question.stem + to,
      question.after.map((answer) => answer.replace("_", `${to}_`)),
    ]),
  );
  return pairTree({
    ...{ name, title },
    questions: {
      ...pairs,
      ...(clumps ? { [`clumps${to}`]: yesNo } : {}),
      [`problem${to}`]: ["star", "artifact", "zoom"],
      [`artifact${to}`]: [
        ...["satellite", "scattered", "diffraction", "ray", "saturation", "other"],
      ],
    },
    after: {
      ...after,
      ...(clumps ? { [`clumps${to}`]: `disk-edge-on${to}_no` } : {}),
      [`problem${to}`]: `smooth-or-featured${to}_problem`,
      [`artifact${to}`]: `problem${to}_artifact`,
    },
  });
}

const evo = (campaign: string) => `${campaign}, names of Galaxy Zoo Evo`;

/** The campaigns of Galaxy Zoo Evo, each with the tree of its questions. */
export const evoTrees: readonly DecisionTree[] = [
  campaignTree(ukidssTree, {
    ...{ name: "evo_gz2", title: evo("Galaxy Zoo 2"), from: "-ukidss", to: "-gz2" },
  }),
  campaignTree(decals12Tree, {
    ...{ name: "evo_dr12", title: evo("Galaxy Zoo DECaLS, GZD-1 and GZD-2"), to: "-dr12" },
  }),
  campaignTree(decals5Tree, {
    ...{ name: "evo_dr5", title: evo("Galaxy Zoo DECaLS, GZD-5"), to: "-dr5" },
  }),
  campaignTree(decals5Tree, {
    ...{ name: "evo_dr8", title: evo("Galaxy Zoo DESI, GZD-8"), to: "-dr8" },
  }),
  evoHubble,
  evoCandels,
  problemTree({
    ...{ name: "evo_cosmic_dawn", title: evo("Galaxy Zoo Cosmic Dawn") },
    ...{ to: "-cd", clumps: true },
  }),
  problemTree({
    ...{ name: "evo_jwst", title: evo("Galaxy Zoo JWST"), to: "-jwst", clumps: true },
  }),
];

/** All campaigns at once, as the rows of Galaxy Zoo Evo have them: each row has one's votes. */
export const evoTree: DecisionTree = {
  ...{ name: "gz_evo", title: "Galaxy Zoo Evo, all campaigns", suffixes },
  questions: evoTrees.flatMap(({ questions }) => questions),
};

/** Euclid's first release (Q1): predicted fractions. */
export const euclidTree: DecisionTree = problemTree({
  ...{ name: "euclid", title: "Galaxy Zoo Euclid, Q1 (Walmsley et al. 2025)" },
  ...{ to: "", clumps: false },
});

/** Who is asked GZ Hubble's questions; it asks of clumps before it asks of discs. */
const hubbleAfter: Record<string, [question: string, answer: number][]> = {
  t02: [["t12", 2]],
  t03: [["t02", 2]],
  t04: [["t02", 2]],
  t05: [["t02", 2]],
  t06: [["t01", 1], ["t01", 2]],
  t07: [["t01", 1]],
  t08: [["t06", 1]],
  t09: [["t02", 1]],
  t10: [["t04", 1]],
  t11: [["t04", 1]],
  t12: [["t01", 2]],
};

const hubbleClumps = ["t13_bright_clump", "t14_bright_clump_central", "t17_clumps_symmetrical"]
  .concat("t18_clumps_embedded");

/**
 * Galaxy Zoo Hubble under the names of its own table: GZ2's questions, answers counted anew in each
 * ("t02_edgeon_a01_yes"), and questions of clumps, but for their arrangement and number.
 */
export const hubbleTree: DecisionTree = pairTree({
  ...hubblePairs(),
  name: "hubble",
  title: "Galaxy Zoo Hubble (Willett et al. 2017)",
  suffixes: {
    count: "_count",
    weight: "_weight",
    fraction: "_fraction",
    weighted_fraction: "_weighted_fraction",
    debiased: "_best_fraction",
  },
});

function hubblePairs(): Pick<PairTree, "questions" | "after"> {
  const answer = (text: string, i: number) =>
    `a${String(i + 1).padStart(2, "0")}_${
      text.toLowerCase().replaceAll("'", "").replaceAll(" ", "_")
    }`;
  const questions: Record<string, string[]> = Object.fromEntries(
    gz2Tree.questions.map((
      { stem, answers },
    ) => [stem, answers.map(({ text }, i) => answer(text, i))]),
  );
  for (const stem of ["t12_clumpy", ...hubbleClumps]) questions[stem] = ["a01_yes", "a02_no"];
  const stemOf = (id: string) => Object.keys(questions).find((stem) => stem.startsWith(id))!;
  const after: Record<string, string[]> = Object.fromEntries(
    Object.entries(hubbleAfter).map(([id, given]) => [
      stemOf(id),
      given.map(([question, n]) => `${stemOf(question)}_${questions[stemOf(question)][n - 1]}`),
    ]),
  );
  for (const stem of hubbleClumps) after[stem] = ["t12_clumpy_a01_yes"];
  return { questions, after };
}

/** Galaxy Zoo CANDELS under the names of its own table. */
export const candelsTree: DecisionTree = pairTree({
  name: "candels",
  title: "Galaxy Zoo CANDELS (Simmons et al. 2017)",
  suffixes: { fraction: "_frac", weighted_fraction: "_weighted_frac" },
  questions: {
    t00_smooth_or_featured: ["a0_smooth", "a1_features", "a2_artifact"],
    t01_how_rounded: ["a0_completely", "a1_inbetween", "a2_cigarshaped"],
    t02_clumpy_appearance: ["a0_yes", "a1_no"],
    t03_how_many_clumps: ["a0_1", "a1_2", "a2_3", "a3_4", "a4_5_plus", "a5_cant_tell"],
    t04_clump_configuration: [
      ...["a0_straight_line", "a1_chain", "a2_cluster_or_irregular", "a3_spiral"],
    ],
    t05_is_one_clump_brightest: ["a0_yes", "a1_no"],
    t06_brightest_clump_central: ["a0_yes", "a1_no"],
    t07_galaxy_symmetrical: ["a0_yes", "a1_no"],
    t08_clumps_embedded_larger_object: ["a0_yes", "a1_no"],
    t09_disk_edge_on: ["a0_yes", "a1_no"],
    t10_edge_on_bulge: ["a0_yes", "a1_no"],
    t11_bar_feature: ["a0_yes", "a1_no"],
    t12_spiral_pattern: ["a0_yes", "a1_no"],
    t13_spiral_arm_winding: ["a0_tight", "a1_medium", "a2_loose"],
    t14_spiral_arm_count: ["a0_1", "a1_2", "a2_3", "a3_4", "a4_5_plus", "a5_cant_tell"],
    t15_bulge_prominence: ["a0_no_bulge", "a1_obvious", "a2_dominant"],
    t16_merging_tidal_debris: ["a0_merging", "a1_tidal_debris", "a2_both", "a3_neither"],
  },
  after: {
    t01_how_rounded: "t00_smooth_or_featured_a0_smooth",
    t02_clumpy_appearance: "t00_smooth_or_featured_a1_features",
    ...Object.fromEntries(
      [
        ...["t03_how_many_clumps", "t04_clump_configuration", "t05_is_one_clump_brightest"],
        ...["t06_brightest_clump_central", "t07_galaxy_symmetrical"],
        "t08_clumps_embedded_larger_object",
      ].map((question) => [question, "t02_clumpy_appearance_a0_yes"]),
    ),
    t09_disk_edge_on: "t02_clumpy_appearance_a1_no",
    t10_edge_on_bulge: "t09_disk_edge_on_a0_yes",
    t11_bar_feature: "t09_disk_edge_on_a1_no",
    t12_spiral_pattern: "t09_disk_edge_on_a1_no",
    t13_spiral_arm_winding: "t12_spiral_pattern_a0_yes",
    t14_spiral_arm_count: "t12_spiral_pattern_a0_yes",
    t15_bulge_prominence: "t09_disk_edge_on_a1_no",
    t16_merging_tidal_debris: [
      ...["t00_smooth_or_featured_a0_smooth", "t00_smooth_or_featured_a1_features"],
    ],
  },
});
