/**
 * Modules: trees of parameters under PyTorch's names.
 *
 * @module
 */

import { inspect } from "../inspect.ts";
import { count } from "../text.ts";
import { type Key, tf } from "../tensorflow/mod.ts";
import {
  fileShape,
  type LoadableTensor,
  type LoadReport,
  loadSlots,
  readSlot,
  type Slot,
  type StateDict,
  type StreamedTensor,
  streamSlot,
} from "./state_dict.ts";

/** What every layer is told with its input. */
export type CallOptions = {
  /**
   * Whether batch statistics are used and updated, and dropout drops.
   *
   * @default {false}
   */
  training?: boolean;
  /** Where randomness comes from; wanted only by layers that draw, and only in training. */
  key?: Key;
};

/**
 * A part of a network. Its properties make the tree: variables made by {@linkcode parameter} and
 * {@linkcode buffer}, other modules, and lists and records of modules. The path through them is the
 * name in a file, so that a class written with PyTorch's property names reads PyTorch's weights.
 * Private (`#`) properties are not part of the tree.
 *
 * @example
 * ```ts
 * import { Linear, Module, ReLU } from "galaxykit/nn";
 * import { key, split, type tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * class Perceptron extends Module {
 *   fc1: Linear;
 *   fc2: Linear;
 *   constructor() {
 *     super();
 *     const [first, second] = split(key(1));
 *     this.fc1 = new Linear(4, 8, { key: first });
 *     this.fc2 = new Linear(8, 2, { key: second });
 *   }
 *   call(x: tf.Tensor): tf.Tensor {
 *     return this.fc2.call(new ReLU().call(this.fc1.call(x)));
 *   }
 * }
 *
 * const model = new Perceptron();
 * assert.deepEqual(Object.keys(model.stateDict()), [
 *   "fc1.weight",
 *   "fc1.bias",
 *   "fc2.weight",
 *   "fc2.bias",
 * ]);
 * ```
 */
export abstract class Module {
  readonly #slots = new Map<tf.Variable, Slot>();

  /** What messages call it. */
  get modelName(): string {
    return this.constructor.name;
  }

  /** What a console and a notebook show of it: its name, and how much there is to train. */
  [inspect](): string {
    const variables = Object.values(this.namedParameters());
    const sum = (some: tf.Variable[]) => count(some.reduce((total, { size }) => total + size, 0));
    const trained = variables.filter(({ trainable }) => trainable);
    return `${this.modelName}: ${sum(variables)} parameters${
      trained.length < variables.length ? `, ${sum(trained)} of them trained` : ""
    }`;
  }

  /**
   * Makes a trained variable, to be kept in a property.
   *
   * @param initial Its first value, disposed of here
   * @param fileAxes Axis i of the array in a file is axis `fileAxes[i]` of the variable
   */
  protected parameter(initial: tf.Tensor, fileAxes?: readonly number[]): tf.Variable {
    return this.#add(initial, { kind: "parameter", fileAxes });
  }

  /** As {@linkcode parameter}, of an adapter that lies over a layer, such as LoRA's. */
  protected adapter(initial: tf.Tensor, fileAxes?: readonly number[]): tf.Variable {
    return this.#add(initial, { kind: "adapter", fileAxes });
  }

  /** Makes a variable that files keep and no optimiser trains. `initial` is disposed of. */
  protected buffer(
    initial: tf.Tensor,
    { optional = false }: {
      /** Whether a file may be without it: then it keeps its value. @default {false} */
      optional?: boolean;
    } = {},
  ): tf.Variable {
    return this.#add(initial, { kind: "buffer", optional });
  }

  /** The parts of the tree at this node. @default {the own properties} */
  protected members(): [name: string, member: unknown][] {
    return Object.entries(this);
  }

  /**
   * What files call a part, for networks that others published under names of their own.
   *
   * @param path Through the properties from here, such as `blocks.3.norm1.weight`, or the beginning
   * of one: a module
   * @default {the same}
   */
  protected nameInFile(path: string): string {
    return path;
  }

  /**
   * The trained variables by name, those of adapters, too. A frozen one (`trainable` false) is among
   * them.
   */
  namedParameters(): Record<string, tf.Variable> {
    return this.#named("parameter", "adapter");
  }

  /** The variables that are kept, but not trained, by name. */
  namedBuffers(): Record<string, tf.Variable> {
    return this.#named("buffer");
  }

  /** The trained variables, each once. */
  parameters(): tf.Variable[] {
    return [...new Set(Object.values(this.namedParameters()))];
  }

