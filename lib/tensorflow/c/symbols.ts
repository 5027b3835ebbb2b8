/**
 * The part of TensorFlow's C API that the engine calls: one function a line, its C declaration
 * shortened in the comment where the types do not say it.
 *
 * @module
 */

import { cString } from "./cstring.ts";

const ptr = "pointer";
const buf = "buffer";
const i32 = "i32";
const i64 = "i64";
const u8 = "u8";
const usize = "usize";
const none = "void";
/** `struct TF_Output { TF_Operation* oper; int index; }`, passed by value. */
const output = { struct: [ptr, i32] } as const;

const TABLE = {
  TF_Version: { parameters: [], result: ptr },

  // Status
  TF_NewStatus: { parameters: [], result: ptr },
  TF_DeleteStatus: { parameters: [ptr], result: none },
  TF_GetCode: { parameters: [ptr], result: i32 },
  TF_Message: { parameters: [ptr], result: ptr },
  TF_SetStatus: { parameters: [ptr, i32, buf], result: none }, // status, code, message

  // Buffers
  TF_NewBuffer: { parameters: [], result: ptr },
  TF_DeleteBuffer: { parameters: [ptr], result: none },

  // Tensors in host memory
  TF_AllocateTensor: { parameters: [i32, buf, i32, usize], result: ptr }, // dtype, dims, rank, bytes
  TF_DeleteTensor: { parameters: [ptr], result: none },
  TF_TensorData: { parameters: [ptr], result: ptr },
  TF_TensorByteSize: { parameters: [ptr], result: usize },
  TF_TensorType: { parameters: [ptr], result: i32 },
  TF_NumDims: { parameters: [ptr], result: i32 },
  TF_Dim: { parameters: [ptr, i32], result: i64 },
  TF_StringInit: { parameters: [ptr], result: none },
  TF_StringCopy: { parameters: [ptr, buf, usize], result: none },
  TF_StringGetDataPointer: { parameters: [ptr], result: ptr },
  TF_StringGetSize: { parameters: [ptr], result: usize },
  TF_StringDealloc: { parameters: [ptr], result: none },

  /** Of the C library, which TensorFlow is linked against. */
  memcpy: { parameters: [ptr, buf, usize], result: ptr },

  // Eager context
  TFE_NewContextOptions: { parameters: [], result: ptr },
  TFE_ContextOptionsSetConfig: { parameters: [ptr, buf, usize, ptr], result: none },
  TFE_DeleteContextOptions: { parameters: [ptr], result: none },
  TFE_NewContext: { parameters: [ptr, ptr], result: ptr },
  TFE_ContextListDevices: { parameters: [ptr, ptr], result: ptr },
  TF_DeviceListCount: { parameters: [ptr], result: i32 },
  TF_DeviceListName: { parameters: [ptr, i32, ptr], result: ptr },
  TF_DeviceListType: { parameters: [ptr, i32, ptr], result: ptr },
  TF_DeviceListMemoryBytes: { parameters: [ptr, i32, ptr], result: i64 },
  TF_DeleteDeviceList: { parameters: [ptr], result: none },
  TFE_ContextAddFunction: { parameters: [ptr, ptr, ptr], result: none },
  TFE_ContextRemoveFunction: { parameters: [ptr, buf, ptr], result: none },

  // Tensor handles
  TFE_NewTensorHandle: { parameters: [ptr, ptr], result: ptr },
  TFE_DeleteTensorHandle: { parameters: [ptr], result: none },
  TFE_TensorHandleDataType: { parameters: [ptr], result: i32 },
  TFE_TensorHandleNumDims: { parameters: [ptr, ptr], result: i32 },
  TFE_TensorHandleDim: { parameters: [ptr, i32, ptr], result: i64 },
  TFE_TensorHandleResolve: { parameters: [ptr, ptr], result: ptr },
  TFE_TensorHandleCopySharingTensor: { parameters: [ptr, ptr], result: ptr },

  // Eager operations
  TFE_NewOp: { parameters: [ptr, buf, ptr], result: ptr },
  TFE_OpReset: { parameters: [ptr, buf, buf, ptr], result: none }, // op, name, device, status
  TFE_DeleteOp: { parameters: [ptr], result: none },
  TFE_OpAddInput: { parameters: [ptr, ptr, ptr], result: none },
  TFE_OpGetAttrType: { parameters: [ptr, buf, buf, ptr], result: i32 }, // op, name, is list, status
  TFE_OpSetAttrString: { parameters: [ptr, buf, buf, usize], result: none },
  TFE_OpSetAttrStringList: { parameters: [ptr, buf, buf, buf, i32], result: none },
  TFE_OpSetAttrInt: { parameters: [ptr, buf, i64], result: none },
  TFE_OpSetAttrIntList: { parameters: [ptr, buf, buf, i32], result: none },
  TFE_OpSetAttrFloat: { parameters: [ptr, buf, "f32"], result: none },
  TFE_OpSetAttrFloatList: { parameters: [ptr, buf, buf, i32], result: none },
  TFE_OpSetAttrBool: { parameters: [ptr, buf, u8], result: none },
  TFE_OpSetAttrBoolList: { parameters: [ptr, buf, buf, i32], result: none },
  TFE_OpSetAttrType: { parameters: [ptr, buf, i32], result: none },
  TFE_OpSetAttrTypeList: { parameters: [ptr, buf, buf, i32], result: none },
  TFE_OpSetAttrShape: { parameters: [ptr, buf, buf, i32, ptr], result: none },
  TFE_OpSetAttrShapeList: { parameters: [ptr, buf, buf, buf, i32, ptr], result: none },
  TFE_OpSetAttrFunctionName: { parameters: [ptr, buf, buf, usize], result: none },
  TFE_Execute: { parameters: [ptr, buf, buf, ptr], result: none }, // op, handles out, count, status

  // Graphs
  TF_NewGraph: { parameters: [], result: ptr },
  TF_DeleteGraph: { parameters: [ptr], result: none },
  TF_NewOperation: { parameters: [ptr, buf, buf], result: ptr }, // graph, op type, node name
  TF_AddInput: { parameters: [ptr, output], result: none },
  TF_AddInputList: { parameters: [ptr, buf, i32], result: none },
  TF_AddControlInput: { parameters: [ptr, ptr], result: none },
  TF_SetAttrString: { parameters: [ptr, buf, buf, usize], result: none },
  TF_SetAttrStringList: { parameters: [ptr, buf, buf, buf, i32], result: none },
  TF_SetAttrInt: { parameters: [ptr, buf, i64], result: none },
  TF_SetAttrIntList: { parameters: [ptr, buf, buf, i32], result: none },
  TF_SetAttrFloat: { parameters: [ptr, buf, "f32"], result: none },
  TF_SetAttrFloatList: { parameters: [ptr, buf, buf, i32], result: none },
  TF_SetAttrBool: { parameters: [ptr, buf, u8], result: none },
  TF_SetAttrBoolList: { parameters: [ptr, buf, buf, i32], result: none },
  TF_SetAttrType: { parameters: [ptr, buf, i32], result: none },
  TF_SetAttrTypeList: { parameters: [ptr, buf, buf, i32], result: none },
  TF_SetAttrShape: { parameters: [ptr, buf, buf, i32], result: none },
  TF_SetAttrShapeList: { parameters: [ptr, buf, buf, buf, i32], result: none },
  TF_SetAttrFuncName: { parameters: [ptr, buf, buf, usize], result: none },
  TF_SetAttrTensor: { parameters: [ptr, buf, ptr, ptr], result: none },
  TF_FinishOperation: { parameters: [ptr, ptr], result: ptr },
  TF_OperationNumOutputs: { parameters: [ptr], result: i32 },
  TF_OperationOutputType: { parameters: [output], result: i32 },
  TF_GraphGetTensorNumDims: { parameters: [ptr, output, ptr], result: i32 },
  TF_GraphSetTensorShape: { parameters: [ptr, output, buf, i32, ptr], result: none },
  TF_GraphGetTensorShape: { parameters: [ptr, output, buf, i32, ptr], result: none },
  TF_GraphGetOpDef: { parameters: [ptr, buf, ptr, ptr], result: none },
  TF_GraphToGraphDef: { parameters: [ptr, ptr, ptr], result: none },
  TF_GraphCopyFunction: { parameters: [ptr, ptr, ptr, ptr], result: none },
  TF_GraphOperationByName: { parameters: [ptr, buf], result: ptr },

  // Functions
  TF_GraphToFunction: {
    // graph, name, hash?, ops, op list, inputs, input list, outputs, output list, names, options,
    // description, status
    parameters: [ptr, buf, u8, i32, ptr, i32, buf, i32, buf, ptr, ptr, ptr, ptr],
    result: ptr,
  },
  TF_FunctionSetAttrValueProto: { parameters: [ptr, buf, buf, usize, ptr], result: none },
  TF_DeleteFunction: { parameters: [ptr], result: none },

  // Saved models
  TF_NewSessionOptions: { parameters: [], result: ptr },
  TF_DeleteSessionOptions: { parameters: [ptr], result: none },
  TF_LoadSessionFromSavedModel: {
    // options, run options, folder, tags, count, graph, meta graph, status
    parameters: [ptr, ptr, buf, buf, i32, ptr, ptr, ptr],
    result: ptr,
  },
  TF_SessionRun: {
    // session, run options, inputs, values, n, outputs, values, n, targets, n, metadata, status
    parameters: [ptr, ptr, buf, buf, i32, buf, buf, i32, ptr, i32, ptr, ptr],
    result: none,
  },
  TF_CloseSession: { parameters: [ptr, ptr], result: none },
  TF_DeleteSession: { parameters: [ptr, ptr], result: none },
} as const satisfies Deno.ForeignLibraryInterface;

