import assert from "node:assert/strict";
import { join } from "node:path";
import { writeGalaxyFolder } from "galaxykit/sky";
import { codeCells, readNotebook, runNotebook, sourceOf } from "../notebooks/notebook.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

/** Runs deno in a folder; returns what it printed. */
async function denoIn(folder: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [printed, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, errors);
  return printed!;
}

Deno.test("new writes a folder far from the kit whose script, types and notebook are right", async () => {
  const folder = join(temporaryFolder(), "my galaxies");
  const { code, stderr, stdout } = await runTask("new", [folder]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(stdout.includes(`Written: ${folder}\n`), stdout);

  const printed = await denoIn(folder, ["run", "-A", "main.ts"]);
  const [, accuracy] = printed.match(/^edge-on, smooth, spiral: (\d+) % of 30 galaxies right\n$/m)!;
  assert.ok(Number(accuracy) > 50, `${accuracy} %; a third would be chance`);

  assert.match(
    await denoIn(folder, ["task", "runs"]),
    /\nruns\/first .*resnet18_mini {2}4 of 4 /,
  );
  const own = join(temporaryFolder(), "galaxies");
  await writeGalaxyFolder(own, { count: 3, size: 64, seed: 2 });
  const predicted = await denoIn(folder, [
    "task",
    "predict",
    "--run",
    "runs/first",
    "--images",
    own,
  ]);
  assert.ok(
    predicted.endsWith("3 predictions: runs/first/predictions_galaxies.parquet\n"),
    predicted,
  );

  Deno.writeTextFileSync(
    join(folder, "layers.ts"),
    `import * as tf from "@tensorflow/tfjs-node-gpu";
    import other from "npm:@tensorflow/tfjs-node-gpu";
    import { tf as kit } from "galaxykit/tensorflow";
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    const y = model.predict(kit.ones([3, 2])) as tf.Tensor;
    console.log(y.add(1).shape, y instanceof kit.Tensor && y instanceof other.Tensor);\n`,
  );
  assert.equal(await denoIn(folder, ["run", "-A", "layers.ts"]), "[ 3, 1 ] true\n");

  const path = join(folder, "first.ipynb");
  const cells = codeCells(readNotebook(path)).map(sourceOf).join("\n\n");
  const wrong = '// @ts-expect-error: types are not lost on the way\nkey("one");';
  Deno.writeTextFileSync(join(folder, "cells.ts"), `${cells}\n\n${wrong}\n`);
  await denoIn(folder, ["check", "main.ts", "layers.ts", "cells.ts"]); // one check of the kit
  await denoIn(folder, ["lint", "main.ts", "cells.ts"]);

  const shown = codeCells(await runNotebook(path, { profile: "small" })).map(({ outputs }) =>
    outputs.filter((output) => output.output_type === "display_data").length
  );
  assert.deepEqual(shown.slice(-3).map((count) => count > 0), [true, true, true]);
});

Deno.test("new refuses a folder that is not empty, and more names than one", async () => {
  const folder = temporaryFolder();
  Deno.writeTextFileSync(join(folder, "notes.txt"), "mine");
  const { code, stderr } = await runTask("new", [folder]);
  assert.deepEqual([code, stderr], [
    1,
    `Cannot write into "${folder}": the folder is not empty (it holds "notes.txt"); name another\n`,
  ]);
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["notes.txt"]);
  const { stderr: message } = await runTask("new", ["a", "b"]);
  assert.equal(message, "Cannot write a folder: one name is wanted, 2 found\n");
});
