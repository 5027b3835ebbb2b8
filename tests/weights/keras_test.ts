import assert from "node:assert/strict";
import { join } from "node:path";
import { efficientnetFromKeras } from "galaxykit/models";
import { openWeights, readSafetensors, toFloat32, writeSafetensors } from "galaxykit/weights";
import groups from "../reference/keras_efficientnet.json" with { type: "json" };
import { temporaryFolder } from "../temporary.ts";

/** Written by Keras 2 and 3: tests/reference/keras_files.py. */
const reference = (name: string) => new URL(`../reference/${name}`, import.meta.url).pathname;
const { tensors } = readSafetensors(reference("keras.safetensors"));

/** What a name of any layout says: the layer and the variable. */
const short = (name: string) => name.replace(/:\d+$/, "").split("/").slice(-2).join("/");

for (const name of ["keras2.h5", "keras2_weights.h5", "keras3.h5"]) {
  Deno.test(`openWeights() reads ${name}, without what its optimiser keeps`, async () => {
    using file = await openWeights(reference(name));
    assert.equal(file.names.length, Object.keys(tensors).length);
    for (const path of file.names) {
      // Keras 3 calls the kernel of a depthwise convolution so
      const known = short(path).replace("dwconv/kernel", "dwconv/depthwise_kernel");
      assert.deepEqual(file.get(path), tensors[known], path);
      assert.deepEqual(file.view(path), tensors[known], path);
      const { dtype, shape, data } = tensors[known]!;
      assert.deepEqual(file.info(path), { dtype, shape, byteLength: data.byteLength });
    }
  });
}

for (const name of ["keras3.weights.h5", "keras3.keras"]) {
  Deno.test(`openWeights() reads ${name} by the names of layers`, async () => {
    using file = await openWeights(reference(name));
    assert.deepEqual([...file.names].sort(), [
      // Without scale the layer has three variables, and its numbers do not tell which
      ...["bn/0", "bn/1", "bn/2", "dwconv/kernel", "predictions/bias", "predictions/kernel"],
      ...["stem_bn/beta", "stem_bn/gamma", "stem_bn/moving_mean", "stem_bn/moving_variance"],
      ...["stem_conv/bias", "stem_conv/kernel"],
    ]);
    for (const known of ["stem_conv/kernel", "stem_bn/moving_mean", "predictions/bias"]) {
      assert.deepEqual(file.get(known), tensors[known], known);
    }
    assert.deepEqual(file.get("bn/0"), tensors["bn/beta"]);
  });
}

Deno.test("openWeights() reads a file that numbers layers by class, by these numbers", async () => {
  using file = await openWeights(reference("keras2.weights.h5"));
  assert.deepEqual(file.get("conv2d/kernel"), tensors["stem_conv/kernel"]);
  assert.deepEqual(file.get("batch_normalization/gamma"), tensors["stem_bn/gamma"]);
  assert.deepEqual(file.get("batch_normalization_1/1"), tensors["bn/moving_mean"]);
});

Deno.test("openWeights() reads the bfloat16 of Keras, for which HDF5 has no name", async () => {
  using file = await openWeights(reference("keras3_bfloat16.weights.h5"));
  assert.deepEqual(file.info("narrow/kernel"), { dtype: "BF16", shape: [2, 2], byteLength: 8 });
  assert.deepEqual([...toFloat32(file.get("narrow/kernel"))], [1, -2, 0.5, 3]);
  assert.deepEqual([...toFloat32(file.get("narrow/bias"))], [0.25, 100]);
});

for (const [variant, layers] of Object.entries(groups)) {
  Deno.test(`efficientnetFromKeras() finds the layers of ${variant} by their numbers`, () => {
    const variables: Record<string, string[]> = {
      ...{ conv2d: ["kernel"], depthwise_conv2d: ["kernel"], dense: ["kernel", "bias"] },
      ...{ batch_normalization: ["gamma", "beta", "moving_mean", "moving_variance"] },
    };
    // A value for each variable: the same in both lists
    const entries = Object.entries(layers).flatMap(([group, layer]) =>
      (variables[group.replace(/_\d+$/, "")] ?? []).map((variable) => [group, layer, variable])
    );
    const state = (column: 0 | 1) =>
      Object.fromEntries(entries.map((entry, index) => [`${entry[column]}/${entry[2]}`, {
        ...{ dtype: "F32", shape: [1] } as const,
        data: Float32Array.of(index),
      }]));
    assert.ok(entries.length > 250);
    assert.deepEqual(efficientnetFromKeras(state(0)), efficientnetFromKeras(state(1)));
  });
}

