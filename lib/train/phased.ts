/**
 * Phases of a training, one after the other: what `fit` (one) and `finetune` (several) stand on.
 *
 * @module
 */

import type { Augmentation } from "../augment/mod.ts";
import type { Mix } from "../augment/mod.ts";
import { normalizeImages } from "../models/mod.ts";
import type { Ema } from "./ema.ts";
import { type Classifier, imagesOf, type Normalization, type Subset } from "./evaluate.ts";
import { isOver, type LoopOptions, runPhase } from "./loop.ts";
import { crossEntropy, type Loss } from "./losses.ts";
import type { Named, Optimizer } from "./optimizers.ts";
import type { Best, Epoch, Position, RunFolder } from "./run_folder.ts";
import type { Schedule } from "./schedules.ts";
import { type Feed, type Network, supervise } from "./supervised.ts";
import type { tf } from "../tensorflow/mod.ts";

/** What trainings have in common, in one phase or several. */
export type TrainOptions =
  & Pick<LoopOptions, "checkpointSeconds" | "signal" | "onStep" | "onEpoch">
  & {
    /** What is trained on. Its `indices` are shuffled anew for each epoch. */
    train: Subset;
    /** What is measured after each epoch. */
    validation: Subset;
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
    /** Epochs without a better one in its phase after which a phase ends. @default {Infinity} */
    patience?: number;
    /** Where the run is kept; without it nothing is written. */
    run?: RunFolder;
    /** Whether to go on from where the run folder stands. @default {false} */
    resume?: boolean;
    /** A digest of data and settings: a run resumes only under the same one. @default {""} */
    fingerprint?: string;
  };

/** What a phase trains on, and the network that takes it in. */
export type Inputs = { network: Network; train: Feed; validation: Feed };

/** A phase, worked out. */
export type PhasePlan = {
  name?: string;
  epochs: number;
  schedule: Schedule;
  /** Sets model and optimiser up for it. A resumed run enters its present phase alone. */
  enter(): { parameters: Named<tf.Variable>; optimizer: Optimizer };
  /** What it trains on, when it has steps to take. @default {the images} */
  inputs?(): Promise<Inputs | undefined>;
};

/**
 * Trains phase after phase.
 *
 * @throws {DOMException} When the signal aborts; the run can be resumed
 * @throws {RangeError} When an option is out of range; when loss or gradients are not finite
 */
export async function trainPhases(
  model: Classifier,
  plans: readonly PhasePlan[],
  { loss = crossEntropy(), ...options }: TrainOptions,
): Promise<{ history: Epoch[]; best: Best }> {
  const { ema, run, patience } = options;
  checkOptions(plans, { loss, ...options });
  const monitor = monitored(loss, options.monitor);

  // 1. Where to begin.
  run?.removeLeftovers();
  const saved = options.resume ? run?.readLast(options.fingerprint ?? "") : undefined;
  let position: Position = saved?.position ?? {
    phase: 0,
    start: 0,
    epoch: 0,
    step: 0,
    sums: {},
    history: [],
    fingerprint: options.fingerprint ?? "",
  };

  // 2. Phases: those that are over are not entered again.
  const first = position.phase;
  if (first >= plans.length) {
    throw new RangeError(
      `Cannot resume from "${run!.path}": it stands in phase ${first + 1}, of ${plans.length} now`,
    );
  }
  for (let phase = first; phase < plans.length; phase++) {
    if (phase > first) {
      position = { ...position, phase, start: position.epoch, phaseBest: undefined };
    }
    const plan = plans[phase]!;
    const { parameters, optimizer } = plan.enter();
    const trained = { model, state: { ...optimizer.state, ...prefixed("ema/", ema?.state ?? {}) } };
    if (phase === first) saved?.restore(trained);
    if (isOver(plan, position, { patience })) continue;

    const inputs = await plan.inputs?.() ?? imageInputs(model, options);
    const { dispose, ...steps } = supervise({ ...options, ...inputs, loss, parameters, optimizer });
    const { name, epochs, schedule } = plan;
    const work = { ...steps, name, epochs, schedule };
    try {
      position = await runPhase(work, position, { ...options, monitor, trained });
    } finally {
      dispose();
    }
  }
  return { history: position.history, best: position.best! };
}

/** The images themselves. */
function imageInputs(
  model: Classifier,
  { train, validation, normalization }: Pick<
    TrainOptions,
    "train" | "validation" | "normalization"
  >,
): Inputs {
  function feed(subset: Subset): Feed {
    return { ...subset, input: (batch) => imagesOf(batch, subset.set.size) };
  }
  return {
    network: (images, options) =>
      model.call(normalizeImages(images as tf.Tensor4D, normalization), options),
    train: feed(train),
    validation: feed(validation),
  };
}

function checkOptions(
  plans: readonly PhasePlan[],
  { patience = Infinity, loss, train, validation }: TrainOptions & { loss: Loss },
): void {
  const counts = [...plans.map(({ epochs }) => ["epochs", epochs] as const), [
    "patience",
    patience,
  ]];
  for (const [name, value] of counts as [string, number][]) {
    if (!(value >= 1)) {
      throw new RangeError(`Cannot train: ${name} must be at least 1, found ${value}`);
    }
  }
  const [wanted, found] = [loss.outputs(train), loss.outputs(validation)];
  if (wanted !== found) {
    throw new RangeError(
      `Cannot train: the training images have ${wanted} classes or targets, those for validation ${found}`,
    );
  }
}

function monitored(
  { metric }: Loss,
  column: TrainOptions["monitor"] = "validation_loss",
): LoopOptions["monitor"] {
  if (column === "validation_loss") return { column, better: "lower" };
  if (column === `validation_${metric.name}`) return { column, better: metric.better };
  throw new RangeError(
    `Cannot train: monitor must be "validation_loss" or "validation_${metric.name}", found "${column}"`,
  );
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}
