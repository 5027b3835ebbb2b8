/**
 * The user's Python, asked for its paths only: nothing of it is imported, so that a broken
 * package or a slow start of TensorFlow's own Python side cannot get in the way.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "./cache.ts";

/** The `python3` on the PATH. */
export type Python = {
  /** For example "3.11.7". */
  version: string;
  executable: string;
  /** Its installation or virtual environment. */
  prefix: string;
  /** The folders it imports from, in order. */
  paths: string[];
};

const PROBE =
  "import json, sys; print(json.dumps([sys.version.split()[0], sys.executable, sys.prefix, sys.path]))";

/** What was answered, by the environment: each run folder's record asks anew. */
const answers = new Map<string, Python>();

/**
 * Asks `python3` for its version and paths, once in an environment.
 *
 * @returns The answer, or a phrase saying why there is none
 */
export function findPython(env: Environment): Python | string {
  const asked = JSON.stringify(env);
  const answer = answers.get(asked) ?? ask(env);
  if (typeof answer === "object") answers.set(asked, answer);
  return answer;
}

function ask(env: Environment): Python | string {
  try {
    const { code, stdout, stderr } = new Deno.Command("python3", {
      args: ["-c", PROBE],
      env,
      clearEnv: true,
      stdin: "null",
    }).outputSync();
    if (code !== 0) return `python3 does not start (${lastLine(stderr) || `exit code ${code}`})`;
    const [version, executable, prefix, paths] = JSON.parse(lastLine(stdout));
    return {
      version,
      executable: executable || "python3",
      prefix,
      paths: paths.filter((path: string) => path !== ""),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no python3 on the PATH";
    if (error instanceof SyntaxError) return "python3 answers with something that is no list";
    throw error;
  }
}

/** Whether `python3 -m pip` would start. */
export function hasPip(python: Python): boolean {
  return python.paths.some((path) => existsSync(join(path, "pip", "__main__.py")));
}

function lastLine(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim().split("\n").at(-1)!;
}
