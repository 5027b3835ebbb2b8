/**
 * How TensorFlow is to run a traced function: which compiler, in which precision.
 *
 * @module
 */

import { backend } from "./engine.ts";
import { type Attribute, AttributeType } from "./c/attributes.ts";

/** What turns a traced function into something that runs. */
export type Compiler = "graph" | "xla" | "none";

/** The number type of matrix products and convolutions. */
export type Precision = "float32" | "bfloat16" | "float16";

/** Fields of TensorFlow's `RewriterConfig`, and the only processor whose ops each rewrites. */
const REWRITES = {
  // auto_mixed_precision (23): ON
  float16: { bytes: [0xb8, 0x01, 1], gpu: true },
  // auto_mixed_precision_onednn_bfloat16 (31): ON
  bfloat16: { bytes: [0xf8, 0x01, 1], gpu: false },
};

/**
 * The attributes of a call.
 *
 * Without a configuration TensorFlow runs a function as it was traced; with one, even an empty one,
 * its graph rewriter folds constants and fuses convolutions, products and activations first.
 */
export function callAttributes(compiler: Compiler, precision: Precision): Attribute[] {
  const rewrite = precision === "float32" ? [] : REWRITES[precision].bytes;
  // ConfigProto { graph_options (10) { rewrite_options (10) { … } } }
  const options = rewrite.length === 0 ? [] : [0x52, rewrite.length, ...rewrite];
  const config = Uint8Array.of(0x52, options.length, ...options);
  const attributes: Attribute[] = [
    { name: "config_proto", type: AttributeType.string, value: config },
  ];
  if (compiler === "xla") {
    attributes.push({ name: "_XlaMustCompile", type: AttributeType.bool, value: true });
  }
  return attributes;
}

const COMPILERS: readonly Compiler[] = ["graph", "xla", "none"];
const PRECISIONS: readonly Precision[] = ["float32", "bfloat16", "float16"];

/**
 * Refuses what is no compiler and no precision: "XLA" would run as a graph.
 *
 * @throws {RangeError}
 */
export function checkChoices(
  chosen: { compiler: Compiler; precision: Precision },
  name: string,
): void {
  for (const [option, choices] of [["compiler", COMPILERS], ["precision", PRECISIONS]] as const) {
    if ((choices as readonly unknown[]).includes(chosen[option])) continue;
    throw new RangeError(
      `Cannot trace ${name}: ${option} must be one of ${choices.join(", ")}, found ${
        String(chosen[option])
      }`,
    );
  }
}

/**
 * Refuses a precision that the compiler would pass over in silence.
 *
 * @throws {RangeError}
 */
// deno-lint-ignore galaxykit/few-arguments
export function checkPrecision(precision: Precision, compiler: Compiler, name: string): void {
  if (precision === "float32" || compiler === "graph") return;
  throw new RangeError(
    `Cannot run ${name} in ${precision}: it is the graph rewriter that changes the precision, and compiler is "${compiler}"; leave it at "graph"`,
  );
}

/**
 * Refuses a precision that TensorFlow would pass over in silence on this machine.
 *
 * @param options.gpu Whether ops run on a GPU. @default {whether there is one}
 * @throws {RangeError}
 */
export function checkProcessor(
  precision: Precision,
  { name, gpu = backend().binding.isUsingGpuDevice() }: { name: string; gpu?: boolean },
): void {
  if (precision === "float32" || REWRITES[precision].gpu === gpu) return;
  const [found, wanted, other] = gpu ? ["GPU", "CPU", "float16"] : ["CPU", "GPU", "bfloat16"];
  throw new RangeError(
    `Cannot run ${name} in ${precision}: TensorFlow rewrites to it on a ${wanted} only, and this is a ${found}; use ${other} or float32`,
  );
}
