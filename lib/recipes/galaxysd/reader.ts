/**
 * Who says what a picture shows: the kit's own network, which has learnt to answer as volunteers do.
 *
 * @module
 */

import { answersOf, gz2Tree, questionOf } from "../../data/mod.ts";
import { type ImageModel, loadPretrained, normalizeImages } from "../../models/mod.ts";
import {
  jit,
  type Jitted,
  resize,
  sigmoid,
  tf,
  toFloat,
  uint8Tensor,
} from "../../tensorflow/mod.ts";

/** The network, and the share of a survey's picture that it looks at. */
const READER = "resnet18_mini";

/** Pictures, as bytes, [count, size, size, 3]. */
export type Bytes = { images: Uint8Array; size: number };

/** Images at once. */
const BATCH = 64;

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
    const bytes = size * size * 3;
    const count = images.length / bytes;
    const fractions = new Float32Array(count * ANSWERS.length);
    for (let from = 0; from < count; from += BATCH) {
      const to = Math.min(count, from + BATCH);
      const batch = uint8Tensor(images.subarray(from * bytes, to * bytes), [
        to - from,
        size,
        size,
        3,
      ]);
      const output = await this.#read.async(batch);
      fractions.set(await output.data() as Float32Array, from * ANSWERS.length);
      tf.dispose([batch, output]);
    }
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
