/**
 * Training in phases.
 *
 * @module
 */

import { ImageModel } from "../models/mod.ts";
import type { tf } from "../tensorflow/mod.ts";
import { nameOf, trainedOf } from "./_describe_training.ts";
import { cacheFeatures, featureBytes, type FrozenPart, frozenPart } from "./_cached_features.ts";
import { type OptionNames, refuseUnknown } from "../options.ts";
import { IMAGE_OPTIONS, imageObjective, type ImageTraining } from "./fit.ts";
import type { FeatureStore } from "./feature_store.ts";
import type { Best } from "./history.ts";
import { crossEntropy } from "./losses.ts";
import { adam, type Named, type Optimizer, type ParameterSettings } from "./optimizers.ts";
import type { PhasePlan } from "./options.ts";
import { PhaseOptimizers } from "./_phase_optimizer.ts";
import { type Schedule, scheduleOf } from "./schedules.ts";
import { checkOutputs, outputNames, outputsOf, supervised } from "./_supervised.ts";
import { checkParts, stepsOf } from "./task.ts";
import { type Trained, trainPhases } from "./train.ts";
import {
  type BatchNormPolicy,
  distanceFromHead,
  freezeAllBut,
  keepFrozen,
  type Trainable,
  trainedParameters,
} from "./trainable.ts";

/** A stretch of a fine-tuning. */
export type Phase = {
  /** What it is called in history and curves, such as "last three blocks". */
  name: string;
  /** At most; `patience` may end it before. */
  epochs: number;
  /** The learning rate: the same throughout, or a schedule made for the steps of the phase. */
  rate: number | ((steps: number) => Schedule);
  /** What it trains; the rest is frozen. */
  trainable: Trainable;
  /**
   * The learning rate is multiplied by this for each block on the way from the last layer to the
   * image (for each stage, where `trainable` counts in stages): rate · layerDecay^distance, with
   * distance 0 in the last layer and 1 in the last block (Clark et al. 2020, arXiv:2003.10555; Bao et
   * al. 2021, BEiT, arXiv:2106.08254). Usual are 0.65 to 0.9. @default {1}
   */
  layerDecay?: number;
  /**
   * `"new"`: the optimiser's state, such as Adam's momenta, begins anew. `"keep"`: that of parameters
   * which the phase before trained, too, goes on. @default {"new"}
   */
  optimizer?: "new" | "keep";
};

/** Settings of {@linkcode finetune}. */
export type FinetuneOptions = ImageTraining & {
  phases: readonly Phase[];
  /**
   * Makes the optimiser of a phase, for the parameters that it trains: only they have a state.
   * `perParameter` holds the layer decay.
   *
   * @default {adam}
   */
  optimizer?: (
    parameters: Named<tf.Variable>,
    options: { perParameter: (name: string) => ParameterSettings },
  ) => Optimizer;
  /** What batch normalisations do in training. @default {"frozen"} */
  batchNorm?: BatchNormPolicy;
  /**
   * Whether the output of the frozen part is computed once for each phase, kept in memory, and
   * trained on. Wants images that stay as they are: no `augment`, `mix` or `ema`, frozen batch norms,
   * and nothing that drops at random in the frozen part. The outcome is the same but for rounding.
   *
   * @default {where that is so, and 2 GB hold it}
   */
  cacheFeatures?: boolean;
  /**
   * Where that output is kept for other trainings from the same weights, on the same images.
   *
   * @default {nowhere: each phase computes its own}
   */
  features?: FeatureStore;
  /** Called when a phase begins, or goes on after a resume. */
  onPhase?: (phase: PhaseReport) => void;
};

const FINETUNE_OPTIONS: OptionNames<FinetuneOptions> = {
  ...{ ...IMAGE_OPTIONS, phases: true, optimizer: true, batchNorm: true },
  ...{ cacheFeatures: true, features: true, onPhase: true },
};

const PHASE_OPTIONS: OptionNames<Phase> = {
  ...{ name: true, epochs: true, rate: true, trainable: true, layerDecay: true, optimizer: true },
};

function refuseOther(name: string, value: string, wanted: readonly string[]): void {
  if (wanted.includes(value)) return;
  const words = wanted.map((word) => `"${word}"`).join(", ");
  throw new RangeError(
    `Cannot fine-tune: ${name} must be one of ${words}, found ${JSON.stringify(value)}`,
  );
}

/** What a phase is about to do. */
export type PhaseReport = {
  name: string;
  /** From 1. */
  number: number;
  phases: number;
  epochs: number;
  /** How many values it trains. */
  parameters: number;
  /** Whether it trains on features that are computed once. */
  cached: boolean;
};

