/**
 * The environment variables of Hugging Face's libraries, read as they read them.
 *
 * Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 *
 * @module
 */

import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../cache.ts";

/** Where to ask, as whom, and where files are kept. */
export type HubSettings = {
  /** Folder of the repositories: `$HF_HUB_CACHE`, else `$HF_HOME/hub`. */
  cache: string;
  /** Where the hub is: `$HF_ENDPOINT`, else https://huggingface.co. */
  endpoint: string;
  /** Never ask it: `HF_HUB_OFFLINE=1`. */
  offline: boolean;
  /** `$HF_TOKEN`, else the file that `hf auth login` wrote; shown to nobody but the hub. */
  token?: string;
};

/**
 * Reads the settings.
 *
 * @param options.env The environment. @default {this process's}
 */
export function hubSettings(options: { env?: Environment } = {}): HubSettings {
  const { env = Deno.env.toObject() } = options;
  const home = env.HF_HOME ||
    join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "huggingface");
  return {
    cache: env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub"),
    endpoint: (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, ""),
    offline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    token: (env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN || "").trim() ||
      readToken(env.HF_TOKEN_PATH || join(home, "token")),
  };
}

function isTrue(value: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes((value ?? "").toUpperCase());
}

function readToken(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).trim() || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
