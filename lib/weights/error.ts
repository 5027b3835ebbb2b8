/**
 * What can be wrong with a safetensors file, each with its code.
 *
 * @module
 */

/**
 * Why a file was refused:
 *
 * - `not-a-file`: a folder or a device
 * - `file-too-short`: fewer than the 8 bytes of the header length
 * - `header-too-large`: over the format's limit of 100 MB
 * - `header-past-end`: the header is longer than the file
 * - `header-not-utf8`, `header-not-object`, `header-not-json`
 * - `duplicate-key`: a key is there twice, and readers would differ in which they believe
 * - `bad-metadata`: not an object of strings
 * - `bad-entry`: a tensor's name or description is not what the format asks for
 * - `unknown-dtype`, `bad-shape`, `bad-offsets`
 * - `wrong-size`: the byte range is not shape × dtype
 * - `overlap`, `hole`: the tensors do not cover the data exactly once
 * - `truncated`, `trailing-bytes`: the data ends too early or too late
 * - `changed`: another program changed the file after it was opened
 * - `unknown-tensor`: no tensor of that name
 * - `foreign-dtype`: the tensor that was asked for is of an element type that no array holds
 * - `closed`: used after dispose
 */
export type SafetensorsErrorCode =
  | "not-a-file"
  | "file-too-short"
  | "header-too-large"
  | "header-past-end"
  | "header-not-utf8"
  | "header-not-object"
  | "header-not-json"
  | "duplicate-key"
  | "bad-metadata"
  | "bad-entry"
  | "unknown-dtype"
  | "bad-shape"
  | "bad-offsets"
  | "wrong-size"
  | "overlap"
  | "hole"
  | "truncated"
  | "trailing-bytes"
  | "changed"
  | "unknown-tensor"
  | "foreign-dtype"
  | "closed";

/** A safetensors file that cannot be read, and why (`code`, for programs; `message`, for people). */
export class SafetensorsError extends Error {
  override name = "SafetensorsError";

  constructor(
    readonly code: SafetensorsErrorCode,
    path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot read "${path}": ${reason}`, options);
  }
}
