import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import {
  answerColumn,
  capMembers,
  certainAnswers,
  combinations,
  crossMatch,
  encodeLabels,
  gz2Tree,
  labelCounts,
  memberRows,
  membersOf,
  readCatalogue,
  selectRows,
  stratifiedSplit,
  voteLabels,
  wellSampledCuts,
  willettThresholds,
  writeTable,
} from "galaxykit/data";
import { onShared, shared } from "../../shared_data.ts";
import { temporaryFolder } from "../../temporary.ts";

const read = (path: string) => readCatalogue(join(shared, path)).frame;

Deno.test({
  ...onShared(
    "gz2_hart16_sample",
    "labelCounts() finds 250 of each class in the sample of Hart et al. 2016",
  ),
}, () => {
  const counts = labelCounts(read("gz2_hart16_sample/catalog.csv").getColumn("derived_label"));
  assert.deepEqual(counts.rows(), [
    ...["edge-on", "elliptical", "merger", "spiral"].map((label) => [label, 250, 0.25]),
  ]);
});

Deno.test({
  ...onShared("kaggle_spirals", "labelCounts() and stratifiedSplit() keep the five Kaggle classes"),
}, () => {
  const frame = read("kaggle_spirals/five_class_labels.csv");
  const { classes, labels } = encodeLabels(frame.getColumn("Label"));
  assert.deepEqual(classes, ["0", "1", "2", "3", "4"]);
  const wanted = [8436, 8069, 579, 3903, 6688];
  const counts = new Map(labelCounts(frame.getColumn("Label")).rows().map(([k, n]) => [k, n]));
  assert.deepEqual(classes.map((name) => counts.get(name)), wanted);
  const { test } = stratifiedSplit({ labels, fractions: { train: 0.9, test: 0.1 }, seed: 1 });
  const held = classes.map((_, label) => test.filter((row) => labels[row] === label).length);
  assert.deepEqual(held, [844, 807, 58, 390, 669]);
});

Deno.test(onShared("kaggle_sample", "voteLabels() divides the Kaggle sample at 0.6"), () => {
  const { names } = voteLabels(read("kaggle_sample/sample_solutions.csv"), {
    classes: { smooth: "Class1.1", featured: "Class1.2" },
    threshold: 0.6,
  });
  assert.deepEqual(labelCounts(names).rows(), [
    ["featured", 44, 0.44],
    ["smooth", 41, 0.41],
    ["ambiguous", 15, 0.15],
  ]);
});

// The numbers of this test and the next were counted with pandas.
Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "wellSampledCuts() leaves of Stripe 82 what the thresholds of Willett et al. 2013 do",
  ),
}, () => {
  const frame = read("gz2_stripe82_coadd.csv.gz");
  const kept: Record<10 | 20, Record<string, number[]>> = {
    20: {
      ...{ t01: [12621], t02: [4951, 426], t03: [4951, 3900, 346], t04: [4951, 3900, 346] },
      ...{ t05: [4951, 3900, 344], t06: [8483], t07: [15392, 2023], t08: [3068, 48] },
      ...{ t09: [4951, 810, 13], t10: [4951, 3900, 2948, 270], t11: [4951, 3900, 2948, 273] },
    },
    10: {
      ...{ t01: [19742], t02: [8888, 3947], t03: [8888, 7097, 2922], t04: [8888, 7097, 2921] },
      ...{ t05: [8888, 7097, 2921], t06: [19607], t07: [17343, 14814], t08: [6884, 1918] },
      ...{ t09: [8888, 2204, 527], t10: [8888, 7097, 4545, 2034], t11: [8888, 7097, 4545, 2032] },
    },
  };
  for (const votes of [10, 20] as const) {
    for (const [question, wanted] of Object.entries(kept[votes])) {
      const { flow } = selectRows(
        frame,
        wellSampledCuts(gz2Tree, question, {
          thresholds: willettThresholds[votes],
          minimumVotes: votes,
        }),
      );
      assert.deepEqual(flow.getColumn("kept").toArray(), wanted, `${question} for ${votes}`);
    }
  }
  const { names } = voteLabels(frame, {
    classes: {
      smooth: answerColumn(gz2Tree, "a01", "weighted_fraction"),
      featured: answerColumn(gz2Tree, "a02", "weighted_fraction"),
    },
    threshold: 0.6,
  });
  assert.deepEqual(labelCounts(names).getColumn("count").toArray(), [13446, 3237, 3078]);
});

