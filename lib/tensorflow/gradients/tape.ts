/**
 * Three faults of tfjs's tape, on which the ops are written down for their gradients:
 *
 * - An output that is kept for the gradient is noted before the op itself, so that a second gradient
 *   takes it for a constant: that of `x · tanh(x)` came out wrong, that of `exp(x)` not at all.
 * - An input that is left out, such as the scale of a normalisation, ends in "Cannot read properties
 *   of undefined".
 * - What was kept is forgotten when the function throws.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

type Tensors = { [name: string]: tf.Tensor };
type Node = { inputs: Tensors; outputs: tf.Tensor[]; saved: tf.Tensor[] };

/** The methods of tfjs's engine that are mended. */
type OpenEngine = {
  state: { activeTape: Node[] | null; gradientDepth: number };
  addTapeNode(kernel: string, inputs: Tensors, outputs: tf.Tensor[], ...rest: unknown[]): void;
  getTensorsForGradient(...all: unknown[]): tf.Tensor[] | null;
  gradients(...all: unknown[]): unknown;
};

const engine = tf.engine() as unknown as OpenEngine;
const { addTapeNode, getTensorsForGradient, gradients } = engine;

engine.addTapeNode = function (kernel, inputs, outputs, ...rest) {
  const given = Object.entries(inputs).filter(([, input]) => input != null);
  addTapeNode.call(this, kernel, Object.fromEntries(given), outputs, ...rest);
  const tape = this.state.activeTape!;
  const node = tape.pop()!;
  let place = tape.length;
  while (place > 0 && Object.values(tape[place - 1]!.inputs).some((x) => outputs.includes(x))) {
    place--;
  }
  tape.splice(place, 0, node);
};

engine.getTensorsForGradient = function (...all) {
  return getTensorsForGradient.apply(this, all)?.filter((tensor) => tensor != null) ?? null;
};

engine.gradients = function (...all) {
  try {
    return gradients.apply(this, all);
  } catch (error) {
    if (this.state.gradientDepth === 0) {
      this.state.activeTape?.forEach(({ saved }) => tf.dispose(saved));
      this.state.activeTape = null;
    }
    throw error;
  }
};
