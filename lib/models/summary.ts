/**
 * The table of a network's parts.
 *
 * @module
 */

import {
  Conv2d,
  DropPath,
  Identity,
  Layer,
  Linear,
  type Module,
  MultiHeadAttention,
  observe,
} from "../nn/mod.ts";
import { jit, tf } from "../tensorflow/mod.ts";
import { count, textTable } from "../text.ts";

/** A line of the table. */
export type SummaryRow = {
  name: string;
  /** The class of a layer; empty for a block. */
  type: string;
  /** What it gives for one image, such as [1, 7, 7, 512]. */
  output: number[];
  /** Trained values. */
  parameters: number;
  /**
   * Multiplications with an addition, for one image, of convolutions, linear layers and attention:
   * what most papers call FLOPs.
   */
  multiplyAdds: number;
};

/** The table of a network. */
export type Summary = {
  rows: SummaryRow[];
  parameters: number;
  multiplyAdds: number;
  /** The table to print. */
  text: string;
};

/** What has to be known of a network. */
type Network = Layer & {
  inChannels: number;
  headName: string;
  blocks(): {
    name: string;
    parameters: Record<string, tf.Variable>;
    modules: Record<string, Module>;
  }[];
  namedLayers(): Record<string, Layer>;
};

/** A layer as it was called. */
type Call = { name: string; layer: Layer; output: number[]; multiplyAdds: number };

/** Traces a model to see what each of its layers gives. */
export function summarize(
  model: Network,
  { size, by }: { size: number; by: "block" | "layer" },
): Summary {
  const calls = traceCalls(model, size);
  const head = model.namedLayers()[model.headName]!;
  const parts = by === "layer" ? calls.filter(({ layer }) => isCounted(layer)).map(rowOf) : [
    ...model.blocks().map(({ name, modules, parameters }) => ({
      ...{ name, type: "", modules: Object.values(modules) },
      parameters: total(Object.values(parameters), ({ size }) => size), // with loose variables
    })),
    { name: model.headName, type: "", modules: [head], parameters: head.parameterCount() },
  ];
  const rows = parts.map(({ modules, ...part }): SummaryRow => {
    const inside = calls.filter(({ layer }) => modules.includes(layer));
    return {
      ...part,
      output: inside.findLast(({ layer }) => isLeaf(layer))!.output,
      multiplyAdds: total(inside, ({ multiplyAdds }) => multiplyAdds),
    };
  });
  const parameters = model.parameterCount();
  const multiplyAdds = total(calls, (call) => call.multiplyAdds);
  return { rows, parameters, multiplyAdds, text: format(rows, { parameters, multiplyAdds }) };
}

function rowOf({ name, layer }: Call) {
  const type = layer.constructor.name;
  return { name, type, modules: [layer as Module], parameters: layer.parameterCount() };
}

/** Whether a layer has a row: those that only hand on their input in inference have none. */
function isCounted(layer: Layer): boolean {
  return isLeaf(layer) && !(layer instanceof Identity || layer instanceof DropPath);
}

function isLeaf(layer: Layer): boolean {
  return !Object.values(layer.namedModules()).some((module) => module instanceof Layer);
}

/** Every call of a layer on the way to the logits; of several calls of one, their sum. */
function traceCalls(model: Network, size: number): Call[] {
  const calls = new Map<string, Call>();
  const observers = new Map(
    Object.entries(model.namedLayers()).map(([name, layer]) => [layer, (output: tf.Tensor) => {
      const before = calls.get(name)?.multiplyAdds ?? 0;
      calls.delete(name);
      const multiplyAdds = before + multiplyAddsOf(layer, output);
      calls.set(name, { name, layer, output: output.shape, multiplyAdds });
    }]),
  );
  const trace = jit((images: tf.Tensor) => observe(observers, () => model.call(images)));
  const images = tf.zeros([1, size, size, model.inChannels]);
  trace.lower(images);
  images.dispose();
  trace.dispose();
  return [...calls.values()];
}

function multiplyAddsOf(layer: Layer, output: tf.Tensor): number {
  if (layer instanceof Conv2d) {
    const [height, width, inputs] = layer.weight.shape as [number, number, number];
    return output.size * height * width * inputs;
  }
  if (layer instanceof Linear) return output.size * layer.weight.shape[0]!;
  if (layer instanceof MultiHeadAttention) {
    const [batch, tokens, features] = output.shape as [number, number, number];
    return 2 * batch * tokens ** 2 * features; // scores, and their sums of values
  }
  return 0;
}

function format(
  rows: readonly SummaryRow[],
  sums: { parameters: number; multiplyAdds: number },
): string {
  const lines = [
    ["layer", "type", "output", "parameters", "multiply-adds"],
    ...rows.map(({ name, type, output, parameters, multiplyAdds }) => [
      name,
      type,
      output.slice(1).join(" x "),
      count(parameters),
      count(multiplyAdds),
    ]),
    ["total", "", "", count(sums.parameters), count(sums.multiplyAdds)],
  ];
  const used = [0, 1, 2, 3, 4].filter((column) =>
    lines.slice(1).some((line) => line[column] !== "")
  );
  return textTable([], lines.map((line) => used.map((column) => line[column]!)), {
    align: used.map((column) => column < 3 ? "left" : "right"),
  });
}

function total<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