/*
 * The rules behind the printed flags were found in the table: in the coadded images, with some 20
 * volunteers a galaxy, every threshold is 0.5; 10 votes are enough at the questions that all are
 * asked, 5 at the others; and of the two first questions with two answers the higher one counts.
 */
Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "certainAnswers() gives the flags that the table of Stripe 82 prints",
  ),
}, () => {
  const frame = read("gz2_stripe82_coadd.csv.gz");
  const questions = gz2Tree.questions.map(({ id }) => id);
  const certain = certainAnswers(gz2Tree, {
    thresholds: Object.fromEntries(questions.map((id) => [id, id === "t06" ? 0 : 0.5])),
    minimumVotes: Object.fromEntries(questions.map((id) => [id, /t01|t06/.test(id) ? 10 : 5])),
    minimumDebiased: Object.fromEntries(
      questions.map((id) => [id, /t02|t03/.test(id) ? 0.5 : 0.8]),
    ),
  });
  let different = 0;
  let flagged = 0;
  for (const [id, cuts] of Object.entries(certain)) {
    const found = selectRows(frame, cuts).mask.toArray() as boolean[];
    const printed = frame.getColumn(answerColumn(gz2Tree, id, "flag")).toArray() as number[];
    printed.forEach((flag, row) => {
      flagged += flag;
      if (found[row] !== (flag === 1)) different++;
    });
  }
  assert.equal(flagged, 40987);
  assert.equal(different, 26); // of 731,157: galaxies at the limit of votes
});

Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "crossMatch() finds every galaxy of Stripe 82 at its own place",
  ),
}, () => {
  const frame = read("gz2_stripe82_coadd.csv.gz");
  const { left, separation } = crossMatch(frame, frame, { radius: 1 });
  assert.deepEqual([left.length, Math.max(...separation)], [19761, 0]);
});

// The rules of GalaxySD with half of its votes: labels where the answer is certain, a cap on each.
Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "capMembers() leaves of Stripe 82 a sample in which no label has more than its cap",
  ),
}, () => {
  const certain = certainAnswers(gz2Tree, {
    thresholds: willettThresholds[10],
    minimumVotes: 11,
    strict: true,
  });
  const members = membersOf(read("gz2_stripe82_coadd.csv.gz"), certain);
  const capped = capMembers(members, { cap: 500, seed: 1 });
  for (const [id, rows] of Object.entries(members)) {
    assert.equal(capped[id].length, Math.min(500, rows.length), id);
  }
  const [before, after] = [memberRows(members).length, memberRows(capped).length];
  assert.ok(before > 15000 && after < 7000, `${before} to ${after}`);
  const total = combinations(capped).reduce((sum, { count }) => sum + count, 0);
  assert.equal(total, after);
});

Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "certainAnswers() gives Stripe 82 the same answers where it is kept as float32",
  ),
}, () => {
  const frame = read("gz2_stripe82_coadd.csv.gz");
  const single = frame.withColumns(
    ...frame.columns.filter((_, i) => frame.dtypes[i].variant === "Float64")
      .map((name) => pl.col(name).cast(pl.Float32).alias(name)),
  );
  const path = join(temporaryFolder(), "single.parquet");
  writeTable(path, single);
  const strict = { thresholds: willettThresholds[20], minimumVotes: 20, strict: true };
  const cuts = certainAnswers(gz2Tree, strict);
  const members = membersOf(frame, cuts);
  const labels = Object.values(members).reduce((sum, rows) => sum + rows.length, 0);
  assert.equal(labels, 12814); // 13123 where float32 is widened
  assert.deepEqual(membersOf(single, cuts), members);
  assert.deepEqual(membersOf(readCatalogue(path, { kind: "gz2_stripe82" }).frame, cuts), members);
});
