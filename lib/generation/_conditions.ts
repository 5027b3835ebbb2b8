/**
 * What images are generated under: for each of them its own, and what guidance leads away from.
 *
 * @module
 */

import type { UNetInputs } from "../models/mod.ts";
import type { OptionNames } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import { type Pipeline, takesText } from "./pipeline.ts";
import { encodePrompts, type PromptOptions } from "./prompt_embeddings.ts";

/**
 * Numbers beside the text, row by row: what `voteConditions` and `requestedCondition` of
 * `galaxykit/data` give. Of width 1 where the U-Net takes the number of a class, or a time.
 */
export type ClassLabels = {
  /** [rows, width]. */
  readonly values: ArrayLike<number>;
  readonly width: number;
};

/**
 * What images are generated under. Of each there is one for all images, or one an image. A U-Net that
 * takes a prompt and is given none gets an empty one; one that takes numbers and is given none, zeros.
 */
export type ConditionOptions = PromptOptions & {
  /** What the image shows; `{dust lane:1.2}` gives weight to words. @default {""} */
  prompt?: string | readonly string[];
  /** What guidance leads away from. @default {""} */
  negativePrompt?: string | readonly string[];
  /** Encoded prompts in place of `prompt`: see {@linkcode encodePrompts}. */
  promptEmbeddings?: tf.Tensor3D;
  /** Encoded prompts in place of `negativePrompt`. */
  negativeEmbeddings?: tf.Tensor3D;
  /** Numbers beside the text, such as votes. @default {zeros: nothing was asked for} */
  classLabels?: ClassLabels;
  /** Numbers that guidance leads away from. @default {zeros} */
  negativeClassLabels?: ClassLabels;
  /**
   * Whether the U-Net looks past the padding of prompts, as in GalaxySD's inference; Stable Diffusion
   * looks at it. @default {false}
   */
  maskPadding?: boolean;
};

/** The names of {@linkcode ConditionOptions}. */
export const conditionOptions: OptionNames<ConditionOptions> = {
  ...{ prompt: true, negativePrompt: true, promptEmbeddings: true, negativeEmbeddings: true },
  ...{ classLabels: true, negativeClassLabels: true, maskPadding: true },
  ...{ clipSkip: true, truncate: true, restoreMean: true },
};

/** How many images each of the conditions is of; 1 is of all. */
export function conditionCounts(options: ConditionOptions): Record<string, number | undefined> {
  const texts = (given: string | readonly string[] | undefined) =>
    given === undefined ? undefined : [given].flat().length;
  const rows = (labels: ClassLabels | undefined) => labels && labels.values.length / labels.width;
  return {
    prompt: texts(options.prompt),
    negativePrompt: texts(options.negativePrompt),
    promptEmbeddings: options.promptEmbeddings?.shape[0],
    negativeEmbeddings: options.negativeEmbeddings?.shape[0],
    classLabels: rows(options.classLabels),
    negativeClassLabels: rows(options.negativeClassLabels),
  };
}

/** Rows of a tensor, and which of them are an image's. */
type Rows = {
  readonly tensor: tf.Tensor;
  /** Beside `tensor`, row by row. */
  readonly mask?: tf.Tensor;
  readonly own: readonly number[];
  readonly negative: readonly number[];
};

/** The conditions of some images. Dispose of it after use. */
export class Conditions implements Disposable {
  /** Whether each image is also denoised under what guidance leads away from. */
  readonly isGuided: boolean;
  readonly #context: Rows | undefined;
  readonly #labels: Rows | undefined;

  /**
   * @param options `count`: of images; `guidance`: more than 1 for guided ones
   * @throws {TypeError} For a condition that the U-Net does not take, or lacks; when there is nothing for guidance to lead away
   * from
   * @throws {RangeError} As {@linkcode encodePrompts} does; for numbers of another width, or that are not finite
   */
  constructor(
    pipeline: Pipeline,
    options: ConditionOptions & { count: number; guidance: number },
  ) {
    this.isGuided = options.guidance > 1;
    if (this.isGuided) refuseUnguidable(pipeline, options);
    this.#labels = labelsOf(pipeline, options);
    try {
      this.#context = contextOf(pipeline, { ...options, isGuided: this.isGuided });
    } catch (error) {
      this.#labels?.tensor.dispose();
      throw error;
    }
  }

