import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import { onShared, shared } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask, taskCommand } from "./run_task.ts";

const folder = temporaryFolder();
const quick = ["--profile", "tiny", "--model", "resnet18_mini", "--weights", "none"];

Deno.test("threshold sweeps a folder, and again at once on the features that it kept", async () => {
  const out = join(folder, "run");
  const args = ["--data", "data/sky", ...quick, "--out", out];
  const { code, stdout, stderr } = await runTask("threshold", [
    ...args,
    "--thresholds",
    "0.5:0.9:3",
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\n64 galaxies of data\/sky\/catalogue.parquet \(gz2_stripe82\)\n/);
  assert.match(stdout, /\nLabels of raw vote fractions; true classes are known\n/);
  assert.match(stdout, /\n3 thresholds in \d+\.\d s on features that were computed\n/);
  assert.match(stdout, RegExp(`\nReport: ${out}/report.html; with a slider: ${out}/threshold_`));
  const rows = readTable(join(out, "sweep.parquet"));
  assert.deepEqual(rows.getColumn("threshold").toArray(), [0.5, 0.7, 0.9]);
  assert.deepEqual(
    rows.columns.filter((name) => /^(hidden|noise)(_low|_high)?$/.test(name)),
    ["hidden", "hidden_low", "hidden_high", "noise", "noise_low", "noise_high"],
  );
  assert.equal(readTable(join(out, "sweep.csv")).height, 3);
  assert.equal(readTable(join(out, "predictions.parquet"), { text: ["id"] }).height, 64);
  const config = JSON.parse(Deno.readTextFileSync(join(out, "config.json")));
  assert.equal(config.weights, "random values");
  assert.deepEqual(config.labels, { fractions: "raw" });
  assert.match(Deno.readTextFileSync(join(out, "threshold_tradeoff.html")), /"input":"range"/);
  assert.match(Deno.readTextFileSync(join(out, "report.html")), /<h2>volunteers: fewer volunteers/);
  for (const name of ["threshold_tradeoff", "fraction_kinds", "coverage", "reliability"]) {
    assert.ok(existsSync(join(out, "figures", `${name}.png`)), name);
  }

  const kept = join(out, "features", readdirSync(join(out, "features"))[0]);
  const { mtimeMs } = statSync(kept);
  const again = await runTask("threshold", [...args, "--fractions", "debiased"]);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /\nLabels of debiased vote fractions/);
  assert.equal(statSync(kept).mtimeMs, mtimeMs);
  assert.equal(readdirSync(join(out, "features")).length, 1);
});

Deno.test({
  ...onShared("kaggle_sample", "threshold takes a table of fractions without truth"),
}, async () => {
  const out = join(folder, "kaggle");
  const data = join(shared, "kaggle_sample");
  const { code, stdout, stderr } = await runTask("threshold", [
    "--data",
    data,
    ...quick,
    "--out",
    out,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /\n100 galaxies of .*\nLabels of published vote fractions; no truth is known\n/,
  );
  const { columns } = readTable(join(out, "sweep.csv"));
  assert.deepEqual([columns.includes("hidden"), columns.includes("noise")], [false, true]);
  assert.match(Deno.readTextFileSync(join(out, "report.html")), /The table has fractions alone/);
});

Deno.test({
  ...onShared(
    "gz2_stripe82_coadd.csv.gz",
    "threshold sweeps votes alone, of a table without images",
  ),
}, async () => {
  const out = join(folder, "votes");
  const args = ["--data", join(shared, "gz2_stripe82_coadd.csv.gz"), "--profile", "tiny"];
  const refused = await runTask("threshold", [...args, "--out", out]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /none of its 19761 galaxies has an image.* \(--votes-only\)\n/);
  const { code, stdout, stderr } = await runTask("threshold", [
    ...[...args, "--votes-only", "--out", out],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\nVotes alone: no images were read, nothing was trained\n/);
  // Twenty volunteers a galaxy: of the labels at 0.6 about one in seventy is chance
  assert.match(stdout, /\n {2}0\.6 +16,683 +84\.4 % +13,446 +3,237 +1\.4 % \[1\.2, 1\.6\]\n/);
});

Deno.test("threshold stopped by Ctrl-C tells how to go on", async () => {
  const out = join(folder, "stopped");
  const child = taskCommand("threshold", [...quick, "--out", out], {
    stdout: "null",
    stderr: "piped",
  }).spawn();
  while (!existsSync(join(out, "sky", "images", "3.png"))) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assert.equal(code, 130);
  assert.match(
    new TextDecoder().decode(stderr),
    /\nStopped. To go on, give the same command again\n/,
  );
});

Deno.test("threshold refuses before any work", async () => {
  const out = join(folder, "refused");
  const refusals: [string[], string][] = [
    [
      ["--thresholds", "0.5:1.2:4"],
      'Cannot run threshold: --thresholds wants rising numbers, above 0, at most 1, found "0.5:1.2:4"\n',
    ],
    [
      ["--at", "0.4"],
      'Cannot run threshold: --at wants a number, at least 0.5, at most 1, found "0.4"\n',
    ],
  ];
  for (const [args, message] of refusals) {
    const { code, stderr } = await runTask("threshold", [...quick, "--out", out, ...args]);
    assert.deepEqual([code, stderr], [1, message]);
  }
  const { code, stderr } = await runTask("threshold", [
    ...["--out", out, "--profile", "tiny", "--weights", "nowhere.safetensors"],
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /nowhere.safetensors/);
  assert.ok(!existsSync(out));
});
