import assert from "node:assert/strict";
import { join } from "node:path";
import { openSurvey, Prng, readCatalogue, voteFractions, voteLabels } from "galaxykit/data";
import { writeSky } from "galaxykit/sky";
import { type Label, partsOf, readSample } from "../../../lib/recipes/efficientnet/galaxies.ts";
import { onShared, shared } from "../../shared_data.ts";
import { temporaryFolder } from "../../temporary.ts";
import { kaggleRows, type Millionths } from "./_votes.ts";

const split = { threshold: 0.6, validation: 0.2, seed: 0 };

function countsOf(labels: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const label of labels) counts[label ?? "none"] = (counts[label ?? "none"] ?? 0) + 1;
  return counts;
}

/** Votes of as many galaxies as the article has of each label, many on the edge of the rule. */
function articleVotes(): Millionths[] {
  const random = new Prng(1, [900]);
  const votes: Millionths[] = [];
  /** `share` for one answer, the rest dealt out to both others. */
  function add(share: number, place: 0 | 1) {
    const other = random.integer(1_000_001 - share);
    const artifact = 1_000_000 - share - other;
    votes.push(place === 0 ? [share, other, artifact] : [other, share, artifact]);
  }
  for (const [place, count] of [[0, 19_942], [1, 28_550]] as const) {
    for (let i = 0; i < count; i++) {
      add(i < 700 ? 600_000 : 600_000 + random.integer(400_001), place);
    }
  }
  for (let i = 0; i < 13_086; i++) {
    if (i < 800) add(599_999, i % 2 === 0 ? 0 : 1); // just below
    else if (i < 1100) votes.push([500_000, 500_000, 0]);
    else if (i < 1144) votes.push([200_000, 100_000, 700_000]); // a star
    else {
      const smooth = 400_001 + random.integer(199_999);
      votes.push([smooth, 1_000_000 - smooth, 0]);
    }
  }
  // One answer at 599,999 leaves 400,001 at most for the other: none of these has a label.
  return Array.from(random.permutation(votes.length), (row) => votes[row]);
}

Deno.test("voteLabels() gives the article's counts on a table of its size, ties included", () => {
  const votes = articleVotes();
  assert.equal(votes.length, 61_578);
  const folder = temporaryFolder();
  const rows = votes.map((own, row) => ({ id: 100_008 + 7 * row, votes: own }));
  Deno.writeTextFileSync(join(folder, "some table.csv"), kaggleRows(rows));
  const catalogue = openSurvey(folder);
  assert.equal(catalogue.kind.name, "kaggle");
  const { names } = voteLabels(catalogue, { threshold: 0.6 });
  assert.deepEqual(countsOf(names), { smooth: 19_942, featured: 28_550, ambiguous: 13_086 });

  // The test would see a rule that is off by the ties, or by a rounding.
  const strict = votes.filter(([smooth, featured]) => smooth > 600_000 || featured > 600_000);
  assert.ok(48_492 - strict.length >= 1400, `${strict.length}`);
  const loose = votes.filter(([smooth, featured]) => Math.max(smooth, featured) >= 599_999);
  assert.ok(loose.length - 48_492 >= 800, `${loose.length}`);

  // And the split is the article's: 9,699 galaxies for validation.
  const parts = countsOf(partsOf(names as Label[], split));
  assert.deepEqual(parts, { train: 38_793, validation: 9_699, none: 13_086 });
});

Deno.test("voteLabels() takes the votes of GZ2, Kaggle and GZ DECaLS columns alike", () => {
  const folder = temporaryFolder();
  const path = join(folder, "gz2.csv");
  const stems = ["a01_smooth", "a02_features_or_disk", "a03_star_or_artifact"];
  const columns = stems.map((stem) => `t01_smooth_or_features_${stem}_fraction`);
  const rows = ["1,0.6,0.3,0.1", "2,0.599,0.401,0", "3,0.2,0.8,0", "4,,,"];
  Deno.writeTextFileSync(path, `objid,${columns}\n${rows.join("\n")}\n`);
  const catalogue = readCatalogue(path, { bad: "report" });
  const { names } = voteLabels(catalogue, { threshold: 0.6 });
  assert.deepEqual(names, ["smooth", "ambiguous", "featured", null]);
  const { values } = voteFractions(catalogue, { questions: ["t01"] });
  assert.deepEqual([...values.a03], [0.1, 0, 0, NaN]);
  assert.deepEqual(
    voteLabels(catalogue, { threshold: 0.85 }).names,
    ["ambiguous", "ambiguous", "ambiguous", null],
  );

  const kaggle = join(folder, "kaggle.csv");
  const own: Millionths[] = [[900_000, 100_000, 0], [0, 600_000, 400_000]];
  Deno.writeTextFileSync(kaggle, kaggleRows(own.map((votes, id) => ({ id, votes }))));
  assert.deepEqual(
    voteLabels(readCatalogue(kaggle), { threshold: 0.6 }).names,
    ["smooth", "featured"],
  );
});

