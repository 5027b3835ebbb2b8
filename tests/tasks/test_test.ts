import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../temporary.ts";
import { runTask } from "./run_task.ts";

/** A file with one test that passes and, on demand, one that fails. */
function testFile({ failing = false } = {}): string {
  const path = join(temporaryFolder(), "some_test.ts");
  Deno.writeTextFileSync(
    path,
    `Deno.test("good", () => {});\n${
      failing ? 'Deno.test("bad", () => { throw new Error("bad"); });\n' : ""
    }`,
  );
  return path;
}

Deno.test("test ends with the counts, and leaves with 1 when a test failed", async () => {
  const good = await runTask("test", [testFile()]);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /\n1 passed, 0 failed\n$/);
  const bad = await runTask("test", [testFile({ failing: true })]);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /\n1 passed, 1 failed\n$/);
});

Deno.test("test counts it as a failure when nothing can run", async () => {
  const { code, stdout } = await runTask("test", [join(temporaryFolder(), "gone_test.ts")]);
  assert.deepEqual([code, stdout.split("\n").at(-2)], [1, "0 passed, 1 failed"]);
});

Deno.test("test runs the tests that --filter names", async () => {
  const { code, stdout } = await runTask("test", ["--filter", "good", testFile({ failing: true })]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\n1 passed, 0 failed\n$/);
});

Deno.test("test has a help page, and refuses what it does not know", async () => {
  const { code, stdout } = await runTask("test", ["--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^Run the tests .*\n\nUsage: deno task test \[options\] \[FILES\]\n/);
  assert.deepEqual(await runTask("test", ["--watch"]), {
    code: 1,
    stdout: "",
    stderr: "Cannot run test: unknown option --watch (options: --filter, --help)\n",
  });
});
