/**
 * What can go wrong between here and the hub, each with its code.
 *
 * @module
 */

/**
 * Why something was not fetched:
 *
 * - `offline`: HF_HUB_OFFLINE is set and the cache has no such file
 * - `network`: the hub was not reached, or the connection broke again and again
 * - `unauthorized`: the hub asks who is there: a private or misspelt repository, a bad token
 * - `gated`: its authors want their conditions accepted first
 * - `no-repository`, `no-revision`, `no-file`
 * - `server`: any other answer, such as 500
 * - `unverifiable`: the server gives no commit, size or hash to check a file by
 * - `length-mismatch`, `hash-mismatch`: what came is not what was announced; it was removed
 * - `no-weights`, `several-weights`: it is unclear which file of a repository is meant
 */
export type HubErrorCode =
  | "offline"
  | "network"
  | "unauthorized"
  | "gated"
  | "no-repository"
  | "no-revision"
  | "no-file"
  | "server"
  | "unverifiable"
  | "length-mismatch"
  | "hash-mismatch"
  | "no-weights"
  | "several-weights";

/** Weights that could not be fetched, and why (`code`, for programs; `message`, for people). */
export class HubError extends Error {
  override name = "HubError";

  /** @param source What was asked for, such as `hf:timm/resnet18.tv_in1k` */
  constructor(
    readonly code: HubErrorCode,
    source: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot fetch "${source}": ${reason}`, options);
  }
}
