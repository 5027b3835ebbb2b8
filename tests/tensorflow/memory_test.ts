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
