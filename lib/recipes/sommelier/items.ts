/**
 * What Galaxy Sommelier shows, and what the kit makes of it.
 *
 * @module
 */

import { answersOf, gz2Tree } from "../../data/mod.ts";
import { changeText, scoreText } from "../../jobs/evaluate/scores.ts";
import {
  bootstrapInterval,
  degradation,
  type Interval,
  pearsonCorrelation,
  type Scored,
  type VoteScore,
  type VoteScores,
  voteScores,
} from "../../metrics/mod.ts";
import { learningCurves, pairedHistograms, scoreBars } from "../../plot/mod.ts";
import { percent } from "../../text.ts";
import type { Item, ItemResult } from "../recipe.ts";
import { OUTPUTS } from "./galaxies.ts";
import {
  FEATURES,
  PUBLISHED_CHANGE,
  PUBLISHED_FEATURE_CHANGE,
  PUBLISHED_FEATURES_BY_STAGE,
  PUBLISHED_MIXED,
  PUBLISHED_MIXED_FEATURES,
  PUBLISHED_MOST_VOTES,
  PUBLISHED_OVERLAP,
  PUBLISHED_STAGES,
} from "./published.ts";
import { type Mix, MIXES, type SommelierRun } from "./run.ts";
import { STAGES, type Told } from "./train.ts";

type SommelierItem = Item<SommelierRun>;

/** Answers that the third survey's catalogue has: of four questions, and of the one for odd things. */
const NINE = ["t01", "t02", "t03", "t04"];
const ELEVEN = [...NINE, "t06"];

const SQUARE =
  'The source calls the square of r "R²". The coefficient of determination, 1 - SS_res / SS_tot, is another number: both are given';

const NAMES: Readonly<Partial<Record<VoteScore, string>>> = {
  pearson: "r",
  squaredPearson: "r²",
  rSquared: "R², of determination",
  meanAbsoluteError: "MAE",
  meanSquaredError: "MSE",
};

/** The column of an answer's fraction. */
function columnOf(answer: string): string {
  return `${answersOf(gz2Tree).find(({ id }) => id === answer)!.stem}_fraction`;
}

/** The columns of the answers of some questions. */
function columnsOf(questions: readonly string[]): string[] {
  return answersOf(gz2Tree, questions).map(({ id }) => columnOf(id));
}

/** Some columns of a pair. */
function chosen(pair: Told, columns: readonly string[]): Told {
  const places = columns.map((name) => pair.columns.indexOf(name));
  return {
    columns,
    target: places.map((at) => pair.target[at]!),
    prediction: places.map((at) => pair.prediction[at]!),
  };
}

/** The scores of some columns, or of all. */
function scored(
  { settings: { resamples, seed } }: SommelierRun,
  pair: Told,
  columns: readonly string[] = OUTPUTS,
): VoteScores {
  return voteScores(chosen(pair, columns), { resamples, seed });
}

const shown = (value: number | undefined) => value === undefined ? "–" : value.toFixed(3);

/** Scores of all values in one table, a row each, beside what was published. */
function scoreTable(
  rows: readonly { name: string; scores: VoteScores; published: readonly (number | undefined)[] }[],
  names: readonly VoteScore[],
): ItemResult["table"] {
  return {
    columns: ["", ...names.flatMap((name) => [NAMES[name]!, "published"])],
    rows: rows.map(({ name, scores, published }) => [
      name,
      ...names.flatMap((score, at) => [
        scoreText(scores.flattened.scores[score], 3),
        shown(published[at]),
      ]),
    ]),
  };
}

