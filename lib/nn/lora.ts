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
  /** Ranks of layers that have another, by their names. @default {{}} */
  rankPattern?: Readonly<Record<string, number>>;
  /** Alphas of layers that have another, by their names. @default {{}} */
  alphaPattern?: Readonly<Record<string, number>>;
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
  /**
   * Tells several adapters over the same layers apart: their parameters are then
   * `LAYER.lora_A.NAME.weight`, as in peft. Letters, digits, `-` and `_`.
   *
   * @default {none}
   */
  name?: string;
  /** What the change is multiplied by beside alpha / rank; {@linkcode Lora.strength}. @default {1} */
  strength?: number;
  /** Where the first values come from. @default {none: they are to be loaded} */
  key?: Key;
};

/** The settings of adapters with the names of the layers, as plain JSON. */
export type LoraConfig =
  & Required<Pick<LoraOptions, "rank" | "alpha" | "dropout" | "useRsLora">>
  & Pick<LoraOptions, "rankPattern" | "alphaPattern" | "name" | "strength">
  & { targets: string[]; modulesToSave: string[] };

/** The adapters over a model, and which of its own parameters were trained before the first. */
type Adapted = { loras: Set<Lora>; wereTrainable: Map<tf.Variable, boolean> };

const adapted = new WeakMap<Module, Adapted>();

/** The adapters that lie over a model now, merged ones not among them, in the order of addition. */
export function lorasOf(model: Module): Lora[] {
  return [...adapted.get(model)?.loras ?? []].filter(({ isMerged }) => !isMerged);
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
 * Several may lie over the same layers, each with a `name` and a {@linkcode Lora.strength}: their
 * changes are added. What is trained is the last that was added.
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
  const { rankPattern = {}, alphaPattern = {}, modulesToSave = [], key } = options;
  const { name = "", strength = 1 } = options;
  const refusal = `Cannot add LoRA to ${model.modelName}`;
  for (const [what, value] of Object.entries({ rank, ...named("rank", rankPattern) })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`${refusal}: ${what} must be an integer, at least 1, found ${value}`);
  }
  for (const [what, value] of Object.entries({ alpha, ...named("alpha", alphaPattern) })) {
    if (value > 0 && Number.isFinite(value)) continue;
    throw new RangeError(`${refusal}: ${what} must be above 0, found ${value}`);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new RangeError(`${refusal}: dropout must be in [0, 1), found ${dropout}`);
  }
  if (!Number.isFinite(strength)) {
    throw new RangeError(`${refusal}: strength must be a finite number, found ${strength}`);
  }
  if (!/^[\w-]*$/.test(name)) {
    throw new RangeError(
      `${refusal}: name must be of letters, digits, "-" and "_", found ${JSON.stringify(name)}`,
    );
  }
  const modules = model.namedModules();
  const unknown = modulesToSave.find((name) => !Object.hasOwn(modules, name));
  if (unknown !== undefined) {
    throw new RangeError(
      `${refusal}: it has no module "${unknown}"${hint(unknown, Object.keys(modules))}`,
    );
  }
  const layers = targetsOf(model, targets, refusal);
  for (const [path, layer] of Object.entries(layers)) {
    const reason = modulesToSave.some((one) => path === one || path.startsWith(`${one}.`))
      ? "it is in modulesToSave, which trains it as a whole"
      : Object.hasOwn(layer, property("lora_A", name))
      ? `it is adapted already${
        name === "" ? "" : ` under the name "${name}"`
      }; give another name, or merge or remove the other adapters first`
      : layer instanceof Conv2d && layer.groups > 1
      ? `it is a convolution of ${layer.groups} groups, which the adapter would mix; leave it out of targets`
      : undefined;
    if (reason !== undefined) throw new RangeError(`${refusal}: cannot adapt "${path}": ${reason}`);
  }
  for (const path of Object.keys({ ...rankPattern, ...alphaPattern })) {
    if (Object.hasOwn(layers, path)) continue;
    throw new RangeError(
      `${refusal}: "${path}" of rankPattern or alphaPattern is not adapted${
        hint(path, Object.keys(layers))
      }`,
    );
  }
  const saved = Object.fromEntries(modulesToSave.map((name) => [name, modules[name]!]));
  const settings = { rank, alpha, rankPattern, alphaPattern, dropout, useRsLora, name, strength };
  return new Lora(model, { ...settings, layers, saved, key });
}

