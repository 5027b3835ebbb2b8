/**
 * The stop button of a notebook. Jupyter sends its kernel the signal SIGINT, which ends Deno's kernel
 * with all that a notebook held, unless somebody listens. In a notebook the kit listens, and stops its
 * own work as an `AbortSignal` would: checkpoints are written, and the kernel goes on.
 *
 * @module
 */

/** The kit's work that goes on now, the last begun last. */
const working = new Set<AbortController>();
let isListening = false;

/** Whether this is Deno's kernel for notebooks. */
export function isNotebook(): boolean {
  try {
    // It is there, but throws, outside of the kernel
    return (Deno as unknown as { jupyter?: unknown }).jupyter !== undefined;
  } catch {
    return false;
  }
}

/** Keeps a notebook's kernel when the stop button is pressed; elsewhere does nothing. */
export function keepKernel(notebook: boolean = isNotebook()): void {
  if (!notebook || isListening) return;
  isListening = true;
  Deno.addSignalListener("SIGINT", stop);
}

/** The signal of a piece of work, which a notebook's stop button aborts, too. */
export type Interruptible = Disposable & { signal: AbortSignal | undefined };

/**
 * Takes a piece of work up, until that is disposed of.
 *
 * @param signal The caller's own, if there is one
 * @param options `notebook`: whether a stop button is listened to. @default {in Deno's kernel}
 */
export function interruptible(
  signal: AbortSignal | undefined,
  { notebook = isNotebook() }: { notebook?: boolean } = {},
): Interruptible {
  if (!notebook) return { signal, [Symbol.dispose]() {} };
  keepKernel(notebook);
  const controller = new AbortController();
  working.add(controller);
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    [Symbol.dispose]: () => void working.delete(controller),
  };
}

function stop(): void {
  if (working.size === 0) {
    console.error(
      "Nothing of the kit runs that could be stopped; to stop code of your own, restart the kernel",
    );
  }
  const reason = new DOMException(
    "Stopped by the notebook's button; what is kept in a folder goes on from there (resume: true)",
    "AbortError",
  );
  for (const controller of working) controller.abort(reason);
}
