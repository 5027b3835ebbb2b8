import assert from "node:assert/strict";
import { join } from "node:path";
import { promptCuts, readCatalogue, readTable, selectRows } from "galaxykit/data";
import {
  classify,
  drawGalaxy,
  fractionsOf,
  populationOf,
  skyCatalogue,
  SkyWorkers,
  tally,
  voteReference,
  writeSky,
} from "galaxykit/sky";
import { kindNamed } from "../../lib/sky/_kinds.ts";
import { searchKinds } from "../../lib/sky/_search.ts";
import { type Population, quotasOf, selectionOf } from "../../lib/sky/enrichment.ts";
import { drawSubject, type Subject } from "../../lib/sky/population.ts";
import { reducing } from "../../lib/sky/vote_reference.ts";
import { temporaryFolder } from "../temporary.ts";
import { mean, smallSky } from "./_sky.ts";

/** An enriched choice by truth. */
async function choose(population: Population, count: number, seed = 11) {
  const quotas = quotasOf(population, { count });
  using workers = new SkyWorkers({ workers: 2 });
  const state = await searchKinds(workers, {
    ...{ seed, survey: "sdss", quotas: quotas.kinds, limit: 1e6 },
  });
  return { state, ...selectionOf(state, quotas.count) };
}

const subjectOf = (index: number, seed = 11) => drawSubject({ seed, index })!.subject;

Deno.test("an enriched sky has the first galaxies of each kind, and the first natural ones", async () => {
  const population = { "spiral + ring": 0.2, merger: 0.1, irregular: 0.02 };
  const { indices, weights, state } = await choose(population, 100);
  assert.equal(indices.length, 100);
  const natural = indices.findIndex((index, row) => index !== row);
  for (const [kind, wanted] of Object.entries({ "spiral + ring": 20, merger: 10, irregular: 2 })) {
    const { found, until } = state.kinds[kind];
    const all = Array.from({ length: until! + 1 }, (_, index) => index)
      .filter((index) => kindNamed(kind).holds(subjectOf(index)));
    assert.deepEqual(all, [...found, until!], kind);
    assert.equal(found.length, wanted);
  }
  // Each stands for the galaxies of the longest natural sky whose galaxies of its kind are all there
  const { merger, irregular, "spiral + ring": ringed } = state.kinds;
  indices.forEach((index, row) => {
    const among = [irregular, merger, ringed].filter(({ found }) => found.includes(index))
      .map(({ until }) => until!).concat(index < natural ? natural : []);
    assert.equal(weights[row], 100 / Math.max(...among), `${index}`);
  });
  const again = await choose(population, 100);
  assert.deepEqual(again.indices, indices);
});

Deno.test("weighted means of an enriched sky are those of the natural sky", async () => {
  const { indices, weights } = await choose({ merger: 0.3, "spiral + bar": 0.3 }, 1000);
  const chosen = indices.map((index) => subjectOf(index));
  const natural = Array.from({ length: 4000 }, (_, index) => subjectOf(index, 12));
  const quantities: Record<string, (galaxy: Subject) => number> = {
    redshift: ({ redshift }) => redshift,
    bulge: ({ bulge }) => bulge.fraction,
    merger: ({ companion }) => companion === null ? 0 : 1,
    bar: ({ bar }) => bar === null ? 0 : 1,
    spiral: (galaxy) => galaxy.class === "spiral" ? 1 : 0,
  };
  for (const [name, of] of Object.entries(quantities)) {
    const [values, expected] = [chosen, natural].map((sky) => sky.map(of));
    const sum = weights.reduce((a, b) => a + b);
    const weighted = values.reduce((total, value, row) => total + value * weights[row], 0) / sum;
    // Effective number of galaxies by Kish: the weights' sum squared over the sum of their squares
    const effective = sum ** 2 / weights.reduce((total, weight) => total + weight ** 2, 0);
    const variance = mean(expected.map((value) => (value - mean(expected)) ** 2));
    const error = Math.sqrt(variance / effective + variance / expected.length);
    const off = (weighted - mean(expected)) / error;
    assert.ok(Math.abs(off) < 3, `${name}: ${weighted}, ${mean(expected)} expected, ${off} sigma`);
    // Without weights they are far off
    if (name === "merger" || name === "bar") assert.ok(mean(values) - mean(expected) > 5 * error);
  }
  const cover = mean(weights);
  assert.ok(Math.abs(cover - 1) < 0.1, `${cover}`);
});

