/**
 * What every network for images can do, whatever its family.
 *
 * @module
 */

import { inspect } from "../inspect.ts";
import { nearestName } from "../nearest.ts";
import {
  type CallOptions,
  Dropout,
  Layer,
  Linear,
  type LoadableTensor,
  type LoraConfig,
  lorasOf,
  MlpHead,
  type MlpHeadOptions,
  type Module,
  observe,
} from "../nn/mod.ts";
import { type OptionNames, refuseUnknown } from "../options.ts";
import { foldIn, type Key, tf } from "../tensorflow/mod.ts";
import { CARDS } from "./cards.ts";
import {
  checkPreprocessing,
  type Normalization,
  normalizeImages,
  type Preprocessing,
} from "./preprocessing.ts";
import { summarize, type Summary } from "./summary.ts";

/** Settings that all models share. */
export type ImageModelOptions = {
  /** Outputs of the last layer. @default {1000} */
  classes?: number;
  /** Channels of the images. @default {3} */
  inChannels?: number;
  /**
   * Channels of the first stage (of every token in a ViT), which the others follow.
   *
   * @default {the published network's}
   */
  width?: number;
  /**
   * Side of the images, in pixels, for networks that are made for one (ViT); others take any.
   *
   * @default {the published network's}
   */
  size?: number;
  /** Share of the pooled features that training drops before the last layer. @default {0} */
  dropRate?: number;
  /**
   * Share of images for which training drops the last residual branch; earlier ones are dropped
   * less, in proportion to their place (stochastic depth). @default {0}
   */
  dropPathRate?: number;
  /**
   * How images become its input, where it is not what is published: what the model was trained with.
   *
   * @default {the published network's, at `size`}
   */
  preprocessing?: Partial<Preprocessing>;
  /** Where the first values come from. @default {none: they are to be loaded} */
  key?: Key;
};

/** All of {@linkcode ImageModelOptions}. */
export const imageModelOptions: OptionNames<ImageModelOptions> = {
  classes: true,
  inChannels: true,
  width: true,
  size: true,
  dropRate: true,
  dropPathRate: true,
  preprocessing: true,
  key: true,
};

/** What a network is made from again, by `createModel`: plain JSON. */
export type ModelConfig = {
  /** As in the registry, see `modelNames()`. */
  name: string;
  /** All that shaped it, with what its family adds. */
  options:
    & Required<Pick<ImageModelOptions, "classes" | "inChannels" | "dropRate" | "dropPathRate">>
    & Omit<ImageModelOptions, "key">;
  /** The last layers, where they are several; absent where there is one. */
  head?: Required<MlpHeadOptions>;
  /** The adapters that lie over it; absent where there are none. */
  lora?: LoraConfig[];
};

/** A part of a network that is trained or frozen as a whole. */
export type Block = {
  /** Such as `stem`, `layer4.1`, `blocks.6.0`. */
  name: string;
  /** The stage that it belongs to, such as `layer4`. */
  stage: string;
  /** Its trained variables, by the names that they have in the model. */
  parameters: Record<string, tf.Variable>;
  /** Its modules, by the names that they have in the model. */
  modules: Record<string, Module>;
};

/** A block as a family describes it: the beginnings of the names of what it holds. */
export type BlockLayout = { name: string; stage: string; parts: readonly string[] };

/** Makes a last layer. */
export type CreateHead = (features: number, options: { classes: number; key?: Key }) => Linear;

/**
 * A network for images: features, their mean, and a linear layer on top. Images are [batch, height,
 * width, channels], normalised as the model's card says.
 *
 * @example
 * ```ts
 * import { resnet18 } from "galaxykit/models";
 * import { key, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const model = resnet18({ classes: 1000, width: 4, key: key(1) });
 * const images = tf.zeros([2, 64, 64, 3]);
 * assert.deepEqual(model.features(images).shape, [2, 2, 2, 32]);
 * assert.deepEqual(model.pooled(images).shape, [2, 32]);
 * assert.deepEqual(model.call(images).shape, [2, 1000]);
 *
 * model.resetHead({ classes: 3, key: key(2) });
 * const { logits, outputs } = model.inspect(images, { layers: ["layer3", "layer4.1.conv2"] });
 * assert.deepEqual(logits.shape, [2, 3]);
 * assert.deepEqual(outputs["layer3"].shape, [2, 4, 4, 16]);
 *
 * // Train the head and the last two blocks alone
 * const trained = new Set(
 *   model.blocks().slice(-2).flatMap(({ parameters }) => Object.values(parameters)),
 * );
 * for (const variable of Object.values(model.headParameters())) trained.add(variable);
 * for (const variable of model.parameters()) variable.trainable = trained.has(variable);
 * ```
 */