const summary: SommelierItem = {
  title: "the model of one survey",
  notes: [
    SQUARE,
    "The source's 62.5 % of right main morphologies takes the largest of its first three outputs, which are the smooth fraction, the weighted smooth fraction and the features fraction. The three fractions of the first question are the right ones",
  ],
  draw(run) {
    const pair = run.stages.full;
    const scores = scored(run, pair);
    const { first, proper } = decisions(pair);
    return {
      table: {
        columns: ["", "here", "published"],
        rows: [
          ["r", scoreText(scores.flattened.scores.pearson), "0.85"],
          ["r²", scoreText(scores.flattened.scores.squaredPearson), "0.72, called R²"],
          ["R², of determination", scoreText(scores.flattened.scores.rSquared), "–"],
          ["MAE", scoreText(scores.flattened.scores.meanAbsoluteError), "0.106"],
          ["first question right", percent(proper), "–"],
          ["largest of the first three outputs right", percent(first), "62.5 %"],
        ],
      },
      values: { scores: scores.flattened.scores, first, proper },
    };
  },
};

/** How often the largest fraction is the true one: of the first question, and of three columns. */
function decisions(pair: Told): { first: number; proper: number } {
  const right = (columns: readonly string[]) => {
    const { target, prediction } = chosen(pair, columns);
    const largest = (values: Told["target"], row: number) =>
      values.reduce((best, own, at) => own[row]! > values[best]![row]! ? at : best, 0);
    const rows = target[0]!.length;
    let hits = 0;
    for (let row = 0; row < rows; row++) {
      if (largest(target, row) === largest(prediction, row)) hits++;
    }
    return hits / rows;
  };
  return { first: right(OUTPUTS.slice(0, 3)), proper: right(columnsOf(["t01"])) };
}

const STAGE_NAMES = {
  pretrained: "Pretrained Baseline: a new head, nothing learnt",
  head: "Head Trained",
  full: "Fine-tuned",
} as const;

const table1: SommelierItem = {
  title: "three stages of training",
  notes: [SQUARE],
  draw(run) {
    const rows = STAGES.map((stage) => ({
      name: STAGE_NAMES[stage],
      scores: scored(run, run.stages[stage]),
      published: PUBLISHED_STAGES[stage],
    }));
    const names = ["pearson", "squaredPearson", "meanAbsoluteError", "rSquared"] as const;
    return {
      table: scoreTable(rows, names),
      values: Object.fromEntries(
        STAGES.map((stage, at) => [stage, rows[at]!.scores.flattened.scores]),
      ),
      figures: {
        history: learningCurves(run.history["SDSS only"]!, { metrics: ["loss"] }),
      },
    };
  },
};

const fig1: SommelierItem = {
  title: "the stages as bars",
  draw(run) {
    const scores = STAGES.map((stage) => scored(run, run.stages[stage]).flattened.scores);
    const bars = (["pearson", "squaredPearson", "meanAbsoluteError"] as const).flatMap((name) =>
      STAGES.map((stage, at) => ({
        ...{ name: STAGE_NAMES[stage].split(":")[0]!, section: NAMES[name]! },
        ...scores[at]![name],
      }))
    );
    const known = bars.filter(({ value }) => Number.isFinite(value));
    return {
      figures: {
        fig1: scoreBars(known, { title: "Three stages", label: "score", digits: 3 }),
      },
      ...(known.length < bars.length &&
        { notes: ["Where all predictions are equal there is no r"] }),
    };
  },
};

/** Features of figure 2. */
const HISTOGRAMS = ["a02", "a08", "a06"] as const;

const fig2: SommelierItem = {
  title: "distributions, true and predicted",
  notes: [
    "The source's predicted histograms are drawn from a beta distribution with noise, not from predictions; these are the predictions",
  ],
  draw(run) {
    const panels = HISTOGRAMS.flatMap((answer) =>
      STAGES.map((stage, at) => {
        const pair = chosen(run.stages[stage], [columnOf(answer)]);
        const { value } = scored(run, pair, pair.columns).flattened.scores.pearson;
        const published = PUBLISHED_FEATURES_BY_STAGE[answer][at]!;
        return {
          name: `${nameOf(answer)}, ${STAGE_NAMES[stage].split(":")[0]}`,
          target: pair.target[0]!,
          prediction: pair.prediction[0]!,
          notes: [`r ${value.toFixed(3)}, published ${published.toFixed(3)}`],
        };
      })
    );
    return {
      figures: {
        fig2: pairedHistograms(panels, { title: "Vote fractions by stage", columns: 3 }),
      },
    };
  },
};

