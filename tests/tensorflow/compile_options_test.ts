import assert from "node:assert/strict";
import { backend, jit, key, layerNorm, linear, normal, tf } from "galaxykit/tensorflow";
import { checkProcessor } from "../../lib/tensorflow/compile_options.ts";
import { readBuffer } from "../../lib/tensorflow/c/op_definitions.ts";
import { runtime } from "../../lib/tensorflow/c/runtime.ts";
import { skippedIf } from "../shared_data.ts";

const none = "void";
const pointer = "pointer";

/** The graphs that ran in `body`, after TensorFlow had rewritten them, as serialised bytes. */
function rewrittenGraphs(body: () => void): string {
  const { c, context, status, library } = runtime();
  const collector = Deno.dlopen(library.cc, {
    TFE_ContextEnableGraphCollection: { parameters: [pointer], result: none },
    TFE_ContextDisableGraphCollection: { parameters: [pointer], result: none },
    TFE_ContextExportRunMetadata: { parameters: [pointer, pointer, pointer], result: none },
  });
  collector.symbols.TFE_ContextEnableGraphCollection(context);
  body();
  const buffer = c.TF_NewBuffer();
  collector.symbols.TFE_ContextExportRunMetadata(context, buffer, status.pointer);
  status.check(() => "Cannot export what ran");
  collector.symbols.TFE_ContextDisableGraphCollection(context);
  const bytes = readBuffer(buffer);
  c.TF_DeleteBuffer(buffer);
  collector.close();
  return new TextDecoder("latin1").decode(bytes);
}

Deno.test({
  ...skippedIf(
    backend().binding.isUsingGpuDevice() && "looks into the graphs of a processor",
    'jit() with precision "bfloat16" runs products in bfloat16, and returns float32',
  ),
  fn() {
    const a = normal(key(1), [64, 64]) as tf.Tensor2D;
    const b = normal(key(2), [64, 64]) as tf.Tensor2D;
    const product = (x: tf.Tensor2D, y: tf.Tensor2D) => tf.matMul(x, y);
    const exact = product(a, b);
    let rough!: tf.Tensor;
    const half = jit(product, { precision: "bfloat16" });
    const graphs = rewrittenGraphs(() => rough = half(a, b));
    assert.match(graphs, /CastToBf16/);
    assert.equal(rough.dtype, "float32");
    // bfloat16 rounds to one part in 2^9: both factors of each summand, and the sum.
    const sizes = tf.matMul(tf.abs(a) as tf.Tensor2D, tf.abs(b) as tf.Tensor2D).dataSync();
    const differences = tf.abs(tf.sub(rough, exact)).dataSync();
    for (const [index, difference] of differences.entries()) {
      assert.ok(difference <= 3 * sizes[index]! / 2 ** 9, `${difference} of ${sizes[index]}`);
    }
    assert.ok(differences.some((difference) => difference > 0.01), "nothing was rounded");
    assert.doesNotMatch(rewrittenGraphs(() => jit(product)(a, b)), /CastToBf16/);
  },
});

Deno.test({
  ...skippedIf(
    backend().binding.isUsingGpuDevice() && "looks into the graphs of a processor",
    "TensorFlow rewrites graphs with ops of its own, too, whose names begin with an underscore",
  ),
  fn() {
    const x = normal(key(1), [16, 8]);
    const weight = normal(key(2), [8, 8]);
    const f = jit((x: tf.Tensor, weight: tf.Tensor) => linear(layerNorm(x), weight), {
      precision: "bfloat16",
    });
    assert.match(f.lower(x, weight).text, /= _MklLayerNorm/);
    assert.match(rewrittenGraphs(() => f(x, weight).dispose()), /CastToBf16/);
  },
});

Deno.test("jit() refuses a precision that its compiler does not give", () => {
  for (const compiler of ["xla", "none"] as const) {
    assert.throws(() => jit(tf.square, { name: "square", compiler, precision: "bfloat16" }), {
      name: "RangeError",
      message:
        `Cannot run square in bfloat16: it is the graph rewriter that changes the precision, and compiler is "${compiler}"; leave it at "graph"`,
    });
  }
});

Deno.test("jit() refuses a precision that this machine does not give", () => {
  const refusal = (precision: "float16" | "bfloat16", gpu: boolean) => () =>
    checkProcessor(precision, { name: "step", gpu });
  assert.throws(refusal("float16", false), {
    name: "RangeError",
    message:
      "Cannot run step in float16: TensorFlow rewrites to it on a GPU only, and this is a CPU; use bfloat16 or float32",
  });
  assert.throws(refusal("bfloat16", true), {
    name: "RangeError",
    message:
      "Cannot run step in bfloat16: TensorFlow rewrites to it on a CPU only, and this is a GPU; use float16 or float32",
  });
  refusal("float16", true)();
  refusal("bfloat16", false)();
  const other = backend().binding.isUsingGpuDevice() ? "bfloat16" : "float16";
  const square = jit((x: tf.Tensor) => tf.square(x), { precision: other });
  assert.throws(() => square(tf.scalar(1)), { name: "RangeError", message: /^Cannot run jit in / });
});
