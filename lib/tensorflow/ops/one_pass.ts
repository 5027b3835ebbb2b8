/**
 * Chains of element-wise ops in one pass over the values. A graph of TensorFlow's runs each op by itself,
 * and large tensors go through memory as often as there are ops; XLA, which is poor at convolutions on
 * CPUs, makes one loop of them.
 *
 * @module
 */

import { usesOneDnnAlone } from "../c/runtime.ts";
import type { tf } from "../engine.ts";
import { jit, type Jitted } from "../jit.ts";
import { activeGraph } from "../trace.ts";

type Chain<A extends tf.Tensor[]> = (...inputs: A) => tf.Tensor;

/** Values from which on, in a training, what is saved pays for the tenth of a second of compiling. */
const LARGE = 2 ** 18;

/**
 * The same chain, compiled where it is part of a graph for a CPU and its first input is large.
 *
 * @param chain Of element-wise ops, none of whose gradients is asked for
 */
export function onePass<A extends tf.Tensor[]>(name: string, chain: Chain<A>): Chain<A> {
  // One for each form: a function that is traced for many warns of it
  const compiled = new Map<string, Jitted<A, tf.Tensor>>();
  return function inOnePass(...inputs) {
    const graph = activeGraph();
    const isPart = graph !== undefined && !graph.xla && inputs[0]!.size >= LARGE &&
      Deno.build.arch === "x86_64" && usesOneDnnAlone();
    if (!isPart) return chain(...inputs);
    const form = inputs.map(({ shape }) => `[${shape}]`).join();
    let call = compiled.get(form);
    if (call === undefined) compiled.set(form, call = jit(chain, { name, compiler: "xla" }));
    return call(...inputs);
  };
}
