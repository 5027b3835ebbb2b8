/**
 * What tasks show of long work, and say when it is stopped.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type Reporter, reporter } from "../lib/plot/reporter.ts"; // Not all of the figures

/**
 * Shows what some work reports. When it is stopped, and what it goes on from is there, says how.
 *
 * @param options `kept`: a file or folder that it goes on from; `command`: what goes on
 */
export async function reporting(
  { signal, kept, command }: { signal: AbortSignal; kept: string; command?: string },
  work: (report: Reporter) => Promise<void>,
): Promise<void> {
  using report = reporter();
  try {
    await work(report);
  } catch (error) {
    report.done();
    if (signal.aborted && existsSync(kept)) {
      const how = command === undefined ? ", give the same command again" : `: ${command}`;
      console.error(`Stopped. To go on${how}`);
    }
    throw error;
  }
}
