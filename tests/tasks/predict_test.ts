import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import { writeGalaxyFolder } from "galaxykit/sky";
import { trainedRun } from "../trained_run.ts";
import { runTask, taskCommand } from "./run_task.ts";

const { folder, images, run } = await trainedRun({ count: 30, epochs: 1 });
const damaged = join(images, "smooth", "000001.png");
Deno.truncateSync(damaged, 700);

Deno.test("predict refuses a damaged image in one sentence, and writes nothing", async () => {
  const out = join(folder, "refused.parquet");
  const { code, stdout, stderr } = await runTask("predict", [
    ...["--run", run, "--images", images, "--out", out],
  ]);
  assert.deepEqual([code, stdout, stderr.trim().split("\n").at(-1)], [
    1,
    "",
    `Cannot decode 1 of 30 images of "${images}": "${damaged}" (the PNG is damaged or cut); ` +
    "remove them or skip bad files",
  ]);
  assert.ok(!existsSync(out));
});

Deno.test("predict --skip-bad leaves a damaged image out and says so", async () => {
  const out = join(folder, "skipped.csv");
  const { code, stdout } = await runTask("predict", [
    ...["--run", run, "--images", images, "--out", out, "--skip-bad"],
  ]);
  assert.deepEqual([code, stdout], [
    0,
    `1 file left out: ${damaged} (the PNG is damaged or cut)\n29 predictions: ${out}\n`,
  ]);
  const lines = Deno.readTextFileSync(out).trim().split("\n");
  assert.equal(lines.length, 30);
  assert.equal(lines[0], "id,prediction,p_edge-on,p_smooth,p_spiral");
});

Deno.test("predict tells in one sentence what it cannot do, and leaves with 1", async () => {
  const cases: [string[], string][] = [
    [["--images", images], "Cannot run predict: --run is missing\n"],
    [
      ["--run", folder, "--images", images],
      `Cannot find a run in "${folder}": it has no config.json; name the folder of a run\n`,
    ],
    [
      ["--skip"],
      "Cannot run predict: unknown option --skip, did you mean --skip-bad " +
      "(options: --run, --out, --images, --data, --mapping, --views, --calibrated, --shard, " +
      "--part, --skip-bad, --help)\n",
    ],
  ];
  for (const [args, stderr] of cases) {
    assert.deepEqual(await runTask("predict", args), { code: 1, stdout: "", stderr });
  }
});

Deno.test("predict goes on after it was killed, to the same bits", async () => {
  const good = join(folder, "good");
  await writeGalaxyFolder(good, { count: 30, size: 32, seed: 1 });
  const [whole, out] = [join(folder, "whole"), join(folder, "killed")];
  const args = (out: string) => ["--run", run, "--images", good, "--out", out, "--shard", "1"];
  assert.equal((await runTask("predict", args(whole))).code, 0);
  const child = taskCommand("predict", args(out), { stdout: "null", stderr: "null" }).spawn();
  while (!existsSync(join(out, "part-00003.parquet"))) {
    await new Promise((done) => setTimeout(done, 5));
  }
  child.kill("SIGKILL");
  await child.status;
  const before = [...Deno.readDirSync(out)].filter(({ name }) => /^part-/.test(name)).length;
  assert.ok(before >= 4 && before < 30, `${before} parts`);
  const { code, stdout } = await runTask("predict", args(out));
  assert.equal(code, 0);
  assert.match(stdout, /^\d+ of them were predicted before the stop\n30 predictions: /);
  for (let part = 0; part < 30; part++) {
    const name = `part-${String(part).padStart(5, "0")}.parquet`;
    assert.deepEqual(Deno.readFileSync(join(out, name)), Deno.readFileSync(join(whole, name)));
  }
});

Deno.test("predict shares a catalogue among the tasks of an array, of which one is killed", async () => {
  const images = join(folder, "shared");
  await writeGalaxyFolder(images, { count: 36, size: 32, seed: 2 });
  const [whole, all] = [join(folder, "one.parquet"), join(folder, "tasks")];
  const args = ["--run", run, "--images", images, "--shard", "1", "--out"];
  const slurm = (id: number) => ({ SLURM_ARRAY_TASK_ID: `${id}` });
  const start = (id: number) =>
    taskCommand("predict", [...args, all, "--part", "array/3"], {
      ...{ env: slurm(id), stdout: "null", stderr: "piped" },
    }).spawn();
  const [one, first, killed] = [runTask("predict", [...args, whole]), start(0), start(1)];
  while (!existsSync(join(all, "2-of-3", "part-00001.parquet"))) {
    await new Promise((done) => setTimeout(done, 5));
  }
  killed.kill("SIGKILL");
  await Promise.all([one, first.output(), killed.output()]);
  const merge = ["merge", "--tasks", all, "--out", join(folder, "all.parquet"), "--price", "2"];
  const early = await runTask("predict", merge);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /tasks are missing; run them: --part 3\/3/);

  // The one that was killed, and one twice at once
  const outcomes = await Promise.all(
    [start(1), start(2), start(2)].map(async (child) => {
      const { code, stderr } = await child.output();
      return { code, stderr: new TextDecoder().decode(stderr) };
    }),
  );
  assert.equal(outcomes[0]!.code, 0);
  const twice = outcomes.slice(1);
  assert.ok(twice.some(({ code }) => code === 0));
  for (const { code, stderr } of twice) if (code !== 0) assert.match(stderr, /is at work in it/);
  const { code, stdout, stderr } = await runTask("predict", merge);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /task +galaxies +seconds +galaxies\/s +task hours .* +cost of a million/);
  assert.match(stdout, /together +36 /);
  assert.deepEqual(
    readTable(join(folder, "all.parquet")).toRecords(),
    readTable(whole).toRecords(),
  );
});

Deno.test("predict script prints a script with all that predict is told", async () => {
  const { code, stdout } = await runTask("predict", [
    ...["script", "--for", "slurm", "--tasks", "50", "--run", run, "--data", "gz2.parquet"],
    ...["--views", "4", "--skip-bad", "--out", "all tasks"],
  ]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /predict --run \S+ --data gz2.parquet --views 4 --skip-bad --out 'all tasks' --part array\/50\n/,
  );
});