  /** The modules inside by name; this one is not among them. */
  namedModules(): Record<string, Module> {
    return Object.fromEntries(this.#modules(""));
  }

  /** The shapes of the state dict, without reading a value. */
  stateShapes(): Record<string, number[]> {
    return Object.fromEntries(this.#state().map(([name, slot]) => [name, fileShape(slot)]));
  }

  /** Number of trained values. */
  parameterCount(): number {
    return this.parameters().reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * All values by name, in PyTorch's layout: convolutions as [out, in, height, width], linear
   * layers as [out, in]. Reads the variables, all at once: for large models see
   * {@linkcode streamState}.
   *
   * @param options `adapters`: whether those of adapters are among them. @default {false}
   */
  stateDict(options: { adapters?: boolean } = {}): StateDict {
    return Object.fromEntries(this.#state(options).map(([name, slot]) => [name, readSlot(slot)]));
  }

  /**
   * As {@linkcode stateDict}, but each value is read when it is written: `streamSafetensors` holds
   * one at a time.
   */
  streamState(options: { adapters?: boolean } = {}): Record<string, StreamedTensor> {
    return Object.fromEntries(this.#state(options).map(([name, slot]) => [name, streamSlot(slot)]));
  }

  /**
   * Takes the values of a state dict over. Nothing changes when it does not fit.
   *
   * @returns What did not fit; empty lists when strict
   * @throws {TypeError} When a key is missing, unexpected or of another shape, unless `strict` is
   * false; when an element type cannot be converted
   * @throws {RangeError} When a value is NaN or infinite
   *
   * @example
   * ```ts
   * import { Linear } from "galaxykit/nn";
   * import { key } from "galaxykit/tensorflow";
   * import assert from "node:assert/strict";
   *
   * const [a, b] = [1, 2].map((seed) => new Linear(3, 2, { key: key(seed) }));
   * b.loadStateDict(a.stateDict());
   * assert.deepEqual(b.stateDict(), a.stateDict());
   * assert.throws(() => b.loadStateDict({}), {
   *   message: 'Cannot load state dict into Linear: 2 keys missing (first "weight")',
   * });
   * ```
   */
  loadStateDict(
    state: Readonly<Record<string, LoadableTensor>>,
    { adapters = false, ...options }: {
      /**
       * Whether everything has to fit. Otherwise what fits is loaded, and the rest reported.
       *
       * @default {true}
       */
      strict?: boolean;
      /** Whether the values of adapters are among them. @default {false} */
      adapters?: boolean;
      /** Where the values come from, for messages, such as `"a.safetensors"` in quotes. */
      source?: string;
    } = {},
  ): LoadReport {
    return loadSlots(this.#state({ adapters }), state, { into: this.modelName, ...options });
  }

  /** Frees the variables. */
  dispose(): void {
    for (const [, { variable }] of this.#walk("")) if (!variable.isDisposed) variable.dispose();
  }

  #add(initial: tf.Tensor, slot: Omit<Slot, "variable">): tf.Variable {
    const variable = tf.variable(initial, slot.kind !== "buffer");
    initial.dispose();
    this.#slots.set(variable, { variable, ...slot });
    return variable;
  }

  /** What a file holds. */
  #state({ adapters = false }: { adapters?: boolean } = {}): [string, Slot][] {
    return [...this.#walk("")].filter(([, { kind }]) => adapters || kind !== "adapter");
  }

  #named(...kinds: Slot["kind"][]): Record<string, tf.Variable> {
    return Object.fromEntries(
      [...this.#walk("")]
        .filter(([, { kind }]) => kinds.includes(kind))
        .map(([name, { variable }]) => [name, variable]),
    );
  }

  *#walk(prefix: string): Generator<[string, Slot]> {
    for (const [name, member] of this.members()) {
      for (const [path, slot] of this.#visit(name, member)) {
        yield [prefix + this.nameInFile(path), slot];
      }
    }
  }

  *#modules(prefix: string): Generator<[string, Module]> {
    for (const [name, member] of this.members()) {
      for (const [path, module] of this.#visitModules(name, member)) {
        yield [prefix + this.nameInFile(path), module];
      }
    }
  }

  *#visitModules(path: string, member: unknown): Generator<[string, Module]> {
    if (member instanceof Module) {
      yield [path, member];
      yield* member.#modules(`${path}.`);
    } else if (isCollection(member)) {
      for (const [name, child] of Object.entries(member)) {
        yield* this.#visitModules(`${path}.${name}`, child);
      }
    }
  }

  *#visit(path: string, member: unknown): Generator<[string, Slot]> {
    if (member instanceof tf.Variable) {
      yield [path, this.#slots.get(member) ?? { variable: member, kind: "parameter" }];
    } else if (member instanceof Module) {
      yield* member.#walk(`${path}.`);
    } else if (isCollection(member)) {
      for (const [name, child] of Object.entries(member)) {
        yield* this.#visit(`${path}.${name}`, child);
      }
    }
  }
}

/** A module of one tensor in and one out: what {@linkcode Sequential} strings together. */
export abstract class Layer extends Module {
  /** Applies the layer. Images are [batch, height, width, channels]. */
  abstract call(x: tf.Tensor, options?: CallOptions): tf.Tensor;
}

function isCollection(value: unknown): value is object {
  return Array.isArray(value) ||
    typeof value === "object" && value !== null &&
      Object.getPrototypeOf(value) === Object.prototype;
}
