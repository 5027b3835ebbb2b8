import assert from "node:assert/strict";
import { join } from "node:path";
import { installationFolder } from "../../lib/tensorflow/install/library.ts";
import { writePackage } from "../tensorflow/install/fake_wheel.ts";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

const EMPTY = { PATH: "", GALAXYKIT_TENSORFLOW: "" };

Deno.test("status prints the page, tells each problem on stderr and leaves with 1", async () => {
  const cache = temporaryFolder();
  const { code, stdout, stderr } = await runTask("status", [], {
    ...EMPTY,
    GALAXYKIT_CACHE: cache,
  });
  assert.equal(code, 1);
  assert.match(stdout, /^Deno +\d[^]*\nTensorFlow +missing\n[^]*\nCache +\/\S+, 0 MB\n$/);
  assert.equal(
    stderr,
    "TensorFlow 2.21.0 is missing: GALAXYKIT_TENSORFLOW is not set; " +
      `there is no python3 on the PATH; the cache "${cache}" holds none; run deno task setup\n`,
  );
});

Deno.test("status tells of a library that does not load", async () => {
  const cache = temporaryFolder();
  const env = { ...EMPTY, GALAXYKIT_CACHE: cache };
  const folder = writePackage(installationFolder({ env }));
  const { code, stdout, stderr } = await runTask("status", ["--json"], env);
  assert.equal(code, 1);
  const { problems, cache: { bytes } } = JSON.parse(stdout);
  assert.equal(problems.length, 1);
  assert.match(problems[0], RegExp(join(folder, "libtensorflow_framework")));
  assert.equal(stderr, `${problems[0]}\n`);
  assert.ok(bytes > 10_000);
});

Deno.test("status tells of a Jupyter kernel whose program is gone", async () => {
  const data = temporaryFolder();
  Deno.mkdirSync(join(data, "kernels", "deno"), { recursive: true });
  Deno.writeTextFileSync(
    join(data, "kernels", "deno", "kernel.json"),
    '{"argv": ["/gone/deno", "jupyter"]}',
  );
  const { stderr } = await runTask("status", [], {
    ...EMPTY,
    GALAXYKIT_CACHE: temporaryFolder(),
    JUPYTER_DATA_DIR: data,
  });
  assert.equal(
    stderr.trim().split("\n").at(-1),
    'Jupyter\'s Deno kernel starts "/gone/deno", which is gone: run deno jupyter --install --force',
  );
});

Deno.test("status refuses unknown options", async () => {
  const { code, stdout, stderr } = await runTask("status", ["--jsno"]);
  assert.deepEqual([code, stdout, stderr], [
    1,
    "",
    "Cannot run status: unknown option --jsno, did you mean --json (options: --json, --help)\n",
  ]);
});
