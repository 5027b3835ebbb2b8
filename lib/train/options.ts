/**
 * Settings that all trainings have in common.
 *
 * @module
 */

import type { OnProgress } from "../progress.ts";
import type { tf } from "../tensorflow/mod.ts";
import type { Epoch } from "./history.ts";
import type { Named, Optimizer } from "./optimizers.ts";
import type { RunFolder } from "./run_folder.ts";
import type { Schedule } from "./schedules.ts";
import type { StepOptions } from "./step.ts";
import type { Task } from "./task.ts";

/** A stretch of a training, worked out. */
export type PhasePlan = {
  /** What it is called in history and curves. */
  name?: string;
  /** At most; `patience` may end it before. */
  epochs: number;
  /** The learning rate of each step, counted from the phase's first. */
  schedule: Schedule;
  /** Sets model and optimiser up for it. A resumed run enters its present phase alone. */
  enter(): { parameters: Named<tf.Variable>; optimizer: Optimizer };
  /**
   * What it trains on where that is not the images and the like themselves, such as features that are
   * computed once. Called when parameters have their values, and there are steps to take.
   */
  // deno-lint-ignore no-explicit-any -- another kind of batch is the phase's own business
  prepare?(): Promise<Task<any, any> | undefined>;
  /** What `config.json` says of it, beside name, epochs and learning rates. */
  config?: Readonly<Record<string, unknown>>;
};

/** What all trainings have in common. */
export type CommonOptions = StepOptions & {
  /** Examples in a step; a rest of fewer is left out of the epoch. */
  batchSize: number;
  /** Where the order of examples and all draws come from. */
  seed: number;
  /**
   * What decides on the best epoch: the validation's loss, or one of its metrics; or `"last"`, so that
   * nothing is chosen by what it is measured on.
   *
   * @default {"validation_loss"; without a validation "last"}
   */
  monitor?: `validation_${string}` | "last";
  /** Epochs without a better one in its phase after which a phase ends. @default {Infinity} */
  patience?: number;
  /** Where the run is kept, a folder's path; without it nothing is written. */
  run?: string | RunFolder;
  /** Whether to go on from where the folder stands, or else begin there. @default {false} */
  resume?: boolean;
  /** More to note in the run's `config.json`, and to agree when it is resumed: a job's settings. */
  config?: Readonly<Record<string, unknown>>;
  /** Seconds between checkpoints; one is always written at the end. @default {30} */
  checkpointSeconds?: number;
  /** Stops between two steps, after writing a checkpoint. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** Called after each step. */
  onStep?: (step: StepReport) => void;
  /** Called after each epoch. */
  onEpoch?: (epoch: Epoch) => void;
};

/** Where a training is, after a step. */
export type StepReport = {
  /** From 1, counted over all phases. */
  epoch: number;
  /** From 1, in the epoch. */
  step: number;
  /** Steps of the epoch. */
  steps: number;
  loss: number;
  /** The phase's name, where there are several. */
  phase?: string;
};
