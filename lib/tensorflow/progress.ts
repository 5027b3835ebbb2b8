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
 * Shows progress on stderr: one line that updates on a terminal, elsewhere a line whenever another
 * quarter is done.
 */
export function progressLine(): (progress: InstallProgress) => void {
  const terminal = Deno.stderr.isTerminal();
  let last = "";
  return function show({ phase, done, total }) {
    const share = Math.min(done / total, 1);
    const key = terminal ? `${phase} ${megabytes(done)}` : `${phase} ${Math.floor(4 * share)}`;
    if (key === last) return;
    last = key;
    const line = `${phase}: ${megabytes(share * total)} of ${megabytes(total)}`;
    const text = terminal ? `\r\x1b[K${line}${share === 1 ? "\n" : ""}` : `${line}\n`;
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  };
}

/** A size in words: "274 MB" (10^6 bytes). */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
