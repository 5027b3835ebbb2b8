/**
 * The training loop.
 *
 * @module
 */

import { batches, countBatches } from "../data/mod.ts";
import {
  clipByGlobalNorm,
  FLOAT,
  foldIn,
  jit,
  type Key,
  key,
  rawOp,
  split,
  tf,
  toFloat,
} from "../tensorflow/mod.ts";
import { type Augmentation, normalizeImages } from "./augment.ts";
import type { Mix } from "./augment_mix.ts";
import type { Ema } from "./ema.ts";
import { type Classifier, imagesOf, type Normalization, type Subset } from "./evaluate.ts";
import { crossEntropy, type Loss, sharesOf } from "./losses.ts";
import type { Named, Optimizer } from "./optimizers.ts";
import type { Epoch, Position, RunFolder } from "./run_folder.ts";
import type { Schedule } from "./schedules.ts";

/** Settings of {@linkcode fit}. */
export type FitOptions = {
  /** What is trained on. Its `indices` are shuffled anew for each epoch. */
  train: Subset;
  /** What is measured after each epoch. */
  validation: Subset;
  /** Made from `model.namedParameters()`. */
  optimizer: Optimizer;
  /** The learning rate of each step, counted over all epochs. */
  schedule: Schedule;
  epochs: number;
  /** Images in a step; a rest of fewer images is left out of the epoch. */
  batchSize: number;
  /** Where the order of images and all draws come from. */
  seed: number;
  normalization: Normalization;
  /** Random changes of the training images. @default {none} */
  augment?: Augmentation;
  /** Random mixtures of the training images and of what is to be learnt of them. @default {none} */
  mix?: Mix;
  /** What is to be learnt, and how well it is. @default {crossEntropy()} */
  loss?: Loss;
  /** The norm of all gradients together that a step is scaled down to. @default {no limit} */
  clipNorm?: number;
  /** Averages of the parameters, which validation and the best model then use. @default {none} */
  ema?: Ema;
  /** What decides on the best epoch: the loss, or its metric. @default {"validation_loss"} */
  monitor?: `validation_${string}`;
  /** Epochs without a better one after which training ends. @default {Infinity} */
  patience?: number;
  /** Where the run is kept; without it nothing is written. */
  run?: RunFolder;
  /** Whether to go on from where the run folder stands. @default {false} */
  resume?: boolean;
  /** A digest of data and settings: a run resumes only under the same one. @default {""} */
  fingerprint?: string;
  /** Seconds between checkpoints; one is always written at the end. @default {30} */
  checkpointSeconds?: number;
  /** Stops between two steps, after writing a checkpoint. */
  signal?: AbortSignal;
  /** Called after each step. */
  onStep?: (step: { epoch: number; step: number; steps: number; loss: number }) => void;
  /** Called after each epoch. */
  onEpoch?: (epoch: Epoch) => void;
};

/**
 * Trains a classifier. With a run folder it can be stopped at any moment, also by force, and resumed:
 * the outcome is the same to the bit as without a stop (on the same machine and number of threads).
 *
 * @returns The rows of all epochs, and the best one
 * @throws {DOMException} When the signal aborts; the run can be resumed
 * @throws {RangeError} When loss or gradients are no longer finite, naming the step and its images;
 * when an option is out of range
 *
 * @example
 * ```ts
 * import { AdaptiveAvgPool2d, Flatten, Linear, Sequential } from "galaxykit/nn";
 * import { constant, fit, sgd } from "galaxykit/train";
 * import { key } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * // Two classes: dark and bright images.
 * const labels = Int32Array.from({ length: 16 }, (_, i) => i % 2);
 * const images = new Uint8Array(16 * 8 * 8 * 3).map((_, i) => labels[Math.floor(i / 192)] * 200);
 * const ids = [...labels].map((_, i) => `${i}`);
 * const set = { images, labels, ids, size: 8, classes: ["dark", "bright"] };
 * const fc = new Linear(3, 2, { key: key(1) });
 * const model = new Sequential({ pool: new AdaptiveAvgPool2d(1), flat: new Flatten(), fc });
 * const { history } = await fit(model, {
 *   train: { set },
 *   validation: { set },
 *   optimizer: sgd(model.namedParameters(), { momentum: 0.9 }),
 *   schedule: constant(0.1),
 *   epochs: 2,
 *   batchSize: 8,
 *   seed: 1,
 *   normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
 * });
 * assert.ok(history[1].train_loss < history[0].train_loss);
 * ```
 */
