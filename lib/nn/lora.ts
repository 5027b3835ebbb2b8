/**
 * LoRA: fine-tuning through small matrices beside frozen weights.
 *
 * Source: Hu et al. 2021, "LoRA: low-rank adaptation of large language models", arXiv:2106.09685;
 * names and defaults are those of Hugging Face's peft. `saveLora` and `loadLora` of
 * `galaxykit/weights` exchange files with it.
 *
 * @module
 */

import { conv2d, foldIn, type Key, linear, tf } from "../tensorflow/mod.ts";
import { nearestName } from "../nearest.ts";
import { Conv2d } from "./conv.ts";
import { Dropout } from "./dropout.ts";
import { initialize, kaimingUniform, zeros } from "./init.ts";
import { Linear } from "./linear.ts";
import { type CallOptions, Module } from "./module.ts";
import { layOver } from "./observe.ts";
import type { LoadableTensor, LoadReport, StateDict } from "./state_dict.ts";

/** Layers that LoRA can adapt. */
export type LoraLayer = Linear | Conv2d;

/**
 * Which layers are adapted: their names or the ends of their names, as in `["qkv", "proj"]`; an
 * expression that matches somewhere in the name; or a function.
 */
export type LoraTargets =
  | readonly string[]
  | RegExp
  | ((name: string, layer: LoraLayer) => boolean);

/** Settings of {@linkcode addLora}. */
export type LoraOptions = {
  targets: LoraTargets;
  /** Rank of the change: the width between the two matrices. @default {8} */
  rank?: number;
  /** The change is multiplied by alpha / rank. @default {8} */
  alpha?: number;
  /** Share of the adapter's input that training drops. @default {0} */
  dropout?: number;
  /**
   * Multiply by alpha / √rank instead, which keeps large ranks learning (Kalajdzievski 2023,
   * arXiv:2312.03732). @default {false}
   */
  useRsLora?: boolean;
  /**
   * Names of modules that are trained as a whole and kept in the same file, such as a new last layer.
   *
   * @default {[]}
   */
  modulesToSave?: readonly string[];
  /** Where the first values come from. @default {none: they are to be loaded} */
  key?: Key;
};

/** The settings of adapters with the names of the layers, as plain JSON. */
export type LoraConfig = Required<Omit<LoraOptions, "key" | "targets" | "modulesToSave">> & {
  targets: string[];
  modulesToSave: string[];
};

/** The adapters over a model; those of a merged one are in its weights. */
const adapted = new WeakMap<Module, Set<Lora>>();

/** The adapters that lie over a model now, merged ones not among them, in the order of addition. */
export function lorasOf(model: Module): Lora[] {
  return [...adapted.get(model) ?? []].filter(({ isMerged }) => !isMerged);
}

/**
 * Adapts layers of a model: y = W x + (alpha / rank) B A x, where A (rank x in) and B (out x rank)
 * are trained and everything else is frozen. B begins with zeros, so that the model is at first what
 * it was. In a convolution A has the kernel of the layer and B is a 1x1 convolution, as in peft.
 *
 * The adapters are in the model's `namedParameters()`, as `NAME.lora_A.weight` and
 * `NAME.lora_B.weight`, and so in the blocks of an image model: optimisers and `finetune` (`trainable:
 * lora.trains`) find them there. `stateDict()` of the model stays the published one; `{ adapters: true
 * }` adds them, as run folders do.
 *
 * A function that `jit` traced before does not know of them: add, merge and remove before tracing.
 *
 * @returns The adapters, to merge, remove or save (`saveLora` of `galaxykit/weights`)
 * @throws {RangeError} When nothing or an unknown layer is targeted, a target cannot be adapted, or an
 * option is out of range
 *
 * @example
 * ```ts
 * import { addLora } from "galaxykit/nn";
 * import { resnet18 } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 3, width: 8, key: key(1) });
 * const images = tf.ones([1, 64, 64, 3]);
 * const before = model.call(images).dataSync();
 * const lora = addLora(model, {
 *   targets: /layer4.*conv/,
 *   rank: 2,
 *   modulesToSave: ["fc"],
 *   key: key(2),
 * });
 * assert.deepEqual(lora.targets.slice(0, 2), ["layer4.0.conv1", "layer4.0.conv2"]);
 * // But for rounding, as batch normalisations are not folded into adapted convolutions
 * model.call(images).dataSync().forEach((value, at) =>
 *   assert.ok(Math.abs(value - before[at]) < 1e-5)
 * );
 * const trained = model.parameters().filter(({ trainable }) => trainable);
 * assert.equal(trained.length, 2 * lora.targets.length + 2);
 * ```
 */