function named(what: string, pattern: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(pattern).map(([path, value]) => [`${what} of "${path}"`, value]),
  );
}

/** The adapters of a model; made by {@linkcode addLora}. As a module it holds what is trained. */
export class Lora extends Module {
  readonly rank: number;
  readonly alpha: number;
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  readonly dropout: number;
  readonly useRsLora: boolean;
  /** Tells it from others over the same layers; empty where it was given none. */
  readonly name: string;
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
  /** What every change is multiplied by now: the strength, or 0 where it is in the weights. */
  readonly #factor: tf.Variable;
  #strength = 1;
  #isMerged = false;

  /** {@linkcode addLora} checks what is given here. */
  constructor(model: Module, { layers, saved, key, strength, ...settings }: {
    layers: Readonly<Record<string, LoraLayer>>;
    saved: Readonly<Record<string, Module>>;
    rank: number;
    alpha: number;
    rankPattern: Readonly<Record<string, number>>;
    alphaPattern: Readonly<Record<string, number>>;
    dropout: number;
    useRsLora: boolean;
    name: string;
    strength: number;
    key?: Key;
  }) {
    super();
    [this.rank, this.alpha] = [settings.rank, settings.alpha];
    [this.rankPattern, this.alphaPattern] = [settings.rankPattern, settings.alphaPattern];
    [this.dropout, this.useRsLora] = [settings.dropout, settings.useRsLora];
    [this.name, this.#model, this.#saved] = [settings.name, model, saved];
    [this.targets, this.modulesToSave] = [Object.keys(layers), Object.keys(saved)];
    this.layerNames = Object.keys(layersOf(model));
    this.#factor = tf.tidy(() => tf.variable(tf.scalar(1), false));
    this.strength = strength;
    const { loras, wereTrainable } = adapted.get(model) ?? {
      loras: new Set<Lora>(),
      wereTrainable: new Map(model.parameters().map((one) => [one, one.trainable])),
    };
    this.#adapters = Object.entries(layers).map(([path, layer], index) => {
      const own = key && foldIn(key, index);
      const adapter = new Adapter(path, layer, {
        rank: this.rankOf(path),
        scaling: this.scalingOf(path),
        strength: () => this.#strength,
        ...{ factor: this.#factor, dropout: this.dropout, name: this.name, index, key: own },
      });
      own?.dispose();
      return adapter;
    });
    adapted.set(model, { loras: loras.add(this), wereTrainable });
    train(model);
    const trained = new Set(this.parameters());
    const names = Object.entries(model.namedParameters())
      .flatMap(([path, variable]) => trained.has(variable) ? [path] : []);
    this.trains = (path) => names.includes(path);
  }

  /** Its settings, as plain JSON. */
  get config(): LoraConfig {
    const { rank, alpha, dropout, useRsLora, targets, modulesToSave } = this;
    const { rankPattern, alphaPattern, name, strength } = this;
    const isEmpty = (pattern: object) => Object.keys(pattern).length === 0;
    return {
      ...{ rank, alpha, dropout, useRsLora },
      ...{ targets: [...targets], modulesToSave: [...modulesToSave] },
      ...isEmpty(rankPattern) ? {} : { rankPattern: { ...rankPattern } },
      ...isEmpty(alphaPattern) ? {} : { alphaPattern: { ...alphaPattern } },
      ...name === "" ? {} : { name },
      ...strength === 1 ? {} : { strength },
    };
  }

  override get modelName(): string {
    return `the LoRA of ${this.#model.modelName}`;
  }

  /** What the change is multiplied by, beside the strength, in layers that are in no pattern. */
  get scaling(): number {
    return this.alpha / (this.useRsLora ? Math.sqrt(this.rank) : this.rank);
  }

  /** The rank of an adapted layer. */
  rankOf(layer: string): number {
    return Object.hasOwn(this.rankPattern, layer) ? this.rankPattern[layer]! : this.rank;
  }

  /** What the change of an adapted layer is multiplied by, beside the strength. */
  scalingOf(layer: string): number {
    const { [layer]: alpha = this.alpha } = this.alphaPattern;
    const rank = this.rankOf(layer);
    return alpha / (this.useRsLora ? Math.sqrt(rank) : rank);
  }