export async function fit(
  model: Classifier,
  options: FitOptions,
): Promise<{ history: Epoch[]; best: { epoch: number; value: number } }> {
  const {
    train,
    validation,
    optimizer,
    schedule,
    epochs,
    batchSize,
    seed,
    normalization,
    augment,
    mix,
    loss = crossEntropy(),
    clipNorm,
    ema,
    monitor = "validation_loss",
    patience = Infinity,
    run,
    resume = false,
    fingerprint = "",
    checkpointSeconds = 30,
    signal,
    onStep,
    onEpoch,
  } = options;
  for (const [name, value] of Object.entries({ epochs, patience })) {
    if (!(value >= 1)) {
      throw new RangeError(`Cannot train: ${name} must be at least 1, found ${value}`);
    }
  }

  const { metric } = loss;
  if (![`validation_loss`, `validation_${metric.name}`].includes(monitor)) {
    throw new RangeError(
      `Cannot train: monitor must be "validation_loss" or "validation_${metric.name}", found "${monitor}"`,
    );
  }
  loss.outputs(validation);
  const outputs = loss.outputs(train);

  // 1. One step, traced: augmentation, forward, gradients, update.
  const parameters = trainable(model.namedParameters());
  const trainStep = jit(
    (bytes: tf.Tensor, given: tf.Tensor, stepKey: Key, rate: tf.Scalar) => {
      const [forAugment, forModel] = split(stepKey) as [Key, Key];
      const pixels = toFloat(bytes) as tf.Tensor4D;
      const augmented = augment?.(forAugment, pixels) ?? pixels;
      const { images, targets } = mix === undefined
        ? { images: augmented, targets: given }
        : mix(foldIn(stepKey, 2), { images: augmented, targets: sharesOf(given, outputs) });
      const x = normalizeImages(images, normalization);
      let logits!: tf.Tensor;
      const { value, grads } = tf.variableGrads(() => {
        logits = tf.keep(model.call(x, { training: true, key: forModel }));
        checkOutputs(logits);
        return loss.value(logits, targets);
      }, Object.values(parameters));
      const gradients = byParameter(parameters, grads);
      const clipped = clipNorm === undefined ? undefined : clipByGlobalNorm(gradients, clipNorm);
      optimizer.apply(clipped?.grads ?? gradients, rate);
      ema?.update();
      const [, right, count] = tf.unstack(tf.sum(loss.measure(logits, targets), 0));
      logits.dispose();
      return tf.stack([value, right!, count!, clipped?.norm ?? normOf(gradients)]);
    },
    { name: "trainStep" },
  );
  const measure = jit((bytes: tf.Tensor, targets: tf.Tensor) => {
    const logits = model.call(normalizeImages(toFloat(bytes) as tf.Tensor4D, normalization));
    checkOutputs(logits);
    return loss.measure(logits, targets);
  }, { name: "measure" });

  const isLowBetter = monitor === "validation_loss" || metric.better === "lower";

  // 2. Where to begin.
  const trained = { model, state: { ...optimizer.state, ...prefixed("ema/", ema?.state ?? {}) } };
  let position: Position = {
    epoch: 0,
    step: 0,
    sums: { loss: 0, metric: 0, count: 0 },
    history: [],
    fingerprint,
  };
  run?.removeLeftovers();
  if (resume) position = run?.readLast(trained, fingerprint) ?? position;
  const members = train.indices?.length ?? train.set.labels.length;
  const steps = countBatches(members, { batchSize, lastBatch: "drop" });
  let lastCheckpoint = performance.now();
  const root = key(seed);

  try {
    while (position.epoch < epochs && !isStale()) {
      const started = performance.now();
      const { epoch } = position;

      // 3. An epoch of steps.
      const order = { batchSize, indices: train.indices, shuffle: true, seed, epoch };
      const rest = batches(train.set, {
        ...order,
        lastBatch: "drop",
        firstStep: position.step,
      });
      for await (const batch of rest) {
        signal?.throwIfAborted();
        const number = epoch * steps + position.step;
        const rate = schedule(number);
        const inputs = [
          imagesOf(batch, train.set.size),
          loss.targets(batch),
          foldIn(root, number),
          tf.scalar(rate),
        ] as const;
        const result = await trainStep.async(...inputs);
        const [value, sum, count, norm] = await result.data() as Float32Array;
        tf.dispose([...inputs, result]);
        // Before a checkpoint could keep what such a step has made of the parameters.
        if (!Number.isFinite(value)) throw notFinite(`loss is ${value}`, rate, batch.indices);
        if (!Number.isFinite(norm)) {
          throw notFinite(`norm of the gradients is ${norm}`, rate, batch.indices);
        }
        position.sums.loss += value!;
        position.sums.metric += sum!;
        position.sums.count += count!;
        position.step++;
        onStep?.({ epoch: epoch + 1, step: position.step, steps, loss: value! });
        if (performance.now() - lastCheckpoint > 1000 * checkpointSeconds) await checkpoint();
      }

      // 4. What the epoch came to.
      const measured = ema === undefined ? await validate() : await ema.during(validate);
      const row: Epoch = {
        epoch: epoch + 1,
        train_loss: position.sums.loss / steps,
        validation_loss: measured.loss,
        [`train_${metric.name}`]: position.sums.metric / Math.max(position.sums.count, 1),
        [`validation_${metric.name}`]: measured.metric,
        learning_rate: schedule((epoch + 1) * steps - 1),
        seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
      };
      const value = row[monitor];
      const better = position.best === undefined ||
        (isLowBetter ? value < position.best.value : value > position.best.value);
      position = {
        epoch: epoch + 1,
        step: 0,
        sums: { loss: 0, metric: 0, count: 0 },
        history: [...position.history, row],
        best: better ? { epoch: epoch + 1, value } : position.best,
        fingerprint,
      };
      if (better && run !== undefined) {
        if (ema === undefined) run.writeModel(model);
        else await ema.during(() => Promise.resolve(run.writeModel(model)));
      }
      run?.writeHistory(position.history);
      onEpoch?.(row);
    }
    await checkpoint();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) await checkpoint();
    throw error;
  } finally {
    trainStep.dispose();
    measure.dispose();
    root.dispose();
  }
  return { history: position.history, best: position.best! };

  async function validate(): Promise<{ loss: number; metric: number }> {
    const { set, indices } = validation;
    const sums = [0, 0, 0];
    for await (const batch of batches(set, { batchSize: 64, indices })) {
      signal?.throwIfAborted();
      const inputs = [imagesOf(batch, set.size), loss.targets(batch)] as const;
      const rows = await measure.async(...inputs);
      const values = await rows.data() as Float32Array;
      tf.dispose([...inputs, rows]);
      const broken = values.findIndex(Number.isNaN);
      if (broken >= 0) {
        throw new RangeError(
          `Cannot go on training: after epoch ${
            position.epoch + 1
          } the network gives NaN for image ${
            set.ids[batch.indices[Math.floor(broken / 3)]!]
          }; lower the learning rate, or clip the gradients`,
        );
      }
      values.forEach((value, at) => sums[at % 3] += value);
    }
    const count = Math.max(sums[2]!, 1);
    return { loss: sums[0]! / count, metric: sums[1]! / count };
  }

  function checkOutputs({ shape }: tf.Tensor): void {
    if (shape[1] === outputs) return;
    throw new TypeError(
      `Cannot train ${model.modelName}: it has ${
        shape[1]
      } outputs, and ${outputs} are to be learnt; give it another last layer`,
    );
  }

  function isStale(): boolean {
    return position.best !== undefined && position.epoch - position.best.epoch >= patience;
  }

  async function checkpoint(): Promise<void> {
    await run?.writeLast(trained, position);
    lastCheckpoint = performance.now();
  }

  function notFinite(what: string, rate: number, indices: Int32Array): RangeError {
    const ids = [...indices].map((index) => train.set.ids[index]);
    return new RangeError(
      `Cannot go on training: the ${what} in epoch ${position.epoch + 1}, step ${
        position.step + 1
      } of ${steps} (images ${ids.slice(0, 4).join(", ")}${
        ids.length > 4 ? ` and ${ids.length - 4} more` : ""
      }); lower the learning rate, ${rate} now`,
    );
  }
}

function trainable(parameters: Named<tf.Variable>): Named<tf.Variable> {
  return Object.fromEntries(Object.entries(parameters).filter(([, { trainable }]) => trainable));
}

/** Gradients by the names of the parameters in place of those of tfjs's variables. */
function byParameter(
  parameters: Named<tf.Variable>,
  grads: tf.NamedTensorMap,
): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([, { name }]) => name in grads)
      .map(([key, { name }]) => [key, grads[name]!]),
  );
}

/** √(Σ g²) over all gradients; L2Loss is ½ Σ g². */
function normOf(gradients: Named<tf.Tensor>): tf.Scalar {
  const halves = Object.values(gradients).map((g) =>
    rawOp("L2Loss", [g], { attributes: FLOAT })[0]
  );
  return tf.sqrt(tf.mul(tf.addN(halves), 2));
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}
