/**
 * Trees: tensors inside arrays, plain objects, maps and sets, among other values.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { tf } from "./engine.ts";

/** Anything: tensors in it are found through arrays, plain objects, maps and sets. */
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
 * Takes a tree apart into its tensors and the rest. In the key the rest goes by content: numbers,
 * texts, typed arrays, dates, regular expressions. Functions go by identity; so do objects of
 * classes, and by what their fields hold. What is private in them is not seen: where that changes,
 * make a new object.
 *
 * @throws {TypeError} When the tree holds itself, or a symbol
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
  const { key, rebuild } = flatten(tree, { tensors, describe, around: new Set() });
  return { tensors, key, rebuild: (replaced) => rebuild(replaced[Symbol.iterator]()) };
}

type Part = { key: string; rebuild: (tensors: Iterator<tf.Tensor>) => unknown };

type Walk = {
  tensors: tf.Tensor[];
  describe: (tensor: tf.Tensor) => string;
  /** What the node is part of. */
  around: Set<unknown>;
};

function flatten(node: unknown, walk: Walk): Part {
  if (node instanceof tf.Tensor) {
    walk.tensors.push(node);
    return { key: walk.describe(node), rebuild: (rest) => rest.next().value };
  }
  if (typeof node !== "object" || node === null) {
    return { key: describeValue(node), rebuild: () => node };
  }
  if (walk.around.has(node)) throw new TypeError("Cannot take a tree apart that holds itself");
  walk.around.add(node);
  try {
    return flattenObject(node, walk);
  } finally {
    walk.around.delete(node);
  }
}

function flattenObject(node: object, walk: Walk): Part {
  if (Array.isArray(node)) {
    const parts = node.map((child) => flatten(child, walk));
    return {
      key: `[${parts.map((part) => part.key).join(", ")}]`,
      rebuild: (rest) => parts.map((part) => part.rebuild(rest)),
    };
  }
  if (isPlainObject(node)) {
    const parts = Object.entries(node).map(([name, child]) =>
      [name, flatten(child, walk)] as const
    );
    return {
      key: `{${parts.map(([name, part]) => `${JSON.stringify(name)}: ${part.key}`).join(", ")}}`,
      rebuild: (rest) =>
        Object.fromEntries(parts.map(([name, part]) => [name, part.rebuild(rest)])),
    };
  }
  if (node instanceof Map) {
    const parts = [...node].map((entry) => flatten(entry, walk));
    return {
      key: `Map(${parts.map((part) => part.key).join(", ")})`,
      rebuild: (rest) => new Map(parts.map((part) => part.rebuild(rest) as [unknown, unknown])),
    };
  }
  if (node instanceof Set) {
    const parts = [...node].map((child) => flatten(child, walk));
    return {
      key: `Set(${parts.map((part) => part.key).join(", ")})`,
      rebuild: (rest) => new Set(parts.map((part) => part.rebuild(rest))),
    };
  }
  return { key: describeObject(node, walk.around), rebuild: () => node };
}

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Distinguishes 0 and -0, and equals NaN; functions go by identity. */
function describeValue(value: unknown): string {
  if (typeof value === "function") return describeIdentity(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "symbol") {
    throw new TypeError(`Cannot tell trees with symbols apart: found ${String(value)}`);
  }
  return Object.is(value, -0) ? "-0" : `${typeof value}:${value}`;
}

/** What an object is that holds no tensors for a trace to take. */
function describeObject(value: object, around: Set<unknown>): string {
  const kind = value.constructor?.name ?? "object";
  if (ArrayBuffer.isView(value)) return `${kind}(${digest(value)})`;
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return `${kind}(${digest(new Uint8Array(value))})`;
  }
  if (value instanceof Date) return `${kind}(${value.getTime()})`;
  if (value instanceof RegExp) return `${kind}(${value} ${value.lastIndex})`;
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value))
    .filter(([, field]) => "value" in field)
    .map(([name, { value: child }]) => `${JSON.stringify(name)}: ${describeField(child, around)}`);
  return `${describeIdentity(value)}{${fields.join(", ")}}`;
}

/** A field of an object: as anything static, but for tensors and for what it is part of. */
function describeField(value: unknown, around: Set<unknown>): string {
  if (typeof value === "symbol") return "symbol";
  if (typeof value !== "object" || value === null) return describeValue(value);
  if (value instanceof tf.Tensor || around.has(value)) return describeIdentity(value);
  const describe = (tensor: tf.Tensor) => describeIdentity(tensor);
  return flatten(value, { tensors: [], describe, around }).key;
}

function describeIdentity(value: object): string {
  let identity = identities.get(value);
  if (identity === undefined) identities.set(value, identity = ++identityCount);
  return `${value.constructor?.name ?? "object"}#${identity}`;
}

/** Small contents as they are, others by their digest. */
function digest(view: ArrayBufferView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (bytes.length <= 64) return bytes.toHex();
  return `${bytes.length} bytes ${createHash("sha256").update(bytes).digest("hex")}`;
}
