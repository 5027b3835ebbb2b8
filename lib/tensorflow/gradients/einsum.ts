/**
 * The gradient of sums of products by subscripts, such as `"ij,jk->ik"`.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { registerGradient } from "./register.ts";

/** One factor and the labels of its axes. */
type Factor = { x: tf.Tensor; labels: string };

registerGradient({
  kernel: tf.Einsum,
  inputs: "all",
  of: (dy, saved: tf.Tensor[], { equation }) => {
    const { factors, output, lengths } = parse(equation, saved);
    return Object.fromEntries(saved.map((x, index) => {
      const [factor] = factors.slice(index);
      const rest = factors.filter((_, other) => other !== index);
      return [index, () => tf.reshape(gradient(), x.shape)];

      function gradient(): tf.Tensor {
        const labels = [...new Set(factor!.labels)];
        const others = [{ x: dy, labels: output }, ...rest];
        const known = labels.filter((label) =>
          others.some((other) => other.labels.includes(label))
        );
        const left = others.map((other) => other.labels).join();
        const sums = tf.einsum(`${left}->${known.join("")}`, ...others.map((other) => other.x));
        // What was summed over in this factor alone has the same gradient all along the axis.
        const all = labels.map((label) => lengths.get(label)!);
        const apart = all.map((length, at) => known.includes(labels[at]!) ? length : 1);
        const spread = tf.broadcastTo(tf.reshape(sums, apart), all);
        if (labels.length === factor!.labels.length) return spread;
        return tf.einsum(`${labels.join("")}->${factor!.labels}`, spread);
      }
    }));
  },
});

/** The factors with a letter for each axis, without the axes that an ellipsis broadcasts. */
function parse(
  equation: string,
  tensors: readonly tf.Tensor[],
): { factors: Factor[]; output: string; lengths: Map<string, number> } {
  const [left, right] = equation.replaceAll(/\s/g, "").split("->") as [string, string];
  const terms = left.split(",");
  const free = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at))
    .filter((letter) => !equation.includes(letter));
  const hidden = terms.map((term, at) =>
    term.includes("...") ? tensors[at]!.rank - term.length + 3 : 0
  );
  const letters = free.slice(0, Math.max(...hidden)).join("");
  const written = terms.map((term, at) =>
    term.replace("...", letters.slice(letters.length - hidden[at]!))
  );
  const lengths = new Map<string, number>();
  written.forEach((labels, at) =>
    [...labels].forEach((label, axis) =>
      lengths.set(label, Math.max(lengths.get(label) ?? 0, tensors[at]!.shape[axis]!))
    )
  );
  const factors = written.map((labels, at) => {
    const { shape } = tensors[at]!;
    const kept = [...labels].map((label, axis) => shape[axis] === lengths.get(label));
    return {
      x: tf.reshape(tensors[at]!, shape.filter((_, axis) => kept[axis])),
      labels: [...labels].filter((_, axis) => kept[axis]).join(""),
    };
  });
  return { factors, output: right.replace("...", letters), lengths };
}
