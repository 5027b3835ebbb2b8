import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXCEPTIONS } from "./exceptions.ts";
import { isGood } from "./outcome.ts";
import { runBundler } from "./bundle.ts";
import { runSuites, Workplace } from "./run.ts";

Deno.test("runSuites() runs the published specs", async (t) => {
  await using workplace = await Workplace.create();

  await t.step("all, each op at once", async () => {
    const outcome = await runSuites(workplace, { mode: "eager" });
    assert.ok(isGood(outcome), JSON.stringify(outcome));
    assert.deepEqual([outcome.passed + outcome.excepted.length, outcome.pending], [4390, 0]);
  });

  await t.step("those of einsum, each op as a traced graph", async () => {
    const outcome = await runSuites(workplace, { mode: "traced", filter: "einsum" });
    assert.ok(isGood(outcome), JSON.stringify(outcome));
    // Two fail because the op is traced, in the words of TensorFlow's shape inference; one wants
    // what TensorFlow does to be refused.
    assert.deepEqual([outcome.passed, outcome.excepted.length], [28, 3]);
  });

  await t.step("those of fused ops, each spec as one function", async () => {
    const outcome = await runSuites(workplace, { mode: "jit", filter: "fused" });
    assert.ok(isGood(outcome), JSON.stringify(outcome));
    const { whole, cut, functions, ops, alone } = outcome.traced;
    // The others want an error before any op.
    assert.deepEqual([outcome.passed, whole, cut, functions, alone], [88, 80, 0, 80, 0]);
    assert.ok(ops > 400, `${ops}`);
  });
});

Deno.test("tfjs_gradients.js is what gradients.ts makes of the published package", async () => {
  const stored = new URL("../../lib/tensorflow/tfjs_gradients.js", import.meta.url);
  assert.equal(await runBundler("gradients.ts", []), await readFile(stored, "utf8"));
});

/** Runs a script that reports as the suite does. */
async function runScript(script: string): ReturnType<typeof runSuites> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-test-"));
  try {
    const path = join(folder, "suite.cjs");
    await writeFile(path, script);
    return await runSuites({ folder, script: path }, { mode: "eager", filter: "x" });
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("runSuites() counts what specs were traced into", async () => {
  const { traced, passed } = await runScript(`
    const say = (event, more) => console.log(JSON.stringify({ event, ...more }));
    const spec = (name, runs, end = "passed") => {
      say("started", { name });
      runs.forEach((run) => typeof run === "number" ? say("function", { ops: run }) : say(run));
      say(end, { name });
    };
    spec("none", []);
    spec("whole", [3]);
    spec("read between", [1, 2]);
    spec("alone", [4, "alone"]);
    spec("long", [1, "long"]);
    say("ended");`);
  assert.equal(passed, 5);
  assert.deepEqual(traced, { whole: 1, cut: 2, long: 1, functions: 5, ops: 11, alone: 1 });
});

Deno.test("runSuites() names the spec in which the process crashed", async () => {
  const { crash, passed } = await runScript(`
    console.log('{"event":"started","name":"a"}\\n{"event":"passed","name":"a"}');
    console.log('{"event":"started","name":"b"}');
    console.error("last words");
    Deno.kill(Deno.pid, "SIGKILL");
    setTimeout(() => {}, 10_000);`);
  assert.deepEqual({ crash, passed }, {
    crash: { how: "SIGKILL", spec: "b", printed: "last words" },
    passed: 1,
  });
});

Deno.test("runSuites() tells a listed failure that passes from one that is not listed", async () => {
  const listed = EXCEPTIONS.find(({ sometimes, modes }) => !sometimes && modes.includes("eager"))!
    .spec;
  const outcome = await runScript(`
    const say = (event) => console.log(JSON.stringify(event));
    say({ event: "passed", name: ${JSON.stringify(listed)} });
    say({ event: "failed", name: "other", message: "why" });
    say({ event: "ended" });`);
  assert.deepEqual(outcome.resolved, [listed]);
  assert.deepEqual(outcome.failed, [{ name: "other", message: "why" }]);
  assert.equal(isGood(outcome), false);
});

Deno.test("runSuites() refuses a filter that no spec has", async () => {
  await assert.rejects(() => runScript(`console.log('{"event":"ended"}')`), {
    name: "RangeError",
    message: 'Cannot run the specs: none has "x" in its name',
  });
});
