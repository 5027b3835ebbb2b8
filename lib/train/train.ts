/**
 * The training of everything that is trained: phases, epochs, checkpoints, the best, the end.
 *
 * @module
 */

import { type Batched, batches } from "../data/mod.ts";
import type { Module } from "../nn/mod.ts";
import { isFolder } from "../files.ts";
import { interruptible } from "../interrupt.ts";
import { type OptionNames, refuseOutside, refuseUnknown } from "../options.ts";
import { foldIn, type Key, key, tf, type Tree } from "../tensorflow/mod.ts";
import { Events } from "./_events.ts";
import { describeTraining, nameOf, trainedOf } from "./_describe_training.ts";
import { type Best, type Epoch, epochText } from "./history.ts";
import type { Objective } from "./objective.ts";
import { adamw, type Named, type Optimizer, prefixed } from "./optimizers.ts";
import { COMMON_OPTIONS, type CommonOptions, type PhasePlan } from "./options.ts";
import { type Position, RunFolder } from "./run_folder.ts";
import { type Schedule, scheduleOf } from "./schedules.ts";
import { firstNotFinite } from "./_finite.ts";
import { lossScaleOf } from "./_loss_scale.ts";
import { type Measured, mergeMeasured, type Steps, traceSteps } from "./_step.ts";
import { checkParts, stepsOf, type Subset, type Task } from "./task.ts";

/** Settings of {@linkcode train}. */
export type TrainOptions<B extends Batched> = CommonOptions & Omit<Task<B, Tree>, "objective"> & {
  /** What a checkpoint holds: everything that is trained, or must be kept beside. */
  model: Module;
  /** At most. */
  epochs: number;
  /** The learning rate, or that of each step, counted over all epochs. */
  rate: number | Schedule;
  /** Made from `model.namedParameters()`. @default {adamw of those that are not frozen} */
  optimizer?: Optimizer;
};

const TRAIN_OPTIONS: OptionNames<TrainOptions<Batched>> = {
  ...{ ...COMMON_OPTIONS, model: true, train: true, validation: true },
  ...{ epochs: true, rate: true, optimizer: true },
};

/** What a training came to. */
export type Trained = {
  /** The rows of all epochs. */
  history: Epoch[];
  /** The best one; the run folder keeps its weights. */
  best: Best;
};

/**
 * Trains a model to lower an objective, whatever that is. With a run folder it can be stopped at any
 * moment, also by force, and resumed: the outcome is the same to the bit as without a stop (on the
 * same machine and number of threads). `fit` and `finetune` are this for images with labels.
 *
 * @throws {DOMException} When the signal aborts; the run can be resumed
 * @throws {RangeError} When an option is out of range; when loss or gradients are no longer finite,
 * naming the step and its examples
 * @throws {Error} When the run folder holds something else
 *
 * @example
 * ```ts
 * import { memorySource } from "galaxykit/data";
 * import { Linear } from "galaxykit/nn";
 * import { key, tf } from "galaxykit/tensorflow";
 * import { train } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * // y = 2 x, from noughts
 * const x = Float32Array.from({ length: 32 }, (_, i) => i / 32);
 * const set = memorySource({ x, y: x.map((value) => 2 * value) }, { length: 32 });
 * const model = new Linear(1, 1, { key: key(1) });
 * const { history } = await train({
 *   inputs: ({ x, y }: { x: Float32Array; y: Float32Array; indices: Int32Array }) => ({
 *     x: tf.tensor2d(x, [x.length, 1]),
 *     y: tf.tensor2d(y, [y.length, 1]),
 *   }),
 *   loss: ({ x, y }) => ({ loss: tf.mean(tf.squaredDifference(model.call(x), y)) }),
 * }, { model, train: { set }, batchSize: 8, epochs: 40, rate: 0.1, seed: 1 });
 * assert.ok(history[39].train_loss < 0.01);
 * ```
 */
export async function train<B extends Batched, T extends Tree>(
  objective: Objective<B, T>,
  given: TrainOptions<B>,
): Promise<Trained> {
  refuseUnknown(given, TRAIN_OPTIONS, { what: "train" });
  const { epochs, rate, optimizer, train, validation, ...options } = given;
  const parameters = trainableOf(options.model);
  if (Object.keys(parameters).length === 0) {
    throw new RangeError("Cannot train: all parameters are frozen");
  }
  if (optimizer !== undefined) checkMade(optimizer, "apply", "optimizer", "sgd, adam or adamw");
  const own = optimizer ?? adamw(parameters);
  const schedule = scheduleOf(rate);
  const plan = {
    ...{
      epochs,
      schedule,
      config: { trained: trainedOf(Object.keys(parameters)), optimizer: nameOf(own) },
    },
    enter: () => ({ parameters, optimizer: own }),
  };
  try {
    return await trainPhases({ objective, train, validation }, { ...options, phases: [plan] });
  } finally {
    if (optimizer === undefined) own.dispose();
  }
}

