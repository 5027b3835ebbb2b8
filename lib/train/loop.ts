/**
 * The loop of every training, whatever is learnt: epochs of steps, checkpoints, history, the end.
 *
 * @module
 */

import type { Ema } from "./ema.ts";
import type { Epoch, Measured, Position, RunFolder, Trained } from "./run_folder.ts";
import type { Schedule } from "./schedules.ts";

/** One phase of a training, to the loop. `B` is a batch, which it only hands over. */
export type Work<B> = {
  /** The phase's name, where there are several. */
  name?: string;
  /** At most; {@linkcode LoopOptions.patience} may end it before. */
  epochs: number;
  /** Steps of an epoch. */
  steps: number;
  /** The learning rate of each step, counted from the phase's first. */
  schedule: Schedule;
  /** An epoch's batches, in an order that the epoch's number fixes, from a step on. */
  batches(place: { epoch: number; firstStep: number }): AsyncIterable<B>;
  /**
   * Takes a step. What it gives is summed up over the epoch, all but the norm of the gradients.
   *
   * @param at `number`: of the step, counted over the whole run, to draw from
   */
  step(
    batch: B,
    at: { number: number; rate: number },
  ): Promise<{ loss: number; norm: number; [summed: string]: number }>;
  /** What an epoch came to: the columns of its row, from the sums over its steps. */
  measure(sums: Record<string, number>): Promise<Measured>;
  /** What a batch holds, for messages: "images a, b and 6 more". */
  describe(batch: B): string;
};

/** How a loop ends, and what it leaves behind. */
export type LoopOptions = {
  /** The column that decides on the best epoch. */
  monitor: { column: keyof Measured; better: "higher" | "lower" };
  /** Epochs without a better one in this phase after which it ends. @default {Infinity} */
  patience?: number;
  /** Where the run is kept; without it nothing is written. */
  run?: RunFolder;
  /** What a checkpoint holds. */
  trained: Trained;
  /** Averages that the best model is made of. @default {none} */
  ema?: Ema;
  /** Seconds between checkpoints; one is always written at the end. @default {30} */
  checkpointSeconds?: number;
  /** Stops between two steps, after writing a checkpoint. */
  signal?: AbortSignal;
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

/** Whether a phase has had its epochs, or its patience is over. */
export function isOver(
  { epochs }: { epochs: number },
  { epoch, start, phaseBest }: Position,
  { patience = Infinity }: { patience?: number },
): boolean {
  if (epoch - start >= epochs) return true;
  return phaseBest !== undefined && epoch - phaseBest.epoch >= patience;
}

/**
 * Goes on with a phase from a position to its end.
 *
 * @returns The position at the end
 * @throws {DOMException} When the signal aborts, after a checkpoint
 * @throws {RangeError} When loss or gradients are no longer finite
 */
export async function runPhase<B>(
  work: Work<B>,
  from: Position,
  options: LoopOptions,
): Promise<Position> {
  const { monitor, run, trained, ema, checkpointSeconds = 30, signal, onStep, onEpoch } = options;
  const { name: phase, steps } = work;
  let position = from;
  let lastCheckpoint = performance.now();

  async function checkpoint(): Promise<void> {
    await run?.writeLast(trained, position);
    lastCheckpoint = performance.now();
  }

  try {
    while (!isOver(work, position, options)) {
      const started = performance.now();
      const { epoch, start } = position;

      // 1. An epoch of steps.
      for await (const batch of work.batches({ epoch, firstStep: position.step })) {
        signal?.throwIfAborted();
        const number = epoch * steps + position.step;
        const rate = work.schedule(number - start * steps);
        const { norm, ...values } = await work.step(batch, { number, rate });
        // Before a checkpoint could keep what such a step has made of the parameters.
        const checked = { "loss": values.loss, "norm of the gradients": norm };
        for (const [name, value] of Object.entries(checked)) {
          if (!Number.isFinite(value)) {
            throw new RangeError(
              `Cannot go on training: the ${name} is ${value} in epoch ${epoch + 1}, step ${
                position.step + 1
              } of ${steps} (${work.describe(batch)}); lower the learning rate, ${rate} now`,
            );
          }
        }
        const sums = Object.fromEntries(
          Object.entries(values).map(([name, value]) => [name, (position.sums[name] ?? 0) + value]),
        );
        position = { ...position, step: position.step + 1, sums };
        onStep?.({
          epoch: epoch + 1,
          step: position.step,
          steps,
          loss: values.loss,
          ...(phase === undefined ? {} : { phase }),
        });
        if (performance.now() - lastCheckpoint > 1000 * checkpointSeconds) await checkpoint();
      }

      // 2. What the epoch came to.
      const measure = () => work.measure(position.sums);
      const measured = ema === undefined ? await measure() : await ema.during(measure);
      const row: Epoch = {
        epoch: epoch + 1,
        ...(phase === undefined ? {} : { phase }),
        ...measured,
        learning_rate: work.schedule((epoch + 1 - start) * steps - 1),
        seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
      };
      const value = measured[monitor.column];
      const here = { epoch: epoch + 1, value, ...(phase === undefined ? {} : { phase }) };
      const isBest = isBetter(value, position.best?.value, monitor);
      position = {
        ...position,
        epoch: epoch + 1,
        step: 0,
        sums: {},
        history: [...position.history, row],
        best: isBest ? here : position.best,
        phaseBest: isBetter(value, position.phaseBest?.value, monitor) ? here : position.phaseBest,
      };
      if (isBest && run !== undefined) {
        if (ema === undefined) run.writeModel(trained.model);
        else await ema.during(() => Promise.resolve(run.writeModel(trained.model)));
      }
      run?.writeHistory(position.history);
      onEpoch?.(row);
    }
    await checkpoint();
    return position;
  } catch (error) {
    if (signal?.aborted && error === signal.reason) await checkpoint();
    throw error;
  }
}

function isBetter(
  value: number,
  best: number | undefined,
  { better }: LoopOptions["monitor"],
): boolean {
  return best === undefined || (better === "lower" ? value < best : value > best);
}
