/**
 * Trees: tensors inside arrays and plain objects, among other values.
 *
 * @module
 */

import { tf } from "./engine.ts";

/** Anything: tensors in it are found through arrays and plain objects. */
export type Tree = unknown;

/** A tree taken apart. */
export type FlatTree = {
  /** The tensors, in the order of the tree. */
  tensors: tf.Tensor[];
  /** Equal for two trees of the same form with the same values that are no tensors. */
  key: string;
  /** The same tree with other tensors. */
  rebuild: (tensors: readonly tf.Tensor[]) => unknown;
};

const identities = new WeakMap<object, number>();
let identityCount = 0;

/**
 * Takes a tree apart into its tensors and the rest.
 *
 * @param tree The tree
 * @param describe What the key says of a tensor, such as its type and shape
 *
 * @example
 * ```ts
 * import { flattenTree, tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const { tensors, rebuild } = flattenTree({ x: tf.scalar(1), rate: 0.1 });
 * assert.equal(tensors.length, 1);
 * assert.deepEqual(Object.keys(rebuild(tensors) as object), ["x", "rate"]);
 * ```
 */
export function flattenTree(
  tree: Tree,
  describe: (tensor: tf.Tensor) => string = (tensor) => `${tensor.dtype}[${tensor.shape}]`,
): FlatTree {
  const tensors: tf.Tensor[] = [];
  const { key, rebuild } = flatten(tree, tensors, describe);
  return { tensors, key, rebuild: (replaced) => rebuild(replaced[Symbol.iterator]()) };
}

type Rebuild = (tensors: Iterator<tf.Tensor>) => unknown;

function flatten(
  node: unknown,
  tensors: tf.Tensor[],
  describe: (tensor: tf.Tensor) => string,
): { key: string; rebuild: Rebuild } {
  if (node instanceof tf.Tensor) {
    tensors.push(node);
    return { key: describe(node), rebuild: (rest) => rest.next().value };
  }
  if (Array.isArray(node)) {
    const parts = node.map((child) => flatten(child, tensors, describe));
    return {
      key: `[${parts.map((part) => part.key).join(", ")}]`,
      rebuild: (rest) => parts.map((part) => part.rebuild(rest)),
    };
  }
  if (isPlainObject(node)) {
    const parts = Object.entries(node).map(([name, child]) =>
      [name, flatten(child, tensors, describe)] as const
    );
    return {
      key: `{${parts.map(([name, part]) => `${JSON.stringify(name)}: ${part.key}`).join(", ")}}`,
      rebuild: (rest) =>
        Object.fromEntries(parts.map(([name, part]) => [name, part.rebuild(rest)])),
    };
  }
  return { key: describeStatic(node), rebuild: () => node };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Distinguishes 0 and -0, and equals NaN; objects and functions go by identity. */
function describeStatic(value: unknown): string {
  if (typeof value === "object" && value !== null || typeof value === "function") {
    let identity = identities.get(value);
    if (identity === undefined) identities.set(value, identity = ++identityCount);
    return `${value.constructor?.name ?? "object"}#${identity}`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "symbol") {
    throw new TypeError(`Cannot tell trees with symbols apart: found ${String(value)}`);
  }
  return Object.is(value, -0) ? "-0" : `${typeof value}:${value}`;
}