/** Calls that may take long, made on a thread of Deno's pool: the event loop goes on meanwhile. */
const NONBLOCKING_TABLE = {
  executeInBackground: { ...TABLE.TFE_Execute, name: "TFE_Execute", nonblocking: true },
  resolveInBackground: {
    ...TABLE.TFE_TensorHandleResolve,
    name: "TFE_TensorHandleResolve",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

const FULL_TABLE = { ...TABLE, ...NONBLOCKING_TABLE } as const;

/** TensorFlow's C functions by name. */
export type Symbols = Deno.DynamicLibrary<typeof FULL_TABLE>["symbols"];

/**
 * Opens TensorFlow's two libraries, the framework first: the other one is linked against it.
 *
 * @throws {Error} When the file is not a loadable library of this machine's architecture, or lacks
 * one of the functions
 */
export function openSymbols(library: { framework: string; cc: string }): Symbols {
  // 0 = all messages, 1 = no information, 2 = no warnings, 3 = no errors either: they are thrown.
  const level = Number(Deno.env.get("TF_CPP_MIN_LOG_LEVEL") ?? 3);
  Deno.env.set("TF_CPP_MIN_LOG_LEVEL", String(level));
  // One message comes while the library is being loaded, when nothing can be set yet.
  const framework = level === 0
    ? loadForGood(library.framework, LOGGING_TABLE)
    : withoutStandardError(() => loadForGood(library.framework, LOGGING_TABLE));
  framework.setMinLogLevel?.(level);
  return loadForGood(library.cc, FULL_TABLE);
}

function loadForGood<T extends Deno.ForeignLibraryInterface>(
  path: string,
  table: T,
): Deno.DynamicLibrary<T>["symbols"] {
  keepLoaded(path);
  try {
    return Deno.dlopen(path, table).symbols;
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^(Could not open library: )+/, "");
    throw new Error(
      `Cannot load "${path}": ${reason}; deno task setup --force installs TensorFlow anew`,
      { cause },
    );
  }
}

/**
 * `absl::SetMinLogLevel(absl::LogSeverityAtLeast)`, by the name that the C++ compiler gave it in
 * this release. Some of TensorFlow's messages heed nothing else. Another build may not have it.
 */
const LOGGING_TABLE = {
  setMinLogLevel: {
    name: "_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE",
    parameters: [i32],
    result: none,
    optional: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** Runs `body` while what C writes to the standard error stream goes nowhere. */
function withoutStandardError<T>(body: () => T): T {
  const standardError = 2;
  const writeOnly = 1;
  const libc = Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.B.dylib" : "libc.so.6", {
    dup: { parameters: [i32], result: i32 },
    dup2: { parameters: [i32, i32], result: i32 },
    open: { parameters: [buf, i32], result: i32 },
    close: { parameters: [i32], result: i32 },
  }).symbols;
  const kept = libc.dup(standardError);
  const nowhere = libc.open(cString("/dev/null"), writeOnly);
  libc.dup2(nowhere, standardError);
  try {
    return body();
  } finally {
    libc.dup2(kept, standardError);
    libc.close(kept);
    libc.close(nowhere);
  }
}

/**
 * Loads a library for good. Deno unloads its libraries as it ends; TensorFlow's threads and exit
 * handlers are then still there, and the process would crash. A library that cannot be loaded is
 * left for `Deno.dlopen` to complain about.
 */
function keepLoaded(path: string): void {
  const RTLD_NOW = 2;
  const RTLD_NODELETE = Deno.build.os === "darwin" ? 0x80 : 0x1000;
  const signature = { dlopen: { parameters: [buf, i32], result: ptr } } as const;
  // Before glibc 2.34, dlopen is in a library of its own.
  const names = Deno.build.os === "darwin" ? ["libSystem.B.dylib"] : ["libc.so.6", "libdl.so.2"];
  for (const name of names) {
    try {
      Deno.dlopen(name, signature).symbols.dlopen(cString(path), RTLD_NOW | RTLD_NODELETE);
      return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
}
