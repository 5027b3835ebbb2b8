/**
 * The one place where a `TF_Status` becomes an error.
 *
 * @module
 */

import { cString, readCString } from "./cstring.ts";
import type { Symbols } from "./symbols.ts";

const CODES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** What TensorFlow reports when it refuses a call. */
export class TensorFlowError extends Error {
  override readonly name = "TensorFlowError";
  /** TensorFlow's name of the kind of error. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A `TF_Status` and the symbols to ask it. */
export class Status {
  readonly pointer: Deno.PointerValue;
  readonly #symbols: Symbols;

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
    this.pointer = symbols.TF_NewStatus();
  }

  /**
   * Throws when the last call that was given this status failed.
   *
   * @param describe What was tried, such as `Cannot run "MatMul" on float32[2,3], float32[2,3]`;
   * only called on failure
   * @throws {TensorFlowError}
   */
  check(describe: () => string): void {
    const code = this.#symbols.TF_GetCode(this.pointer);
    if (code === 0) return;
    const message = readCString(this.#symbols.TF_Message(this.pointer));
    // Some functions leave the status as it was when they succeed.
    this.#symbols.TF_SetStatus(this.pointer, 0, cString(""));
    throw new TensorFlowError(CODES[code] ?? `CODE_${code}`, `${describe()}: ${message}`);
  }

  /** Frees the status. */
  delete(): void {
    this.#symbols.TF_DeleteStatus(this.pointer);
  }
}