Deno.test("voteLabels() refuses tables without the first question's fractions, or unsound ones", () => {
  const folder = temporaryFolder();
  const gz1 = join(folder, "gz1.csv");
  Deno.writeTextFileSync(
    gz1,
    "OBJID,NVOTE,P_EL,P_CW,P_ACW,P_EDGE,P_DK,P_MG\n587722981736120347,30,0.5,0.2,0.3,0,0,0\n",
  );
  assert.throws(() => voteLabels(readCatalogue(gz1), { threshold: 0.6 }), {
    name: "RangeError",
    message:
      'Cannot label galaxies of gz1: its first question does not ask "smooth or features?"; ' +
      "name the answers of the classes",
  });
  const kaggle = join(folder, "kaggle.csv");
  const votes: Millionths[] = [[900_000, 100_000, 0], [900_000, 600_000, 0]];
  Deno.writeTextFileSync(kaggle, kaggleRows(votes.map((votes, id) => ({ id, votes }))));
  const bad = readCatalogue(kaggle, { bad: "report" });
  assert.throws(
    () => voteLabels(bad, { threshold: 0.6 }),
    /Cannot use "the table of votes" as kaggle: .*must sum to 1: row 2 \(1\) 0.9 \+ 0.6 \+ 0/,
  );
});

Deno.test({
  ...onShared(
    "kaggle_sample",
    "readSample() joins the hundred real galaxies of Kaggle to their images",
  ),
}, () => {
  const data = join(shared, "kaggle_sample");
  const { labels, parts, images, ids, source } = readSample(data, { ...split, images: true });
  assert.deepEqual(countsOf(labels), { smooth: 41, featured: 44, ambiguous: 15 });
  assert.deepEqual(countsOf(parts), { train: 68, validation: 17, none: 15 });
  assert.equal(source.kind, "kaggle");
  assert.ok(images.every((path, row) => path!.endsWith(`/${ids[row]}.jpg`)));
  const again = readSample(data, { ...split, images: true });
  assert.deepEqual(again.parts, parts);
  assert.notDeepEqual(readSample(data, { ...split, seed: 1, images: true }).parts, parts);
});

Deno.test("readSample() names what a folder lacks", async () => {
  const folder = join(temporaryFolder(), "sky");
  await writeSky(folder, { count: 30, seed: 1, size: 16, workers: 1 });
  const options = { ...split, images: true };
  Deno.removeSync(join(folder, "images/3.jpg"));
  assert.throws(() => readSample(folder, options), {
    message: `Cannot use "${folder}": 1 of 30 galaxies have no image (objid 900000100000000003); ` +
      'add the images, or skip these galaxies (missing: "drop")',
  });
  const sample = readSample(folder, { ...options, skipBad: true });
  assert.deepEqual([sample.images[3], sample.parts[3]], [null, null]);
  assert.ok(sample.images[4]!.endsWith("/4.jpg"));

  assert.throws(() => readSample(folder, { ...options, skipBad: true, threshold: 0.99 }), {
    name: "RangeError",
    message: "Cannot train: no galaxy with an image is smooth by a threshold of 0.99, " +
      "at least 2 are wanted; lower the threshold, or give more galaxies",
  });
  Deno.removeSync(join(folder, "images"), { recursive: true });
  assert.throws(() => readSample(folder, { ...options, skipBad: true }), {
    message: `Cannot use "${folder}": it has the table "${join(folder, "catalogue.parquet")}" ` +
      "and no image; put the images, named by their galaxies, into the folder or one below",
  });
  // Its votes can be looked at all the same.
  assert.equal(readSample(folder, { ...options, images: false }).labels.length, 30);
});
