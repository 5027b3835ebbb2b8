/**
 * Classes from votes, the same way for simulated and real galaxies.
 *
 * @module
 */

import {
  commonestPaths,
  describeRule,
  type EncodedLabels,
  type FractionKind,
  fractionKinds,
  type GalaxySurvey,
  voteFractions,
  voteLabels,
} from "../../data/mod.ts";

/** A way to sort galaxies into classes. */
export type Labelling = {
  /** The item that shows it. */
  item: "smooth_or_featured" | "walked_classes" | "own_classes";
  name: "smooth or featured" | "walked classes" | "GZ2's own classes";
  classes: readonly string[];
  /** Which fractions decide, where a table has them. */
  fractions: FractionKind;
};

/** Labels, -1 where there is none, and how they came about. */
export type GalaxyLabels = EncodedLabels & { words: string };

/** Least share of the votes that makes a galaxy smooth or featured. */
const THRESHOLD = 0.6;

/**
 * The answer that makes each class, in the order in which they are looked for on a galaxy's way. By its
 * place in Galaxy Zoo 2's tree, whose answers Kaggle's table calls otherwise.
 */
const ANSWERS = [
  { name: "merger", question: 7, answer: 5 },
  { name: "edge-on", question: 1, answer: 0 },
  { name: "spiral", question: 3, answer: 0 },
  { name: "smooth", question: 0, answer: 0 },
] as const;

/** Their order in tables. */
const WALKED = ["smooth", "edge-on", "spiral", "merger"] as const;

/** The labellings of a run: those whose items are wanted, or all where none of these is. */
export function labellingsOf(
  { fractions, items }: { fractions: FractionKind; items: readonly string[] },
): readonly Labelling[] {
  const all: readonly Labelling[] = [
    {
      item: "smooth_or_featured",
      name: "smooth or featured",
      classes: ["smooth", "featured"],
      fractions,
    },
    { item: "walked_classes", name: "walked classes", classes: WALKED, fractions },
    { item: "own_classes", name: "GZ2's own classes", classes: WALKED, fractions: "debiased" },
  ];
  const wanted = all.filter(({ item }) => items.includes(item));
  return wanted.length > 0 ? wanted : all;
}

/**
 * Sorts galaxies.
 *
 * @returns null where a table cannot: it has no debiased fractions, which alone make GZ2's own classes
 */
export function labelGalaxies(
  survey: GalaxySurvey<string>,
  { name, classes, fractions: wanted }: Labelling,
): GalaxyLabels | null {
  if (survey.kind.name === "kaggle_classes") return fromFiveClasses(survey, { name, classes });
  const has = fractionKinds(survey).includes(wanted);
  if (!has && wanted === "debiased") return null;
  const fractions = has ? wanted : undefined;
  if (name === "smooth or featured") {
    const { labels, rule } = voteLabels(survey, { fractions, threshold: THRESHOLD });
    return { labels, classes, words: describeRule(rule) };
  }
  const { questions } = survey.kind.tree!;
  const { kind } = voteFractions(survey, { questions: [questions[0].id], fractions });
  const labels = commonestPaths(survey, { fractions }).map((path) => {
    const isStar = path.includes(questions[0].answers[2].id);
    const found = isStar
      ? undefined
      : ANSWERS.find(({ question, answer }) =>
        path.includes(questions[question].answers[answer].id)
      );
    return found ? classes.indexOf(found.name) : -1;
  });
  return {
    labels: Int32Array.from(labels),
    classes,
    words:
      `the tree is walked by the highest ${kind} fraction at each question; a merger is what is odd and most call a merger, whatever else it is; then edge-on, spiral, smooth; a disc without arms and a star have no class`,
  };
}

/** Kaggle's galaxies in the classes round, in-between, cigar, edge-on, spiral: no merger is among them. */
function fromFiveClasses(
  survey: GalaxySurvey<string>,
  { name, classes }: Pick<Labelling, "name" | "classes">,
): GalaxyLabels | null {
  if (name === "GZ2's own classes") return null;
  const walked = ["smooth", "smooth", "smooth", "edge-on", "spiral"];
  const given = survey.frame.getColumn("Label").toArray();
  return {
    labels: Int32Array.from(given, (label) => {
      const own = walked[Number(label)];
      return classes.indexOf(name === "walked classes" || own === "smooth" ? own : "featured");
    }),
    classes,
    words:
      "the five classes of the table: round, in-between and cigar-shaped are smooth; edge-on; spiral; it has clear galaxies alone",
  };
}

/**
 * What else a table says of its classes, in words: `gz2_class`, which Galaxy Zoo 2 gave, beside the
 * walk by debiased fractions, and `derived_label`, which makers of samples gave.
 */
export function otherClasses(survey: GalaxySurvey<string>, own: GalaxyLabels | null): string[] {
  if (own === null) return [];
  const column = (name: string) =>
    survey.frame.columns.includes(name)
      ? survey.frame.getColumn(name).toArray().map(String)
      : undefined;
  const named = (row: number) => own.classes[own.labels[row]];
  const [given, derived] = [column("gz2_class"), column("derived_label")];
  const words = [];
  if (given) {
    const same = given.filter((text, row) => classOf(text) === named(row)).length;
    words.push(`gz2_class of the table says the same of ${same} of ${given.length} galaxies`);
  }
  if (derived) {
    const counts = [...new Set(derived)].map((name) => {
      const rows = [...derived.keys()].filter((row) => derived[row] === name);
      const like = name === "elliptical" ? "smooth" : name;
      const same = rows.filter((row) => named(row) === like).length;
      return `${same} of ${rows.length} ${name}`;
    });
    words.push(
      `derived_label of the table takes the highest debiased fraction of spiral (a08), smooth (a01), edge-on (a04) and merger (a24), each of its own question however few were asked it; GZ2's own class agrees with it on ${
        counts.join(", ")
      }`,
    );
  }
  return words;
}

/** The class of a `gz2_class` (Willett et al. 2013, appendix A), such as "Ei", "Ser", "SBc2m(m)". */
function classOf(text: string): string | undefined {
  if (text.endsWith("(m)")) return "merger";
  if (text.startsWith("E")) return "smooth";
  if (text.startsWith("Se")) return "edge-on";
  return /^S.*[tml](\(.\))?$/.test(text) ? "spiral" : undefined;
}
