/**
 * The scripts of bundle/ have packages of their own, which users of the kit are not to download.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(import.meta.resolve("./bundle/"));

/**
 * Runs one of these scripts; on a first use, its packages are fetched.
 *
 * @returns What it printed
 * @throws {Error} When it fails
 */
export async function runBundler(script: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", script, ...args],
    cwd: FOLDER,
    stdin: "null",
  }).output();
  const [printed, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`Cannot run ${script}: ${errors}`);
  return printed!;
}
