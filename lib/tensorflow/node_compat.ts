/**
 * Gives tfjs-node what it expects and does not find. Imported before it.
 *
 * @module
 */

import * as core from "@tensorflow/tfjs-core";
import Module from "node:module";
import util from "node:util";

const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };

// Node had it once.
legacy.isNullOrUndefined ??= function isNullOrUndefined(value: unknown): boolean {
  return value === null || value === undefined;
};

// Of the union package the kernels need the core alone; the rest takes longer to load than all of
// the kit.
let union: object = core;

/** Sets what files of tfjs-node that are loaded from now on get as the union package. */
export function provideUnion(whole: object): void {
  union = whole;
}

type Loader = { _load: (id: string, parent?: unknown, ...rest: unknown[]) => unknown };
const loader = Module as unknown as Loader;
const load = loader._load;
loader._load = (id, ...rest) => {
  if (id === "@tensorflow/tfjs") return union;
  const kernel = id.match(/^\.\/kernels\/(\w+)$/)?.[1];
  if (kernel === undefined) return load.call(loader, id, ...rest);
  return laterKernel(kernel, () => load.call(loader, id, ...rest) as KernelFile);
};

/** What a file of a kernel exports: one configuration, under a name of its own. */
type KernelFile = Record<string, core.KernelConfig>;

/**
 * Stands for a kernel's file, which is loaded when the kernel first runs: the 155 files take longer
 * than the rest of the engine, and few are wanted. Each is named after its kernel.
 */
function laterKernel(kernelName: string, load: () => KernelFile): KernelFile {
  let file: KernelFile | undefined;
  return new Proxy({}, {
    get: (_, name: string): core.KernelConfig => ({
      kernelName,
      backendName: "tensorflow",
      kernelFunc: (call) => (file ??= load())[name].kernelFunc(call),
    }),
  });
}