/**
 * Fine-tunes a network in phases: usually the new last layer first, then the last blocks with it at
 * a tenth of the rate. What a phase does not train is frozen: it costs neither gradients nor
 * optimiser state. Afterwards the model's variables are as trainable as before.
 *
 * `patience` ends the phase, and the next one begins with the weights as they are: each phase counts
 * its own best epoch, as several calls of Keras' `fit` with `EarlyStopping` do. The best epoch of
 * all phases is what the run folder keeps, `run.readModel(model)` loads it. A run with a folder can
 * be stopped at any moment and resumed in any phase, to the same bits.
 *
 * @returns The rows of all epochs, each with its phase, and the best one
 * @throws {DOMException} When the signal aborts; the run can be resumed
 * @throws {RangeError} When an option is out of range, features cannot be cached though
 * `cacheFeatures` asks for it, or loss or gradients are not finite
 * @throws {TypeError} When the last layer does not fit what is to be learnt
 *
 * @example
 * ```ts
 * import { imageSet } from "galaxykit/data";
 * import { resnet18 } from "galaxykit/models";
 * import { key } from "galaxykit/tensorflow";
 * import { finetune } from "galaxykit/train";
 * import assert from "node:assert/strict";
 *
 * // Two classes: dark and bright images.
 * const labels = Int32Array.from({ length: 16 }, (_, i) => i % 2);
 * const images = new Uint8Array(16 * 32 * 32 * 3)
 *   .map((_, i) => labels[Math.floor(i / 3072)] * 200);
 * const set = imageSet({ images, labels, size: 32, classes: ["dark", "bright"] });
 * const model = resnet18({ classes: 2, width: 4, key: key(1) });
 * const { history } = await finetune(model, {
 *   phases: [
 *     { name: "head", epochs: 2, rate: 1e-2, trainable: "head" },
 *     { name: "last blocks", epochs: 1, rate: 1e-3, trainable: { lastBlocks: 2 } },
 *   ],
 *   train: { set },
 *   validation: { set },
 *   batchSize: 8,
 *   seed: 1,
 *   normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
 * });
 * assert.deepEqual(history.map(({ phase }) => phase), ["head", "head", "last blocks"]);
 * assert.ok(history[2].train_loss < history[0].train_loss);
 * ```
 */
export async function finetune(
  model: ImageModel,
  given: FinetuneOptions,
): Promise<Trained & { best: Best & { phase: string } }> {
  refuseUnknown(given, FINETUNE_OPTIONS, { what: "fine-tune" });
  const { phases, optimizer: create = adam, batchNorm = "frozen", ...rest } = given;
  const { loss = crossEntropy(), ...options } = rest;
  if (!(model instanceof ImageModel)) {
    throw new TypeError(
      `Cannot fine-tune: model must be a network for images, such as loadPretrained gives, found ${
        (model as object | undefined)?.constructor?.name ?? model
      }`,
    );
  }
  checkParts(options, { what: "fine-tune" });
  checkPhases(phases);
  refuseOther("batchNorm", batchNorm, ["frozen", "inference", "update"]);
  const { train, validation, normalization = model.normalization } = options;
  const outputs = outputNames(outputsOf(loss, options)).length;
  checkOutputs(model.headLayer.weight.shape[1]!, outputs);
  const objective = imageObjective(model, { ...options, loss });
  const parameters = model.namedParameters();
  const trained = phases.map(({ trainable }) => trainedParameters(model, trainable));
  const parts = trained.map((names) => cachedPart(model, names, { batchNorm, ...options }));
  const optimizers = new PhaseOptimizers(
    parameters,
    phases.map((phase, index) => ({
      trained: trained[index]!,
      optimizer: phase.optimizer ?? "new",
      perParameter: layerDecay(model, phase),
    })),
    create,
  );
  const perEpoch = stepsOf(train, options);

  const plans = phases.map((phase, index): PhasePlan => ({
    name: phase.name,
    epochs: phase.epochs,
    schedule: scheduleOf(
      typeof phase.rate === "function" ? phase.rate(phase.epochs * perEpoch) : phase.rate,
    ),
    config: {
      ...{ trained: trainedOf(trained[index]!), batchNorm, state: phase.optimizer ?? "new" },
      optimizer: nameOf(create),
      ...(typeof phase.trainable === "function" ? {} : { trainable: phase.trainable }),
      ...(phase.layerDecay === undefined ? {} : { layerDecay: phase.layerDecay }),
    },
    enter() {
      freezeAllBut(model, trained[index]!, { batchNorm });
      const own = trained[index]!.map((name) => [name, parameters[name]!] as const);
      return { parameters: Object.fromEntries(own), optimizer: optimizers.enter(index) };
    },
    async prepare() {
      const part = parts[index]!;
      const { signal, onProgress, batchSize, features } = options;
      const report = {
        ...{ name: phase.name, number: index + 1, phases: phases.length, epochs: phase.epochs },
        parameters: trained[index]!.reduce((sum, name) => sum + parameters[name]!.size, 0),
        cached: part.end !== "none",
      };
      options.onPhase?.(report);
      onProgress?.({ message: phaseText(report) });
      if (part.end === "none") return undefined;
      const cached = await cacheFeatures(model, part, {
        ...{ train, validation, normalization, batchSize, features, signal, onProgress },
      });
      const { network, input } = cached;
      return { ...cached, objective: supervised({ network, input, loss, outputs }) };
    },
  }));
  const restore = keepFrozen(model);
  try {
    const { history, best } = await trainPhases({ objective, train, validation }, {
      ...options,
      model,
      phases: plans,
    });
    return { history, best: best as Best & { phase: string } };
  } finally {
    optimizers.dispose();
    restore();
  }
}