function nameOf(answer: string): string {
  if (answer === "a05") return "not edge-on"; // Its column says "no"
  const known = FEATURES.find((feature) => feature.answer === answer)?.name;
  return known ?? columnOf(answer).replace(/^t\d+_.*_a\d+_|_fraction$/g, "").replaceAll("_", " ");
}

const features: SommelierItem = {
  title: "correlation by feature",
  draw(run) {
    const columns = FEATURES.map(({ answer }) => columnOf(answer));
    const { answers } = scored(run, run.stages.full, columns);
    return {
      table: {
        columns: ["feature", "r", "published"],
        rows: FEATURES.map(({ name, full }, at) => [
          ...[name, scoreText(answers[at]!.scores.pearson, 3), full.toFixed(3)],
        ]),
      },
      values: Object.fromEntries(
        FEATURES.map(({ answer }, at) => [answer, answers[at]!.scores.pearson]),
      ),
    };
  },
};

/** Both surveys, over the same answers. */
function changeOf(run: SommelierRun, questions: readonly string[]) {
  const columns = columnsOf(questions);
  const [reference, other] = [run.stages.full, run.third["SDSS only"]!].map((pair) =>
    chosen(pair, columns)
  ) as [Told, Told];
  const { resamples, seed } = run.settings;
  return degradation({ reference, other }, { resamples, seed });
}

const table2: SommelierItem = {
  title: "inside and outside of the training survey",
  notes: [
    SQUARE,
    "The source compares all 74 outputs on SDSS, over the first 1,000 rows, which its split has trained on, with eleven answers on UKIDSS. Of the same eleven its own predictions have r 0.968, r² 0.936 and MAE 0.061 on SDSS, and change by -13.3 %, -24.8 % and +129.7 %",
  ],
  draw(run) {
    const { flattened: { scores } } = changeOf(run, ELEVEN);
    const all = scored(run, run.stages.full).flattened.scores;
    return {
      table: {
        columns: [
          ...["score", "SDSS, eleven answers", "UKIDSS, the same", "change"],
          ...["SDSS, 74 outputs", "change as in the source", "published"],
        ],
        rows: (["pearson", "squaredPearson", "meanAbsoluteError"] as const).map((name) => {
          const { reference, other, change } = scores[name];
          const [inside, outside] = PUBLISHED_CHANGE[name];
          const part = (a: number, b: number) => percent((b - a) / Math.abs(a));
          return [
            NAMES[name]!,
            ...[reference, other].map((value) => value.toFixed(3)),
            changeText(change),
            all[name].value.toFixed(3),
            part(all[name].value, other),
            `${inside}, ${outside}: ${part(inside, outside)}`,
          ];
        }),
      },
      values: { elevenAnswers: scores, allOutputs: all },
    };
  },
};

const table3: SommelierItem = {
  title: "the same by feature",
  draw(run) {
    const { answers } = changeOf(run, ELEVEN);
    const rows = Object.entries(PUBLISHED_FEATURE_CHANGE).map(([answer, [inside, outside]]) => {
      const { reference, other, change } = answers.find(({ name }) => name === columnOf(answer))!
        .scores.pearson;
      return [
        nameOf(answer),
        ...[reference, other].map((value) => value.toFixed(3)),
        changeText(change),
        `${inside}, ${outside}: ${percent((outside - inside) / inside)}`,
      ];
    });
    return {
      table: { columns: ["feature", "r, SDSS", "r, UKIDSS", "change", "published"], rows },
      values: Object.fromEntries(answers.map(({ name, scores }) => [name, scores.pearson])),
    };
  },
};

