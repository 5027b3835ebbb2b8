import assert from "node:assert/strict";
import { join } from "node:path";
import { answerColumns, gz2Tree, imageSet, readTable } from "galaxykit/data";
import { openTrainedRun, predictImages } from "galaxykit/jobs";
import { resnet18 } from "galaxykit/models";
import { writeGalaxyFolder } from "galaxykit/sky";
import { key } from "galaxykit/tensorflow";
import { adamw, constant, dirichletMultinomial, fit } from "galaxykit/train";
import { voteTable } from "../../../lib/jobs/predict/vote_table.ts";
import { temporaryFolder } from "../../temporary.ts";

const questions = ["t01", "t02"];

Deno.test("a network that learnt counts predicts concentrations, fractions, and who is asked", async () => {
  const folder = temporaryFolder();
  const images = join(folder, "galaxies");
  await writeGalaxyFolder(images, { count: 6, size: 32, seed: 1 });
  const names = answerColumns(gz2Tree, "count", questions);
  const set = imageSet({
    ...{ images: new Uint8Array(6 * 32 * 32 * 3).fill(90), labels: new Int32Array(6) },
    ...{ size: 32, classes: ["any"] },
    targets: { names, values: Float32Array.from({ length: 6 * 5 }, (_, i) => i % 5 < 3 ? 12 : 0) },
  });
  const model = resnet18({ classes: 5, width: 4, key: key(1) });
  const run = join(folder, "run");
  await fit(model, {
    ...{ train: { set }, optimizer: adamw(model.namedParameters()), schedule: constant(1e-3) },
    ...{ loss: dirichletMultinomial({ tree: gz2Tree, questions }), epochs: 1, batchSize: 3 },
    ...{ seed: 1, run },
  });
  const opened = openTrainedRun(run);
  assert.deepEqual(
    opened.outputs,
    dirichletMultinomial({ tree: gz2Tree, questions }).outputs({ set }),
  );
  const out = join(folder, "table.parquet");
  await predictImages(opened, { images, out });
  opened.model.dispose();
  const table = readTable(out);
  const first = "t01_smooth_or_features_a01_smooth";
  assert.deepEqual(table.columns.slice(0, 2), ["id", `${first}_dirichlet`]);
  assert.equal(table.columns.length, 1 + 5 + 5 + 2);
  const row = table.toRecords()[0] as Record<string, number>;
  const alphas = names.slice(0, 3).map((name) => row[name.replace("_count", "_dirichlet")]!);
  assert.ok(alphas.every((alpha) => alpha >= 1 && alpha <= 101));
  const share = alphas[0]! / alphas.reduce((sum, alpha) => sum + alpha, 0);
  assert.ok(Math.abs(row[`${first}_fraction`]! - share) < 1e-6);
  assert.equal(row["t01_smooth_or_features_proportion_volunteers_asked"], 1);
  const featured = row["t01_smooth_or_features_a02_features_or_disk_fraction"]!;
  assert.ok(Math.abs(row["t02_edgeon_proportion_volunteers_asked"]! - featured) < 1e-6);
});

Deno.test("voteTable() leaves columns of no tree as they are", () => {
  const table = voteTable({ fractions: ["mine", "yours"] }, [[0.25, 0.5]]);
  assert.deepEqual(table, { mine: Float32Array.of(0.25), yours: Float32Array.of(0.5) });
});