  /**
   * What the changes are multiplied by: 0 is the model without them. What is traced already follows.
   *
   * @throws {RangeError} When it is set to what is not a finite number
   */
  get strength(): number {
    return this.#strength;
  }

  set strength(value: number) {
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `Cannot set the strength of ${this.modelName}: it must be a finite number, found ${value}`,
      );
    }
    this.#unmerged(() => {
      this.#strength = value;
      this.#setFactor(value);
    });
  }

  /** Whether the changes are in the weights. */
  get isMerged(): boolean {
    return this.#isMerged;
  }

  protected override members(): [string, Module][] {
    return [
      ...this.#adapters.flatMap(({ path, lora_A, lora_B }): [string, Module][] => [
        [`${path}.lora_A`, lora_A],
        [`${path}.lora_B`, lora_B],
      ]),
      ...Object.entries(this.#saved),
    ];
  }

  /** The values of what is trained by name, in PyTorch's layout, merged or not. */
  override stateDict(): StateDict {
    return super.stateDict({ adapters: true });
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
    for (const adapter of this.#adapters) adapter.merge();
    this.#isMerged = true;
    this.#setFactor(0);
  }

  /**
   * Puts the weights back and the adapters on; to the bit, where no others stay merged into the same
   * layers. Trace anew what was traced since {@linkcode merge}.
   *
   * @throws {Error} When they are not merged
   */
  unmerge(): void {
    if (!this.isMerged) throw new Error(`Cannot unmerge ${this.modelName}: it is not merged`);
    for (const adapter of this.#adapters) adapter.unmerge();
    this.#isMerged = false;
    this.#setFactor(this.#strength);
  }

  /**
   * Takes the adapters off for good and frees them; after the last, parameters are as trainable as
   * before the first. The weights stay as they are where the changes are merged, and `modulesToSave` as
   * they were trained.
   */
  remove(): void {
    const all = adapted.get(this.#model);
    if (!all?.loras.delete(this)) return;
    for (const adapter of this.#adapters) adapter.remove();
    this.#factor.dispose();
    this.#adapters.length = 0;
    train(this.#model);
  }

  /** As {@linkcode remove}: the model's own variables stay. */
  override dispose(): void {
    this.remove();
  }

  #setFactor(value: number): void {
    tf.tidy(() => this.#factor.assign(tf.scalar(value)));
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

/** Freezes a model but for the adapters that were added last; one without any is as it was. */
function train(model: Module): void {
  const { loras, wereTrainable } = adapted.get(model)!;
  const last = [...loras].at(-1);
  if (last) {
    for (const variable of model.parameters()) variable.trainable = false;
    for (const variable of last.parameters()) variable.trainable = true;
    return;
  }
  for (const [variable, trainable] of wereTrainable) variable.trainable = trainable;
  adapted.delete(model);
}

/** What a layer's part of an adapter is called, as in peft. */
function property(part: string, name: string): string {
  return name === "" ? part : `${part}.${name}`;
}

/** A layer with adapters: what lies over it, and what was added to its weight. */
class AdaptedLayer {
  static readonly #all = new WeakMap<LoraLayer, AdaptedLayer>();
  readonly #layer: LoraLayer;
  readonly #over: Adapter[] = [];
  readonly #merged: Adapter[] = [];
  /** The weight before the first was merged. */
  #weight?: tf.Tensor;
  #takeOff?: () => void;

  private constructor(layer: LoraLayer) {
    this.#layer = layer;
  }

  static of(layer: LoraLayer): AdaptedLayer {
    const found = this.#all.get(layer) ?? new AdaptedLayer(layer);
    this.#all.set(layer, found);
    return found;
  }

  putOn(adapter: Adapter): void {
    this.#over.push(adapter);
    this.#takeOff ??= layOver(
      this.#layer,
      (call, x, options) =>
        this.#over.reduce((sum, one) => tf.add(sum, one.change(x, options)), call(x, options)),
    );
  }

  takeOff(adapter: Adapter): void {
    remove(this.#over, adapter);
    if (this.#over.length > 0) return;
    this.#takeOff?.();
    this.#takeOff = undefined;
  }

  merge(adapter: Adapter): void {
    const { weight } = this.#layer;
    this.#weight ??= tf.clone(weight);
    this.#merged.push(adapter);
    tf.tidy(() => weight.assign(tf.add(weight, adapter.ofWeight())));
  }

  unmerge(adapter: Adapter): void {
    remove(this.#merged, adapter);
    tf.tidy(() =>
      this.#layer.weight.assign(
        this.#merged.reduce((sum: tf.Tensor, one) => tf.add(sum, one.ofWeight()), this.#weight!),
      )
    );
    this.#forget();
  }

  /** Leaves the change in the weight for good. */
  settle(adapter: Adapter): void {
    if (!remove(this.#merged, adapter)) return;
    const before = this.#weight!;
    this.#weight = tf.tidy(() => tf.add(before, adapter.ofWeight()));
    before.dispose();
    this.#forget();
  }

  #forget(): void {
    if (this.#merged.length > 0) return;
    this.#weight?.dispose();
    this.#weight = undefined;
  }
}

/** Takes one out of a list; whether it was there. */
function remove<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** The two matrices beside a layer. */
class Adapter {
  readonly path: string;
  readonly lora_A: Factor;
  readonly lora_B: Factor;
  readonly #layer: LoraLayer;
  readonly #adapted: AdaptedLayer;
  readonly #name: string;
  readonly #scaling: number;
  readonly #strength: () => number;
  readonly #factor: tf.Variable;
  readonly #index: number;
  readonly #dropout: Dropout;

  constructor(path: string, layer: LoraLayer, { rank, key, dropout, ...own }: {
    rank: number;
    dropout: number;
    scaling: number;
    strength: () => number;
    factor: tf.Variable;
    name: string;
    index: number;
    key?: Key;
  }) {
    [this.path, this.#layer, this.#adapted] = [path, layer, AdaptedLayer.of(layer)];
    [this.#name, this.#scaling] = [own.name, own.scaling];
    [this.#strength, this.#factor] = [own.strength, own.factor];
    [this.#index, this.#dropout] = [own.index, new Dropout(dropout)];
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
    this.#putOn();
  }

  /** The parts of it that are the layer's. */
  get #parts(): [string, Module][] {
    const { lora_A, lora_B } = this;
    const dropout = this.#dropout.rate > 0 ? { lora_dropout: this.#dropout } : {};
    return Object.entries({ lora_A, lora_B, ...dropout })
      .map(([part, value]) => [property(part, this.#name), value]);
  }

  /** Makes the adapter a part of the layer. */
  #putOn(): void {
    for (const [name, value] of this.#parts) {
      Object.defineProperty(this.#layer, name, { value, enumerable: true, configurable: true });
    }
    this.#adapted.putOn(this);
  }

  #takeOff(): void {
    this.#adapted.takeOff(this);
    for (const [name] of this.#parts) Reflect.deleteProperty(this.#layer, name);
  }

  /** Adds the change to the weight and takes the adapter off. */
  merge(): void {
    this.#takeOff();
    this.#adapted.merge(this);
  }

  unmerge(): void {
    this.#adapted.unmerge(this);
    this.#putOn();
  }

  remove(): void {
    this.#takeOff();
    this.#adapted.settle(this);
    this.lora_A.dispose();
    this.lora_B.dispose();
  }

  /** The change of the weight, [height, width, in, out] or [in, out]. */
  ofWeight(): tf.Tensor {
    const { lora_A: { weight: a }, lora_B: { weight: b } } = this;
    const change = tf.matMul(
      a.reshape([-1, b.shape.at(-2)!]) as tf.Tensor2D,
      b.reshape([-1, b.shape.at(-1)!]) as tf.Tensor2D,
    );
    const scale = this.#strength() * this.#scaling;
    return tf.mul(change, scale).reshape(this.#layer.weight.shape);
  }

  /** What is added to the output. */
  change(x: tf.Tensor, { training, key }: CallOptions = {}): tf.Tensor {
    const { lora_A: { weight: a }, lora_B: { weight: b } } = this;
    const layer = this.#layer;
    // Layers hand the same key on to all of theirs
    const own = training && key && this.#dropout.rate > 0 ? foldIn(key, this.#index) : undefined;
    const input = this.#dropout.call(x, { training, key: own });
    const scale = tf.mul(this.#factor, this.#scaling);
    if (layer instanceof Conv2d) {
      return conv2d(tf.mul(layer.callWith({ filter: a }, input), scale), b);
    }
    return linear(tf.mul(linear(input, a), scale), b);
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
