import assert from "node:assert/strict";
import { join } from "node:path";
import { trainImageFolder } from "galaxykit/jobs";
import { writeGalaxyFolder } from "galaxykit/sky";
import { temporaryFolder } from "../temporary.ts";
import { runTask, taskCommand } from "./run_task.ts";

Deno.test("deno task runs lists runs with their best values, also as JSON", async () => {
  const folder = temporaryFolder();
  const images = join(folder, "images");
  await writeGalaxyFolder(images, { count: 15, size: 32, seed: 1 });
  const run = join(folder, "runs", "first");
  const settings = {
    images,
    width: 4,
    size: 32,
    crop: 1,
    epochs: 1,
    batch: 8,
    compiler: "none",
  } as const;
  await trainImageFolder(run, { settings });
  const { code, stdout } = await runTask("runs", [join(folder, "runs")]);
  assert.equal(code, 0);
  assert.match(stdout, /^run +of +network +epochs +best +loss +values\n/);
  assert.match(stdout, /first +classify +resnet18 +1 of 1 +1 +\d\.\d{4} +accuracy 0\.\d{4}\n/);
  const json = await runTask("runs", ["--json", folder]);
  const [only, ...others] = JSON.parse(json.stdout);
  assert.deepEqual([only.path, only.model, others.length], [run, "resnet18", 0]);
});

Deno.test("deno task runs says when there are none", async () => {
  const { code, stdout } = await runTask("runs", [temporaryFolder()]);
  assert.deepEqual([code, stdout], [0, "There are no runs\n"]);
  const here = await taskCommand("runs", [], { cwd: temporaryFolder() }).output();
  assert.equal(new TextDecoder().decode(here.stdout), "There are no runs\n");
  const missing = await runTask("runs", ["nowhere-at-all"]);
  assert.equal(missing.code, 1);
  assert.equal(missing.stderr, 'Cannot list runs: there is no folder "nowhere-at-all"\n');
});