/**
 * Trains phase after phase.
 *
 * @throws As {@linkcode train}
 */
export async function trainPhases<B extends Batched, T extends Tree>(
  whole: Task<B, T>,
  { phases, ...given }: CommonOptions & { model: Module; phases: readonly PhasePlan[] },
): Promise<Trained> {
  using work = interruptible(given.signal);
  const options = { ...given, signal: work.signal };
  const { model, ema, seed = 0, patience, signal, checkpointSeconds = 30 } = options;
  checkOptions(whole, { phases, ...options });
  const monitor = monitorOf(whole, options.monitor);

  // 1. The run: a new one, or where it stands.
  const { run, saved, fingerprint, hold } = await begin(whole, { phases, ...options, seed });
  using _hold = hold;
  let position: Position = saved?.position ??
    { phase: 0, start: 0, epoch: 0, step: 0, sums: {}, history: [], fingerprint };
  const first = position.phase;
  using scale = lossScaleOf(options);
  const draws = drawsOf(seed);
  let state: Named<tf.Variable> = {};
  let lastCheckpoint = performance.now();
  /** Nothing is kept that could not be gone on from: what was kept before stays. */
  async function checkWhole(): Promise<void> {
    const broken = await firstNotFinite({ model, state });
    if (broken === undefined) return;
    const { epoch, step } = position;
    throw new RangeError(
      `Cannot go on training: ${broken} holds NaN or infinite values after ${
        step > 0 ? `step ${step} of epoch ${epoch + 1}` : `epoch ${epoch}`
      }${
        run === undefined ? "" : "; what was kept before is whole"
      }; lower the learning rate, or clip the gradients`,
    );
  }
  async function checkpoint(): Promise<void> {
    await checkWhole();
    await run?.writeLast({ model, state }, position);
    lastCheckpoint = performance.now();
  }

  try {
    using events = eventsOf(run, position.history, options);
    // 2. Phases: those that are over are not entered again.
    for (let phase = first; phase < phases.length; phase++) {
      if (phase > first) {
        position = { ...position, phase, start: position.epoch, phaseBest: undefined };
      }
      const { name, epochs, schedule, enter, prepare } = phases[phase]!;
      const { parameters, optimizer } = enter();
      state = { ...optimizer.state, ...prefixed("ema/", ema?.state), ...scale?.state };
      if (phase === first) saved?.restore({ model, state });
      if (isOver({ epochs }, position, { patience })) continue;
      const broken = await firstNotFinite({ model, state });
      if (broken !== undefined) {
        throw new RangeError(
          `Cannot train: ${broken} holds NaN or infinite values; make the network anew, or load its weights`,
        );
      }
      const task: Task<Batched, Tree> = await prepare?.() ?? (whole as Task<Batched, Tree>);
      const { objective, train, validation } = task;
      using steps = traceSteps({ objective, parameters, optimizer }, { ...options, scale });
      const perEpoch = stepsOf(train, options);

      while (!isOver({ epochs }, position, { patience })) {
        const started = performance.now();
        const { epoch, start } = position;
        const named = name === undefined ? {} : { phase: name };
        const what = `${name === undefined ? "" : `${name}, `}epoch ${epoch + 1}`;

        // 3. An epoch of steps.
        const place = { epoch, firstStep: position.step };
        for await (const parts of batchesOf(train, { ...options, ...place })) {
          signal?.throwIfAborted();
          if (parts.length === 0) {
            position = { ...position, step: position.step + 1 };
            continue;
          }
          const number = epoch * perEpoch + position.step;
          const rate = schedule(number - start * perEpoch);
          using at = draws.ofStep(number);
          const inputs = parts.map((batch) => objective.inputs(batch));
          const measured = await steps.take(inputs, { key: at.key, rate });
          // Before a checkpoint could keep what such a step has made of the parameters
          const checked = { "loss": measured.loss, "norm of the gradients": measured.norm };
          for (const [name, value] of Object.entries(checked)) {
            if (Number.isFinite(value)) continue;
            const place = `epoch ${epoch + 1}, step ${position.step + 1} of ${perEpoch}`;
            const missing = missingValues(train, parts);
            throw new RangeError(
              `Cannot go on training: the ${name} is ${value} in ${place} (${
                missing ?? describe(train, parts)
              }); ${missing ? "leave them out" : `lower the learning rate, ${rate} now`}`,
            );
          }
          position = {
            ...position,
            step: position.step + 1,
            sums: addSums(position.sums, { ...measured, weight: 1 }),
          };
          const { step } = position;
          options.onStep?.({
            ...{ epoch: epoch + 1, step, steps: perEpoch, loss: measured.loss },
            ...named,
          });
          options.onProgress?.({
            ...{ what, done: step, total: perEpoch, unit: "steps" },
            note: `loss ${measured.loss.toFixed(3)}`,
          });
          if (performance.now() - lastCheckpoint > 1000 * checkpointSeconds) await checkpoint();
        }

        if (Object.keys(position.sums).length === 0) {
          throw new RangeError(
            `Cannot train: of ${train.set.length} examples none could be read in epoch ${
              epoch + 1
            }`,
          );
        }

        // 4. What the epoch came to.
        const measure = async () =>
          validation && await validate(validation, { objective, steps, draws, signal });
        const validated = await (ema === undefined ? measure() : ema.during(measure));
        const row: Epoch = {
          epoch: epoch + 1,
          ...named,
          ...columns({ train: position.sums, validation: validated && addSums({}, validated) }),
          learning_rate: schedule((epoch + 1 - start) * perEpoch - 1),
          seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
        } as Epoch;

        // 5. The best so far, and what is kept.
        const value = row[monitor.column];
        if (value === undefined) {
          throw new RangeError(
            `Cannot tell the best epoch: monitor is "${monitor.column}", and the objective gave ${
              Object.keys(row).filter((name) => /^(train|validation)_/.test(name)).join(", ")
            }`,
          );
        }
        const here = { epoch: epoch + 1, value, ...named };
        const isBest = isBetter(value, position.best?.value, monitor);
        const isPhaseBest = isBetter(value, position.phaseBest?.value, monitor);
        position = {
          ...position,
          epoch: epoch + 1,
          step: 0,
          sums: {},
          history: [...position.history, row],
          best: isBest ? here : position.best,
          phaseBest: isPhaseBest ? here : position.phaseBest,
        };
        await checkWhole();
        if (isBest) {
          const keep = async () => await run?.writeModel(model, here);
          await (ema === undefined ? keep() : ema.during(keep));
        }
        run?.writeHistory(position.history);
        events?.write(row);
        await options.onEpoch?.(row);
        options.onProgress?.({ message: epochText(row) });
      }
      await checkpoint();
    }
    return { history: position.history, best: position.best! };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) await checkpoint();
    throw error;
  } finally {
    draws.dispose();
  }
}