export function addLora(model: Module, options: LoraOptions): Lora {
  const { targets, rank = 8, alpha = 8, dropout = 0, useRsLora = false } = options;
  const { modulesToSave = [], key } = options;
  const refusal = `Cannot add LoRA to ${model.modelName}`;
  if (!Number.isInteger(rank) || rank < 1) {
    throw new RangeError(`${refusal}: rank must be an integer, at least 1, found ${rank}`);
  }
  if (!(alpha > 0 && Number.isFinite(alpha))) {
    throw new RangeError(`${refusal}: alpha must be above 0, found ${alpha}`);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new RangeError(`${refusal}: dropout must be in [0, 1), found ${dropout}`);
  }
  const modules = model.namedModules();
  const unknown = modulesToSave.find((name) => !Object.hasOwn(modules, name));
  if (unknown !== undefined) {
    throw new RangeError(
      `${refusal}: it has no module "${unknown}"${hint(unknown, Object.keys(modules))}`,
    );
  }
  const layers = targetsOf(model, targets, refusal);
  for (const [name, layer] of Object.entries(layers)) {
    const reason = modulesToSave.some((one) => name === one || name.startsWith(`${one}.`))
      ? "it is in modulesToSave, which trains it as a whole"
      : Object.hasOwn(layer, "lora_A")
      ? "it is adapted already; merge or remove the other adapters first"
      : layer instanceof Conv2d && layer.groups > 1
      ? `it is a convolution of ${layer.groups} groups, which the adapter would mix; leave it out of targets`
      : undefined;
    if (reason !== undefined) throw new RangeError(`${refusal}: cannot adapt "${name}": ${reason}`);
  }
  const saved = Object.fromEntries(modulesToSave.map((name) => [name, modules[name]!]));
  return new Lora(model, { layers, saved, rank, alpha, dropout, useRsLora, key });
}

/** The adapters of a model; made by {@linkcode addLora}. As a module it holds what is trained. */
export class Lora extends Module {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly useRsLora: boolean;
  /** Names of the adapted layers. */
  readonly targets: readonly string[];
  /** Names of all layers of the model that LoRA could adapt. */
  readonly layerNames: readonly string[];
  /** Names of the modules that are trained as a whole. */
  readonly modulesToSave: readonly string[];
  /** Whether a parameter of the model is among the trained: what a phase of `finetune` is told. */
  readonly trains: (name: string) => boolean;
  readonly #model: Module;
  readonly #adapters: Adapter[];
  readonly #saved: Readonly<Record<string, Module>>;
  readonly #wereTrainable: (readonly [tf.Variable, boolean])[];
  /** What merging changed: the weight of each layer and B. */
  #before?: { weight: tf.Tensor; b: tf.Tensor }[];

  /** {@linkcode addLora} checks what is given here. */
  constructor(model: Module, { layers, saved, key, ...settings }: {
    layers: Readonly<Record<string, LoraLayer>>;
    saved: Readonly<Record<string, Module>>;
    rank: number;
    alpha: number;
    dropout: number;
    useRsLora: boolean;
    key?: Key;
  }) {
    super();
    [this.rank, this.alpha] = [settings.rank, settings.alpha];
    [this.dropout, this.useRsLora] = [settings.dropout, settings.useRsLora];
    [this.targets, this.modulesToSave] = [Object.keys(layers), Object.keys(saved)];
    this.layerNames = Object.keys(layersOf(model));
    const { scaling } = this;
    this.#wereTrainable = model.parameters().map((one) => [one, one.trainable] as const);
    for (const [variable] of this.#wereTrainable) variable.trainable = false;
    [this.#model, this.#saved] = [model, saved];
    this.#adapters = Object.entries(layers).map(([name, layer], index) => {
      const own = key && foldIn(key, index);
      const adapter = new Adapter(name, layer, { ...settings, scaling, index, key: own });
      own?.dispose();
      return adapter;
    });
    const trained = this.namedParameters();
    for (const variable of Object.values(trained)) variable.trainable = true;
    this.trains = (name) => Object.hasOwn(trained, name);
    adapted.set(model, (adapted.get(model) ?? new Set()).add(this));
  }

  /** Its settings, as plain JSON. */
  get config(): LoraConfig {
    const { rank, alpha, dropout, useRsLora, targets, modulesToSave } = this;
    return {
      ...{ rank, alpha, dropout, useRsLora },
      ...{ targets: [...targets], modulesToSave: [...modulesToSave] },
    };
  }

