import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

Deno.test("sky finds kinds, tells how rare they are, and shows them", async () => {
  const out = join(temporaryFolder(), "sky");
  const { code, stdout, stderr } = await runTask("sky", [
    ...["--population", "early dust lane,merger", "--each", "3", "--size", "16"],
    ...["--reference", "20", "--sheet", "--out", out],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^6 galaxies in /);
  assert.match(stdout, /^kind +chosen +by votes in all +searched +in nature$/m);
  assert.match(stdout, /^early dust lane +3 +[\d,]+ +1 in [\d,]+$/m);
  assert.match(stdout, /early types: \d+ have a dust lane \([\d.]+ %\), .* 0 of them wrongly$/m);
  assert.ok(existsSync(join(out, "sheet.png")));
});

Deno.test("sky refuses kinds that it does not know, and shares for each", async () => {
  const of = async (...args: string[]) => {
    const { code, stderr } = await runTask("sky", [...args, "--out", "unused"]);
    assert.equal(code, 1);
    return stderr.trim();
  };
  assert.equal(
    await of("--population", "mergers"),
    'Cannot draw a sky: there is no kind of galaxies "mergers", nearest is "merger"',
  );
  assert.equal(
    await of("--population", "merger=0.5", "--each", "3"),
    "Cannot draw a sky: each is of a list of kinds, shares found",
  );
});
