/**
 * What can be wrong with a PyTorch checkpoint, each with its code.
 *
 * @module
 */

/**
 * Why a checkpoint was refused:
 *
 * - `not-a-file`, `not-pytorch`: a folder, or neither a ZIP archive nor an old checkpoint
 * - `legacy-format`: written before PyTorch 0.1.10, as a tar archive
 * - `torchscript`: a program, not weights
 * - `bad-zip`: cut, inconsistent or compressed
 * - `bad-pickle`: malformed, or with instructions that no tensor needs
 * - `refused-name`: the pickle names a function or class that no tensor needs
 * - `bad-tensor`: a tensor that reaches beyond its storage, or a storage of another size
 * - `big-endian`: written on a machine of the other byte order
 * - `no-tensors`, `several-parts`, `unknown-part`: it is unclear which tensors are meant
 * - `changed`: another program changed the file after it was opened
 * - `unknown-tensor`: no tensor of that name
 * - `foreign-dtype`: the tensor that was asked for is of an element type that no array holds
 * - `closed`: used after dispose
 */
export type PytorchErrorCode =
  | "not-a-file"
  | "not-pytorch"
  | "legacy-format"
  | "torchscript"
  | "bad-zip"
  | "bad-pickle"
  | "refused-name"
  | "bad-tensor"
  | "big-endian"
  | "no-tensors"
  | "several-parts"
  | "unknown-part"
  | "changed"
  | "unknown-tensor"
  | "foreign-dtype"
  | "closed";

/** A checkpoint that cannot be read, and why (`code`, for programs; `message`, for people). */
export class PytorchError extends Error {
  override name = "PytorchError";

  constructor(
    readonly code: PytorchErrorCode,
    path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot read "${path}": ${reason}`, options);
  }
}
