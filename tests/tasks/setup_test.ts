import assert from "node:assert/strict";
import { join } from "node:path";
import { installationFolder } from "../../lib/tensorflow/install/library.ts";
import { writePackage } from "../tensorflow/install/fake_wheel.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

/** An empty cache, and a PATH with nothing on it but the given programs. */
function environment(programs: Record<string, string> = {}) {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(programs)) {
    Deno.writeTextFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return { PATH: folder, GALAXYKIT_CACHE: join(folder, "cache"), GALAXYKIT_TENSORFLOW: "" };
}

Deno.test("setup tells where TensorFlow is", async () => {
  const env = environment();
  const folder = writePackage(installationFolder({ env }));
  assert.deepEqual(await runTask("setup", [], env), {
    code: 0,
    stdout: `TensorFlow 2.21.0 is in ${folder}\n`,
    stderr: "",
  });
});

Deno.test("setup proposes --gpu on a machine with an NVIDIA GPU, until that is done", async () => {
  const env = environment({ "nvidia-smi": "echo NVIDIA A100" });
  const folder = writePackage(installationFolder({ env }));
  assert.equal(
    (await runTask("setup", [], env)).stdout,
    "This machine has an NVIDIA GPU (NVIDIA A100): deno task setup --gpu puts it to use\n" +
      `TensorFlow 2.21.0 is in ${folder}\n`,
  );
  const cuda = writePackage(installationFolder({ env, gpu: true }));
  for (const args of [[], ["--gpu"]]) {
    assert.equal((await runTask("setup", args, env)).stdout, `TensorFlow 2.21.0 is in ${cuda}\n`);
  }
});

Deno.test("setup leaves with 1 and one sentence when it cannot install", async () => {
  const env = environment();
  assert.deepEqual(await runTask("setup", [], env), {
    code: 1,
    stdout: "",
    stderr: "Cannot install TensorFlow 2.21.0: there is no python3 on the PATH; " +
      "install Python 3.8 or newer with pip\n",
  });
});

Deno.test("setup fails at once on a variable that names nothing", async () => {
  const { code, stderr } = await runTask("setup", ["--gpu"], {
    ...environment(),
    GALAXYKIT_TENSORFLOW: "/gone",
  });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot load TensorFlow from GALAXYKIT_TENSORFLOW="\/gone": there is no such folder; [^\n]*\n$/,
  );
});

Deno.test("setup refuses unknown options", async () => {
  const { code, stderr } = await runTask("setup", ["--cuda"]);
  assert.deepEqual([code, stderr], [
    1,
    "Cannot run setup: unknown option --cuda (options: --gpu, --force, --help)\n",
  ]);
});
