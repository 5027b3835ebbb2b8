import * as tf from "@tensorflow/tfjs-node-gpu";
import asDefault from "@tensorflow/tfjs-node-gpu";
import { jit, tf as kit } from "galaxykit/tensorflow";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import names from "../../reference/tfjs_node_names.json" with { type: "json" };

const ROOT = fileURLToPath(import.meta.resolve("../../.."));

/** Of other backends than TensorFlow. */
const OTHER_BACKENDS =
  /webgl|webgpu|gpgpu|^MathBackend|^shared\b|^version_cpu|backend-cpu|^forceHalfFloat|GPGPUContext|setWebGL/i;

Deno.test("@tensorflow/tfjs-node-gpu has every name of the published one, but for other backends", () => {
  const missing = names.filter((name) => {
    const parts = name.split(".");
    const last = parts.pop()!;
    const space = parts.reduce(
      (space, part) => Object((space as Record<string, unknown>)[part]),
      tf as object,
    );
    return !(last in space);
  });
  assert.deepEqual(missing.filter((name) => !OTHER_BACKENDS.test(name)), []);
  assert.ok(names.length > 1000 && missing.length < 150, `${missing.length}`);
});

Deno.test("@tensorflow/tfjs-node-gpu is this engine", () => {
  assert.equal(tf.getBackend(), "tensorflow");
  assert.equal(tf.backend(), kit.backend());
  assert.equal(tf.Tensor, kit.Tensor);
  const x: asDefault.Tensor = asDefault.scalar(2);
  assert.ok(x instanceof tf.Tensor);
  assert.equal(tf.version["tfjs-node"], "4.22.0");
  assert.equal(tf.env().platformName, "node");
  assert.deepEqual(tf.engine().registryFactory["cpu"], undefined);
  const rooms = [tf.layers.dense, tf.data.csv, tf.node.decodeImage, tf.io.fileSystem];
  assert.ok(rooms.every((room) => typeof room === "function"));
});

Deno.test("@tensorflow/tfjs-node-gpu is meant by its npm specifiers, too", async () => {
  // As texts, so that the types of the published package are not looked at
  const specifiers = ["", "@4.22.0"].map((version) => `npm:@tensorflow/tfjs-node-gpu${version}`);
  for (const specifier of specifiers) assert.equal((await import(specifier)).Tensor, tf.Tensor);
});

Deno.test("tensors go from one tfjs to the other, and jit traces both", () => {
  const mine = kit.tensor1d([1, 2, 3]);
  assert.deepEqual([...mine.add(1).dataSync()], [2, 3, 4]);
  const f = jit((x: tf.Tensor) => kit.mul(x.square().sum(), tf.relu(x.neg().add(2))));
  assert.deepEqual([...f(mine).dataSync()], [14, 0, 0]);
  const dense = tf.layers.dense({ units: 1, inputShape: [3], kernelInitializer: "ones" });
  const model = tf.sequential({ layers: [dense] });
  const apply = jit((x: tf.Tensor) => model.predict(x) as tf.Tensor);
  assert.deepEqual([...apply(mine.reshape([1, 3])).dataSync()], [6]);
});

Deno.test("tf.util.fetch() reads files over HTTP, and tf.util.now() and encodings are Node's", async () => {
  await using server = Deno.serve({ port: 0, onListen() {} }, () => new Response("é"));
  const response = await tf.util.fetch(`http://localhost:${server.addr.port}/`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal(tf.util.decodeString(bytes), "é");
  assert.deepEqual(tf.util.encodeString("é"), bytes);
  assert.ok(tf.util.now() > 0);
});

/** What a program prints that imports the package. */
async function printed(program: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", `import * as tf from "@tensorflow/tfjs-node-gpu";\n${program}`],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.ok(success, text + new TextDecoder().decode(stderr));
  return text;
}

Deno.test("fit() tells of its epochs, also of a loss that is no number any more", async () => {
  const text = await printed(`
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
    await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 2 });
    await model.fit(tf.fill([8, 1], NaN), tf.ones([8, 1]), { epochs: 1 });
    await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), { epochs: 1, verbose: 0 });`);
  const lines = text.split("\n").filter(Boolean)
    .map((line) => line.replace(/^\d+ms \d+us/, "TIME").replace(/=\d\S*/, "=NUMBER").trim());
  assert.deepEqual(lines, [
    ...["Epoch 1 / 2", "TIME/step - loss=NUMBER", "Epoch 2 / 2", "TIME/step - loss=NUMBER"],
    ...["Epoch 1 / 1", "TIME/step - loss=NaN"],
  ]);
});

Deno.test("the first op loads TensorFlow, not the import", async () => {
  assert.equal(
    await printed(`
      import { existsSync, readFileSync } from "node:fs";
      const isLoaded = () => readFileSync("/proc/self/maps", "utf8").includes("libtensorflow");
      if (existsSync("/proc/self/maps")) console.log(tf.getBackend(), isLoaded());
      else console.log("tensorflow", false);`),
    "tensorflow false\n",
  );
});