/**
 * An epoch's batches in the parts that they are divided into, from a step on; without the parts that
 * the source left out.
 */
async function* batchesOf<B extends Batched>(
  { set, indices }: Subset<B>,
  { batchSize, accumulate = 1, ...place }:
    & Pick<CommonOptions, "batchSize" | "accumulate" | "seed">
    & {
      epoch: number;
      firstStep: number;
    },
): AsyncGenerator<B[]> {
  let parts: B[] = [];
  const order = { ...place, indices, shuffle: true, lastBatch: "drop" } as const;
  const small = { batchSize: batchSize / accumulate, firstStep: place.firstStep * accumulate };
  for await (const part of batches(set, { ...order, ...small, empty: "keep" })) {
    parts.push(part);
    if (parts.length < accumulate) continue;
    yield parts.filter(({ indices }) => indices.length > 0);
    parts = [];
  }
}

/** What the validation comes to: the draws of each of its batches are the same in every epoch. */
async function validate<B extends Batched, T extends Tree>(
  { set, indices }: Subset<B>,
  { objective, steps, draws, signal }: {
    objective: Objective<B, T>;
    steps: Steps<T>;
    draws: Draws;
    signal?: AbortSignal;
  },
): Promise<Measured> {
  async function measure(batch: B, number: number): Promise<Measured> {
    using at = draws.ofValidation(number);
    return await steps.measure(objective.inputs(batch), at.key);
  }
  const measured: Measured[] = [];
  for await (const batch of batches(set, { batchSize: VALIDATION_BATCH, indices })) {
    signal?.throwIfAborted();
    measured.push(await measure(batch, measured.length));
    if (!hasNaN(measured.at(-1)!)) continue;
    let found = describe({ set }, [batch]);
    for (const index of batch.indices) {
      const alone = await set.read(Int32Array.of(index));
      if (hasNaN(await measure(alone, measured.length - 1))) {
        found = set.ids[index]!;
        break;
      }
    }
    throw new RangeError(
      `Cannot go on training: the network gives NaN for the validation example ${found}; lower the learning rate, or clip the gradients`,
    );
  }
  return mergeMeasured(measured);
}