function phaseText({ name, number, phases, parameters, cached }: PhaseReport): string {
  const how = cached ? ", on features that are computed once" : "";
  return `${name}, phase ${number} of ${phases}: ${
    parameters.toLocaleString("en")
  } parameters${how}`;
}

/** Features that take no more are cached without being asked for, in bytes. */
const CACHED_BYTES = 2e9;

/**
 * What can be cached of a phase; nothing where that is not wanted.
 *
 * @throws {RangeError} When it is asked for and cannot be
 */
function cachedPart(
  model: ImageModel,
  trained: readonly string[],
  { cacheFeatures: wanted, batchNorm, augment, mix, ema, train, validation }:
    & Pick<FinetuneOptions, "cacheFeatures" | "batchNorm">
    & ImageTraining,
): FrozenPart {
  if (wanted === false) return { end: "none" };
  const reasons = {
    "augment changes the images": augment !== undefined,
    "mix changes the images": mix !== undefined,
    "ema holds averages of the frozen part, too": ema !== undefined,
    'batchNorm "update" changes the frozen part': batchNorm === "update",
  };
  const reason = Object.entries(reasons).find(([, applies]) => applies)?.[0];
  const part = frozenPart(model, trained);
  if (part.end !== "none" && reason === undefined) {
    const fits = wanted || featureBytes(model, part, { train, validation }) <= CACHED_BYTES;
    return fits ? part : { end: "none" };
  }
  const why = part.end === "none" ? part.reason : reason;
  if (wanted && why !== undefined) {
    throw new RangeError(`Cannot cache features of ${model.modelName}: ${why}`);
  }
  return { end: "none" };
}

/** The factor of each parameter's learning rate. */
function layerDecay(
  model: ImageModel,
  { layerDecay: decay = 1, trainable }: Phase,
): (name: string) => ParameterSettings {
  const by = typeof trainable === "object" ? trainable.by ?? "block" : "block";
  const distance = distanceFromHead(model, { by });
  return (name) => ({ rateFactor: decay ** distance(name) });
}

function checkPhases(phases: readonly Phase[]): void {
  if (!Array.isArray(phases)) {
    throw new TypeError(
      `Cannot fine-tune: phases must be a list, found ${typeof phases}; write phases: [{ … }]`,
    );
  }
  if (phases.length === 0) throw new RangeError("Cannot fine-tune: there are no phases");
  for (const [index, phase] of phases.entries()) {
    const what = `fine-tune in phase ${index + 1}`;
    refuseUnknown<Phase>(phase, PHASE_OPTIONS, { what });
    for (const name of ["name", "epochs", "rate", "trainable"] as const) {
      if (phase[name] === undefined) throw new TypeError(`Cannot ${what}: it needs ${name}`);
    }
    refuseOther("optimizer", phase.optimizer ?? "new", ["new", "keep"]);
  }
  const names = phases.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new RangeError(`Cannot fine-tune: two phases are called "${twice}"`);
  }
  for (const { name, layerDecay = 1 } of phases) {
    if (layerDecay > 0 && layerDecay <= 1) continue;
    throw new RangeError(
      `Cannot fine-tune: layerDecay of phase "${name}" must be in (0, 1], found ${layerDecay}`,
    );
  }
}
