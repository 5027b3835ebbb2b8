/**
 * Runs a task of `tasks/` as a process.
 *
 * @module
 */

/** What a task left. */
export type Outcome = { code: number; stdout: string; stderr: string };

/**
 * Runs a task to its end.
 *
 * @param name Such as "status"
 * @param args Its arguments
 * @param env Variables to set on top of this process's
 */
export async function runTask(
  name: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const { code, stdout, stderr } = await taskCommand(name, args, { env }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A task to be started, with nothing to read. */
export function taskCommand(
  name: string,
  args: string[],
  { env = {}, ...options }: Omit<Deno.CommandOptions, "args" | "stdin"> = {},
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(`../../tasks/${name}.ts`, import.meta.url).pathname, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    ...options,
  });
}