/** Examples that are measured together. */
const VALIDATION_BATCH = 64;

function hasNaN({ loss, metrics }: Measured): boolean {
  return [loss, ...Object.values(metrics).map(({ sum }) => sum)].some(Number.isNaN);
}

/** Keys by the number of a step, and of a batch of the validation. */
type Draws = ReturnType<typeof drawsOf>;

function drawsOf(seed: number) {
  const root = key(seed);
  const validation = foldIn(root, 2 ** 31 - 1); // no step's number
  const keyOf = (own: Key) => ({ key: own, [Symbol.dispose]: () => own.dispose() });
  return {
    ofStep: (number: number) => keyOf(foldIn(root, number)),
    ofValidation: (number: number) => keyOf(foldIn(validation, number)),
    dispose: () => tf.dispose([root, validation]),
  };
}

/** Sums over an epoch, flat, so that a checkpoint can hold them; a loss that was noted goes first. */
function addSums(sums: Position["sums"], { loss, weight, metrics }: Measured): Position["sums"] {
  const own: Record<string, number> = { "loss/sum": loss * weight, "loss/count": weight };
  for (const [name, { sum, count }] of Object.entries(metrics)) {
    own[`${name}/sum`] = sum;
    own[`${name}/count`] = count;
  }
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, (sums[name] ?? 0) + value]),
  );
}

/** The means that sums come to, as columns of the history: each of both parts in turn. */
function columns(
  parts: { train: Position["sums"]; validation?: Position["sums"] },
): Record<string, number> {
  const keys = [...Object.keys(parts.train), ...Object.keys(parts.validation ?? {})];
  const names = new Set(
    keys.filter((key) => key.endsWith("/sum")).map((key) => key.slice(0, -"/sum".length)),
  );
  return Object.fromEntries(
    [...names].flatMap((name) =>
      Object.entries(parts).flatMap(([part, sums = {}]) => {
        const sum = sums[`${name}/sum`];
        const of = sums[`${name}/count`] ?? 0;
        // Noted in the other part alone, or of no example: nobody knows its mean
        if (sum === undefined || of === 0) return [];
        return [[`${part}_${name}`, sum / of] as const];
      })
    ),
  );
}

/** What a batch holds, for messages: "galaxy 3, galaxy 7 and 6 more". */
function describe({ set }: Pick<Subset, "set">, parts: readonly Batched[]): string {
  const indices = parts.flatMap(({ indices }) => [...indices]);
  const ids = indices.slice(0, 4).map((index) => set.ids[index]);
  const more = indices.length - ids.length;
  return `${ids.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Examples of a batch that hold NaN where numbers are wanted: "3, 7 hold NaN in x". */
function missingValues(
  { set }: Pick<Subset, "set">,
  parts: readonly Batched[],
): string | undefined {
  for (const { indices, ...fields } of parts) {
    for (const [name, values] of Object.entries(fields)) {
      // Of targets, NaN says that something was not asked
      if (!(values instanceof Float32Array) || name === "targets") continue;
      const width = values.length / indices.length;
      const rows = [...indices.keys()].filter((row) =>
        values.subarray(row * width, (row + 1) * width).some(Number.isNaN)
      );
      if (rows.length === 0) continue;
      return `${rows.map((row) => set.ids[indices[row]!]).join(", ")} hold NaN in "${name}"`;
    }
  }
  return undefined;
}

/** Whether a phase has had its epochs, or its patience is over. */
function isOver(
  { epochs }: { epochs: number },
  { epoch, start, phaseBest }: Position,
  { patience = Infinity }: { patience?: number },
): boolean {
  if (epoch - start >= epochs) return true;
  return phaseBest !== undefined && epoch - phaseBest.epoch >= patience;
}

/** The column that decides on the best epoch. */
type Monitor = {
  column: `${"train" | "validation"}_${string}`;
  better: "higher" | "lower" | "later";
};

function isBetter(value: number, best: number | undefined, { better }: Monitor): boolean {
  if (best === undefined || better === "later") return true;
  return better === "lower" ? value < best : value > best;
}

function monitorOf<B extends Batched, T extends Tree>(
  { objective, validation }: Task<B, T>,
  column?: CommonOptions["monitor"],
): Monitor {
  if (column === "last" || validation === undefined && column === undefined) {
    return { column: validation ? "validation_loss" : "train_loss", better: "later" };
  }
  const known = { loss: "lower" as const, ...objective.metrics };
  const names = validation === undefined ? [] : Object.keys(known);
  const name = names.find((name) => (column ?? "validation_loss") === `validation_${name}`);
  if (name !== undefined) return { column: `validation_${name}`, better: known[name as "loss"] };
  throw new RangeError(
    validation === undefined
      ? `Cannot train: monitor is "${column}", and there is no validation`
      : `Cannot train: monitor must be ${
        names.map((name) => `"validation_${name}"`).join(" or ")
      }, found "${column}"`,
  );
}

/** Takes the run folder up. */
async function begin<B extends Batched, T extends Tree>(
  task: Task<B, T>,
  { run: given, resume = false, overwrite, config, ...options }: CommonOptions & {
    model: Module;
    phases: readonly PhasePlan[];
  },
) {
  if (given === undefined) return { fingerprint: "" };
  const run = typeof given === "string" ? new RunFolder(given) : given;
  const described = await describeTraining(task, options);
  const taken = Object.keys(config ?? {}).find((name) => name in described || name === "versions");
  if (taken !== undefined) {
    throw new RangeError(
      `Cannot note "${taken}" in config.json: the training's own is there; found it in \`config\`, call it otherwise`,
    );
  }
  const written = { ...config, ...described };
  const mayDiffer = [`training.phases.${options.phases.length - 1}.epochs`];
  const hold = run.hold();
  try {
    const fingerprint = run.begin(written, { resume, overwrite, mayDiffer });
    return { run, fingerprint, hold, saved: resume ? run.readLast(fingerprint) : undefined };
  } catch (error) {
    hold[Symbol.dispose]();
    throw error;
  }
}

