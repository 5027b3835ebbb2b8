import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { backend, DataType, jit, tf } from "galaxykit/tensorflow";

const { binding } = backend();
// Texts and a 64-bit number in; numbered texts and twice the number out.
const folder = fileURLToPath(import.meta.resolve("../reference/saved_model"));
const INPUTS = "serving_default_texts:0,serving_default_number:0";
const OUTPUTS = "StatefulPartitionedCall:0,StatefulPartitionedCall:1";

function makeInputs(): number[] {
  const texts = ["é", "中"].map((text) => new TextEncoder().encode(text));
  return [
    binding.createTensor([2], DataType.string, texts),
    binding.createTensor([], DataType.int64, BigInt64Array.of(2n ** 53n + 1n)),
  ];
}

Deno.test("Binding loads, runs and deletes a saved model, and frees all it made", () => {
  const before = binding.getNumOfTensors();
  const model = binding.loadSavedModel(folder, "serve");
  assert.equal(binding.getNumOfSavedModels(), 1);
  const inputs = makeInputs();
  const [labels, twice] = binding.runSavedModel(model, inputs, INPUTS, OUTPUTS);
  assert.deepEqual([labels!.dtype, labels!.shape], [DataType.string, [2]]);
  const texts = binding.tensorDataSync(labels!.id) as Uint8Array[];
  assert.deepEqual(texts.map((text) => new TextDecoder().decode(text)), [
    "é9007199254740993",
    "中9007199254740993",
  ]);
  assert.deepEqual(binding.tensorDataSync(twice!.id), BigInt64Array.of(18014398509481986n));
  for (const id of [...inputs, labels!.id, twice!.id]) binding.deleteTensor(id);
  binding.deleteSavedModel(model);
  assert.equal(binding.getNumOfSavedModels(), 0);
  assert.equal(binding.getNumOfTensors(), before);
  const gone = {
    name: "RangeError",
    message: `Cannot find saved model ${model}: it was deleted, or never loaded`,
  };
  assert.throws(() => binding.runSavedModel(model, [], INPUTS, OUTPUTS), gone);
  assert.throws(() => binding.deleteSavedModel(model), gone);
});

Deno.test("Binding refuses a saved model that is not there, or not with these tags", () => {
  assert.throws(() => binding.loadSavedModel("/nowhere", "serve"), {
    name: "TensorFlowError",
    code: "NOT_FOUND",
    message:
      'Cannot load the saved model "/nowhere" with tags serve: Could not find SavedModel .pb or .pbtxt at supplied export directory path: /nowhere. Check that the directory exists and that you have the right permissions for accessing it.',
  });
  assert.throws(() => binding.loadSavedModel(folder, "serve,gpu"), {
    name: "TensorFlowError",
    message: /with tags serve,gpu: Could not find meta graph def matching supplied tags/,
  });
  assert.equal(binding.getNumOfSavedModels(), 0);
});

Deno.test("Binding refuses inputs and names that a saved model does not have", () => {
  const model = binding.loadSavedModel(folder, "serve");
  const inputs = makeInputs();
  assert.throws(() => binding.runSavedModel(model, inputs, "serving_default_texts:0", OUTPUTS), {
    name: "RangeError",
    message: "Length of input op names (1) does not match the length of input tensors (2).",
  });
  assert.throws(() => binding.runSavedModel(model, inputs, INPUTS, "nothing:0"), {
    name: "RangeError",
    message: 'Cannot find op "nothing" in the saved model',
  });
  assert.throws(() => binding.runSavedModel(model, inputs.toReversed(), INPUTS, OUTPUTS), {
    name: "TensorFlowError",
    message: /^Cannot run saved model \d+: .*string/s,
  });
  for (const id of inputs) binding.deleteTensor(id);
  binding.deleteSavedModel(model);
});

Deno.test("A saved model cannot be run while tracing", () => {
  const model = binding.loadSavedModel(folder, "serve");
  const traced = jit((x: tf.Tensor) => {
    const ids = [backend().getInputTensorIds([tf.add(x, x)])[0]!];
    binding.runSavedModel(model, ids, "serving_default_number:0", OUTPUTS);
    return x;
  });
  assert.throws(() => traced(tf.scalar(1)), {
    name: "TypeError",
    message: /^Cannot read the value of "Add" while tracing/,
  });
  binding.deleteSavedModel(model);
});
