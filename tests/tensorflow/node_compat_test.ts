import { tf } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

Deno.test("what tfjs-node requires of the union package is the kit's tfjs itself", () => {
  const required = createRequire(import.meta.url)("@tensorflow/tfjs");
  assert.equal(required.engine, tf.engine);
  assert.equal(required.layers, undefined);
});

Deno.test("each kernel's file of tfjs-node is named after the kernel, which is of this backend", () => {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("@tensorflow/tfjs-node-gpu/dist/kernels/Add.js"));
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".js"));
  assert.ok(files.length > 150);
  for (const file of files) {
    const [config, ...others] = Object.values(require(join(folder, file)))
      .filter((value) => typeof value === "object") as tf.KernelConfig[];
    assert.deepEqual(
      [config!.kernelName, config!.backendName, config!.setupFunc, others.length],
      [basename(file, ".js"), "tensorflow", undefined, 0],
    );
  }
});
