import assert from "node:assert/strict";
import { join } from "node:path";
import { openSurvey, Prng, readCatalogue, writeTable } from "galaxykit/data";
import { drawGalaxy, type Galaxy, objectId, truthTable } from "galaxykit/sky";
import { wilsonInterval } from "galaxykit/metrics";
import { readGalaxies } from "../../../lib/recipes/threshold/galaxies.ts";
import { LEAST_TRIALS, shareOf } from "../../../lib/recipes/threshold/scores.ts";
import { endlessShares, trueClasses } from "../../../lib/recipes/threshold/truth.ts";
import { drawShares } from "../../../lib/recipes/threshold/volunteers.ts";
import { firstVotes, labelsAt, majorityLabels } from "../../../lib/recipes/threshold/votes.ts";
import { onShared, shared } from "../../shared_data.ts";
import { temporaryFolder } from "../../temporary.ts";

const sky = "data/sky/catalogue.parquet";

Deno.test("labelsAt() gives the larger share its label, and none where it falls short", () => {
  const shares = {
    smooth: Float64Array.of(0.6, 0.59, 0.45, 0.2, 0.45, NaN),
    featured: Float64Array.of(0.3, 0.41, 0.4, 0.8, 0.45, 0.9),
  };
  assert.deepEqual([...labelsAt(shares, 0.6)], [0, -1, -1, 1, -1, -1]);
  // Below 0.5 both classes may reach it: the larger counts, and of two alike none
  assert.deepEqual([...labelsAt(shares, 0.4)], [0, 0, 0, 1, -1, -1]);
  assert.deepEqual([...majorityLabels(shares)], [0, 0, -1, 1, -1, -1]);
});

Deno.test("firstVotes() finds the fractions, and says which there are", () => {
  const catalogue = readCatalogue(sky);
  const { kind, kinds, shares, counts } = firstVotes(catalogue);
  assert.equal(kind, "raw");
  assert.deepEqual(Object.keys(kinds), ["raw", "weighted", "debiased"]);
  assert.equal(shares, kinds.raw);
  const [smooth, featured, artifact] = counts!;
  const total = smooth[0] + featured[0] + artifact[0];
  assert.ok(Math.abs(kinds.raw.smooth[0] - smooth[0] / total) < 1e-9);
  assert.equal(firstVotes(catalogue, "debiased").shares.smooth[5], kinds.debiased.smooth[5]);
});

Deno.test(onShared("kaggle_sample", "firstVotes() refuses fractions that a table lacks"), () => {
  const catalogue = openSurvey(join(shared, "kaggle_sample"));
  assert.equal(firstVotes(catalogue).kind, "published");
  assert.throws(() => firstVotes(catalogue, "debiased"), {
    name: "RangeError",
    message:
      "Cannot label galaxies: debiased fractions of Class1 are wanted, the table (kaggle) has published; name one of these, or none",
  });
});

Deno.test("firstVotes() refuses other questions", () => {
  const path = join(Deno.makeTempDirSync(), "gz1.csv");
  Deno.writeTextFileSync(
    path,
    "OBJID,NVOTE,P_EL,P_CW,P_ACW,P_EDGE,P_DK,P_MG\n587722981736120347,30,0.5,0.2,0.3,0,0,0\n",
  );
  assert.throws(() => firstVotes(readCatalogue(path)), {
    name: "RangeError",
    message:
      'Cannot label galaxies of gz1: its first question does not ask "smooth or features?"; name the answers of the classes',
  });
});

Deno.test("trueClasses() knows what was drawn", () => {
  const { ids, truth, shares, leftOut } = readGalaxies("data/sky", {});
  assert.deepEqual([ids.length, truth!.length, leftOut], [64, 64, 0]);
  const drawn = ids.map((_, index) => drawGalaxy({ seed: 1, index }));
  assert.deepEqual([...truth!], drawn.map(classOf));
  assert.deepEqual([...new Set(truth)].filter((own) => own >= 0).sort(), [0, 1]);
  // What nearly everybody calls featured is so, or has a ring or is seen from its edge
  const plain = drawn.map(({ class: own, rings }) => own === "elliptical" && rings.length === 0);
  assert.ok(plain.some(Boolean) && plain.every((is, row) => !is || shares.featured[row] < 0.9));
  assert.throws(() => trueClasses(sky, ["1"]), {
    name: "RangeError",
    message: 'Cannot tell the truth about galaxy 1: "data/sky/truth.parquet" has no such row',
  });
  assert.equal(trueClasses("elsewhere/catalogue.parquet", ["1"]), undefined);
});