  /** The U-Net's inputs for some of the images: with guidance first those that it leads away from. */
  at(images: readonly number[]): Omit<UNetInputs, "timestep"> {
    const taken = (rows: Rows | undefined, of: "tensor" | "mask") => {
      const tensor = rows?.[of];
      if (tensor === undefined) return undefined;
      const indices = [
        ...this.isGuided ? images.map((image) => rows!.negative[image]!) : [],
        ...images.map((image) => rows!.own[image]!),
      ];
      return tf.gather(tensor, tf.tensor1d(indices, "int32"));
    };
    return tf.tidy(() => ({
      encoderHiddenStates: taken(this.#context, "tensor"),
      encoderAttentionMask: taken(this.#context, "mask"),
      classLabels: taken(this.#labels, "tensor"),
    }));
  }

  [Symbol.dispose](): void {
    for (const rows of [this.#context, this.#labels]) {
      tf.dispose([rows?.tensor, rows?.mask].filter((one) => one !== undefined));
    }
  }
}

/** Whether the U-Net takes numbers for which zeros mean nothing in particular. */
function takesVectors({ unet }: Pipeline): boolean {
  const { class_embed_type } = unet.config;
  return class_embed_type !== null && class_embed_type !== "timestep";
}

function takesLabels({ unet }: Pipeline): boolean {
  const { class_embed_type, num_class_embeds } = unet.config;
  return class_embed_type !== null || num_class_embeds !== null;
}

/**
 * How many numbers the U-Net takes beside the text; whether they are a vector, of which zeros mean nothing
 * in particular, or a class or a time.
 */
export function labelWidth(pipeline: Pipeline): { width: number; isVector: boolean } {
  const { class_embed_type, projection_class_embeddings_input_dim } = pipeline.unet.config;
  const isVector = takesVectors(pipeline);
  if (!isVector) return { width: takesLabels(pipeline) ? 1 : 0, isVector };
  const width = class_embed_type === "identity"
    ? pipeline.unet.time_embedding.linear_2.weight.shape[1]!
    : projection_class_embeddings_input_dim!;
  return { width, isVector };
}

/** Whether guidance has something to lead away from, by what the U-Net takes. */
export function isConditional(pipeline: Pipeline): boolean {
  return takesText(pipeline) || takesLabels(pipeline);
}

function refuseUnguidable(
  pipeline: Pipeline,
  { guidance, negativeEmbeddings, negativeClassLabels }: ConditionOptions & { guidance: number },
): void {
  const reason = !isConditional(pipeline)
    ? "the U-Net takes no condition that it could do without"
    : takesText(pipeline) && pipeline.textEncoder === undefined && negativeEmbeddings === undefined
    ? "there is no text encoder to encode a negative prompt; give negativeEmbeddings"
    : takesLabels(pipeline) && !takesVectors(pipeline) && negativeClassLabels === undefined
    ? "no class means none; give negativeClassLabels"
    : undefined;
  if (reason === undefined) return;
  throw new TypeError(
    `Cannot guide (guidance ${guidance}): ${reason}, or take guidance 1, which leads away from nothing`,
  );
}

function contextOf(
  pipeline: Pipeline,
  options: ConditionOptions & { count: number; isGuided: boolean },
): Rows | undefined {
  const { promptEmbeddings, negativeEmbeddings, count, isGuided, maskPadding = false } = options;
  const { prompt, negativePrompt } = options;
  if (!takesText(pipeline)) {
    const given = Object.entries({ prompt, negativePrompt, promptEmbeddings, negativeEmbeddings })
      .find(([, value]) => value !== undefined);
    if (given === undefined) return undefined;
    throw new TypeError(
      `Cannot generate images: the U-Net takes no text, and ${given[0]} is given; leave it out`,
    );
  }
  for (
    const [text, tensor] of [["prompt", "promptEmbeddings"], [
      "negativePrompt",
      "negativeEmbeddings",
    ]] as const
  ) {
    if (options[text] === undefined || options[tensor] === undefined) continue;
    throw new TypeError(`Cannot generate images: both ${text} and ${tensor} are given, wanted one`);
  }
  const texts = promptEmbeddings ? [] : each(prompt ?? "", count);
  const negatives = negativeEmbeddings || !isGuided ? [] : each(negativePrompt ?? "", count);
  const unique = [...new Set([...texts, ...negatives])];
  if (maskPadding && (promptEmbeddings ?? negativeEmbeddings)) {
    throw new TypeError(
      "Cannot mask padding: embeddings do not tell theirs; give prompts, or leave maskPadding out",
    );
  }
  const tensors = tf.tidy(() => {
    const encoded = unique.length > 0 ? encodePrompts(pipeline, unique, options) : undefined;
    const parts = [encoded?.embeddings, promptEmbeddings, negativeEmbeddings]
      .filter((part) => part !== undefined);
    const [{ shape: [, tokens, width] }] = parts as [tf.Tensor3D];
    const other = parts.find(({ shape }) => shape[1] !== tokens || shape[2] !== width);
    if (other !== undefined) {
      throw new TypeError(
        `Cannot generate images: all embeddings must be [prompts, ${tokens}, ${width}], found [${other.shape}]`,
      );
    }
    return { tensor: tf.concat(parts), ...maskPadding && { mask: encoded!.mask } };
  });
  const rowsOf = (given: tf.Tensor | undefined, from: number) =>
    each(Array.from({ length: given?.shape[0] ?? 1 }, (_, row) => from + row), count);
  const after = unique.length + (promptEmbeddings?.shape[0] ?? 0);
  return {
    ...tensors,
    own: promptEmbeddings
      ? rowsOf(promptEmbeddings, unique.length)
      : texts.map((text) => unique.indexOf(text)),
    negative: negativeEmbeddings
      ? rowsOf(negativeEmbeddings, after)
      : negatives.map((text) => unique.indexOf(text)),
  };
}

function labelsOf(
  pipeline: Pipeline,
  { classLabels, negativeClassLabels, count }: ConditionOptions & { count: number },
): Rows | undefined {
  const { unet } = pipeline;
  if (!takesLabels(pipeline)) {
    if (classLabels === undefined && negativeClassLabels === undefined) return undefined;
    throw new TypeError(
      "Cannot generate images: the U-Net takes no numbers, and classLabels are given; leave them out",
    );
  }
  const { width, isVector } = labelWidth(pipeline);
  if (classLabels === undefined && !isVector) {
    throw new TypeError("Cannot generate images: the U-Net takes a class, give classLabels");
  }
  const none = { values: new Float32Array(width), width };
  const given = [negativeClassLabels ?? none, classLabels ?? none];
  for (const labels of given) {
    const wrong = Array.from(labels.values).find((value) => !Number.isFinite(value));
    if (labels.width === width && wrong === undefined) continue;
    throw new RangeError(
      `Cannot generate images: classLabels must be ${width} finite numbers an image, found ${
        wrong ?? labels.width
      }`,
    );
  }
  const [negatives, owns] = given.map(({ values }) => values.length / width) as [number, number];
  const values = given.flatMap(({ values }) => Array.from(values));
  const rows = (from: number, length: number) =>
    each(Array.from({ length }, (_, row) => from + row), count);
  return {
    tensor: isVector
      ? tf.tensor2d(values, [negatives + owns, width])
      : tf.tensor1d(values, unet.config.class_embed_type === "timestep" ? "float32" : "int32"),
    own: rows(negatives, owns),
    negative: rows(0, negatives),
  };
}

/** One an image. */
export function each<T extends string | number>(given: T | readonly T[], count: number): T[] {
  const list = [given].flat() as T[];
  return list.length === 1 ? new Array<T>(count).fill(list[0]!) : list;
}
