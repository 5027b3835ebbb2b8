/**
 * Optimisers. Their state is in variables made at the start, and a step reads and assigns them, so
 * that it can be traced by `jit` together with the gradients.
 *
 * @module
 */

import { refuseOutside, refuseUnknown } from "../options.ts";
import { tf } from "../tensorflow/mod.ts";
import { digestOf } from "../digest.ts";

/** Variables or tensors by parameter name. */
export type Named<T> = Readonly<Record<string, T>>;

/** The same values, their names with a beginning. */
export function prefixed<T>(prefix: string, values: Named<T> = {}): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

/** What may differ between parameters. */
export type ParameterSettings = {
  /** The learning rate is multiplied by this. @default {1} */
  rateFactor?: number;
  /** @default {the optimiser's} */
  weightDecay?: number;
};

/** Which part of a step it is: what all parameters share is moved on in one alone. */
export type StepPart = { isFirst: boolean; isLast: boolean };

/** A step in one. */
const WHOLE: StepPart = { isFirst: true, isLast: true };

/** Something that moves parameters against their gradients. */
export type Optimizer = {
  /**
   * One step. A parameter without a gradient stays.
   *
   * @param gradients By parameter name
   * @param rate The learning rate, as a tensor, so that a traced step takes a new one each time
   * @param part Which part of a step it is, where the gradients come in several. @default {the whole}
   */
  apply(gradients: Named<tf.Tensor>, rate: tf.Scalar, part?: StepPart): void;
  /**
   * Whether the gradients of a step may come in several parts, each of other parameters: then new values
   * of all of a large model need not be in memory beside the old ones. @default {false}
   */
  readonly inParts?: boolean;
  /** What `config.json` says of it: its name and options. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Everything that the next step depends on, beside the parameters. */
  readonly state: Named<tf.Variable>;
  /** Frees the state. */
  dispose(): void;
};

type CommonOptions = {
  /** How strongly weights are pulled to zero. @default {0} */
  weightDecay?: number;
  /** Asked once for each parameter. @default {no differences} */
  perParameter?: (name: string, parameter: tf.Variable) => ParameterSettings;
};

/**
 * Whether a parameter is usually left out of weight decay: biases, and the scales of norms.
 *
 * @example
 * ```ts
 * import { adamw, withoutDecay } from "galaxykit/train";
 * import { tf } from "galaxykit/tensorflow";
 *
 * const parameters = { weight: tf.variable(tf.ones([2, 2])), bias: tf.variable(tf.zeros([2])) };
 * const optimizer = adamw(parameters, { weightDecay: 0.05, perParameter: withoutDecay });
 * optimizer.dispose();
 * ```
 */
export function withoutDecay(_name: string, parameter: tf.Variable): ParameterSettings {
  return parameter.rank <= 1 ? { weightDecay: 0 } : {};
}

/** The options that all optimisers have. */
const COMMON = { weightDecay: true, perParameter: true } as const;

type SgdOptions = CommonOptions & {
  /** μ, in [0, 1). @default {0} */
  momentum?: number;
  /** τ, in [0, 1]. @default {0} */
  dampening?: number;
  /** @default {false} */
  nesterov?: boolean;
};

/**
 * Stochastic gradient descent with momentum, as in PyTorch: v ← μ v + (1 - τ) g, p ← p - rate · v,
 * where g includes the weight decay; with Nesterov's momentum, p ← p - rate · (g + μ v). The first
 * step sets v to g.
 *
 * @throws {RangeError} For an option out of its range, or one that there is not
 */
