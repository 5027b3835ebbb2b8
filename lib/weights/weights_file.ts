/**
 * What every file of weights offers, whatever its format.
 *
 * @module
 */

import type { Dtype, ForeignDtype, ReadOptions, StoredTensor } from "./dtypes.ts";

/** Named tensors in a file (or in several), read one at a time. */
export interface WeightsFile extends Disposable {
  /** Free text pairs; empty when the format or the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensor names. */
  readonly names: readonly string[];
  /** Dtype, shape and bytes of a tensor, without reading it. */
  info(name: string): TensorInfo;
  /** Reads one tensor into memory of its own. */
  get(name: string, options?: ReadOptions): StoredTensor;
  /** A tensor on the mapped file, without a copy where the file allows it; empty after dispose. */
  view(name: string): StoredTensor;
}

/** A tensor before it is read; `byteLength` is what it takes in memory as it is stored. */
export type TensorInfo = {
  dtype: Dtype | ForeignDtype;
  shape: readonly number[];
  byteLength: number;
};

/** A tensor that is read when its data is asked for, each time anew. */
export type LazyTensor = {
  readonly dtype: Dtype | ForeignDtype;
  readonly shape: readonly number[];
  readonly data: StoredTensor["data"];
};

/**
 * The tensors of a file as a record, such as `loadStateDict` takes. Each is read when its data is
 * asked for, so that loading a model needs memory for one tensor beside the model.
 *
 * @example
 * ```ts
 * import { openSafetensors, stateDictOf, writeSafetensors } from "galaxykit/weights";
 * import assert from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/model.safetensors`;
 * writeSafetensors(path, { bias: { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } });
 * using file = openSafetensors(path);
 * assert.deepEqual(stateDictOf(file).bias.data, Float32Array.of(1, 2));
 * ```
 */
export function stateDictOf(
  file: WeightsFile,
  { prefix = "" }: {
    /** Takes only names that begin so, and without it: a part of a file. @default {""} */
    prefix?: string;
  } = {},
): Record<string, LazyTensor> {
  return Object.fromEntries(
    file.names.filter((name) => name.startsWith(prefix)).map((name) => {
      const { dtype, shape } = file.info(name);
      return [name.slice(prefix.length), {
        dtype,
        shape,
        get data() {
          return file.get(name).data;
        },
      }];
    }),
  );
}
