/**
 * All names of `@tensorflow/tfjs-node-gpu` 4.22.0 as published, for tests/tensorflow/tfjs_node.
 *
 *     deno run -A --no-config --no-lock --node-modules-dir=none tests/reference/tfjs_node_names.ts
 *
 * writes tfjs_node_names.json beside this file. The compiled add-on is the only thing replaced.
 *
 * @module
 */

import Module, { createRequire } from "node:module";
import util from "node:util";

/** The published packages, not the kit's; its own checks are to know nothing of them. */
const publishedPackage = (name: string) => import(`npm:@tensorflow/${name}@4.22.0`);

await publishedPackage("tfjs");
const loader = Module as unknown as { _load: (id: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (id, ...rest) => {
  if (id === "@mapbox/node-pre-gyp") return { find: () => Deno.execPath() };
  if (id === Deno.execPath()) return { isUsingGpuDevice: () => false };
  return load.call(loader, id, ...rest);
};
Object.assign(util, { isNullOrUndefined: (value: unknown) => value === undefined });
Object.assign(globalThis, { require: createRequire(import.meta.url) });
const { default: tf } = await publishedPackage("tfjs-node-gpu");

/** Dotted names, two levels deep. */
function* names(object: object, prefix = ""): Generator<string> {
  for (const [name, value] of Object.entries(object)) {
    yield prefix + name;
    const isNamespace = typeof value === "object" && value !== null && !Array.isArray(value) &&
      [Object.prototype, null].includes(Object.getPrototypeOf(value));
    if (isNamespace && prefix === "") yield* names(value, `${name}.`);
  }
}

const methods = Object.getOwnPropertyNames(tf.Tensor.prototype);
const all = [...names(tf), ...methods.map((name) => `Tensor.prototype.${name}`)].sort();
Deno.writeTextFileSync(
  new URL("tfjs_node_names.json", import.meta.url),
  `${JSON.stringify(all, null, 1)}\n`,
);