export abstract class ImageModel extends Layer {
  /** The name of the last layer, such as `fc`: what its parameters' names begin with. */
  readonly headName: string;
  /** The name of the last layer whose output is still a map: what Grad-CAM looks at. */
  readonly mapLayer: string;
  readonly #name: string;
  readonly #options: ModelConfig["options"];
  readonly #dropout: Dropout;
  readonly #headProperty: string;
  readonly #createHead: CreateHead;
  #head?: Required<MlpHeadOptions>;

  constructor(
    { name, headName, headProperty = headName, mapLayer, createHead, own = {}, unkept = [] }: {
      name: string;
      headName: string;
      /** The path through the properties to the last layer. @default {its name} */
      headProperty?: string;
      mapLayer: string;
      createHead: CreateHead;
      /** What the family adds to the options: plain JSON. */
      own?: Record<string, number | string>;
      /** Names of the family's options that shape nothing, and are not of its `config`. */
      unkept?: readonly string[];
    },
    options: ImageModelOptions,
  ) {
    super();
    const others = Object.fromEntries(unkept.map((name) => [name, true]));
    refuseUnknown(
      options,
      { ...imageModelOptions, ...own, ...others } as typeof imageModelOptions,
      {
        what: `make ${name}`,
      },
    );
    checkKey(options.key, { what: `make ${name}` });
    this.#name = name;
    const { classes = 1000, inChannels = 3, width, size, dropRate = 0, dropPathRate = 0 } = options;
    this.#options = {
      ...{ classes, inChannels, dropRate, dropPathRate, ...own },
      ...(width === undefined ? {} : { width }),
      ...(size === undefined ? {} : { size }),
    };
    if (options.preprocessing !== undefined) this.#setPreprocessing(options.preprocessing);
    this.headName = headName;
    this.#headProperty = headProperty;
    this.mapLayer = mapLayer;
    this.#createHead = createHead;
    this.#dropout = new Dropout(dropRate);
  }

  override get modelName(): string {
    return this.#name;
  }

  /** What it is made from again: its name, and every option that shaped it. Plain JSON, a copy. */
  get config(): ModelConfig {
    const lora = lorasOf(this).map(({ config }) => config);
    const config = {
      ...{ name: this.#name, options: this.#options },
      ...(this.#head && { head: this.#head }),
    };
    return structuredClone(lora.length > 0 ? { ...config, lora } : config);
  }

  /** What a console and a notebook show of it: its name, parameters, and what it is made from. */
  override [inspect](): string {
    const { options, lora = [] } = this.config;
    const made = Object.entries(options).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
    const adapters = lora.map(({ rank, targets }) =>
      `lora of rank ${rank} in ${targets.length} layers`
    );
    return [super[inspect](), made.join(", "), ...adapters].join("\n  ");
  }

  /** Channels of the images. */
  get inChannels(): number {
    return this.#options.inChannels;
  }

  /**
   * How images become its input: as published, or as the model was trained. What is set is of its
   * `config` from then on.
   *
   * @throws {RangeError} When nobody said so, or what is set is out of range
   */
  get preprocessing(): Preprocessing {
    const { size, cropFraction = 1, filter = "bicubic" } = this.#preprocessing;
    if (size === undefined) {
      throw new RangeError(
        `Cannot tell the size of ${this.modelName}'s images: give it as an option, or set model.preprocessing`,
      );
    }
    return { size, cropFraction, filter, ...this.normalization };
  }

  set preprocessing(changes: Partial<Preprocessing>) {
    this.#setPreprocessing(changes);
  }

  /** Mean and standard deviation of `preprocessing`. */
  get normalization(): Normalization {
    const { mean, std } = this.#preprocessing;
    if (mean === undefined || std === undefined || mean.length !== this.inChannels) {
      throw new RangeError(
        `Cannot tell the normalisation of ${this.modelName} with ${this.inChannels} channels: give its mean and std, or set model.normalization`,
      );
    }
    return { mean, std };
  }

  set normalization({ mean, std }: Normalization) {
    this.#setPreprocessing({ mean, std });
  }

  /** Bytes in [0, 255], [batch, height, width, channels], as the network takes them. */
  normalize(images: tf.Tensor4D): tf.Tensor4D {
    return normalizeImages(images, this.normalization);
  }

  /** The last feature map, [batch, rows, columns, features], or [batch, tokens, features]. */
  abstract features(x: tf.Tensor, options?: CallOptions): tf.Tensor;

  /** The features of the whole image, [batch, features]: what the last layer is given. */
  abstract pooled(x: tf.Tensor, options?: CallOptions): tf.Tensor;

  /**
   * Values of a file as this model takes them, such as positions of another size.
   *
   * @param state Under the names that the model has
   * @default {as they are}
   */
  adapt(state: Readonly<Record<string, LoadableTensor>>): Record<string, LoadableTensor> {
    return { ...state };
  }

  /** The blocks from the image on; the last layer is in none. */
  protected abstract layout(): BlockLayout[];

  /** Logits, [batch, classes]. */
  call(x: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    return this.classify(this.pooled(x, childOptions(options, 0)), options);
  }

  /** Logits from pooled features, [batch, features]: dropout in training, and the last layer. */
  classify(pooled: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    const own = childOptions(options, 1);
    return this.headLayer.call(this.#dropout.call(pooled, own), own);
  }

  /** The last layer, or the last layers. */
  get headLayer(): Linear | MlpHead {
    const { owner, property } = this.#headPlace();
    return owner[property]!;
  }

  /**
   * Puts a new last layer in, with first values from the key, or to be loaded without one; the old
   * one is disposed of. Make the optimiser after that.
   *
   * @param options.head Hidden layers before it, as in {@linkcode MlpHead}. @default {none}
   */
  resetHead({ classes, key, head }: {
    classes: number;
    key?: Key;
    head?: MlpHeadOptions;
  }): void {
    const { owner, property } = this.#headPlace();
    const old = owner[property]!;
    const features = old instanceof Linear ? old.weight.shape[0]! : old.features;
    const { hidden = [512, 256], dropRate = 0.2 } = head ?? {};
    const made = head === undefined
      ? this.#createHead(features, { classes, key })
      : new MlpHead(features, classes, { hidden, dropRate, key });
    old.dispose();
    owner[property] = made;
    this.#options.classes = classes;
    this.#head = head && { hidden, dropRate };
  }

  /** The trained variables of the last layer, by the names that they have in the model. */
  headParameters(): Record<string, tf.Variable> {
    return within(this.namedParameters(), [this.headName]);
  }

  /**
   * The blocks from the image on, to freeze the first or train the last of: a stem, then every
   * residual or transformer block. What stands between the last block and the last layer (a
   * normalisation, a convolution) is of the last block. The last layer is in none.
   */
  blocks({ by = "block" }: {
    /** Whether all blocks of a stage count as one. @default {"block"} */
    by?: "block" | "stage";
  } = {}): Block[] {
    const [parameters, modules] = [this.namedParameters(), this.namedModules()];
    const groups = Map.groupBy(this.layout(), ({ name, stage }) => by === "stage" ? stage : name);
    return [...groups].map(([name, layouts]) => {
      const parts = layouts.flatMap(({ parts }) => parts);
      return {
        name,
        stage: layouts[0]!.stage,
        parameters: within(parameters, parts),
        modules: within(modules, parts),
      };
    });
  }

  /** The layers by name, such as `layer4.1.conv2`: what {@linkcode inspect} can show. */
  namedLayers(): Record<string, Layer> {
    return Object.fromEntries(
      Object.entries(this.namedModules()).filter(([, module]) => module instanceof Layer),
    ) as Record<string, Layer>;
  }

  /**
   * A layer by name.
   *
   * @throws {RangeError} When there is none of that name, naming the nearest
   */
  layer(name: string): Layer {
    const layers = this.namedLayers();
    if (Object.hasOwn(layers, name)) return layers[name]!;
    const nearest = nearestName(name, Object.keys(layers));
    throw new RangeError(
      `Cannot find layer "${name}" in ${this.modelName}: ${
        nearest === undefined ? "" : `nearest is "${nearest}", `
      }namedLayers() has them all`,
    );
  }

  /**
   * The logits, and what the named layers gave on the way: a layer that is called more than once,
   * the last time. The outputs outlive a `tidy` inside the model; they are in the caller's.
   *
   * @throws {RangeError} When there is no layer of a name
   * @throws {Error} When a layer is not called on the way to the logits
   */
  inspect(
    x: tf.Tensor,
    { layers, ...options }: CallOptions & { layers: readonly string[] },
  ): { logits: tf.Tensor; outputs: Record<string, tf.Tensor> } {
    const kept = new Map<string, tf.Tensor>();
    const observers = new Map(
      layers.map((name) => [this.layer(name), (output: tf.Tensor) => {
        kept.get(name)?.dispose();
        kept.set(name, tf.keep(output.clone()));
      }]),
    );
    try {
      const logits = observe(observers, () => this.call(x, options));
      const outputs = layers.map((name) => {
        const output = kept.get(name);
        if (output !== undefined) return [name, output.clone()];
        throw new Error(`Cannot inspect layer "${name}" of ${this.modelName}: it is not called`);
      });
      return { logits, outputs: Object.fromEntries(outputs) };
    } finally {
      for (const output of kept.values()) output.dispose();
    }
  }

  /**
   * The output of a layer as a map, [batch, rows, columns, features]. Those of convolutions are maps
   * already; tokens take their places in the image, and class and register tokens are left out.
   *
   * @param image Sizes of the images that the model was given, in pixels
   * @throws {TypeError} When the output is no map
   */
  asMap(output: tf.Tensor, _image: { height: number; width: number }): tf.Tensor4D {
    if (output.rank !== 4) {
      throw new TypeError(
        `Cannot make a map of ${this.modelName}: an output of 4 dimensions is wanted, found [${output.shape}]`,
      );
    }
    return output as tf.Tensor4D;
  }

  /**
   * The table of the parts: what they give, parameters, multiply-adds. It traces the model, but runs
   * nothing.
   *
   * @param size Side of the images, in pixels
   */
  summary(
    { size, by = "block" }: {
      size: number;
      /** A row for each block, or for each layer without layers in it. @default {"block"} */
      by?: "block" | "layer";
    },
  ): Summary {
    return summarize(this, { size, by });
  }

  get #preprocessing(): Partial<Preprocessing> {
    const { size, preprocessing } = this.#options;
    const card = Object.hasOwn(CARDS, this.#name) ? CARDS[this.#name] : {};
    return { ...card, ...(size === undefined ? {} : { size }), ...preprocessing };
  }

  #setPreprocessing(changes: Partial<Preprocessing>): void {
    const what = `set the preprocessing of ${this.modelName}`;
    const checked = checkPreprocessing(changes, { channels: this.inChannels, what });
    this.#options.preprocessing = { ...this.#options.preprocessing, ...checked };
  }

  #headPlace(): { owner: Record<string, Linear | MlpHead>; property: string } {
    const path = this.#headProperty.split(".");
    const property = path.pop()!;
    // deno-lint-ignore no-explicit-any
    const owner = path.reduce((node: any, name) => node[name], this);
    return { owner, property };
  }
}

/** @throws {TypeError} When it is something else, such as the number that a key is made of */
export function checkKey(found: unknown, { what }: { what: string }): void {
  if (found === undefined || found instanceof tf.Tensor) return;
  throw new TypeError(
    `Cannot ${what}: a key is wanted, such as key(1), ${
      typeof found === "number" ? found : `a ${typeof found}`
    } found`,
  );
}

/** What a part of a layer is told: the same, with a key of its own. */
export function childOptions({ training, key }: CallOptions, index: number): CallOptions {
  return { training, key: training && key ? foldIn(key, index) : undefined };
}

/** The rates of stochastic depth: from 0, at the first of the blocks, evenly up to `last`. */
export function dropPathRates(last: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => count > 1 ? last * index / (count - 1) : 0);
}

/** The entries of which a part is the name or its beginning, up to a dot. */
export function within<T>(entries: Record<string, T>, parts: readonly string[]): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries).filter(([name]) =>
      parts.some((part) => name === part || name.startsWith(`${part}.`))
    ),
  );
}
