/**
 * The steps of learning from labelled images.
 *
 * @module
 */

import { batches, countBatches, type ImageBatch } from "../data/mod.ts";
import type { CallOptions } from "../nn/mod.ts";
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
import type { Augmentation } from "../augment/mod.ts";
import type { Mix } from "../augment/mod.ts";
import type { Ema } from "./ema.ts";
import type { Subset } from "./evaluate.ts";
import type { Work } from "./loop.ts";
import { type Loss, sharesOf } from "./losses.ts";
import type { Named, Optimizer } from "./optimizers.ts";

/** Images of a subset, as a network takes them in. */
export type Feed = Subset & {
  /** What the network is given for a batch: its bytes, or what was made of them before. */
  input(batch: ImageBatch): tf.Tensor;
};

/** From what feeds give, as floats, to logits. */
export type Network = (input: tf.Tensor, options?: CallOptions) => tf.Tensor;

/** What the steps are made of. */
export type Supervision = {
  network: Network;
  train: Feed;
  validation: Feed;
  /** The parameters to train, and what trains them. */
  parameters: Named<tf.Variable>;
  optimizer: Optimizer;
  loss: Loss;
  batchSize: number;
  seed: number;
  augment?: Augmentation;
  mix?: Mix;
  clipNorm?: number;
  ema?: Ema;
  signal?: AbortSignal;
};

/**
 * The steps and the measuring, traced. Dispose of it after use.
 *
 * @throws {RangeError} When there is nothing to train
 */
export function supervise(
  supervision: Supervision,
): Omit<Work<ImageBatch>, "name" | "epochs" | "schedule"> & { dispose(): void } {
  const { network, train, validation, parameters, loss, batchSize, seed, signal } = supervision;
  if (Object.keys(parameters).length === 0) {
    throw new RangeError("Cannot train: all parameters are frozen");
  }
  const { metric: { name: metric } } = loss;
  const trainStep = traceStep(supervision);
  const measure = jit(
    (input: tf.Tensor, targets: tf.Tensor) => loss.measure(network(toFloat(input)), targets),
    { name: "measure" },
  );
  const root = key(seed);
  const members = train.indices?.length ?? train.set.ids.length;

  return {
    steps: countBatches(members, { batchSize, lastBatch: "drop" }),
    batches: (place) =>
      batches(train.set, {
        ...place,
        batchSize,
        indices: train.indices,
        shuffle: true,
        seed,
        lastBatch: "drop",
      }),
    describe({ indices }) {
      const ids = Array.from(indices.subarray(0, 4), (index) => train.set.ids[index]);
      const more = indices.length - ids.length;
      return `images ${ids.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
    },
    async step(batch, { number, rate }) {
      const inputs = [
        train.input(batch),
        loss.targets(batch),
        foldIn(root, number),
        tf.scalar(rate),
      ] as const;
      const result = await trainStep.async(...inputs);
      const [value, metric, count, norm] = await result.data() as Float32Array;
      tf.dispose([...inputs, result]);
      return { loss: value!, metric: metric!, count: count!, steps: 1, norm: norm! };
    },
    async measure(sums) {
      const measured = await validate();
      return {
        train_loss: sums.loss! / sums.steps!,
        validation_loss: measured.loss,
        [`train_${metric}`]: sums.metric! / Math.max(sums.count!, 1),
        [`validation_${metric}`]: measured.metric,
      };
    },
    dispose() {
      trainStep.dispose();
      measure.dispose();
      root.dispose();
    },
  };

  async function validate(): Promise<{ loss: number; metric: number }> {
    const { set, indices } = validation;
    const sums = [0, 0, 0];
    for await (const batch of batches(set, { batchSize: 64, indices })) {
      signal?.throwIfAborted();
      const inputs = [validation.input(batch), loss.targets(batch)] as const;
      const rows = await measure.async(...inputs);
      const values = await rows.data() as Float32Array;
      tf.dispose([...inputs, rows]);
      const broken = values.findIndex(Number.isNaN);
      if (broken >= 0) {
        throw new RangeError(
          `Cannot go on training: the network gives NaN for the validation image ${
            set.ids[batch.indices[Math.floor(broken / 3)]!]
          }; lower the learning rate, or clip the gradients`,
        );
      }
      values.forEach((value, at) => sums[at % 3]! += value);
    }
    const count = Math.max(sums[2]!, 1);
    return { loss: sums[0]! / count, metric: sums[1]! / count };
  }
}

/** One step, traced: augmentation, forward, gradients, update. Gives loss, metric, count, norm. */
function traceStep(
  { network, parameters, optimizer, loss, train, augment, mix, clipNorm, ema }: Supervision,
) {
  const outputs = loss.outputs(train);
  return jit((input: tf.Tensor, given: tf.Tensor, stepKey: Key, rate: tf.Scalar) => {
    const [forAugment, forModel] = split(stepKey) as [Key, Key];
    const clean = toFloat(input) as tf.Tensor4D;
    const augmented = augment?.(forAugment, clean) ?? clean;
    const { images, targets } = mix === undefined
      ? { images: augmented, targets: given }
      : mix(foldIn(stepKey, 2), { images: augmented, targets: sharesOf(given, outputs) });
    let logits!: tf.Tensor;
    const { value, grads } = tf.variableGrads(() => {
      logits = tf.keep(network(images, { training: true, key: forModel }));
      checkOutputs(logits.shape[1]!, outputs);
      return loss.value(logits, targets);
    }, Object.values(parameters));
    const gradients = byParameter(parameters, grads);
    const clipped = clipNorm === undefined ? undefined : clipByGlobalNorm(gradients, clipNorm);
    optimizer.apply(clipped?.grads ?? gradients, rate);
    ema?.update();
    const [, metric, count] = tf.unstack(tf.sum(loss.measure(logits, targets), 0));
    logits.dispose();
    return tf.stack([value, metric!, count!, clipped?.norm ?? normOf(gradients)]);
  }, { name: "trainStep" });
}

/** @throws {TypeError} When a network does not have as many outputs as are to be learnt */
export function checkOutputs(found: number, wanted: number): void {
  if (found === wanted) return;
  throw new TypeError(
    `Cannot train: the network has ${found} outputs, and ${wanted} are to be learnt; reset its last layer`,
  );
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
