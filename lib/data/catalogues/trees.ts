/**
 * The decision trees of the Galaxy Zoo surveys. Each is one plain list of questions; an answer is
 * [id, text, the question that follows].
 *
 * @module
 */

import { type DecisionTree, decisionTree, type QuestionSpec } from "./tree.ts";

const gz2Questions: QuestionSpec[] = [
  {
    id: "t01",
    stem: "t01_smooth_or_features",
    text: "Is the galaxy simply smooth and rounded, with no sign of a disk?",
    answers: [
      ["a01", "Smooth", "t07"],
      ["a02", "Features or disk", "t02"],
      ["a03", "Star or artifact", null],
    ],
  },
  {
    id: "t02",
    stem: "t02_edgeon",
    text: "Could this be a disk viewed edge-on?",
    answers: [["a04", "Yes", "t09"], ["a05", "No", "t03"]],
  },
  {
    id: "t03",
    stem: "t03_bar",
    text: "Is there a sign of a bar feature through the centre of the galaxy?",
    answers: [["a06", "Bar", "t04"], ["a07", "No bar", "t04"]],
  },
  {
    id: "t04",
    stem: "t04_spiral",
    text: "Is there any sign of a spiral arm pattern?",
    answers: [["a08", "Spiral", "t10"], ["a09", "No spiral", "t05"]],
  },
  {
    id: "t05",
    stem: "t05_bulge_prominence",
    text: "How prominent is the central bulge, compared with the rest of the galaxy?",
    answers: [
      ["a10", "No bulge", "t06"],
      ["a11", "Just noticeable", "t06"],
      ["a12", "Obvious", "t06"],
      ["a13", "Dominant", "t06"],
    ],
  },
  {
    id: "t06",
    stem: "t06_odd",
    text: "Is there anything odd?",
    answers: [["a14", "Yes", "t08"], ["a15", "No", null]],
  },
  {
    id: "t07",
    stem: "t07_rounded",
    text: "How rounded is it?",
    answers: [
      ["a16", "Completely round", "t06"],
      ["a17", "In between", "t06"],
      ["a18", "Cigar shaped", "t06"],
    ],
  },
  {
    id: "t08",
    stem: "t08_odd_feature",
    text: "Is the odd feature a ring, or is the galaxy disturbed or irregular?",
    answers: [
      ["a19", "Ring", null],
      ["a20", "Lens or arc", null],
      ["a21", "Disturbed", null],
      ["a22", "Irregular", null],
      ["a23", "Other", null],
      ["a24", "Merger", null],
      ["a38", "Dust lane", null],
    ],
  },
  {
    id: "t09",
    stem: "t09_bulge_shape",
    text: "Does the galaxy have a bulge at its centre? If so, what shape?",
    answers: [["a25", "Rounded", "t06"], ["a26", "Boxy", "t06"], ["a27", "No bulge", "t06"]],
  },
  {
    id: "t10",
    stem: "t10_arms_winding",
    text: "How tightly wound do the spiral arms appear?",
    answers: [["a28", "Tight", "t11"], ["a29", "Medium", "t11"], ["a30", "Loose", "t11"]],
  },
  {
    id: "t11",
    stem: "t11_arms_number",
    text: "How many spiral arms are there?",
    answers: [
      ["a31", "1", "t05"],
      ["a32", "2", "t05"],
      ["a33", "3", "t05"],
      ["a34", "4", "t05"],
      ["a36", "More than 4", "t05"],
      ["a37", "Can't tell", "t05"],
    ],
  },
];

/**
 * Galaxy Zoo 2: 11 questions, 37 answers a01 to a38 (there is no a35). Willett et al. 2013, MNRAS
 * 435, 2835, table 2; column names of the tables of that paper and of Hart et al. 2016.
 */
export const gz2Tree: DecisionTree = decisionTree({
  name: "gz2",
  title: "Galaxy Zoo 2 (Willett et al. 2013)",
  suffixes: {
    count: "_count",
    weight: "_weight",
    fraction: "_fraction",
    weighted_fraction: "_weighted_fraction",
    debiased: "_debiased",
    flag: "_flag",
  },
  questions: gz2Questions,
  stem: (question, id, text) => `${question.stem}_${id}_${slug(text, "_")}`,
});

/**
 * The Kaggle Galaxy Zoo challenge: the tree of Galaxy Zoo 2, its questions and answers numbered,
 * Class1.1 to Class11.6. Values are cumulative, so that the answers of a question sum to the share
 * of volunteers who were asked it; only Class6 is normalised to 1 for every galaxy, stars included.
 */
