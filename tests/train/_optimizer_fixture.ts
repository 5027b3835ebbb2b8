/** What `tests/reference/optimizers.py` computed with PyTorch. */

import { fileURLToPath } from "node:url";

/** Values of the two parameters, `weight` and `bias`. */
export type Parameters = Record<string, number[] | number[][]>;

// deno-lint-ignore no-explicit-any
type Options = any;

type Fixture = {
  start: Parameters;
  /** Of each step. */
  gradients: Parameters[];
  averageDecay: number;
  optimizers: {
    name: string;
    optimizer: "sgd" | "adam" | "adamw";
    options: Options;
    /** The parameters after some of the steps, by the number of steps. */
    after: Record<string, Parameters>;
    /** Their moving averages then. */
    averages: Record<string, Parameters>;
    float32Error: number;
  }[];
  schedules: {
    name: string;
    schedule: "cosine" | "cosineFromZero" | "oneCycle" | "step";
    options: Options;
    rates: number[];
  }[];
};

/** Trajectories of optimisers and learning rates by step. */
export const fixture: Fixture = JSON.parse(Deno.readTextFileSync(
  fileURLToPath(new URL("../reference/optimizers.json", import.meta.url)),
));
