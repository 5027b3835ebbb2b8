/**
 * Settings that all trainings have in common.
 *
 * @module
 */

import type { OptionNames } from "../options.ts";
import type { OnProgress } from "../progress.ts";
import type { JitOptions, tf } from "../tensorflow/mod.ts";
import type { Ema } from "./ema.ts";
import type { Epoch } from "./history.ts";
import type { Named, Optimizer } from "./optimizers.ts";
import type { RunFolder } from "./run_folder.ts";
import type { Schedule } from "./schedules.ts";
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
export type CommonOptions = {
  /** Examples in a step; a rest of fewer is left out of the epoch. */
  batchSize: number;
  /** Where the order of examples and all draws come from; the run's settings note it. @default {0} */
  seed?: number;
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
  /**
   * Whether to go on from where the folder stands, or else begin there. Everything must be as it was;
   * only the last phase may have more epochs, where its rate is the same throughout. @default {false}
   */
  resume?: boolean;
  /** Whether to begin anew where the folder holds a run, which is lost. @default {false} */
  overwrite?: boolean;
  /**
   * Whether the run's folder also gets the history as event files of TensorBoard, epoch by epoch:
   * `tensorboard --logdir runs` shows all runs below `runs/`. A run that has them and goes on keeps
   * them up. @default {false}
   */
  tensorBoard?: boolean;
  /** More to note in the run's `config.json`, and to agree when it is resumed: a job's settings. */
  config?: Readonly<Record<string, unknown>>;
  /**
   * Parts that a batch is divided into, whose gradients are computed one after the other and added: a
   * large batch in little memory. The outcome is the same but for rounding and batch statistics.
   *
   * @default {1}
   */
  accumulate?: number;
  /**
   * Stands between gradients and optimiser, in the traced step: where several processes train
   * together, it gives the mean of theirs.
   */
  reduce?: (gradients: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;
  /** The norm of all gradients together that a step is scaled down to. @default {no limit} */
  clipNorm?: number;
  /** Averages of the parameters. @default {none} */
  ema?: Ema;
  /**
   * `"dynamic"`: the loss is multiplied by a factor so that small gradients do not vanish in half
   * precision; a step whose gradients overflow is left out, and the factor halved.
   *
   * @default {"dynamic" in float16, which alone needs it, else "none"}
   */
  lossScale?: "dynamic" | "none";
  /**
   * Bytes of parameters that an optimiser moves at once: new values are in memory beside the old ones until
   * it has. @default {64 MB}
   */
  partBytes?: number;
  /** What runs a step, as `jit` knows it. @default {"graph"} */
  compiler?: JitOptions["compiler"];
  /**
   * Of products and convolutions: `"float16"` on GPUs, `"bfloat16"` on CPUs. @default {"float32"}
   */
  precision?: JitOptions["precision"];
  /** Seconds between checkpoints; one is always written at the end. @default {30} */
  checkpointSeconds?: number;
  /** Stops between two steps, after writing a checkpoint. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** Called after each step. */
  onStep?: (step: StepReport) => void;
  /** Called after each epoch; waited for. */
  onEpoch?: ((epoch: Epoch) => void) | ((epoch: Epoch) => Promise<void>);
};

/** Their names. */
export const COMMON_OPTIONS: OptionNames<CommonOptions> = {
  ...{ batchSize: true, seed: true, monitor: true, patience: true, run: true, resume: true },
  ...{ overwrite: true, config: true, accumulate: true, reduce: true, clipNorm: true, ema: true },
  ...{ lossScale: true, compiler: true, precision: true, checkpointSeconds: true, signal: true },
  ...{ onProgress: true, onStep: true, onEpoch: true, tensorBoard: true, partBytes: true },
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

/** How a step goes from a loss to other parameters. */
export type StepOptions = Pick<
  CommonOptions,
  | "accumulate"
  | "reduce"
  | "clipNorm"
  | "ema"
  | "lossScale"
  | "partBytes"
  | "compiler"
  | "precision"
>;