const fig3: SommelierItem = {
  title: "both as bars",
  draw(run) {
    const { flattened, answers } = changeOf(run, ELEVEN);
    const groups = ["SDSS (learnt)", "UKIDSS (never seen)"];
    const rows = [
      ...(["pearson", "meanAbsoluteError"] as const).map((name) => ({
        ...{ name: NAMES[name]!, section: "eleven answers together" },
        values: [flattened.scores[name].reference, flattened.scores[name].other],
      })),
      ...Object.keys(PUBLISHED_FEATURE_CHANGE).map((answer) => {
        const { pearson } = answers.find(({ name }) => name === columnOf(answer))!.scores;
        return {
          ...{ name: nameOf(answer), section: "r by feature" },
          values: [pearson.reference, pearson.other],
        };
      }),
    ];
    const bars = rows.flatMap(({ values, ...row }) =>
      values.map((value, side) => ({ ...row, value, group: groups[side]! }))
    ).filter(({ value }) => Number.isFinite(value));
    return {
      figures: {
        fig3: scoreBars(bars, { title: "Inside and outside of the survey", label: "score" }),
      },
    };
  },
};

/** Networks beside each other on the third survey. */
function mixTable(
  run: SommelierRun,
  mixes: readonly Mix[],
  published: (mix: Mix) => readonly (number | undefined)[],
): ItemResult {
  const names = ["pearson", "squaredPearson", "rSquared", "meanAbsoluteError", "meanSquaredError"]
    .map((name) => name as VoteScore);
  const columns = columnsOf(NINE);
  const rows = mixes.map((mix) => ({
    name: `${mix}: ${MIXES[mix]}`,
    scores: scored(run, run.third[mix]!, columns),
    published: published(mix),
  }));
  const gains = mixes.slice(1).map((mix) => {
    const { value, low, high } = gainOf(run, { mix, over: mixes[0]!, columns });
    return `r of ${mix} less that of ${mixes[0]}: ${value.toFixed(3)} [${low.toFixed(3)}, ${
      high.toFixed(3)
    }]`;
  });
  return {
    table: scoreTable(rows, names),
    notes: [
      ...gains,
      "Each network has learnt as many pictures; intervals are of galaxies, of one training each: another seed would be another network",
    ],
    values: Object.fromEntries(
      mixes.map((mix, at) => [mix, rows[at]!.scores.flattened.scores]),
    ),
  };
}

/** How much more r one network has than another, of the same galaxies. */
function gainOf(
  { third, settings: { resamples, seed } }: SommelierRun,
  { mix, over, columns }: { mix: Mix; over: Mix; columns: readonly string[] },
): Interval {
  const networks = [over, mix].map((one) => chosen(third[one]!, columns));
  const galaxy = [...networks[0]!.target[0]!.keys()];
  return bootstrapInterval({ galaxy }, {
    metric({ galaxy: rows }) {
      const flat = (values: Told["target"]) =>
        values.flatMap((own) => Array.from(rows, (row) => own[row]!));
      const [a, b] = networks.map(({ target, prediction }) =>
        pearsonCorrelation({ target: flat(target), prediction: flat(prediction) })
      );
      return b! - a!;
    },
    ...{ seed, resamples },
  });
}

const table4: SommelierItem = {
  title: "one survey and a mixture, on a third",
  notes: [SQUARE, "Over nine answers: those of the first four questions"],
  draw: (run) =>
    mixTable(run, ["SDSS only", "mixed"], (mix) => {
      const at = mix === "mixed" ? 1 : 0;
      const { pearson, squaredPearson, meanAbsoluteError, meanSquaredError } = PUBLISHED_MIXED;
      return [
        ...[pearson[at], squaredPearson[at], undefined],
        ...[meanAbsoluteError[at], meanSquaredError[at]],
      ];
    }),
};

