import assert from "node:assert/strict";
import pl from "nodejs-polars";
import {
  answerColumn,
  answerColumns,
  answersOf,
  certainAnswers,
  decals5Tree,
  gz2Tree,
  membersOf,
  selectRows,
  wellSampledCuts,
  willettThresholds,
} from "galaxykit/data";

const willett = { thresholds: willettThresholds[20], minimumVotes: 20 };

/** One galaxy a row: the given fractions and votes, nothing else. */
function galaxies(rows: Record<string, number>[]) {
  const columns: Record<string, number[]> = {};
  for (const quantity of ["count", "weighted_fraction", "fraction", "debiased"] as const) {
    for (const name of answerColumns(gz2Tree, quantity)) columns[name] = rows.map(() => 0);
  }
  rows.forEach((row, i) => {
    for (const [key, value] of Object.entries(row)) {
      const [answer, quantity] = key.split(" ");
      columns[answerColumn(gz2Tree, answer, quantity as "count")][i] = value;
    }
  });
  return pl.DataFrame(columns);
}

Deno.test("wellSampledCuts() holds every answer on the way against its threshold", () => {
  const limits: Record<string, [string, number][]> = {
    t01: [],
    t02: [["a02", 0.43]],
    t03: [["a02", 0.43], ["a05", 0.715]],
    t04: [["a02", 0.43], ["a05", 0.715]],
    t05: [["a02", 0.43], ["a05", 0.715]],
    t06: [],
    t07: [["a01", 0.469]],
    t08: [["a14", 0.42]],
    t09: [["a02", 0.43], ["a04", 0.602]],
    t10: [["a02", 0.43], ["a05", 0.715], ["a08", 0.619]],
    t11: [["a02", 0.43], ["a05", 0.715], ["a08", 0.619]],
  };
  for (const [question, path] of Object.entries(limits)) {
    const names = wellSampledCuts(gz2Tree, question, willett).map(({ name }) => name);
    const stems = path.map(([id, least]) => {
      return `${answerColumn(gz2Tree, id, "count").replace(/_count$/, "")} ≥ ${least}`;
    });
    const { stem } = gz2Tree.questions.find(({ id }) => id === question)!;
    assert.deepEqual(names, [...stems, `${stem} votes ≥ 20`]);
    // a galaxy exactly at its limits passes; a little under one of them, it does not
    const votes = `${gz2Tree.questions.find(({ id }) => id === question)!.answers[1].id} count`;
    const passing: Record<string, number> = { [votes]: 20 };
    for (const [id, least] of path) passing[`${id} weighted_fraction`] = least;
    const rows = [
      passing,
      ...Object.keys(passing).map((key) => ({
        ...passing,
        [key]: passing[key] - (key === votes ? 1 : 0.001),
      })),
    ];
    const { mask } = selectRows(galaxies(rows), wellSampledCuts(gz2Tree, question, willett));
    assert.deepEqual(mask.toArray(), rows.map((_, i) => i === 0), question);
  }
});

Deno.test("wellSampledCuts() takes the fractions and least votes that are named", () => {
  const frame = galaxies([
    { "a02 fraction": 0.3, "a02 debiased": 0.5, "a04 count": 6, "a05 count": 5 },
  ]);
  function passes(quantity: "fraction" | "debiased", minimumVotes: Record<string, number>) {
    const thresholds = willettThresholds[20];
    const options = { thresholds, minimumVotes, quantity };
    return selectRows(frame, wellSampledCuts(gz2Tree, "t02", options)).count === 1;
  }
  assert.deepEqual(
    [passes("debiased", { t02: 11 }), passes("debiased", { t02: 12 }), passes("fraction", {})],
    [true, false, false],
  );
});

Deno.test("wellSampledCuts() adds the fractions of several ways to a question", () => {
  const cuts = wellSampledCuts(decals5Tree, "merging", {
    thresholds: { merging: 0.5 },
    minimumVotes: 3,
    quantity: "fraction",
  });
  assert.equal(
    cuts[0].name,
    "smooth-or-featured_smooth + smooth-or-featured_featured-or-disk ≥ 0.5",
  );
  const votes = Object.fromEntries(
    answerColumns(decals5Tree, "count", ["merging"]).map((name) => [name, [3, 3]]),
  );
  const frame = pl.DataFrame({
    ...votes,
    "smooth-or-featured_smooth_fraction": [0.3, 0.3],
    "smooth-or-featured_featured-or-disk_fraction": [0.2, 0.1],
  });
  assert.deepEqual(selectRows(frame, cuts).mask.toArray(), [true, false]);
});

Deno.test("certainAnswers() also wants a high debiased fraction of the answer", () => {
  const row = { "a02 weighted_fraction": 0.5, "a04 count": 25 };
  const frame = galaxies([{ ...row, "a04 debiased": 0.8 }, { ...row, "a04 debiased": 0.79 }]);
  const { a04, a05 } = certainAnswers(gz2Tree, { ...willett, questions: ["t02"] });
  assert.deepEqual(selectRows(frame, a04).mask.toArray(), [true, false]);
  assert.equal(selectRows(frame, a05).count, 0);
  const lower = certainAnswers(gz2Tree, { ...willett, minimumDebiased: { t02: 0.5 } });
  assert.equal(selectRows(frame, lower.a04).count, 2);
  assert.equal(Object.keys(lower).length, 37);
});

Deno.test("certainAnswers() can want more than its limits", () => {
  const at = { "a02 weighted_fraction": 0.43, "a04 count": 20, "a04 debiased": 0.8 };
  const above = { "a02 weighted_fraction": 0.44, "a04 count": 20, "a04 debiased": 0.81 };
  const frame = galaxies([at, above, { ...above, "a04 debiased": 0.8 }]);
  const { a04 } = certainAnswers(gz2Tree, { ...willett, strict: true, questions: ["t02"] });
  assert.deepEqual(selectRows(frame, a04).mask.toArray(), [false, true, false]);
  assert.deepEqual(a04.map(({ name }) => name), [
    "t01_smooth_or_features_a02_features_or_disk > 0.43",
    "t02_edgeon votes ≥ 20",
    "t02_edgeon_a04_yes debiased > 0.8",
  ]);
});

Deno.test("certainAnswers() gives a galaxy without fractions no answer", () => {
  const votes = Object.fromEntries(
    answersOf(gz2Tree).flatMap(({ id }) =>
      ["weighted_fraction", "debiased"].map((quantity) => [`${id} ${quantity}`, NaN])
        .concat([[`${id} count`, 40]])
    ),
  );
  const sure = { "a02 count": 30, "a02 weighted_fraction": 0.9, "a02 debiased": 0.95 };
  const members = membersOf(galaxies([votes, sure]), certainAnswers(gz2Tree, willett));
  const found = Object.entries(members).filter(([, rows]) => rows.length > 0);
  assert.deepEqual(found, [["a02", Int32Array.of(1)]]);
});

Deno.test("wellSampledCuts() keeps a galaxy at its limit in float32, too", () => {
  const row = { "a02 weighted_fraction": 0.43, "a05 weighted_fraction": 0.715, "a06 count": 20 };
  const table = galaxies([row]);
  const single = table.withColumns(
    ...table.columns.map((name) => pl.col(name).cast(pl.Float32).alias(name)),
  );
  assert.equal(selectRows(single, wellSampledCuts(gz2Tree, "t03", willett)).count, 1);
});
