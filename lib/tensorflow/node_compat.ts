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

const loader = Module as unknown as { _load: (id: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (id, ...rest) => id === "@tensorflow/tfjs" ? union : load.call(loader, id, ...rest);