export function sgd(
  parameters: Named<tf.Variable>,
  options: SgdOptions = {},
): Optimizer {
  refuseUnknown(options, { ...COMMON, momentum: true, dampening: true, nesterov: true }, {
    what: "make SGD",
  });
  refuseOutside(options, { momentum: "[0, 1)", dampening: "[0, 1]", weightDecay: "[0, ∞)" }, {
    what: "make SGD",
  });
  const { perParameter, ...given } = options;
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = given;
  if (nesterov && !(momentum > 0 && dampening === 0)) {
    throw new RangeError(
      `Cannot make SGD: Nesterov's momentum wants a momentum and no dampening, found ${momentum} and ${dampening}`,
    );
  }
  const velocity = momentum > 0 ? zeros(parameters, "velocity") : {};
  const state: Record<string, tf.Variable> = { ...velocity };
  const started = dampening > 0 ? state["started"] = zero([]) : undefined;
  const config = { name: "sgd", ...given };
  return optimizer(
    parameters,
    { config, weightDecay, perParameter, state },
    (each, rate, { isLast }) => {
      const share = started === undefined
        ? tf.scalar(1 - dampening)
        : tf.sub(1, tf.mul(started, dampening));
      each(({ name, parameter, gradient, decay, rateFactor }) => {
        let g = decay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, decay));
        if (momentum > 0) {
          const v = velocity[`velocity/${name}`]!;
          const added = dampening === 0 ? g : tf.mul(g, share);
          const next = tf.add(tf.mul(v, momentum), added);
          v.assign(next);
          g = nesterov ? tf.add(g, tf.mul(next, momentum)) : next;
        }
        parameter.assign(tf.sub(parameter, tf.mul(g, scaled(rate, rateFactor))));
      });
      if (isLast) started?.assign(tf.scalar(1));
    },
  );
}

type AdamOptions = CommonOptions & {
  /** Decay of the mean of gradients, in [0, 1). @default {0.9} */
  beta1?: number;
  /** Decay of the mean of their squares, in [0, 1). @default {0.999} */
  beta2?: number;
  /** Above 0 in float32, too. @default {1e-8} */
  epsilon?: number;
};

/**
 * Adam (Kingma and Ba 2014, arXiv:1412.6980), as in PyTorch: weight decay is added to gradients.
 *
 * @throws {RangeError} For an option out of its range, or one that there is not
 */
export function adam(parameters: Named<tf.Variable>, options: AdamOptions = {}): Optimizer {
  checkAdam(options, "make Adam");
  return adamLike(parameters, { weightDecay: 0, ...options, decoupled: false });
}

/**
 * Adam with weight decay apart from the gradients (Loshchilov and Hutter 2017, arXiv:1711.05101):
 * p ← p · (1 - rate · decay) before Adam's step.
 *
 * @throws {RangeError} For an option out of its range, or one that there is not
 */
export function adamw(parameters: Named<tf.Variable>, options: AdamOptions = {}): Optimizer {
  checkAdam(options, "make AdamW");
  return adamLike(parameters, { weightDecay: 0.01, ...options, decoupled: true });
}

function checkAdam(options: AdamOptions, what: string): void {
  refuseUnknown(options, { ...COMMON, beta1: true, beta2: true, epsilon: true }, { what });
  const { epsilon } = options;
  refuseOutside(
    // What is 0 in float32 would divide by 0.
    { ...options, epsilon: typeof epsilon === "number" ? Math.fround(epsilon) : epsilon },
    { beta1: "[0, 1)", beta2: "[0, 1)", epsilon: "(0, ∞)", weightDecay: "[0, ∞)" },
    { what },
  );
}

