import assert from "node:assert/strict";
import { join } from "node:path";
import { interruptible } from "../lib/interrupt.ts";
import { Kernel } from "./notebooks/kernel.ts";
import { temporaryFolder } from "./temporary.ts";

Deno.test("interruptible() outside of a notebook is the caller's own signal", () => {
  const { signal } = new AbortController();
  using work = interruptible(signal);
  assert.equal(work.signal, signal);
  using other = interruptible(undefined);
  assert.equal(other.signal, undefined);
});

Deno.test("the stop button of a notebook stops a training, which goes on from there, and leaves the kernel", async () => {
  await using kernel = await Kernel.start(join(import.meta.dirname!, ".."));
  const run = JSON.stringify(join(temporaryFolder(), "run"));
  await kernel.execute(`import { data, key, nn, tf, train } from "galaxykit";
    const model = new nn.Linear(1, 1, { key: key(1) });
    const set = data.memorySource({ x: Float32Array.of(1, 2, 3, 4) }, { length: 4 });
    const objective = {
      inputs: ({ x }) => tf.tensor2d(x, [x.length, 1]),
      loss: (x) => ({ loss: tf.mean(tf.square(model.call(x))) }),
    };
    const fitted = (more) => train.train(objective, {
      model, train: { set }, batchSize: 2, epochs: 100000, rate: 0.01, run: ${run}, ...more,
    });`);
  // Jupyter's button is this signal
  const stop = "setTimeout(() => Deno.kill(Deno.pid, 'SIGINT'), 1500);";
  const stopped = await kernel.execute(`${stop} await fitted({})`);
  const error = stopped.find((output) => output.output_type === "error");
  assert.equal(error?.ename, "AbortError");
  assert.match(error!.evalue, /^Stopped by the notebook's button; .* goes on from there/);
  // A second press, while nothing runs, leaves the kernel too
  await kernel.execute(`${stop} await new Promise((resolve) => setTimeout(resolve, 2000))`);
  const [shown] = await kernel.execute(`${stop}
    try { await fitted({ resume: true }) } catch {}
    new train.RunFolder(${run}).readConfig().training.seed`);
  assert.equal((shown as { data: Record<string, string> }).data["text/plain"], "0");
});