function classOf(galaxy: Galaxy): number {
  if (galaxy.artifact !== null) return -1;
  return galaxy.class === "elliptical" || galaxy.class === "lenticular" ? 0 : 1;
}

Deno.test("trueClasses() leaves stars out", () => {
  const galaxies = Array.from({ length: 1000 }, (_, index) => drawGalaxy({ seed: 1, index }));
  const folder = Deno.makeTempDirSync();
  writeTable(join(folder, "truth.parquet"), truthTable(galaxies));
  const found = trueClasses(join(folder, "catalogue.csv"), galaxies.map((g) => `${objectId(g)}`));
  assert.deepEqual([...found!], galaxies.map(classOf));
  assert.ok(found!.includes(-1));
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("endlessShares() knows what an endless crowd would say", () => {
  const { ids, endless, shares } = readGalaxies("data/sky", {});
  const differences = shares.smooth.map((share, row) => share - endless!.smooth[row]);
  const { mean, variance } = moments([...differences]);
  // 43 volunteers, and shares between 0 and 1
  assert.ok(Math.abs(mean) < 0.03 && variance < 0.25 / 30 && variance > 0.001, `${variance}`);
  assert.deepEqual(endlessShares(sky, [ids[3]])!.smooth[0], endless!.smooth[3]);
  assert.equal(endlessShares("elsewhere/catalogue.parquet", ["1"]), undefined);
});

Deno.test("readGalaxies() takes votes alone where they are wanted, and says so", () => {
  const folder = temporaryFolder();
  Deno.copyFileSync(sky, join(folder, "catalogue.parquet"));
  const { ids, paths, truth } = readGalaxies(folder, { votesOnly: true });
  assert.deepEqual([ids.length, paths.length, truth], [64, 0, undefined]);
  assert.throws(() => readGalaxies(folder, {}), {
    name: "RangeError",
    message: `Cannot sweep thresholds on "${
      join(folder, "catalogue.parquet")
    }": none of its 64 galaxies has an image to learn from; add the images, or take the votes alone (votesOnly)`,
  });
});

Deno.test("drawShares() draws a galaxy's own votes without replacement", () => {
  const shares = { smooth: Float64Array.of(0.5, 0), featured: Float64Array.of(0.25, 1) };
  const counts = [Float64Array.of(20, 0), Float64Array.of(10, 6), Float64Array.of(10, 0)];
  const random = new Prng(1);
  const all = drawShares({ counts, shares }, { count: 40, random });
  assert.deepEqual([[...all.smooth], [...all.featured]], [[0.5, 0], [0.25, 1]]);
  // Mean and variance of the hypergeometric distribution: n p and n p (1 - p) (N - n) / (N - 1)
  const draws = Array.from(
    { length: 4000 },
    () => 10 * drawShares({ counts, shares }, { count: 10, random }).smooth[0],
  );
  const { mean, variance } = moments(draws);
  assert.ok(draws.every((n) => Math.abs(n - Math.round(n)) < 1e-9));
  assert.ok(Math.abs(mean - 5) < 0.1, `${mean}`);
  assert.ok(Math.abs(variance - 10 * 0.25 * 30 / 39) < 0.15, `${variance}`);
});

Deno.test("drawShares() takes fractions for probabilities where there are no counts", () => {
  const shares = { smooth: Float64Array.of(0.5), featured: Float64Array.of(0.3) };
  const random = new Prng(2);
  const draws = Array.from({ length: 4000 }, () => drawShares({ shares }, { count: 10, random }));
  const smooth = moments(draws.map(({ smooth }) => 10 * smooth[0]));
  const featured = moments(draws.map(({ featured }) => 10 * featured[0]));
  assert.ok(Math.abs(smooth.mean - 5) < 0.1 && Math.abs(smooth.variance - 2.5) < 0.2);
  assert.ok(Math.abs(featured.mean - 3) < 0.1 && Math.abs(featured.variance - 2.1) < 0.2);
});

function moments(values: number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length };
}

Deno.test("shareOf() has Wilson's interval, and none of fewer than are asked for", () => {
  const share = (trials: number) =>
    shareOf(new Int32Array(trials), { of: (_, row) => row < 2, least: LEAST_TRIALS });
  assert.deepEqual(share(5), wilsonInterval({ successes: 2, trials: 5 }));
  assert.deepEqual([share(4), share(0)], [null, null]);
});
