import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A step of about a second, in the background; `end` comes to pass in the middle of it. */
const WORK = (end: string) => `
  import { conv2d, jit, key, normal, tf } from "galaxykit/tensorflow";
  const x = normal(key(1), [16, 64, 64, 16]);
  const w = tf.variable(normal(key(2), [3, 3, 16, 16]));
  const step = jit((x) => {
    const { value, grads } = tf.variableGrads(() => {
      let y = x;
      for (let layer = 0; layer < 10; layer++) y = tf.relu(conv2d(y, w, { padding: 1 }));
      return tf.mean(y);
    }, [w]);
    w.assign(tf.sub(w, tf.mul(grads[w.name], 1e-3)));
    return value;
  });
  step(x);
  setTimeout(() => { ${end} }, 100);
  for (let index = 0; index < 50; index++) (await step.async(x)).dispose();
  console.log("ran to its end");
`;

async function run(script: string): Promise<{ code: number; signal: string | null; text: string }> {
  const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=js", script],
    cwd: ROOT,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, signal, text };
}

Deno.test("An uncaught error while jit.async runs ends the process with its message and code 1", async () => {
  for (
    const end of [
      `throw new RangeError("no more");`,
      `Promise.reject(new RangeError("no more"));`,
    ]
  ) {
    const { code, signal, text } = await run(WORK(end));
    assert.deepEqual({ code, signal }, { code: 1, signal: null }, text);
    assert.match(text, /error: Uncaught .*RangeError: no more/);
    assert.ok(!text.includes("ran to its end"));
  }
});

Deno.test("Deno.exit and Ctrl-C while jit.async runs end the process as they do elsewhere", async () => {
  const exited = await run(WORK("Deno.exit(7)"));
  assert.deepEqual([exited.code, exited.signal], [7, null], exited.text);
  const interrupted = await run(WORK(`Deno.kill(Deno.pid, "SIGINT")`));
  assert.deepEqual([interrupted.code, interrupted.signal], [130, "SIGINT"], interrupted.text);
});

Deno.test({
  name: "The process ends before C++ takes down what its libraries hold",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    // Stands for a destructor under which a thread of TensorFlow still runs.
    const destructor = `
      const libc = Deno.dlopen("libc.so.6", {
        on_exit: { parameters: ["pointer", "pointer"], result: "i32" },
        abort: { type: "pointer" },
      });
      libc.symbols.on_exit(libc.symbols.abort, null);`;
    const engine = `import { tf } from "galaxykit/tensorflow"; tf.square(3).dataSync();`;
    assert.equal((await run(`${destructor} Deno.exit(3);`)).signal, "SIGABRT");
    for (const end of ["Deno.exit(3);", "setTimeout(() => Deno.exit(3), 1);"]) {
      const { code, signal, text } = await run(`${engine} ${destructor} ${end}`);
      assert.deepEqual([code, signal], [3, null], text);
    }
    const failed = await run(`${engine} ${destructor} throw new Error("no more");`);
    assert.deepEqual([failed.code, failed.signal], [1, null], failed.text);
    assert.match(failed.text, /no more/);
    const whole = await run(`${engine} ${destructor}`);
    assert.deepEqual([whole.code, whole.signal], [0, null], whole.text);
  },
});
