/**
 * State dicts: the values of a model by name, as PyTorch writes them to a file.
 *
 * @module
 */

import { readBfloat16, readFloat16 } from "../half_floats.ts";
import { backend, tf } from "../tensorflow/mod.ts";

/** A tensor in plain memory, row-major, in PyTorch's layout; safetensors files hold the same. */
export type StateTensor =
  | { dtype: "F32"; shape: readonly number[]; data: Float32Array }
  | { dtype: "I64"; shape: readonly number[]; data: BigInt64Array };

/** A value that is read when it is wanted, and lent until it is written. */
export type StreamedTensor = {
  dtype: StateTensor["dtype"] | "F16";
  shape: readonly number[];
  /** Calls `use` with its bytes, row by row in PyTorch's layout. They are gone when it returns. */
  lend(use: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<void>;
};

/** Values by name, such as `layer1.0.conv1.weight`. */
export type StateDict = Record<string, StateTensor>;

/**
 * What may be loaded: also other number types that a file can hold. F16 and BF16 come as raw 16-bit
 * words and convert exactly; F64 rounds to float32.
 */
export type LoadableTensor = {
  dtype: string;
  shape: readonly number[];
  data: ArrayLike<number> | ArrayLike<bigint>;
};

/** A variable of a module, and how a file stores it. */
export type Slot = {
  variable: tf.Variable;
  /**
   * A buffer is kept in files, but not trained: running statistics. An adapter is trained, and kept
   * in a file of its own.
   */
  kind: "parameter" | "buffer" | "adapter";
  /** Axis i of the array in a file is axis `fileAxes[i]` of the variable. */
  fileAxes?: readonly number[];
  /** Whether a file may be without it: then it keeps its value. @default {false} */
  optional?: boolean;
};

/** The keys that did not fit. */
export type LoadReport = {
  /** In the model, not in the state dict. */
  missing: string[];
  /** In the state dict, not in the model. */
  unexpected: string[];
  /** In both, with different shapes. */
  misshapen: { key: string; found: readonly number[]; wanted: readonly number[] }[];
};

/** The shape that a file gives a variable. */
export function fileShape({ variable, fileAxes }: Slot): number[] {
  return fileAxes?.map((axis) => variable.shape[axis]!) ?? variable.shape;
}

/** Reads the value of a variable. */
export function readSlot(slot: Slot): StateTensor {
  const { variable, fileAxes } = slot;
  const shape = fileShape(slot);
  const stored = fileAxes ? tf.transpose(variable, [...fileAxes]) : variable.clone();
  const data = stored.dataSync();
  stored.dispose();
  return variable.dtype === "int32"
    ? { dtype: "I64", shape, data: BigInt64Array.from(data, BigInt) }
    : { dtype: "F32", shape, data: data as Float32Array };
}

/** A variable's value, to be read later: as it is then. */
export function streamSlot(slot: Slot): StreamedTensor {
  const { variable, fileAxes } = slot;
  const isWhole = variable.dtype === "int32";
  return {
    dtype: isWhole ? "I64" : "F32",
    shape: fileShape(slot),
    async lend(use) {
      const stored = fileAxes ? tf.transpose(variable, [...fileAxes]) : variable.clone();
      try {
        if (!isWhole) return await backend().lend(stored, use);
        use(new Uint8Array(BigInt64Array.from(await stored.data(), BigInt).buffer));
      } finally {
        stored.dispose();
      }
    },
  };
}

/**
 * The values of variables that are of no module, such as an optimiser's, to be written one at a time
 * by `streamSafetensors`.
 */
export function streamVariables(
  variables: Readonly<Record<string, tf.Variable>>,
): Record<string, StreamedTensor> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      name,
      streamSlot({ variable, kind: "buffer" }),
    ]),
  );
}

/**
 * Gives variables that are of no module their values, as `Module.loadStateDict` does: all of them,
 * or none and an error.
 *
 * @throws {TypeError} When a key is missing, unexpected or of another shape
 * @throws {RangeError} When a value is NaN or infinite
 */
// deno-lint-ignore galaxykit/few-arguments
export function loadVariables(
  variables: Readonly<Record<string, tf.Variable>>,
  state: Readonly<Record<string, LoadableTensor>>,
  names: {
    /** What they are of, for messages, such as `the optimiser`. */
    into: string;
    /** Where the values come from, for messages. @default {"state dict"} */
    source?: string;
  },
): void {
  const slots = Object.entries(variables)
    .map(([name, variable]): [string, Slot] => [name, { variable, kind: "buffer" }]);
  loadSlots(slots, state, names);
}

