/**
 * Optimisers of several phases.
 *
 * @module
 */

import type { tf } from "../tensorflow/mod.ts";
import type { Named, Optimizer, ParameterSettings } from "./optimizers.ts";

/** What a phase wants of its optimiser. */
export type OptimizerPlan = {
  /** Names of what it trains. */
  trained: readonly string[];
  /** Whether state begins anew. */
  optimizer: "new" | "keep";
  perParameter: (name: string) => ParameterSettings;
};

/** Makes an optimiser of parameters. */
export type CreateOptimizer = (
  parameters: Named<tf.Variable>,
  options: { perParameter: (name: string) => ParameterSettings },
) => Optimizer;

/**
 * Makes the optimiser of each phase, for the parameters that it trains alone. Where one is kept, the
 * state of parameters that the phase before trained, too, goes on; that of others begins, with a
 * count of steps of its own, as in PyTorch. So an optimiser consists of one for each phase in which
 * some of its parameters began.
 */
export class PhaseOptimizers {
  readonly #parameters: Named<tf.Variable>;
  readonly #plans: readonly OptimizerPlan[];
  readonly #create: CreateOptimizer;
  #parts = new Map<number, Optimizer>();

  constructor(
    parameters: Named<tf.Variable>,
    plans: readonly OptimizerPlan[],
    create: CreateOptimizer,
  ) {
    this.#parameters = parameters;
    this.#plans = plans;
    this.#create = create;
  }

  /** Makes a phase's optimiser, and frees that of the phase before. */
  enter(phase: number): Optimizer {
    const { trained, perParameter } = this.#plans[phase]!;
    const groups = Map.groupBy(trained, (name) => this.#beginOf(name, phase));
    const parts = new Map([...groups].map(([begin, names]) => {
      const parameters = Object.fromEntries(names.map((name) => [name, this.#parameters[name]!]));
      const part = this.#create(parameters, { perParameter });
      const before = this.#parts.get(begin)?.state ?? {};
      for (const [name, variable] of Object.entries(part.state)) {
        if (name in before) variable.assign(before[name]! as never);
      }
      return [begin, part];
    }));
    this.dispose();
    this.#parts = parts;
    const all = [...parts];
    return {
      state: Object.fromEntries(
        all.flatMap(([begin, { state }]) =>
          Object.entries(state).map(([name, variable]) => [`phase${begin}/${name}`, variable])
        ),
      ),
      inParts: all.every(([, { inParts }]) => inParts),
      apply(gradients, rate, part) {
        for (const [begin, optimizer] of all) {
          const own = groups.get(begin)!.filter((name) => name in gradients);
          const those = Object.fromEntries(own.map((name) => [name, gradients[name]!]));
          optimizer.apply(those, rate, part);
        }
      },
      dispose: () => this.dispose(),
    };
  }

  /** Frees the state. */
  dispose(): void {
    for (const part of this.#parts.values()) part.dispose();
    this.#parts.clear();
  }

  /** The phase since which the state of a parameter has been kept. */
  #beginOf(name: string, phase: number): number {
    let begin = phase;
    while (
      begin > 0 && this.#plans[begin]!.optimizer === "keep" &&
      this.#plans[begin - 1]!.trained.includes(name)
    ) begin--;
    return begin;
  }
}