function adamLike(
  parameters: Named<tf.Variable>,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decoupled, ...common }:
    & AdamOptions
    & { weightDecay: number; decoupled: boolean },
): Optimizer {
  const { weightDecay } = common;
  const config = { name: decoupled ? "adamw" : "adam", beta1, beta2, epsilon, weightDecay };
  const mean = zeros(parameters, "mean");
  const square = zeros(parameters, "square");
  const steps = zero([]);
  const state = { ...mean, ...square, steps };
  return optimizer(parameters, { ...common, config, state }, (each, rate, { isFirst }) => {
    if (isFirst) steps.assign(tf.add(steps, 1));
    const correction1 = oneMinusPower(beta1, steps);
    const correction2 = tf.sqrt(oneMinusPower(beta2, steps));
    each(({ name, parameter, gradient, decay, rateFactor }) => {
      const ownRate = scaled(rate, rateFactor);
      const g = decay === 0 || decoupled ? gradient : tf.add(gradient, tf.mul(parameter, decay));
      const m = mean[`mean/${name}`]!;
      const s = square[`square/${name}`]!;
      m.assign(tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)));
      s.assign(tf.add(tf.mul(s, beta2), tf.mul(tf.square(g), 1 - beta2)));
      const kept = decay === 0 || !decoupled
        ? parameter
        : tf.mul(parameter, tf.sub(1, tf.mul(ownRate, decay)));
      const size = tf.add(tf.div(tf.sqrt(s), correction2), epsilon);
      parameter.assign(tf.sub(kept, tf.mul(tf.div(ownRate, correction1), tf.div(m, size))));
    });
  });
}

/** 1 - β^n. The difference itself would lose half of float32's digits where β^n is close to 1. */
function oneMinusPower(beta: number, n: tf.Tensor): tf.Tensor {
  return tf.neg(tf.expm1(tf.mul(n, Math.log(beta))));
}

type Update = {
  name: string;
  parameter: tf.Variable;
  gradient: tf.Tensor;
  decay: number;
  rateFactor: number;
};

/** Walks over the parameters that have a gradient, each with its settings. */
function optimizer(
  parameters: Named<tf.Variable>,
  { config, weightDecay, perParameter, state }: CommonOptions & {
    config: Record<string, unknown>;
    weightDecay: number;
    state: Named<tf.Variable>;
  },
  step: (
    each: (update: (update: Update) => void) => void,
    rate: tf.Scalar,
    part: StepPart,
  ) => void,
): Optimizer {
  const settings = orDispose(state, () =>
    Object.entries(parameters).map(([name, parameter]) => ({
      name,
      parameter,
      decay: weightDecay,
      rateFactor: 1,
      ...settingsOf(name, perParameter?.(name, parameter)),
    })));
  const differing = perParameter && settings.map(({ parameter: _, ...own }) => own);
  return {
    config: differing ? { ...config, perParameter: digestOf(JSON.stringify(differing)) } : config,
    state,
    inParts: true,
    apply(gradients, rate, part = WHOLE) {
      const unknown = Object.keys(gradients).find((name) => !(name in parameters));
      if (unknown !== undefined) {
        throw new TypeError(
          `Cannot apply gradients: "${unknown}" is no parameter of the optimiser`,
        );
      }
      tf.tidy(() => {
        step(
          (update) => {
            for (const own of settings) {
              const gradient = gradients[own.name];
              if (gradient !== undefined) update({ ...own, gradient });
            }
          },
          rate,
          part,
        );
      });
    },
    dispose() {
      tf.dispose(state);
    },
  };
}

/** Frees the state when `make` throws. */
function orDispose<T>(state: Named<tf.Variable>, make: () => T): T {
  try {
    return make();
  } catch (error) {
    tf.dispose(state);
    throw error;
  }
}

function settingsOf(parameter: string, own: ParameterSettings = {}) {
  const what = `optimise "${parameter}"`;
  refuseUnknown(own, { rateFactor: true, weightDecay: true }, { what });
  refuseOutside(own, { rateFactor: "[0, ∞)", weightDecay: "[0, ∞)" }, { what });
  const { rateFactor, weightDecay } = own;
  return {
    ...(rateFactor === undefined ? {} : { rateFactor }),
    ...(weightDecay === undefined ? {} : { decay: weightDecay }),
  };
}

function scaled(rate: tf.Scalar, factor: number): tf.Tensor {
  return factor === 1 ? rate : tf.mul(rate, factor);
}

function zeros(parameters: Named<tf.Variable>, kind: string): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [`${kind}/${name}`, zero(shape)]),
  );
}

/** A variable of noughts that no optimiser trains. */
export function zero(shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape), false));
}
