/**
 * The installer as a process of its own, for callers that cannot await: progress goes to stderr,
 * the reason of a failure to stdout.
 *
 * @module
 */

import { reporter } from "../../plot/reporter.ts"; // Not all of the figures
import { installLibrary } from "./install.ts";
import { TENSORFLOW_VERSION } from "./library.ts";

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(
      signal,
      () => stop.abort(new Error(`Cannot install TensorFlow ${TENSORFLOW_VERSION}: stopped`)),
    );
  }
  try {
    await installLibrary({
      signal: stop.signal,
      onProgress: reporter({ print: console.error }),
    });
    Deno.exit(0);
  } catch (error) {
    console.log((error as Error).message);
    Deno.exit(1);
  }
}
