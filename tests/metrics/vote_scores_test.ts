import assert from "node:assert/strict";
import {
  bootstrapInterval,
  type ScoreRow,
  VOTE_SCORES,
  type VotePair,
  voteScores,
} from "galaxykit/metrics";
import { Prng } from "galaxykit/data";
import { assertClose } from "./reference.ts";
import { reference, withNaN } from "./votes_reference.ts";

const { votes } = reference;
const columns = ["smooth", "featured", "bar strong", "bar weak", "bar none"];
const pair: VotePair = {
  columns,
  target: votes.target.map(withNaN),
  prediction: votes.prediction,
};
const questions = { shape: columns.slice(0, 2), bar: columns.slice(2) };

function valuesOf({ count, scores }: ScoreRow): Record<string, number> {
  const named = Object.entries(scores).map(([name, { value }]) => [name, value]);
  return { count, ...Object.fromEntries(named) };
}

Deno.test("voteScores() agrees with scikit-learn and SciPy where galaxies were not asked", () => {
  const found = voteScores(pair, { questions, resamples: 0 });
  assertClose(found.answers.map(valuesOf), votes.answers);
  assertClose(found.questions.map(valuesOf), votes.questions);
  assertClose(valuesOf(found.flattened), votes.flattened);
  for (const name of VOTE_SCORES) {
    const each = votes.answers.map((own) => own[name]);
    assertClose(found.averaged.scores[name].value, each.reduce((a, b) => a + b) / 5);
  }
  assert.deepEqual(found.questions.map(({ name }) => name), ["shape", "bar"]);
  assert.equal(found.averaged.count, 5);
  assert.equal(found.flattened.scores.pearson.low, undefined);
});

Deno.test("voteScores() draws whole galaxies: its intervals are those of a bootstrap over rows", () => {
  const { flattened, answers } = voteScores(pair, { resamples: 2000, seed: 3 });
  // The same by the general bootstrap, a row of all answers for each galaxy
  const rows = Array.from({ length: 60 }, (_, row) =>
    columns.flatMap((_, at) => {
      const target = pair.target[at] as number[];
      const prediction = pair.prediction[at] as number[];
      return Number.isNaN(target[row]) ? [] : [[target[row]!, prediction[row]!] as const];
    }));
  const wanted = bootstrapInterval({ row: [...rows.keys()] }, {
    metric({ row }) {
      const all = row.flatMap((at) => rows[at]!);
      return all.reduce((sum, [t, p]) => sum + Math.abs(p - t), 0) / all.length;
    },
  });
  const { low, high } = flattened.scores.meanAbsoluteError;
  assert.ok(Math.abs(low! - wanted.low) < 0.004, `${low} ${wanted.low}`);
  assert.ok(Math.abs(high! - wanted.high) < 0.004, `${high} ${wanted.high}`);
  for (const { scores } of [flattened, ...answers]) {
    for (const name of VOTE_SCORES) {
      if (name === "spearman") continue;
      const { value, low, high } = scores[name];
      assert.ok(low! <= value && value <= high!, `${name}: ${value} in [${low}, ${high}]`);
    }
  }
  const again = voteScores(pair, { resamples: 2000, seed: 3 });
  assert.deepEqual(again.flattened, flattened);
});

Deno.test("intervals of voteScores() hold the truth about as often as they promise", () => {
  let held = 0;
  for (let seed = 0; seed < 150; seed++) {
    const random = new Prng(seed);
    const target = Array.from({ length: 80 }, () => random.uniform());
    const prediction = target.map((value) => value + 0.1 + 0.2 * random.normal());
    const { answers } = voteScores({ columns: ["a"], target: [target], prediction: [prediction] }, {
      resamples: 200,
      level: 0.8,
      seed,
    });
    const { low, high } = answers[0]!.scores.bias;
    if (low! <= 0.1 && 0.1 <= high!) held++;
  }
  assert.ok(held > 0.7 * 150 && held < 0.9 * 150, `${held} of 150`);
});

Deno.test("voteScores() has no correlation of equal or single values, and goes on without it", () => {
  const { answers, averaged } = voteScores({
    columns: ["equal", "single", "none", "good"],
    target: [[0.5, 0.5, 0.5], [NaN, 0.2, NaN], [NaN, NaN, NaN], [0, 0.5, 1]],
    prediction: [[0.1, 0.2, 0.3], [0, 0.3, 0], [0, 0, 0], [0, 0.5, 1]],
  });
  assert.deepEqual(answers.map(({ count }) => count), [3, 1, 0, 3]);
  for (const name of ["pearson", "rSquared"] as const) {
    assert.ok(answers.slice(0, 3).every(({ scores }) => Number.isNaN(scores[name].value)));
    assertClose(answers[3]!.scores[name].value, 1);
  }
  assertClose(answers[1]!.scores.meanAbsoluteError.value, 0.1);
  assertClose([averaged.count, averaged.scores.pearson.value], [3, 1]);
});

Deno.test("voteScores() refuses what it cannot compare", () => {
  const good = { columns: ["a", "b"], target: [[0, 1], [0, 1]], prediction: [[0, 1], [0, 1]] };
  const cases: [() => unknown, string, string][] = [
    [
      () => voteScores({ ...good, prediction: [[0, 1]] }),
      "TypeError",
      "Cannot score votes: 2 columns have 2 lists of targets and 1 of predictions",
    ],
    [
      () => voteScores({ ...good, prediction: [[0, 1], [0]] }),
      "TypeError",
      'Cannot score votes: 2 galaxies, and 1 predictions of "b"',
    ],
    [
      () => voteScores({ ...good, prediction: [[0, 1], [0, NaN]] }),
      "RangeError",
      'Cannot score votes: the prediction of "b" of galaxy 1 is NaN, wanted a finite number; a target that is NaN leaves it out',
    ],
    [
      () => voteScores({ ...good, target: [[NaN, NaN], [NaN, NaN]] }),
      "RangeError",
      "Cannot score votes: no galaxy has a target",
    ],
    [
      () => voteScores({ ...good, columns: ["a", "a"] }),
      "RangeError",
      'Cannot score votes: column "a" is there twice',
    ],
    [
      () => voteScores({ ...good, columns: ["smooth", "b"] }, { questions: { q: ["smoth"] } }),
      "RangeError",
      'Cannot score votes: question "q" names "smoth", which is no column; nearest is "smooth"',
    ],
    [
      () => voteScores(good, { resamples: 1 }),
      "RangeError",
      "Cannot bootstrap: resamples is 1, wanted a whole number from 2, or 0 for no intervals",
    ],
  ];
  for (const [run, name, message] of cases) assert.throws(run, { name, message });
});