/** Gives variables their values where they fit; nothing changes when strict and one does not. */
export function loadSlots(
  slots: readonly [name: string, slot: Slot][],
  state: Readonly<Record<string, LoadableTensor>>,
  { into, source = "state dict", strict = true }: {
    into: string;
    source?: string;
    strict?: boolean;
  },
): LoadReport {
  const report: LoadReport = { missing: [], unexpected: [], misshapen: [] };
  const fitting: [string, Slot][] = [];
  for (const [key, slot] of slots) {
    const found = state[key]?.shape;
    const wanted = fileShape(slot);
    if (found === undefined && slot.optional) continue;
    if (found === undefined) report.missing.push(key);
    else if (`${found}` !== `${wanted}`) report.misshapen.push({ key, found, wanted });
    else fitting.push([key, slot]);
  }
  const known = new Set(slots.map(([key]) => key));
  report.unexpected = Object.keys(state).filter((key) => !known.has(key));
  const mismatch = describeMismatch(report);
  if (strict && mismatch !== undefined) {
    throw new TypeError(`Cannot load ${source} into ${into}: ${mismatch}`);
  }
  for (const [key, slot] of fitting) {
    checkDtype(slot, state[key]!, key);
    if (slot.variable.dtype === "int32") int32Of(state[key]!);
    else checkNumbers(state[key]!, `Cannot load ${source} into ${into}: "${key}"`);
  }
  for (const [key, slot] of fitting) writeSlot(slot, state[key]!);
  return report;
}

/**
 * Checks that a variable can take the element type of a stored tensor.
 *
 * @throws {TypeError} When it cannot be converted without loss
 */
function checkDtype({ variable }: Slot, { dtype }: LoadableTensor, key: string): void {
  const accepted = variable.dtype === "int32"
    ? ["I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8"]
    : ["F32", "F64", "F16", "BF16"];
  if (!accepted.includes(dtype)) {
    throw new TypeError(
      `Cannot load "${key}": its dtype is ${dtype}, wanted ${accepted.slice(0, -1).join(", ")} or ${
        accepted.at(-1)
      }`,
    );
  }
}

/** @throws {RangeError} When a value is NaN or infinite, as float32 */
function checkNumbers(tensor: LoadableTensor, what: string): void {
  const values = float32Of(tensor);
  let sum = 0; // 0, or NaN: without a branch for each of millions
  for (let at = 0; at < values.length; at++) sum += values[at]! * 0;
  if (sum === 0) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  throw new RangeError(
    `${what} holds ${
      values[at]
    } (value ${at} of ${values.length}), wanted finite numbers; take weights from before that`,
  );
}

/** Gives a variable its value from a file. Shape and element type have to fit. */
function writeSlot({ variable, fileAxes }: Slot, tensor: LoadableTensor): void {
  tf.tidy(() => {
    const values = variable.dtype === "int32" ? int32Of(tensor) : float32Of(tensor);
    const stored = tf.tensor(values, [...tensor.shape], variable.dtype as "float32" | "int32");
    backend().handleOf(stored); // Copied to TensorFlow now: the array may go away, or be written over
    variable.assign(fileAxes ? tf.transpose(stored, invert(fileAxes)) : stored);
  });
}

function int32Of({ data }: LoadableTensor): Int32Array {
  const values = Int32Array.from(data as ArrayLike<number>, Number);
  const beyond = Array.from(data as ArrayLike<number>).find((value, at) => value != values[at]);
  if (beyond === undefined) return values;
  throw new RangeError(`Cannot load ${beyond} as a whole number: it is beyond 2147483647`);
}

function float32Of({ dtype, data }: LoadableTensor): Float32Array {
  if (dtype === "F16") return readFloat16(data as Uint16Array);
  if (dtype === "BF16") return readBfloat16(data as Uint16Array);
  return data instanceof Float32Array ? data : new Float32Array(data as ArrayLike<number>);
}

/**
 * The sentence for keys that did not fit: how many of each kind, and the first.
 *
 * @returns Undefined when all did
 */
function describeMismatch(report: LoadReport): string | undefined {
  const { missing, unexpected, misshapen } = report;
  const parts: string[] = [];
  if (missing.length > 0) {
    parts.push(`${countKeys(missing.length)} missing (first "${missing[0]}")`);
  }
  if (unexpected.length > 0) {
    parts.push(`${countKeys(unexpected.length)} unexpected (first "${unexpected[0]}")`);
  }
  if (misshapen.length > 0) {
    const { key, found, wanted } = misshapen[0]!;
    const first = misshapen.length > 1 ? "first " : "";
    parts.push(
      `${countKeys(misshapen.length)} misshapen (${first}"${key}": ${
        found.join("x") || "scalar"
      } found, ${wanted.join("x") || "scalar"} wanted)`,
    );
  }
  return parts.length > 0 ? parts.join(", ") : undefined;
}

function countKeys(count: number): string {
  return count === 1 ? "1 key" : `${count} keys`;
}

function invert(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}
