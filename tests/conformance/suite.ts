/**
 * The process in which the specs run, bundled with them. It reports each event as a line of JSON on
 * its standard output, and leaves with 0 whatever came of them.
 *
 * @module
 */

import process from "node:process";
import { Backend } from "../../lib/tensorflow/backend.ts";
import { Binding } from "../../lib/tensorflow/binding.ts";
import { Status, TensorFlowError } from "../../lib/tensorflow/c/status.ts";
import { tf } from "../../lib/tensorflow/engine.ts";
import { type JasmineRequire, openJasmine, type Selection, type SpecEvent } from "./jasmine.ts";
import { OneOpGraphs } from "./one_op_graphs.ts";
import { type Run, WholeGraphs } from "./whole_graphs.ts";

/**
 * How ops are carried out: each at once, each as a traced graph of its own, or all up to a reading
 * as one, as `jit` does.
 */
export type Mode = "eager" | "traced" | "jit";

/** What to run: the process takes it as JSON in its only argument. */
export type SuiteOptions = Selection & { mode: Mode };

/** What the process reports. */
export type SuiteEvent = SpecEvent | Run | { event: "ended" };

/** What the bundled specs are given. */
export type Suite = {
  /** A binding such as the backend has, for the specs that talk to it directly. */
  createBinding(): Binding;
  /** Runs the specs defined by then, and leaves the process. */
  run(): Promise<never>;
};

/** tfjs-node's: some specs leave backends of theirs behind, of priority 1. */
const PRIORITY = 3;

/** Registers the backend of the wanted mode, and makes jasmine's functions global. */
export function openSuite(jasmineRequire: JasmineRequire): Suite {
  const { mode, ...selection } = JSON.parse(Deno.args[0]!) as SuiteOptions;
  const settle = mode === "jit" ? WholeGraphs.settle : undefined;
  const execute = openJasmine(jasmineRequire, { ...selection, report, settle });
  collectBeforeMeasuring();
  speakForTensorFlow();

  function createBinding(): Binding {
    return inMode(mode, new Binding());
  }

  tf.removeBackend("tensorflow");
  tf.registerBackend("tensorflow", () => {
    const backend = new Backend();
    inMode(mode, backend.binding);
    return backend;
  }, PRIORITY);
  return {
    createBinding,
    async run() {
      await execute();
      report({ event: "ended" });
      Deno.exit(0);
    },
  };
}

function inMode(mode: Mode, binding: Binding): Binding {
  if (mode === "eager") return binding;
  if (mode === "jit") return inWholeGraphs(binding);
  const executor = new OneOpGraphs();
  const executeOp = binding.executeOp.bind(binding);
  binding.executeOp = (...call) => binding.withExecutor(executor, () => executeOp(...call));
  return binding;
}

/** Makes a binding trace its ops, and run them when a value is read. */
export function inWholeGraphs(binding: Binding, onRun: (run: Run) => void = report): Binding {
  const graphs = new WholeGraphs(onRun);
  const { deleteTensor } = binding;
  binding.deleteTensor = (id) => {
    try {
      graphs.forget(binding.handle(id));
    } catch {
      // It was deleted before.
    }
    deleteTensor.call(binding, id);
  };
  for (const name of ["createTensor", "executeOp"] as const) {
    const method = binding[name].bind(binding) as (...inputs: unknown[]) => never;
    binding[name] = (...inputs: unknown[]) => binding.withExecutor(graphs, () => method(...inputs));
  }
  for (const name of ["tensorDataSync", "tensorData", "lendData", "runSavedModel"] as const) {
    const method = binding[name].bind(binding) as (...inputs: unknown[]) => never;
    binding[name] = (...inputs: unknown[]) => {
      graphs.settle();
      return method(...inputs);
    };
  }
  return binding;
}

/**
 * Makes the specs that look for leaks measure what is held, not what waits to be collected: V8 lets
 * tens of megabytes wait, and these specs allow one.
 */
function collectBeforeMeasuring(): void {
  const { gc } = globalThis as { gc?: () => void };
  const { memoryUsage } = process;
  process.memoryUsage = Object.assign(() => {
    gc?.();
    return memoryUsage();
  }, memoryUsage);
}

/**
 * Makes errors say what TensorFlow says, and no more: the specs compare whole messages, and the kit
 * puts the op and its inputs before them.
 */
function speakForTensorFlow(): void {
  const { check } = Status.prototype;
  Status.prototype.check = function (describe) {
    try {
      check.call(this, describe);
    } catch (error) {
      if (!(error instanceof TensorFlowError)) throw error;
      // The rewriter adds the node.
      error.message = error.message.replace(`${describe()}: `, "")
        .replace(/^\{\{function_node .*?\}\} /, "").replace(/\s*\[\[.*/s, "");
      throw error;
    }
  };
}

function report(event: SuiteEvent): void {
  // The specs print too, and do not always end their lines.
  Deno.stdout.writeSync(new TextEncoder().encode(`\n${JSON.stringify(event)}\n`));
}
