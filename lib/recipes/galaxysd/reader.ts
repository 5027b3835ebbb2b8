/**
 * Who says what a picture shows: the kit's own network, which has learnt to answer as volunteers do.
 *
 * @module
 */

import { answersOf, gz2Tree, imageSet, questionOf } from "../../data/mod.ts";
import { type ImageModel, loadPretrained, normalizeImages } from "../../models/mod.ts";
import { jit, type Jitted, resize, sigmoid, tf, toFloat } from "../../tensorflow/mod.ts";
import { inferAll, runOnImages } from "../../train/mod.ts";

/** The network, and the share of a survey's picture that it looks at. */
const READER = "resnet18_mini";

/** Pictures, as bytes, [count, size, size, 3]. */
export type Bytes = { images: Uint8Array; size: number };

/** The answers that are told, in the order of the tree. */
const ANSWERS = answersOf(gz2Tree).map(({ id }) => id);

/** Fractions of votes that a network expects, [pictures, 37]. */
export type Answers = { readonly fractions: Float32Array; readonly count: number };

/**
 * A network that reads pictures which show less of the sky than it has learnt from: they are scaled to
 * what it knows, and their margins mirrored. Dispose of it after use.
 */
export class Reader implements Disposable {
  readonly #model: ImageModel;
  readonly #read: Jitted<[tf.Tensor], tf.Tensor>;

  private constructor(model: ImageModel, crop: number) {
    const { size: side, cropFraction = 1 } = model.preprocessing;
    const inner = Math.round(side * Math.min(1, crop / cropFraction));
    const margin = (side - inner) / 2;
    const margins: [number, number] = [Math.floor(margin), Math.ceil(margin)];
    this.#model = model;
    this.#read = jit((images: tf.Tensor) => {
      const scaled = resize(toFloat(images), [inner, inner], { method: "bicubic" });
      const whole = margin === 0
        ? scaled
        : tf.mirrorPad(scaled, [[0, 0], margins, margins, [0, 0]], "reflect");
      return sigmoid(model.call(normalizeImages(whole as tf.Tensor4D, model.normalization)));
    }, { name: "read" });
  }

  /** @param options `crop`: the share of a survey's picture that the pictures show */
  static async open({ crop }: { crop: number }): Promise<Reader> {
    const { model } = await loadPretrained(READER);
    return new Reader(model, crop);
  }

  /** What it makes of pictures. */
  async read({ images, size }: Bytes): Promise<Answers> {
    const count = images.length / (size * size * 3);
    if (count === 0) return { fractions: new Float32Array(0), count };
    const { values: fractions } = await inferAll({ set: imageSet({ images, size }) }, {
      run: runOnImages(this.#read, { size }),
      what: "Reading galaxies",
    });
    return { fractions, count };
  }

  [Symbol.dispose](): void {
    this.#read.dispose();
    this.#model.dispose();
  }
}

/** Of each picture whether an answer is the first of its question. */
export function wins({ fractions, count }: Answers, answer: string): boolean[] {
  const places = questionOf(gz2Tree, answer).answers.map(({ id }) => ANSWERS.indexOf(id));
  const own = ANSWERS.indexOf(answer);
  return Array.from({ length: count }, (_, row) => {
    const at = (place: number) => fractions[row * ANSWERS.length + place]!;
    return places.every((place) => place === own || at(place) < at(own));
  });
}

/** The share of the volunteers of each picture that would give an answer, of those asked. */
export function fractionsOf({ fractions, count }: Answers, answer: string): number[] {
  const own = ANSWERS.indexOf(answer);
  return Array.from({ length: count }, (_, row) => fractions[row * ANSWERS.length + own]!);
}
