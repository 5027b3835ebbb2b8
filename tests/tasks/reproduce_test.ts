import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { onShared, shared } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

Deno.test("reproduce --list shows every item with its state", async () => {
  const { code, stdout } = await runTask("reproduce", ["--list"]);
  assert.equal(code, 0);
  assert.match(stdout, /efficientnet\/fig3 +loss in both phases: deno task reproduce efficientnet/);
  assert.match(stdout, /galaxalign\/table2 .*: not yet/);
  assert.match(stdout, /58 of 90 items are reproduced/);
});

Deno.test({
  ...onShared("kaggle_sample", "reproduce draws items of the hundred real galaxies"),
}, async () => {
  const data = join(shared, "kaggle_sample");
  const out = join(temporaryFolder(), "run");
  const args = ["efficientnet", "table1", "fig1", "fig2", "--data", data, "--out", out];
  const { code, stdout, stderr } = await runTask("reproduce", args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /100 galaxies of .*sample_solutions.csv \(kaggle\): 51 to train on, 34 for/);
  assert.match(stdout, /smooth \(elliptical\) +19,942 +41.1 % +41 +48.2 %/);
  assert.match(stdout, new RegExp(`Report: ${out}/report.html`));
  assert.ok(existsSync(join(out, "figures/fig2.png")));
});

Deno.test("reproduce says what it cannot do", async () => {
  const out = join(temporaryFolder(), "run");
  const cases: [string[], string][] = [
    [
      [],
      "Cannot reproduce: name one of galaxysd, galaxalign, efficientnet, sommelier, threshold, " +
      "sim-to-real, backbones; --list shows their items",
    ],
    [
      ["zoobot"],
      'Cannot reproduce "zoobot": it is not one of galaxysd, galaxalign, ' +
      "efficientnet, sommelier, threshold, sim-to-real, backbones; --list shows their items",
    ],
    [
      ["galaxalign"],
      'Cannot reproduce "galaxalign": there is no recipe for it yet; --list shows ' +
      "what there is",
    ],
    [
      ["efficientnet", "--threshold", "0.4", "--out", out],
      "Cannot run reproduce efficientnet: --threshold wants a number, above 0.5, at most 1, " +
      'found "0.4"',
    ],
    [
      ["efficientnet", "--data", "nowhere", "--weights", "none", "--out", out],
      'Cannot read image folder "nowhere": no such folder',
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await runTask("reproduce", args);
    assert.deepEqual([code, stderr.trim()], [1, message]);
  }
  assert.ok(!existsSync(out));
});

Deno.test("reproduce NAME --help shows the recipe's settings, and its own task the same", async () => {
  const [generic, own] = await Promise.all([
    runTask("reproduce", ["threshold", "--help"]),
    runTask("threshold", ["--help"]),
  ]);
  assert.deepEqual([generic.code, own.code], [0, 0]);
  assert.equal(generic.stdout.replace("task reproduce threshold", "task threshold"), own.stdout);
  assert.match(
    own.stdout,
    /--thresholds LOW:HIGH:COUNT +.*default 0.475:0.95:20, tiny 0.5:0.9:5\)/,
  );
  assert.match(own.stdout, /--sky-count INTEGER +.*default 4000, tiny 240\)/);
});
