/**
 * Ops in forms that keep NaN, which TensorFlow's own lose:
 *
 * - `MaxPool` passes over NaN in a window.
 * - oneDNN takes max(NaN, 0) for 0 where the graph rewriter has joined a ReLU with the convolution or
 *   product before it, and 0 for the rest of a softmax that holds NaN.
 *
 * The same rewriter joins what it then computes wrongly, or refuses to run: a LeakyReLU after a sum
 * gets another slope, tanh and mish after a normalisation are "not implemented".
 *
 * @module
 */

import { type Attribute, AttributeType } from "./c/attributes.ts";
import { DataType } from "./c/dtypes.ts";
import type { Handle } from "./c/handles.ts";
import { usesOneDnnAlone } from "./c/runtime.ts";
import { type Executor, free } from "./eager.ts";
import { Graph } from "./graph.ts";

/** One op: what {@linkcode Executor.execute} is given. */
type Op = {
  op: string;
  attributes: readonly Attribute[];
  inputs: Handle[];
  outputs: number;
};

/** Whether what carries out ops would let oneDNN lose NaN. */
export function losesNaN(executor: Executor): boolean {
  return executor instanceof Graph && !executor.xla && usesOneDnnAlone();
}

/** Carries out one op so that NaN in its inputs is NaN in its outputs. */
export function executeKeepingNaN(executor: Executor, one: Op): Handle[] {
  const { op, attributes, inputs, outputs } = one;
  const x = inputs[0];
  const isPooling = MEANS.has(op);
  const isXla = executor instanceof Graph && executor.xla;
  if (x?.dtype !== DataType.float32 || isXla || !isPooling && !(executor instanceof Graph)) {
    return executor.execute(op, attributes, inputs, outputs);
  }
  if (isPooling) return [pool(executor, one)];
  const form = losesNaN(executor) ? FORMS[op] : undefined;
  return form === undefined
    ? executor.execute(op, attributes, inputs, outputs)
    : [form(new Ops(executor), x, attributes)];
}

/** What stands for an op in a graph that oneDNN runs. */
const FORMS: {
  [op: string]: (ops: Ops, x: Handle, attributes: readonly Attribute[]) => Handle;
} = {
  // The rewriter knows it as no activation
  Relu: (ops, x) => ops.run("Maximum", [x, ops.number(0)]),
  Relu6: (ops, x) => ops.run("Relu6", [ops.apart(x)]),
  LeakyRelu: (ops, x, attributes) => ops.run("LeakyRelu", [ops.afterSum(x)], attributes),
  // Only GELU's, of a product, is one that it may join
  Tanh: (ops, x) => ops.run("Tanh", [x.symbolic?.opName === "Mul" ? x : ops.apart(x)]),
  Softplus: (ops, x) => ops.run("Softplus", [ops.apart(x)]),
};

/** Ops whose results the rewriter joins with a convolution, and with the activation after them. */
const SUMS = new Set(["Add", "AddV2", "FusedBatchNormV3"]);

const TO_FLOAT: Attribute = { name: "DstT", type: AttributeType.type, value: DataType.float32 };

/** Means of the same windows: the share of NaN in each. */
const MEANS = new Map([["MaxPool", "AvgPool"], ["MaxPool3D", "AvgPool3D"]]);

function pool(executor: Executor, { op, attributes, inputs }: Op): Handle {
  const ops = new Ops(executor);
  const x = inputs[0]!;
  const largest = ops.run(op, [x], attributes);
  if (!(executor instanceof Graph)) {
    return ops.last(withNaN(ops, { x, largest, op, attributes }));
  }
  // The means take longer than the maxima: only where the sum over all tells of NaN.
  const axes = ops.integers(x.shape.map((_, axis) => axis), [x.shape.length]);
  const isHit = ops.run("IsNan", [ops.run("Sum", [x, axes])]);
  const [none, some] = ops.runAll("Switch", [largest, isHit], [], 2);
  const [, images] = ops.runAll("Switch", [x, isHit], [], 2);
  const kept = withNaN(ops, { x: images!, largest: some!, op, attributes });
  return ops.runAll("Merge", [none!, kept], [count(2)], 2)[0]!;
}

/** The maxima, or NaN where a window holds it. */
function withNaN(
  ops: Ops,
  { x, largest, op, attributes }: {
    x: Handle;
    largest: Handle;
    op: string;
    attributes: readonly Attribute[];
  },
): Handle {
  const sides = attributes.find(({ name }) => name === "explicit_paddings")?.value as
    | number[]
    | undefined;
  const isPadded = sides !== undefined && sides.length > 0;
  const isNaN = ops.run("Cast", [ops.run("IsNan", [x])], [TO_FLOAT]);
  const source = isPadded
    ? ops.run("PadV2", [isNaN, ops.integers(sides, [x.shape.length, 2]), ops.number(0)])
    : isNaN;
  const own = attributes.filter(({ name }) => name !== "explicit_paddings").map((attribute) =>
    isPadded && attribute.name === "padding" ? { ...attribute, value: "VALID" } : attribute
  );
  const share = ops.run(MEANS.get(op)!, [source], own);
  const holdsNaN = ops.run("Greater", [share, ops.number(0)]);
  return ops.run("SelectV2", [holdsNaN, ops.number(NaN), largest]);
}

/** Runs ops of float32, and frees what was made on the way. */
class Ops {
  readonly #executor: Executor;
  readonly #made: Handle[] = [];

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  run(op: string, inputs: Handle[], attributes: readonly Attribute[] = []): Handle {
    return this.runAll(op, inputs, attributes, 1)[0]!;
  }

  runAll(
    op: string,
    inputs: Handle[],
    attributes: readonly Attribute[],
    outputs: number,
  ): Handle[] {
    const made = this.#executor.execute(op, attributes, inputs, outputs);
    this.#made.push(...made);
    return made;
  }

  number(value: number): Handle {
    return this.#create(DataType.float32, [], Float32Array.of(value));
  }

  integers(values: readonly number[], shape: number[]): Handle {
    return this.#create(DataType.int32, shape, Int32Array.from(values));
  }

  /** The same value, which the rewriter joins with nothing. */
  apart(x: Handle): Handle {
    return this.run("Snapshot", [x]);
  }

  /** Apart, where the op that gave the value is one to keep apart from. */
  afterSum(x: Handle): Handle {
    return SUMS.has(x.symbolic?.opName ?? "") ? this.apart(x) : x;
  }

  /** Frees all but the result. */
  last(result: Handle): Handle {
    this.#made.filter((handle) => handle !== result).forEach(free);
    return result;
  }

  #create(dtype: number, shape: number[], values: Float32Array | Int32Array): Handle {
    const made = this.#executor.create(dtype, shape, values);
    this.#made.push(made);
    return made;
  }
}

function count(value: number): Attribute {
  return { name: "N", type: AttributeType.int, value };
}
