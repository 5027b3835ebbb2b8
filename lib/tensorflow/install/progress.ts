/**
 * The line that a long installation shows on stderr.
 *
 * @module
 */

/** How far an installation is. */
export type InstallProgress = {
  /** What is being done, as the line shows it. */
  phase: string;
  /** Bytes so far, and in all (close to it: part of it is an estimate). */
  done: number;
  total: number;
};

/**
 * Shows progress: one line that updates on a terminal, elsewhere a line whenever another quarter is
 * done.
 *
 * @param output Where to. @default {Deno.stderr}
 */
export function progressLine(
  output: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number } = Deno.stderr,
): (progress: InstallProgress) => void {
  const terminal = output.isTerminal();
  let last = "";
  return function show({ phase, done, total }) {
    const share = Math.min(done / total, 1);
    const line = `${phase}: ${megabytes(share * total)} of ${megabytes(total)}`;
    const end = share === 1 ? "\n" : "";
    const key = terminal ? line + end : `${phase} ${Math.floor(4 * share)}`;
    if (key === last) return;
    last = key;
    output.writeSync(new TextEncoder().encode(terminal ? `\r\x1b[K${line}${end}` : `${line}\n`));
  };
}

/** A size in words: "274 MB" (10^6 bytes). */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