Deno.test("an enriched sky's votes have the natural sky's weighted means", async () => {
  const { indices, weights } = await choose({ merger: 0.3, irregular: 0.2 }, 300);
  const means = (rows: readonly number[], weight: (row: number) => number) => {
    let sum = 0;
    const total = new Float64Array(37);
    rows.forEach((index, row) => {
      const fractions = fractionsOf(tally(classify(drawGalaxy({ seed: 11, index }))));
      sum += weight(row);
      for (let k = 0; k < 37; k++) total[k] += weight(row) * fractions[k];
    });
    return total.map((value) => value / sum);
  };
  const natural = means(Array.from({ length: 400 }, (_, index) => index + 5000), () => 1);
  const weighted = means(indices, (row) => weights[row]);
  const plain = means(indices, () => 1);
  const ODD = 13; // t06, "yes"
  for (const answer of [0, 1, ODD]) {
    const off = Math.abs(weighted[answer] - natural[answer]);
    assert.ok(off < 0.06, `${answer}: ${weighted[answer]}, ${natural[answer]}`);
  }
  assert.ok(plain[ODD] > natural[ODD] + 0.06, "without weights more is odd");
});

Deno.test("a natural reference keeps debiased votes what they are in the natural table", () => {
  const natural = smallSky(1500);
  const chosen = natural.slice(900)
    .filter(({ galaxy }) => galaxy.class === "spiral" || galaxy.companion !== null);
  const rows = new Set(chosen.map(({ galaxy }) => galaxy.index));
  const valuesOf = (table: ReturnType<typeof skyCatalogue>) =>
    table.getColumn("t01_smooth_or_features_a02_features_or_disk_debiased").toArray() as number[];
  const expected = valuesOf(skyCatalogue(natural)).filter((_, row) => rows.has(row));
  const offBy = (table: ReturnType<typeof skyCatalogue>) =>
    mean(valuesOf(table).map((value, row) => value - expected[row]));
  const reference = voteReference(natural.slice(0, 900));
  const [byReference, byThemselves] = [{ reference }, {}]
    .map((options) => Math.abs(offBy(skyCatalogue(chosen, options))));
  assert.ok(byReference < 0.02, `${byReference}`);
  assert.ok(byThemselves > 2 * byReference, `${byThemselves} against ${byReference}`);
  // With all of the natural sky for a reference, rows do not hang on what is beside them
  const all = skyCatalogue(chosen, { reference: voteReference(natural) });
  assert.deepEqual(valuesOf(all), expected);
});

Deno.test("writeSky() writes kinds that go by votes as the rule of the catalogue has them", async () => {
  const folder = join(temporaryFolder(), "sky");
  const options = { population: ["B", "a04", "a08"], each: 3, seed: 5, size: 16, reference: 320 };
  const { drawn, kinds } = await writeSky(folder, options);
  // They are all of the natural sky that pass, up to the first that is too many: weights hold
  const sky = smallSky(320, 5);
  const { flag } = reducing(voteReference(sky))(sky);
  for (const { kind, indices, among } of kinds) {
    assert.ok(among < sky.length);
    const { answers, holds } = kindNamed(kind);
    const passing = sky.slice(0, among + 1).filter(({ galaxy }, row) =>
      holds(galaxy) && answers.every((answer) => flag[row * 37 + answer] === 1)
    );
    assert.deepEqual(passing.map(({ galaxy }) => galaxy.index), [...indices, among], kind);
  }
  const table = readTable(join(folder, "catalogue.parquet"));
  assert.equal(table.height, drawn);
  assert.equal(table.columns.at(-1), "population_weight");
  const assets = readTable(join(folder, "gz2_filename_mapping.csv")).getColumn("asset_id")
    .toArray();
  const [round, edgeOn] = kinds.map(({ indices }) => indices.map((index) => assets.indexOf(index)));
  const { count } = selectRows(table, promptCuts("B"));
  assert.ok(count >= 3);
  const flags = (name: string) => table.getColumn(name).toArray() as number[];
  assert.deepEqual(round.map((row) => flags("t07_rounded_a16_completely_round_flag")[row]), [
    1,
    1,
    1,
  ]);
  assert.deepEqual(edgeOn.map((row) => flags("t02_edgeon_a04_yes_flag")[row]), [1, 1, 1]);
  const problems = readCatalogue(join(folder, "catalogue.parquet")).problems;
  assert.deepEqual(problems, []);
  const truth = readTable(join(folder, "truth.parquet"));
  assert.deepEqual(
    truth.getColumn("population_weight").toArray(),
    table.getColumn("population_weight").toArray(),
  );
});

