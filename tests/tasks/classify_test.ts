import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "galaxykit/data";
import { writeGalaxyFolder } from "galaxykit/sky";
import { parseOptions } from "../../lib/cli.ts";
import { CLASSIFY } from "../../lib/jobs/mod.ts";
import { readEvents } from "../event_files.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask, taskCommand } from "./run_task.ts";

const folder = temporaryFolder();
const images = join(folder, "galaxies");
await writeGalaxyFolder(images, { count: 45, size: 32, seed: 1 });
const quick = ["--images", images, "--profile", "tiny", "--size", "32", "--crop", "1"];

Deno.test("classify trains and predict predicts", async () => {
  const run = join(folder, "run");
  const { code, stdout } = await runTask("classify", [
    ...[...quick, "--out", run, "--epochs", "1", "--batch", "9"],
  ]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^45 images of 3 classes \(edge-on, smooth, spiral\): 36 to train on, 9 for validation\n/,
  );
  assert.match(stdout, /\nepoch 1: loss \d\.\d{4}, validation \d+\.\d{4}; accuracy 0\.\d{4}, /);
  assert.match(stdout, RegExp(`\nConfusion matrix: ${run}/figures/confusion_matrix.png\n$`));
  assert.ok(existsSync(join(run, "figures", "learning_curves.svg")));

  const predicted = await runTask("predict", ["--run", run, "--images", images]);
  const table = join(run, "predictions_galaxies.parquet");
  assert.deepEqual([predicted.code, predicted.stdout], [0, `45 predictions: ${table}\n`]);
  assert.equal(readTable(table).height, 45);
});

Deno.test("classify stopped by Ctrl-C tells how to go on, and does", async () => {
  const run = join(folder, "stopped");
  const child = taskCommand("classify", [
    ...[...quick, "--out", run, "--epochs", "4", "--batch", "9", "--tensor-board"],
  ], { stdout: "piped", stderr: "piped" }).spawn();
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (stdout.includes("epoch 1:")) continue;
    stdout += text;
    if (stdout.includes("epoch 1:")) child.kill("SIGINT");
  }
  assert.equal((await child.status).code, 130);
  assert.match(
    await stderr,
    RegExp(
      "Stopping; Ctrl-C again leaves at once\n[^]*" +
        `Stopped\\. To go on: deno task classify --resume --out ${run}\n$`,
    ),
  );
  assert.ok(!existsSync(join(run, "metrics.txt")));
  const noted = () =>
    readEvents(join(run, "tensorboard/validation")).filter(({ tag }) => tag === "epoch_accuracy")
      .map(({ step }) => step);
  assert.equal(noted()[0], 1);

  const resumed = await runTask("classify", ["--resume", "--out", run]);
  assert.equal(resumed.code, 0);
  assert.match(resumed.stdout, /\nepoch 4: [^]*\nThe best epoch is \d of 4\./);
  assert.doesNotMatch(resumed.stdout, /\nepoch 1:|finished already/);
  assert.deepEqual(noted(), [1, 2, 3, 4]);

  const again = await runTask("classify", ["--resume", "--out", run]);
  assert.equal(again.code, 0);
  assert.match(
    again.stdout,
    /\nThe run was finished already: all 4 epochs are trained\n\nThe best epoch is \d of 4\./,
  );
});

Deno.test("classify tells in one sentence what it cannot do, and leaves with 1", async () => {
  const run = join(folder, "refused");
  const cases: [string[], string][] = [
    [
      ["--images", join(folder, "gone"), "--out", run],
      `Cannot read image folder "${folder}/gone": no such folder\n`,
    ],
    [
      ["--epoch", "3"],
      "Cannot run classify: unknown option --epoch, did you mean --epochs (options: --out, " +
      "--resume, --tensor-board, --checkpoint-seconds, --profile, --images, --skip-bad, --model, --width, " +
      "--weights, --epochs, --size, --crop, --batch, --rate, --weight-decay, --label-smoothing, " +
      "--augmentation, --precision, --compiler, --validation, --seed, --help)\n",
    ],
    [
      ["--resume", "--out", run, "--skip-bad"],
      "Cannot resume with --skip-bad: a resumed run keeps the settings of its config.json; leave " +
      "the option out, or start another run\n",
    ],
  ];
  for (const [args, stderr] of cases) {
    assert.deepEqual(await runTask("classify", args), { code: 1, stdout: "", stderr });
  }
  assert.ok(!existsSync(run));
});

Deno.test("classify refuses options out of range", () => {
  const command = { name: "classify", summary: "", options: {}, settings: CLASSIFY };
  const cases: [string[], string][] = [
    [["--epochs", "0"], '--epochs wants an integer, at least 1, found "0"'],
    [["--size", "8"], '--size wants an integer, at least 32, at most 1024, found "8"'],
    [["--crop", "2"], '--crop wants a number, above 0, at most 1, found "2"'],
    [["--rate", "-1"], '--rate wants a number, above 0, found "-1"'],
    [["--batch", "1"], '--batch wants an integer, at least 2, found "1"'],
    [["--seed", "-1"], '--seed wants an integer, at least 0, found "-1"'],
    [["--seed", "1.5"], '--seed wants an integer, at least 0, found "1.5"'],
    [["--profile", "big"], '--profile wants one of tiny, small, found "big"'],
    [["galaxies"], 'unexpected argument "galaxies"'],
  ];
  for (const [args, message] of cases) {
    assert.throws(() => parseOptions(command, args), {
      message: `Cannot run classify: ${message}`,
    });
  }
});
