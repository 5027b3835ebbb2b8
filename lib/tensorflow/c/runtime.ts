/**
 * TensorFlow, loaded once at its first use, and the eager context in which everything runs.
 *
 * @module
 */

import { readCString } from "./cstring.ts";
import { guardExit } from "./exit.ts";
import { checkVersion, requireLibrary } from "../install/library.ts";
import type { Library } from "../install/library.ts";
import { Status } from "./status.ts";
import { openSymbols, type Symbols } from "./symbols.ts";

/** TensorFlow, ready to run. */
export type Runtime = {
  /** TensorFlow's C functions. */
  c: Symbols;
  /** The eager context, a `TFE_Context*`. */
  context: Deno.PointerValue;
  /** Shared by all blocking calls; a nonblocking call brings its own. */
  status: Status;
  /** Where the library was found, and its version. */
  library: Library;
};

/** One of the processors that TensorFlow sees. */
export type Device = {
  /** TensorFlow's name, such as `/job:localhost/replica:0/task:0/device:CPU:0`. */
  name: string;
  type: string;
  /** Memory that TensorFlow may use, in bytes. */
  memoryBytes: number;
};

let loaded: Runtime | undefined;

/**
 * TensorFlow, loaded (and, on a first use, installed) when it is not yet.
 *
 * @throws {Error} When no library can be found or installed, or it is of another version or
 * architecture
 */
export function runtime(): Runtime {
  return loaded ??= load();
}

/** Whether TensorFlow has been loaded into this process. */
export function isLoaded(): boolean {
  return loaded !== undefined;
}

function load(): Runtime {
  const library = requireLibrary();
  keepFreedMemory();
  // Off by default on processors without AVX-512, where it is the faster one, too.
  setDefault("TF_ENABLE_ONEDNN_OPTS", "1");
  keepNaNInXla();
  const c = openSymbols(library);
  const version = readCString(c.TF_Version());
  checkVersion(version, library);
  const status = new Status(c);
  const options = c.TFE_NewContextOptions();
  c.TFE_ContextOptionsSetConfig(
    options,
    CONTEXT_CONFIG,
    BigInt(CONTEXT_CONFIG.length),
    status.pointer,
  );
  status.check(() => "Cannot configure TensorFlow");
  const context = c.TFE_NewContext(options, status.pointer);
  status.check(() => "Cannot start TensorFlow");
  c.TFE_DeleteContextOptions(options);
  guardExit();
  return { c, context, status, library: { ...library, version } };
}

/**
 * `ConfigProto { gpu_options { allow_growth: true } }`: field 6, which holds field 4. Otherwise
 * TensorFlow takes all memory of a GPU at once.
 */
const CONTEXT_CONFIG = Uint8Array.of(0x32, 2, 0x20, 1);

/**
 * By default TensorFlow gives every large block of CPU memory back to the system as soon as it is
 * free, and takes it again page by page: up to half of a step. With its own allocator, the one for
 * GPUs, it keeps the blocks and shares them out; the most it may take is all the memory there is.
 */
function keepFreedMemory(): void {
  setDefault("TF_CPU_ALLOCATOR_USE_BFC", "true");
  const megabytes = Math.floor(Deno.systemMemoryInfo().total / 2 ** 20);
  setDefault("TF_CPU_BFC_MEM_LIMIT_IN_MB", String(megabytes));
}

/** By default XLA's minima and maxima on CPUs pass over NaN where it is the second of two. */
function keepNaNInXla(): void {
  const given = Deno.env.get("XLA_FLAGS") ?? "";
  if (given.includes("xla_cpu_enable_fast_min_max")) return;
  Deno.env.set("XLA_FLAGS", `${given} --xla_cpu_enable_fast_min_max=false`.trim());
}

/** TensorFlow reads its environment when it is loaded. */
function setDefault(name: string, value: string): void {
  if (Deno.env.get(name) === undefined) Deno.env.set(name, value);
}

/** The processors that TensorFlow sees, CPU first. Loads TensorFlow. */
export function listDevices(): Device[] {
  const { c, context, status } = runtime();
  const list = c.TFE_ContextListDevices(context, status.pointer);
  status.check(() => "Cannot list the devices");
  const devices = Array.from({ length: c.TF_DeviceListCount(list) }, (_, index) => ({
    name: readCString(c.TF_DeviceListName(list, index, status.pointer)),
    type: readCString(c.TF_DeviceListType(list, index, status.pointer)),
    memoryBytes: Number(c.TF_DeviceListMemoryBytes(list, index, status.pointer)),
  }));
  c.TF_DeleteDeviceList(list);
  return devices;
}

let oneDnnAlone: boolean | undefined;

/** Whether oneDNN runs the ops: it is switched on, and there is no GPU that would. */
export function usesOneDnnAlone(): boolean {
  return oneDnnAlone ??= usesOneDnn() && listDevices().every(({ type }) => type === "CPU");
}

/** Asks TensorFlow's own switch, which knows the build, the processor and TF_ENABLE_ONEDNN_OPTS. */
export function usesOneDnn(): boolean {
  const framework = Deno.dlopen(runtime().library.framework, {
    // bool tensorflow::IsMKLEnabled()
    _ZN10tensorflow12IsMKLEnabledEv: { parameters: [], result: "bool", optional: true },
  });
  try {
    return framework.symbols._ZN10tensorflow12IsMKLEnabledEv?.() ?? false;
  } finally {
    framework.close();
  }
}