Deno.test("openWeights() takes the part of a Keras file that a prefix names", async () => {
  using file = await openWeights(reference("keras2.h5"), { prefix: "predictions/" });
  assert.deepEqual([...file.names].sort(), ["predictions/bias:0", "predictions/kernel:0"]);
});

Deno.test("openWeights() refuses HDF5 that is no Keras file, and one that is cut", async () => {
  const galaxies = reference("galaxies.hdf5");
  await assert.rejects(openWeights(galaxies), {
    name: "TypeError",
    message: /^Cannot read ".+": it is an HDF5 file, but holds no weights of Keras \(first ".+"\)$/,
  });
  const path = join(temporaryFolder(), "cut.h5");
  for (const name of ["keras2.h5", "keras3.weights.h5"]) {
    const whole = Deno.readFileSync(reference(name));
    for (const size of [8, 100, 2000, whole.length >> 1, whole.length - 1]) {
      Deno.writeFileSync(path, whole.subarray(0, size));
      await assert.rejects(openWeights(path), {
        message: `Cannot read "${path}": it is no HDF5 file, or truncated`,
      });
    }
  }
});

Deno.test("openWeights() refuses an HDF5 file that claims terabytes, or holds itself", async () => {
  await assert.rejects(openWeights(reference("keras_huge.h5")), {
    message:
      /: it is damaged: its tensor "a\/kernel:0" takes 4000000000000 bytes, the file has \d+$/,
  });
  await assert.rejects(openWeights(reference("keras_cycle.h5")), {
    message: /: it is damaged: its groups lie over 64 deep$/,
  });
});

Deno.test("openWeights() reads numbers of any kind that a Keras file may hold, but half floats", async () => {
  using file = await openWeights(reference("keras_odd.h5"));
  const read = (name: string) => file.get(`a/${name}`);
  assert.deepEqual(file.names.length, 6); // Texts and links to nowhere are no weights
  assert.deepEqual(read("scalar"), { dtype: "F64", shape: [], data: Float64Array.of(3) });
  assert.deepEqual(read("count"), { dtype: "I64", shape: [], data: BigInt64Array.of(2n ** 60n) });
  assert.deepEqual(read("big"), { dtype: "F64", shape: [2], data: Float64Array.of(1, 2) });
  assert.deepEqual(read("packed").data, Float32Array.from({ length: 64 }, (_, at) => at));
  assert.deepEqual(read("empty"), { dtype: "F32", shape: [0, 3], data: new Float32Array() });
  assert.equal(file.info("a/half").dtype, "F16");
  assert.throws(() => read("half"), {
    name: "TypeError",
    message: /its tensor "a\/half" is F16, .*; save the weights as float32 with Keras$/,
  });
});

Deno.test("KerasFile names an unknown tensor, and use after dispose, which removes what was unpacked", async () => {
  const [folder, before] = [temporaryFolder(), Deno.env.get("TMPDIR")];
  Deno.env.set("TMPDIR", folder);
  const file = await openWeights(reference("keras3.keras"));
  if (before === undefined) Deno.env.delete("TMPDIR");
  else Deno.env.set("TMPDIR", before);
  assert.equal([...Deno.readDirSync(folder)].length, 1); // What was unpacked
  assert.throws(() => file.get("stem_conv/gamma"), {
    name: "RangeError",
    message: /no tensor "stem_conv\/gamma" among its 12 \(first ".+"\)$/,
  });
  file[Symbol.dispose]();
  assert.throws(() => file.get("stem_conv/kernel"), {
    message: /tensor "stem_conv\/kernel" asked for after dispose$/,
  });
  assert.equal([...Deno.readDirSync(folder)].length, 0);
});

Deno.test("openWeights() finds the Keras file of a folder", async () => {
  const folder = temporaryFolder();
  Deno.copyFileSync(reference("keras3.keras"), join(folder, "model.keras"));
  using file = await openWeights(folder);
  assert.equal((await file.record()).files[0]!.name, "model.keras");
  writeSafetensors(join(folder, "model.safetensors"), {});
  await assert.rejects(openWeights(folder), { message: /several files of weights/ });
});
