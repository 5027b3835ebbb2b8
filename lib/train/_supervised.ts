/**
 * Learning from labelled images: classes, or numbers such as vote fractions.
 *
 * @module
 */

import type { Augmentation, Mix } from "../augment/mod.ts";
import type { Labels } from "../data/mod.ts";
import type { CallOptions } from "../nn/mod.ts";
import { foldIn, type Key, split, tf, toFloat } from "../tensorflow/mod.ts";
import { type Labelled, type Loss, type Outputs, sharesOf } from "./losses.ts";
import { nameOf } from "./_describe_training.ts";
import type { Objective } from "./objective.ts";

/** From a batch's input, as floats, to logits. */
export type Network = (input: tf.Tensor, options?: CallOptions) => tf.Tensor;

/** What the objective is made of. */
export type Supervision<B extends Labelled> = {
  network: Network;
  /** What the network is given for a batch: its bytes, or what was made of them before. */
  input(batch: B): tf.Tensor;
  loss: Loss;
  /** Outputs that the network must have. */
  outputs: number;
  augment?: Augmentation;
  mix?: Mix;
  /** What `config.json` says beside the loss. */
  config?: Readonly<Record<string, unknown>>;
};

/** The loss of labelled examples, and its metric. */
export function supervised<B extends Labelled>(
  { network, input, loss, outputs, augment, mix, config }: Supervision<B>,
): Objective<B, { input: tf.Tensor; targets: tf.Tensor }> {
  const { name, better } = loss.metric;
  return {
    metrics: { [name]: better },
    config: {
      loss: nameOf(loss),
      ...(augment && { augment: nameOf(augment) }),
      ...(mix && { mix: nameOf(mix) }),
      ...config,
    },
    inputs: (batch) => ({ input: input(batch), targets: loss.targets(batch) }),
    loss({ input, targets }, { key, training }) {
      if (!training) {
        // What is for training alone, smoothing and weights, is left out, so that runs compare
        const [losses, values, counts] = measured(network(toFloat(input)), targets);
        const weight = tf.maximum(counts!, 1);
        return {
          ...{ loss: tf.div(losses!, weight), weight: counts! },
          metrics: { [name]: { sum: values!, count: counts! } },
        };
      }
      const [forAugment, forModel] = split(key) as [Key, Key];
      const clean = toFloat(input) as tf.Tensor4D;
      const augmented = augment?.(forAugment, clean) ?? clean;
      const mixed = mix === undefined
        ? { images: augmented, targets }
        : mix(foldIn(key, 2), { images: augmented, targets: sharesOf(targets, outputs) });
      const logits = network(mixed.images, { training: true, key: forModel });
      checkOutputs(logits.shape[1]!, outputs);
      const [losses, values, counts] = measured(logits, mixed.targets);
      return {
        loss: loss.value(logits, mixed.targets),
        weight: loss.weight(mixed.targets),
        ...(loss.isRegularized && { noted: { sum: losses!, count: counts! } }),
        metrics: { [name]: { sum: values!, count: counts! } },
      };
    },
  };

  function measured(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor[] {
    return tf.unstack(tf.sum(loss.measure(logits, targets), 0));
  }
}

/** @throws {TypeError} When a network does not have as many outputs as are to be learnt */
export function checkOutputs(found: number, wanted: number): void {
  if (found === wanted) return;
  throw new TypeError(
    `Cannot train: the network has ${found} outputs, and ${wanted} are to be learnt; reset its last layer`,
  );
}

/**
 * What is to be learnt, the same of both parts.
 *
 * @throws {RangeError} When they differ, or examples have not what is to be learnt
 */
export function outputsOf(
  loss: Loss,
  { train, validation }: {
    train: { set: Labels; indices?: Int32Array };
    validation?: { set: Labels; indices?: Int32Array };
  },
): Outputs {
  const outputs = loss.outputs(train);
  if (validation === undefined) return outputs;
  const [wanted, found] = [outputs, loss.outputs(validation)].map(outputNames);
  if (wanted!.length !== found!.length) {
    throw new RangeError(
      `Cannot train: the training images have ${
        wanted!.length
      } classes or targets, those for validation ${found!.length}`,
    );
  }
  const other = wanted!.findIndex((name, at) => name !== found![at]);
  if (other >= 0) {
    throw new RangeError(
      `Cannot train: the ${
        "classes" in outputs ? "classes" : "targets"
      } of the validation must be those of the training, in their order: number ${other} is "${
        found![other]
      }", wanted "${wanted![other]}"`,
    );
  }
  return outputs;
}

/** The names of the outputs, in order. */
export function outputNames(outputs: Outputs): readonly string[] {
  return "classes" in outputs ? outputs.classes : outputs.fractions;
}