export const kaggleTree: DecisionTree = decisionTree({
  name: "kaggle",
  title: "Kaggle Galaxy Zoo challenge (2014)",
  suffixes: { cumulative: "" },
  questions: gz2Questions.map((question, index) => ({
    id: `Class${index + 1}`,
    stem: `Class${index + 1}`,
    text: question.text,
    answers: question.answers.map(([, text, next], answer) =>
      [
        `Class${index + 1}.${answer + 1}`,
        text,
        next && `Class${Number(next.slice(1))}`,
      ] as const
    ),
    ...(question.id === "t06" ? { after: [] } : {}),
  })),
  stem: (_, id) => id,
});

const decals12Questions: QuestionSpec[] = [
  {
    id: "smooth-or-featured",
    stem: "smooth-or-featured",
    text: "Is the galaxy simply smooth and rounded, with no sign of a disk?",
    answers: hyphenated("smooth-or-featured", [
      ["Smooth", "how-rounded"],
      ["Featured or disk", "disk-edge-on"],
      ["Artifact", null],
    ]),
  },
  {
    id: "how-rounded",
    stem: "how-rounded",
    text: "How rounded is it?",
    answers: hyphenated("how-rounded", [
      ["Completely", "merging"],
      ["In between", "merging"],
      ["Cigar shaped", "merging"],
    ]),
  },
  {
    id: "disk-edge-on",
    stem: "disk-edge-on",
    text: "Could this be a disk viewed edge-on?",
    answers: hyphenated("disk-edge-on", [["Yes", "edge-on-bulge"], ["No", "bar"]]),
  },
  {
    id: "edge-on-bulge",
    stem: "edge-on-bulge",
    text: "Does the galaxy have a bulge at its centre? If so, what shape?",
    answers: hyphenated("edge-on-bulge", [
      ["Rounded", "merging"],
      ["Boxy", "merging"],
      ["None", "merging"],
    ]),
  },
  {
    id: "bar",
    stem: "bar",
    text: "Is there a bar feature through the centre of the galaxy?",
    answers: hyphenated("bar", [["Yes", "has-spiral-arms"], ["No", "has-spiral-arms"]]),
  },
  {
    id: "has-spiral-arms",
    stem: "has-spiral-arms",
    text: "Is there any sign of a spiral arm pattern?",
    answers: hyphenated("has-spiral-arms", [["Yes", "spiral-winding"], ["No", "bulge-size"]]),
  },
  {
    id: "spiral-winding",
    stem: "spiral-winding",
    text: "How tightly wound do the spiral arms appear?",
    answers: hyphenated("spiral-winding", [
      ["Tight", "spiral-arm-count"],
      ["Medium", "spiral-arm-count"],
      ["Loose", "spiral-arm-count"],
    ]),
  },
  {
    id: "spiral-arm-count",
    stem: "spiral-arm-count",
    text: "How many spiral arms are there?",
    answers: hyphenated("spiral-arm-count", [
      ["1", "bulge-size"],
      ["2", "bulge-size"],
      ["3", "bulge-size"],
      ["4", "bulge-size"],
      ["More than 4", "bulge-size"],
    ]),
  },
  {
    id: "bulge-size",
    stem: "bulge-size",
    text: "How prominent is the central bulge, compared with the rest of the galaxy?",
    answers: hyphenated("bulge-size", [
      ["None", "merging"],
      ["Obvious", "merging"],
      ["Dominant", "merging"],
    ]),
  },
  {
    id: "merging",
    stem: "merging",
    text: "Is the galaxy currently merging, or is there any sign of tidal debris?",
    answers: hyphenated("merging", [
      ["Merger", null],
      ["Tidal debris", null],
      ["Both", null],
      ["Neither", null],
    ]),
  },
];

/** What GZD-5 asks otherwise than GZD-1 and GZD-2. */
const decals5Changes: Record<string, [string, string | null][]> = {
  "how-rounded": [["Round", "merging"], ["In between", "merging"], ["Cigar shaped", "merging"]],
  "bar": [["Strong", "has-spiral-arms"], ["Weak", "has-spiral-arms"], ["No", "has-spiral-arms"]],
  "spiral-arm-count": [
    ["1", "bulge-size"],
    ["2", "bulge-size"],
    ["3", "bulge-size"],
    ["4", "bulge-size"],
    ["More than 4", "bulge-size"],
    ["Can't tell", "bulge-size"],
  ],
  "bulge-size": [
    ["Dominant", "merging"],
    ["Large", "merging"],
    ["Moderate", "merging"],
    ["Small", "merging"],
    ["None", "merging"],
  ],
  "merging": [
    ["None", null],
    ["Minor disturbance", null],
    ["Major disturbance", null],
    ["Merger", null],
  ],
};