  override get modelName(): string {
    return `the LoRA of ${this.#model.modelName}`;
  }

  /** What the change is multiplied by. */
  get scaling(): number {
    return this.alpha / (this.useRsLora ? Math.sqrt(this.rank) : this.rank);
  }

  /** Whether the changes are in the weights. */
  get isMerged(): boolean {
    return this.#before !== undefined;
  }

  protected override members(): [string, Module][] {
    return [
      ...this.#adapters.flatMap(({ name, lora_A, lora_B }): [string, Module][] => [
        [`${name}.lora_A`, lora_A],
        [`${name}.lora_B`, lora_B],
      ]),
      ...Object.entries(this.#saved),
    ];
  }

  /** The values of what is trained by name, in PyTorch's layout, merged or not. */
  override stateDict(): StateDict {
    return this.#unmerged(() => super.stateDict({ adapters: true }));
  }

  /**
   * Takes the values of a state dict over. Nothing changes when it does not fit.
   *
   * @throws {TypeError} When a key is missing, unexpected or of another shape
   */
  override loadStateDict(
    state: Readonly<Record<string, LoadableTensor>>,
    options: { strict?: boolean; source?: string } = {},
  ): LoadReport {
    return this.#unmerged(() => super.loadStateDict(state, { ...options, adapters: true }));
  }

  /**
   * Adds the changes to the weights and takes the adapters off: the model is as fast as without, its
   * `stateDict()` holds the sums. What was traced before still gives the same.
   *
   * @throws {Error} When they are merged already
   */
  merge(): void {
    if (this.isMerged) throw new Error(`Cannot merge ${this.modelName}: it is merged already`);
    this.#before = this.#adapters.map(({ layer: { weight }, lora_B: { weight: b } }) => ({
      weight: tf.clone(weight),
      b: tf.clone(b),
    }));
    for (const adapter of this.#adapters) adapter.merge();
  }

  /**
   * Puts the weights back, to the bit, and the adapters on. Trace anew what was traced since
   * {@linkcode merge}.
   *
   * @throws {Error} When they are not merged
   */
  unmerge(): void {
    if (!this.#before) throw new Error(`Cannot unmerge ${this.modelName}: it is not merged`);
    this.#before.forEach(({ weight, b }, index) => {
      const { layer, lora_B } = this.#adapters[index]!;
      layer.weight.assign(weight);
      lora_B.weight.assign(b);
      this.#adapters[index]!.putOn();
      tf.dispose([weight, b]);
    });
    this.#before = undefined;
  }

  /**
   * Takes the adapters off for good and frees them; parameters are as trainable as before. The
   * weights stay as they are where the changes are merged, and `modulesToSave` as they were trained.
   */
  remove(): void {
    for (const { weight, b } of this.#before ?? []) tf.dispose([weight, b]);
    for (const adapter of this.#adapters) adapter.remove();
    for (const [variable, trainable] of this.#wereTrainable) variable.trainable = trainable;
    this.#before = undefined;
    this.#adapters.length = 0;
    adapted.get(this.#model)?.delete(this);
  }

  /** As {@linkcode remove}: the model's own variables stay. */
  override dispose(): void {
    this.remove();
  }

  #unmerged<T>(body: () => T): T {
    if (!this.isMerged) return body();
    this.unmerge();
    try {
      return body();
    } finally {
      this.merge();
    }
  }
}

/** The two matrices beside a layer. */
class Adapter {
  readonly name: string;
  readonly layer: LoraLayer;
  readonly lora_A: Factor;
  readonly lora_B: Factor;
  readonly #scaling: number;
  readonly #index: number;
  readonly #dropout: Dropout;
  #takeOff?: () => void;

  constructor(name: string, layer: LoraLayer, { rank, dropout, scaling, index, key }: {
    rank: number;
    dropout: number;
    scaling: number;
    index: number;
    key?: Key;
  }) {
    [this.name, this.layer, this.#scaling, this.#index] = [name, layer, scaling, index];
    this.#dropout = new Dropout(dropout);
    // The kernel, if any, then inputs and outputs: [height, width, in, out] or [in, out]
    const kernel = layer.weight.shape.slice(0, -2);
    const [inputs, outputs] = layer.weight.shape.slice(-2) as [number, number];
    const fileAxes = layer instanceof Conv2d ? [3, 2, 0, 1] : [1, 0];
    const area = kernel.reduce((product, side) => product * side, 1);
    const fans = { fanIn: inputs * area, fanOut: rank * area };
    this.lora_A = new Factor(
      initialize(kaimingUniform, key, { shape: [...kernel, inputs, rank], ...fans }),
      fileAxes,
    );
    this.lora_B = new Factor(
      initialize(zeros, key, { shape: [...kernel.map(() => 1), rank, outputs], ...fans }),
      fileAxes,
    );
    this.putOn();
  }

  /** Makes the adapter a part of the layer. */
  putOn(): void {
    const { layer, lora_A, lora_B } = this;
    const parts = this.#dropout.rate > 0
      ? { lora_A, lora_B, lora_dropout: this.#dropout }
      : { lora_A, lora_B };
    for (const [name, value] of Object.entries(parts)) {
      Object.defineProperty(layer, name, { value, enumerable: true, configurable: true });
    }
    const undo = layOver(layer, (call, x, options) => tf.add(call(x), this.#change(x, options)));
    this.#takeOff = () => {
      undo();
      for (const name of Object.keys(parts)) Reflect.deleteProperty(layer, name);
    };
  }

  /** Adds the change to the weight, takes the adapter off, and lets what was traced add nothing. */
  merge(): void {
    this.#takeOff!();
    this.#takeOff = undefined;
    const { layer: { weight }, lora_A, lora_B } = this;
    tf.tidy(() => {
      const [b, inner] = [lora_B.weight, weight.shape.at(-1)!];
      const change = tf.matMul(
        lora_A.weight.reshape([-1, b.shape.at(-2)!]) as tf.Tensor2D,
        b.reshape([-1, inner]) as tf.Tensor2D,
      );
      weight.assign(tf.add(weight, tf.mul(change, this.#scaling).reshape(weight.shape)));
      b.assign(tf.zerosLike(b));
    });
  }

  remove(): void {
    this.#takeOff?.();
    this.lora_A.dispose();
    this.lora_B.dispose();
  }

  #change(x: tf.Tensor, { training, key }: CallOptions = {}): tf.Tensor {
    const { layer, lora_A: { weight: a }, lora_B: { weight: b } } = this;
    // Layers hand the same key on to all of theirs
    const own = training && key && this.#dropout.rate > 0 ? foldIn(key, this.#index) : undefined;
    const input = this.#dropout.call(x, { training, key: own });
    if (layer instanceof Conv2d) {
      const hidden = tf.mul(layer.callWith({ filter: a }, input), this.#scaling);
      return conv2d(hidden, b);
    }
    return linear(tf.mul(linear(input, a), this.#scaling), b);
  }
}

/** A matrix or filter of an adapter. */
class Factor extends Module {
  readonly weight: tf.Variable;

  constructor(initial: tf.Tensor, fileAxes: readonly number[]) {
    super();
    this.weight = this.adapter(initial, fileAxes);
  }
}

/** The layers that could be adapted. */
function layersOf(model: Module): Record<string, LoraLayer> {
  return Object.fromEntries(
    Object.entries(model.namedModules()).filter((entry): entry is [string, LoraLayer] =>
      entry[1] instanceof Linear || entry[1] instanceof Conv2d
    ),
  );
}

/** The layers that are to be adapted. */
function targetsOf(
  model: Module,
  targets: LoraTargets,
  refusal: string,
): Record<string, LoraLayer> {
  const layers = layersOf(model);
  const names = Object.keys(layers);
  const matches = (name: string, target: string) => name === target || name.endsWith(`.${target}`);
  if (Array.isArray(targets)) {
    const unknown = targets.find((target) => !names.some((name) => matches(name, target)));
    if (unknown !== undefined) {
      const ends = [...names, ...names.map((name) => name.replace(/^.*\./, ""))];
      throw new RangeError(
        `${refusal}: it has no linear or convolutional layer "${unknown}"${hint(unknown, ends)}`,
      );
    }
  }
  const isTarget = Array.isArray(targets)
    ? (name: string) => targets.some((target) => matches(name, target))
    : targets instanceof RegExp
    ? (name: string) => name.search(targets) >= 0
    : targets as (name: string, layer: LoraLayer) => boolean;
  const chosen = names.filter((name) => isTarget(name, layers[name]!));
  if (chosen.length === 0) {
    throw new RangeError(
      `${refusal}: targets match none of its ${names.length} linear and convolutional layers (${
        names.slice(0, 3).join(", ")
      }${names.length > 3 ? ", …" : ""})`,
    );
  }
  return Object.fromEntries(chosen.map((name) => [name, layers[name]!]));
}

function hint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `, nearest is "${nearest}"`;
}
