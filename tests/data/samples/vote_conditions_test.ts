import assert from "node:assert/strict";
import {
  answerColumn,
  answersOf,
  gz2Tree,
  openSurvey,
  requestedCondition,
  voteConditions,
  withoutQuestions,
} from "galaxykit/data";
import pl from "nodejs-polars";

const survey = openSurvey("data/sky");
const height = survey.ids.length;
const radius = Array.from({ length: height }, (_, row) => row === 3 ? null : 2 + row % 7);
const redshift = Array.from({ length: height }, (_, row) => row === 5 ? NaN : 0.02 + row / 1000);
const frame = survey.frame.withColumns(
  pl.Series("radius", radius, pl.Float64),
  pl.Series("z", redshift, pl.Float64),
);
const rows = { kind: survey.kind, frame };
const whole = voteConditions(rows, { size: "radius", redshift: "z" });
const ids = answersOf(gz2Tree).map(({ id }) => id);

Deno.test("voteConditions() are the fractions, and whether each question was asked", () => {
  const { values, width, layout, fractions } = voteConditions(survey);
  assert.deepEqual([values.length, width, fractions], [height * 74, 74, "debiased"]);
  assert.deepEqual(layout, { answers: ids, quantities: [] });
  let asked = 0;
  for (const { id, answers } of gz2Tree.questions) {
    const columns = (what: "debiased" | "count") =>
      answers.map((answer) =>
        survey.frame.getColumn(answerColumn(gz2Tree, answer.id, what)).toArray() as number[]
      );
    const [shares, counts] = [columns("debiased"), columns("count")];
    for (let row = 0; row < height; row++) {
      const votes = counts.reduce((sum, column) => sum + column[row]!, 0);
      for (const [at, answer] of answers.entries()) {
        const place = row * width + ids.indexOf(answer.id);
        const wanted = votes >= 5 ? [Math.fround(Math.min(1, shares[at]![row]!)), 1] : [0, 0];
        assert.deepEqual([values[place], values[place + 37]], wanted, `${id}, row ${row}`);
      }
      asked += votes >= 5 ? 1 : 0;
    }
  }
  assert.ok(asked > 2 * height && asked < 11 * height, `${asked}`);
  assert.ok(values.every((value) => value >= 0 && value <= 1));
  const all = voteConditions(survey, { minimumVotes: 0 }).values;
  assert.ok(
    all.filter((value) => value === 1).length > values.filter((value) => value === 1).length,
  );
});

Deno.test("voteConditions() append size and redshift, and keep how they are written", () => {
  const { values, width, layout } = whole;
  assert.equal(width, 78);
  const [size, distance] = layout.quantities;
  assert.deepEqual([size!.name, distance!.name], ["size", "redshift"]);
  const column = (at: number) =>
    Array.from({ length: height }, (_, row) => values[row * width + at]!);
  for (const [at, missing] of [[74, 3], [76, 5]] as const) {
    const known = column(at).filter((_, row) => row !== missing);
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const square = known.reduce((sum, value) => sum + value ** 2, 0) / known.length;
    assert.ok(Math.abs(mean) < 1e-6 && Math.abs(square - 1) < 1e-5, `${mean}, ${square}`);
    assert.deepEqual(column(at + 1), column(at + 1).map((_, row) => row === missing ? 0 : 1));
    assert.equal(column(at)[missing], 0);
  }
  assert.equal(
    column(74)[0],
    Math.fround((Math.log(2) - size!.centre) / size!.scale),
  );
  // Another table is written the same way
  const few = { kind: survey.kind, frame: frame.slice(10, 5) };
  const again = voteConditions(few, { layout });
  assert.deepEqual(again.values, values.slice(10 * width, 15 * width));
  const renamed = { kind: survey.kind, frame: few.frame.rename({ z: "zsp" }) };
  assert.deepEqual(voteConditions(renamed, { layout, redshift: "zsp" }).values, again.values);
});

Deno.test("requestedCondition() asks in the words of answers, and fills up their question", () => {
  const { layout } = whole;
  const ask = (request: Record<string, number>) =>
    requestedCondition(request, { tree: gz2Tree, layout });
  const { values, width } = ask({ bar: 0.7, redshift: 0.1 });
  assert.equal(width, 78);
  const at = (id: string) => [values[ids.indexOf(id)], values[37 + ids.indexOf(id)]];
  assert.deepEqual([at("a06"), at("a07")], [[Math.fround(0.7), 1], [Math.fround(0.3), 1]]);
  const z = layout.quantities[1]!;
  assert.deepEqual([...values.slice(74)], [0, 0, Math.fround((0.1 - z.centre) / z.scale), 1]);
  assert.equal(values.filter((value) => value !== 0).length, 4 + 2);
  for (const name of ["a38", "dust lane", "dust_lane", "t08_odd_feature_a38_dust_lane"]) {
    assert.deepEqual(ask({ [name]: 0.4 }).values, ask({ a38: 0.4 }).values, name);
  }
  const ring = ask({ ring: 0.4, merger: 0.1 }).values;
  assert.ok(Math.abs(ring[ids.indexOf("a21")]! - 0.1) < 1e-6);
  // What a galaxy has can be asked for again
  const row = 0;
  const own = whole.values.slice(row * 78, row * 78 + 78);
  const wanted = Object.fromEntries(
    ids.filter((_, place) => own[37 + place] === 1).map((id) => [id, own[ids.indexOf(id)]!]),
  );
  const again = ask({ ...wanted, size: radius[row]!, redshift: redshift[row]! }).values;
  assert.ok(again.every((value, place) => Math.abs(value - own[place]!) < 1e-6));
});

