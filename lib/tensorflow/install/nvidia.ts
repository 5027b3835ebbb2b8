/**
 * The NVIDIA GPUs of this machine, asked without TensorFlow: a TensorFlow that sees none may just
 * lack its CUDA libraries.
 *
 * @module
 */

import type { Environment } from "../../cache.ts";

/** Names of the GPUs that `nvidia-smi` lists; none where it is missing or fails. */
export function nvidiaGpus(env: Environment): string[] {
  try {
    const { success, stdout } = new Deno.Command("nvidia-smi", {
      args: ["--query-gpu=name", "--format=csv,noheader"],
      env,
      clearEnv: true,
      stdin: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).split("\n").filter((name) => name) : [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