Deno.test("a search goes on where it was stopped, and finds the same", async () => {
  const root = temporaryFolder();
  const options = { population: ["arc", "5 arms"], each: 4, seed: 2, size: 8, reference: 10 };
  const whole = await writeSky(join(root, "whole"), options);
  const controller = new AbortController();
  const folder = join(root, "stopped");
  await assert.rejects(
    writeSky(folder, {
      ...{ ...options, signal: controller.signal },
      onProgress: (report) => "done" in report && report.done >= 3 && controller.abort(),
    }),
    { name: "AbortError" },
  );
  const { state } = JSON.parse(Deno.readTextFileSync(join(folder, "selection.json")));
  assert.ok(state.position > 0 && state.kinds.arc.until === null, JSON.stringify(state));
  const { kinds } = await writeSky(folder, options);
  assert.deepEqual(kinds, whole.kinds);
  for (const name of ["truth.parquet", "catalogue.parquet"]) {
    const [a, b] = ["whole", "stopped"].map((of) => Deno.readFileSync(join(root, of, name)));
    assert.deepEqual(a, b);
  }
});

Deno.test("a kind that is too rare ends the search with what was found", async () => {
  const folder = join(temporaryFolder(), "sky");
  await assert.rejects(
    writeSky(folder, {
      ...{ population: ["elliptical + 4 arms"], each: 2, seed: 1, size: 8, searchLimit: 2048 },
    }),
    {
      message: 'Cannot draw a sky: "elliptical + 4 arms" is too rare: 0 found among the first ' +
        "2,048 galaxies, 2 wanted; ask for fewer or for another kind, or look through more (searchLimit)",
    },
  );
});

Deno.test("quotasOf() parts a count, and refuses what makes no sense", () => {
  const of = (population: Population, numbers: { count?: number; each?: number }) => {
    const { kinds, count } = quotasOf(population, numbers);
    return [Object.fromEntries(kinds), count];
  };
  assert.deepEqual(of("natural", { count: 9 }), [{}, 9]);
  assert.deepEqual(of(["ring", "bar", "merger"], { count: 10 }), [
    { ring: 3, bar: 4, merger: 3 },
    10,
  ]);
  assert.deepEqual(of({ classes: 0.4, A: 0.1 }, { count: 100 }), [
    { elliptical: 10, lenticular: 10, spiral: 10, irregular: 10, A: 10 },
    100,
  ]);
  assert.deepEqual(of(["prompts"], { each: 5 })[1], undefined);
  const refused: [Population, { count?: number; each?: number }, string][] = [
    ["natural", {}, "count must be a positive integer, undefined found"],
    ["natural", { each: 4 }, "each is of a population of kinds, a natural one found"],
    [
      "rings" as Population,
      { count: 1 },
      'population must be "natural", a list of kinds or their shares, "rings" found',
    ],
    [["rings"], { count: 1 }, 'there is no kind of galaxies "rings", nearest is "ring"'],
    [
      ["tag:dust lanes"],
      { count: 1 },
      'there is no kind of galaxies "tag:dust lanes", nearest is "tag:dust lane"',
    ],
    [["A", "prompts"], { count: 99 }, 'a population has each kind once, "A" twice'],
    [[], { count: 99 }, "a population has at least one kind, none found"],
    [["A"], { count: 9, each: 9 }, "count or each is wanted, both found"],
    [{ A: 1 }, { each: 9 }, "each is of a list of kinds, shares found"],
    [{ A: 0.7, B: 0.4 }, { count: 9 }, "shares sum to at most 1, 1.1 found"],
    [{ A: -1 }, { count: 9 }, "a share is above 0 and at most 1, -1 found"],
    [
      ["A", "B", "C"],
      { count: 2 },
      'a count of 2 leaves no galaxy for "B"; ask for more, or name fewer kinds',
    ],
  ];
  for (const [population, numbers, message] of refused) {
    assert.throws(() => quotasOf(population, numbers), {
      name: "RangeError",
      message: `Cannot draw a sky: ${message}`,
    });
  }
});

Deno.test("populationOf() reads what is written on a command line", () => {
  assert.equal(populationOf("natural"), "natural");
  assert.deepEqual(populationOf("A, spiral + ring"), ["A", "spiral + ring"]);
  assert.deepEqual(populationOf("A=0.2,tag:dust lane=0.1"), { A: 0.2, "tag:dust lane": 0.1 });
  assert.throws(() => populationOf("A=0.2,B"), {
    message: 'Cannot draw a sky: kinds or KIND=SHARE are wanted, "B" found among shares',
  });
});