const decalsSuffixes = { count: "", fraction: "_fraction", debiased: "_debiased" };

/** Galaxy Zoo DECaLS, campaigns GZD-1 and GZD-2. Walmsley et al. 2022, MNRAS 509, 3966. */
export const decals12Tree: DecisionTree = decisionTree({
  name: "decals12",
  title: "Galaxy Zoo DECaLS, GZD-1 and GZD-2 (Walmsley et al. 2022)",
  suffixes: decalsSuffixes,
  questions: decals12Questions,
  stem: (_, id) => id,
});

/**
 * Galaxy Zoo DECaLS, campaign GZD-5 and the automated catalogue: weak and strong bars, five bulge
 * sizes and other merger answers. Walmsley et al. 2022, MNRAS 509, 3966, figure 4.
 */
export const decals5Tree: DecisionTree = decisionTree({
  name: "decals5",
  title: "Galaxy Zoo DECaLS, GZD-5 (Walmsley et al. 2022)",
  suffixes: decalsSuffixes,
  questions: decals12Questions.map((question) =>
    question.id in decals5Changes
      ? { ...question, answers: hyphenated(question.id, decals5Changes[question.id]) }
      : question
  ),
  stem: (_, id) => id,
});

/** Zoobot's names for the questions of Galaxy Zoo 2 and for those answers it renames. */
const ukidssNames: Record<string, [stem: string, ...answers: string[]]> = {
  t01: ["smooth-or-featured-ukidss", "smooth", "featured-or-disk", "artifact"],
  t02: ["disk-edge-on-ukidss", "yes", "no"],
  t03: ["bar-ukidss", "yes", "no"],
  t04: ["has-spiral-arms-ukidss", "yes", "no"],
  t05: ["bulge-size-ukidss", "no", "just-noticeable", "obvious", "dominant"],
  t06: ["something-odd-ukidss", "yes", "no"],
  t07: ["how-rounded-ukidss", "round", "in-between", "cigar"],
  t09: ["bulge-shape-ukidss", "round", "boxy", "no-bulge"],
  t10: ["spiral-winding-ukidss", "tight", "medium", "loose"],
  t11: ["spiral-arm-count-ukidss", "1", "2", "3", "4", "more-than-4", "cant-tell"],
};

/**
 * Galaxy Zoo UKIDSS: the tree of Galaxy Zoo 2 under Zoobot's column names, which have no question
 * of odd features (t08). Ids are those of GZ2.
 */
export const ukidssTree: DecisionTree = decisionTree({
  name: "ukidss",
  title: "Galaxy Zoo UKIDSS (the tree of Galaxy Zoo 2)",
  suffixes: { count: "", fraction: "_fraction" },
  questions: gz2Questions.filter((question) => question.id in ukidssNames).map((question) => ({
    ...question,
    stem: ukidssNames[question.id][0],
    answers: question.answers.map(([id, text, next]) =>
      [id, text, next !== null && next in ukidssNames ? next : null] as const
    ),
  })),
  stem: (question, id) => {
    const [stem, ...names] = ukidssNames[question.id];
    return `${stem}_${names[question.answers.findIndex(([answer]) => answer === id)]}`;
  },
});

/** Galaxy Zoo 1: one question with six answers. Lintott et al. 2011, MNRAS 410, 166, table 2. */
export const gz1Tree: DecisionTree = decisionTree({
  name: "gz1",
  title: "Galaxy Zoo 1 (Lintott et al. 2011)",
  suffixes: { fraction: "" },
  questions: [{
    id: "morphology",
    stem: "P",
    text: "What kind of galaxy is it?",
    answers: [
      ["P_EL", "Elliptical", null],
      ["P_CW", "Clockwise spiral", null],
      ["P_ACW", "Anticlockwise spiral", null],
      ["P_EDGE", "Edge-on disk", null],
      ["P_DK", "Don't know", null],
      ["P_MG", "Merger", null],
    ],
  }],
  stem: (_, id) => id,
});

/** Every tree by its name. */
export const decisionTrees: Readonly<Record<string, DecisionTree>> = Object.fromEntries(
  [gz2Tree, kaggleTree, decals12Tree, decals5Tree, ukidssTree, gz1Tree].map((t) => [t.name, t]),
);

function hyphenated(
  question: string,
  answers: readonly (readonly [text: string, next: string | null])[],
): [string, string, string | null][] {
  return answers.map(([text, next]) => [`${question}_${slug(text, "-")}`, text, next]);
}

function slug(text: string, separator: string): string {
  return text.toLowerCase().replaceAll("'", "").replaceAll(" ", separator);
}