/** Where the history is noted for TensorBoard, if it is. */
function eventsOf(
  run: RunFolder | undefined,
  history: readonly Epoch[],
  { tensorBoard = false, resume = false }: Pick<CommonOptions, "tensorBoard" | "resume">,
): Events | undefined {
  if (run === undefined) return undefined;
  const isWanted = tensorBoard || resume && isFolder(run.events);
  return isWanted ? new Events(run.events, history) : undefined;
}

function checkOptions<B extends Batched, T extends Tree>(
  { train, validation }: Task<B, T>,
  { phases, patience = Infinity, batchSize, accumulate = 1, ema, run, tensorBoard, partBytes }:
    & CommonOptions
    & {
      phases: readonly PhasePlan[];
    },
): void {
  if (tensorBoard && run === undefined) {
    throw new RangeError(
      "Cannot write for TensorBoard: tensorBoard is true, and no folder is named (run)",
    );
  }
  checkParts({ train, validation }, { what: "train" });
  refuseOutside({ partBytes }, { partBytes: "[1, ∞)" }, { what: "train" });
  for (
    const [name, value] of [
      ...phases.map(({ epochs }) => ["epochs", epochs] as const),
      [
        "patience",
        patience,
      ] as const,
    ]
  ) {
    if (value >= 1 && (Number.isInteger(value) || value === Infinity)) continue;
    throw new RangeError(`Cannot train: ${name} must be a whole number from 1, found ${value}`);
  }
  if (ema !== undefined) checkMade(ema, "during", "ema", "new Ema(…)");
  const count = train.indices?.length ?? train.set.length;
  const measured = validation && (validation.indices?.length ?? validation.set.length);
  if (measured === 0) throw new RangeError("Cannot train: the validation holds no examples");
  if (batchSize > count) {
    throw new RangeError(
      `Cannot train: batchSize is ${batchSize}, and there are ${count} examples to train on`,
    );
  }
  if (!(Number.isInteger(accumulate) && accumulate >= 1 && batchSize % accumulate === 0)) {
    throw new RangeError(
      `Cannot train: accumulate must divide batchSize, ${batchSize}, into equal parts, found ${accumulate}`,
    );
  }
  if (patience < Infinity && validation === undefined) {
    throw new RangeError("Cannot train: patience wants a validation, and there is none");
  }
}

/** @throws {TypeError} When an option is not what the kit makes for it */
function checkMade(value: unknown, method: string, name: string, maker: string): void {
  if (typeof (value as Record<string, unknown> | null)?.[method] === "function") return;
  throw new TypeError(`Cannot train: ${name} must be made by ${maker}, found ${value}`);
}

/** The parameters that are not frozen. */
export function trainableOf(model: Module): Named<tf.Variable> {
  return Object.fromEntries(
    Object.entries(model.namedParameters()).filter(([, { trainable }]) => trainable),
  );
}