const fig4: SommelierItem = {
  title: "correlation by feature on the third survey",
  draw(run) {
    const mixes = ["SDSS only", "mixed"] as const;
    const columns = columnsOf(NINE);
    const [one, other] = mixes.map((mix) => scored(run, run.third[mix]!, columns).answers);
    const rows = columns.map((column, at) => {
      const { id } = answersOf(gz2Tree).find(({ id }) => columnOf(id) === column)!;
      return { id, values: [one, other].map((answers) => answers![at]!.scores.pearson) };
    }).toSorted((a, b) => gain(b) - gain(a));
    function gain({ values: [a, b] }: { values: Scored[] }): number {
      return (b!.value || 0) - (a!.value || 0);
    }
    const bars = rows.flatMap(({ id, values }) =>
      values.map(({ value, ...ends }, side) => ({
        ...{ name: nameOf(id), value, ...ends, group: mixes[side]! },
      }))
    ).filter(({ value }) => Number.isFinite(value));
    return {
      figures: {
        fig4: scoreBars(bars, { title: "Correlation on UKIDSS, by gain", label: "Pearson's r" }),
      },
      table: {
        columns: ["answer", ...mixes, "published"],
        rows: rows.map(({ id, values }) => [
          ...[nameOf(id), ...values.map((value) => scoreText(value, 3))],
          PUBLISHED_MIXED_FEATURES[id as keyof typeof PUBLISHED_MIXED_FEATURES]
            .map((value) => value.toFixed(3)).join(", "),
        ]),
      },
    };
  },
};

const maxOverlap: SommelierItem = {
  title: "training on galaxies of both surveys",
  notes: [
    "The source gives r 0.857 for the mixture in one place, 0.810 in another, and 0.819 and 0.779 for SDSS alone",
  ],
  draw: (run) =>
    mixTable(run, ["mixed", "overlap"], (mix) => [
      PUBLISHED_OVERLAP[mix as keyof typeof PUBLISHED_OVERLAP],
    ]),
};

const highQuality: SommelierItem = {
  title: "training on those with most votes",
  draw: (run) =>
    mixTable(run, ["mixed", "most votes"], (mix) => [
      PUBLISHED_MOST_VOTES[mix as keyof typeof PUBLISHED_MOST_VOTES],
    ]),
};

const real: SommelierItem = {
  title: "the network of simulated galaxies on real ones",
  isOwn: true,
  notes: ["Fractions of weighted volunteers, where the table has them"],
  draw(run) {
    if (run.real === undefined) {
      return { notes: ["Nothing real was given: --data names a table of GZ2 and its images"] };
    }
    const pair = run.real;
    const known = pair.columns.filter((_, at) => !Number.isNaN(pair.target[at]![0]));
    const weighted = known.filter((name) => /_weighted_fraction$/.test(name));
    const columns = weighted.length > 0 ? weighted : known;
    const questions = Object.fromEntries(
      gz2Tree.questions.map(({ id, answers }) =>
        [
          id,
          columns.filter((name) => answers.some(({ stem }) => name.startsWith(`${stem}_`))),
        ] as const
      ).filter(([, own]) => own.length > 0),
    );
    const { resamples, seed } = run.settings;
    const scores = voteScores(chosen(pair, columns), { questions, resamples, seed });
    const [here, there] = [scores.questions, [scores.flattened]];
    return {
      table: {
        columns: ["", "r", "MAE"],
        rows: [...here, ...there].map(({ name, scores }) => [
          ...[name, scoreText(scores.pearson, 3), scoreText(scores.meanAbsoluteError, 3)],
        ]),
      },
      values: { questions: here, flattened: scores.flattened, galaxies: scores.galaxies },
    };
  },
};

/** By name, in the order of the source; the kit's own last. */
export const SOMMELIER_ITEMS: Readonly<Record<string, SommelierItem>> = {
  ...{ summary, table1, fig1, fig2, features, table2, table3, fig3, table4, fig4 },
  "max-overlap": maxOverlap,
  "high-quality": highQuality,
  real,
};
