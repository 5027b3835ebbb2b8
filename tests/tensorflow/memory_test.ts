import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { attribute, backend, DataType, jit, rawOp, tf } from "galaxykit/tensorflow";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;
const { binding } = backend();

/** Resident memory that `work`, called so many times, adds, in MB. */
function growth(work: () => void, { warmUp, calls }: { warmUp: number; calls: number }): number {
  for (let index = 0; index < warmUp; index++) work();
  gc();
  const before = Deno.memoryUsage().rss;
  for (let index = 0; index < calls; index++) work();
  gc();
  return (Deno.memoryUsage().rss - before) / 1e6;
}

Deno.test("Memory stays flat over thousands of text tensors", () => {
  // Lost texts would add 2,000 MB.
  const text = new TextEncoder().encode("é".repeat(500_000));
  const added = growth(() => {
    const id = binding.createTensor([1], DataType.string, [text]);
    const [joined] = binding.executeOp("Identity", [], [id], 1);
    assert.equal((binding.tensorDataSync(joined!.id)[0] as Uint8Array).length, text.length);
    binding.deleteTensor(id);
    binding.deleteTensor(joined!.id);
  }, { warmUp: 200, calls: 2000 });
  assert.ok(added < 100, `${added} MB more`);
});

Deno.test("Memory stays flat over short calls: a leak of 100 bytes a call would show", () => {
  const image = tf.tensor3d(new Int32Array(12).fill(100), [2, 2, 3], "int32");
  const step = jit((x: tf.Tensor) => tf.add(x, x));
  const added = growth(() => {
    tf.tidy(() => {
      const [bytes] = rawOp("Cast", [image], {
        attributes: { SrcT: attribute.type("int32"), DstT: attribute.type("uint8") },
      });
      const [png] = rawOp("EncodePng", [bytes], { attributes: { T: attribute.type("uint8") } });
      rawOp("DecodePng", [png], { attributes: { channels: attribute.int(3) } })[0].dataSync();
      tf.cumsum(step(tf.scalar(1)).reshape([1])); // with a 64-bit scalar inside
    });
  }, { warmUp: 20_000, calls: 20_000 });
  assert.ok(added < 2, `${added} MB more`);
});

/** Lets go of what nothing refers to any more. */
async function collect(): Promise<void> {
  for (let times = 0; times < 2; times++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("Jitted functions are freed with their constants when nothing refers to them", async () => {
  // 100 of them with a constant of 1 MB; kept, they would add 100 MB in each round.
  const x = tf.scalar(2);
  async function round(): Promise<void> {
    for (let index = 0; index < 100; index++) {
      const outside = tf.fill([250_000], index);
      const f = jit((x: tf.Tensor) => tf.sum(tf.mul(x, outside)));
      const results = [f(x), await f.async(x)];
      outside.dispose();
      tf.dispose(results);
      if (index % 10 === 9) await collect();
    }
    await collect();
  }
  await round();
  const before = [Deno.memoryUsage().rss, tf.memory().numTensors, binding.getNumOfTensors()];
  await round();
  const added = (Deno.memoryUsage().rss - before[0]!) / 1e6;
  assert.ok(added < 40, `${added} MB more`);
  assert.deepEqual([tf.memory().numTensors, binding.getNumOfTensors()], before.slice(1));
});

Deno.test("Constants of jitted functions weigh on the heap, so that it is cleared in time", async () => {
  const x = tf.scalar(2);
  const before = Deno.memoryUsage().rss;
  for (let index = 0; index < 400; index++) { // 400 MB, and nobody calls gc()
    const outside = tf.fill([250_000], index);
    tf.dispose([jit((x: tf.Tensor) => tf.sum(tf.mul(x, outside)))(x), outside]);
    if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const added = (Deno.memoryUsage().rss - before) / 1e6;
  assert.ok(added < 250, `${added} MB more`);
});

Deno.test("A function lives as long as a trace that calls it, and as a call that runs", async () => {
  const x = tf.tensor1d([1, 2]);
  const outer = jit((x: tf.Tensor) => {
    const inner = jit((x: tf.Tensor) => tf.square(x), { compiler: "xla" });
    return tf.add(inner(x), 1);
  });
  outer(x).dispose();
  await collect();
  assert.deepEqual([...outer(x).dataSync()], [2, 5]);
  const running = jit((x: tf.Tensor) => tf.mul(x, 3)).async(x);
  gc();
  assert.deepEqual([...(await running).dataSync()], [3, 6]);
});

Deno.test("jit() frees at the end of a `using` block, and when told twice", () => {
  const constant = tf.tensor1d([1, 2, 3]);
  const x = tf.scalar(1);
  const before = binding.getNumOfTensors();
  {
    using f = jit((x: tf.Tensor) => tf.add(x, constant));
    f(x).dispose();
    f.dispose();
    f.dispose();
    f(x).dispose();
  }
  tf.dispose([constant, x]);
  assert.ok(binding.getNumOfTensors() <= before);
});