Deno.test("withoutQuestions() takes whole questions away, by seed, epoch and row alone", () => {
  const options = { tree: gz2Tree, share: 0.8, seed: 2 };
  const { values, width } = withoutQuestions(whole, options);
  assert.deepEqual(withoutQuestions(whole, options).values, values);
  assert.notDeepEqual(withoutQuestions(whole, { ...options, epoch: 1 }).values, values);
  let [kept, had] = [0, 0];
  for (let row = 0; row < height; row++) {
    for (const { answers } of gz2Tree.questions) {
      const places = answers.map(({ id }) => row * width + ids.indexOf(id));
      const masks = places.map((place) => values[place + 37]);
      assert.equal(new Set(masks).size, 1);
      const before = whole.values[places[0]! + 37]!;
      [kept, had] = [kept + masks[0]!, had + before];
      for (const place of places) {
        assert.equal(values[place], masks[0] === 1 ? whole.values[place] : 0);
      }
    }
  }
  assert.ok(Math.abs(kept / had - 0.6) < 0.06, `${kept / had}`);
  assert.deepEqual(withoutQuestions(whole, { ...options, share: 0 }).values, whole.values);
  assert.throws(() => withoutQuestions(whole, { ...options, share: 2 }), {
    message: "Cannot take questions away: share must be in [0, 1], found 2",
  });
  // Few are left in some, nearly all in others
  const many = { ...whole, values: new Float32Array(2000 * width) };
  for (let row = 0; row < 2000; row++) {
    many.values.set(whole.values.subarray(0, width), row * width);
  }
  const thinned = withoutQuestions(many, { ...options, share: 1 }).values;
  const count = (values: Float32Array) =>
    gz2Tree.questions.filter(({ answers: [{ id }] }) => values[37 + ids.indexOf(id)] === 1).length;
  const all = count(whole.values.subarray(0, width));
  const left = Array.from(
    { length: 2000 },
    (_, row) => count(thinned.subarray(row * width, row * width + width)),
  );
  for (let some = 0; some <= all; some++) {
    const found = left.filter((value) => value === some).length / 2000;
    assert.ok(Math.abs(found - 1 / (all + 1)) < 0.03, `${some} of ${all}: ${found}`);
  }
});

Deno.test("conditions refuse what they cannot say", () => {
  const { layout } = voteConditions(survey);
  const ask = (request: Record<string, number>) => () =>
    requestedCondition(request, { tree: gz2Tree, layout });
  const wrong = (request: Record<string, number>, message: string) =>
    assert.throws(ask(request), { name: "RangeError", message });
  wrong({ barr: 0.7 }, 'Cannot ask for votes: there is no answer "barr", nearest is "bar"');
  wrong(
    { no_bulge: 0.7 },
    'Cannot ask for votes: "no_bulge" is an answer to t05_bulge_prominence (a10) and t09_bulge_shape (a27); name its id',
  );
  wrong({ bar: 1.2 }, "Cannot ask for votes: bar must be in [0, 1], found 1.2");
  wrong({ bar: 0.7, a06: 0.7 }, 'Cannot ask for votes: "a06" is named twice (a06)');
  wrong(
    { ring: 0.7, merger: 0.7 },
    "Cannot ask for votes: the fractions of t08 (Ring, Merger) must be 1 in all at most, found 1.4",
  );
  wrong(
    { bar: 0.5, no_bar: 0.2 },
    "Cannot ask for votes: the fractions of t03 (Bar, No bar) must be 1 in all, found 0.7",
  );
  wrong(
    { redshift: 0.1 },
    "Cannot ask for redshift: the conditions were made without; name its column (voteConditions' redshift)",
  );
  assert.throws(() => requestedCondition({ size: 0 }, { tree: gz2Tree, layout: whole.layout }), {
    message: "Cannot make conditions: a size must be above 0, found 0 in the request",
  });
  const flat = frame.withColumns(pl.lit(3).alias("flat"), pl.lit(-1).alias("behind"));
  const make = (options: object) => () =>
    voteConditions({ kind: survey.kind, frame: flat }, options);
  assert.throws(make({ size: "flat" }), {
    message:
      `Cannot make conditions: "flat" has ${height} values and no two different ones, so that nothing can be learnt of size`,
  });
  assert.throws(make({ redshift: "behind" }), {
    message: 'Cannot make conditions: a redshift must be 0 or more, found -1 in "behind"',
  });
  assert.throws(make({ size: "radius", layout }), {
    message:
      'Cannot make conditions: the layout is of 37 answers and no other numbers, the table has 37 of "gz2", and size is asked for',
  });
  assert.throws(make({ sise: "radius" }), {
    message: 'Cannot make conditions: there is no option "sise", nearest is "size"',
  });
});
