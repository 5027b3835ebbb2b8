/**
 * Where progress is shown: stderr, or the notebook that runs this code.
 *
 * @module
 */

/** Where progress is shown. */
export type ProgressOutput = {
  /** Rewriting one line, adding lines, or updating a display. */
  kind: "terminal" | "log" | "notebook";
  /** Takes the text as it is, or for a notebook one state of the display. */
  write(text: string): void;
  /** Width of the terminal in letters. @default {80} */
  columns?: number;
  /** Whether the terminal's line may be coloured. @default {false} */
  color?: boolean;
};

/** The notebook this code runs in, or stderr. */
export function standardOutput(): ProgressOutput {
  const jupyter = notebook();
  if (jupyter) return notebookOutput(jupyter);
  const encoder = new TextEncoder();
  const terminal = Deno.stderr.isTerminal();
  return {
    kind: terminal ? "terminal" : "log",
    write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    get columns() { // it may change meanwhile; a terminal that does not know it says 0
      return terminal ? Deno.consoleSize().columns || undefined : undefined;
    },
    color: terminal && !Deno.env.get("NO_COLOR"),
  };
}

type Broadcast = typeof Deno.jupyter.broadcast;

/** Deno's access to the notebook; outside of one it throws. */
function notebook(): { broadcast: Broadcast } | undefined {
  try {
    return Deno.jupyter;
  } catch {
    return undefined;
  }
}

function notebookOutput(jupyter: { broadcast: Broadcast }): ProgressOutput {
  const transient = { display_id: crypto.randomUUID() };
  let message = "display_data";
  let sending = Promise.resolve();
  return {
    kind: "notebook",
    write(html) {
      const text = html.replaceAll(/<progress[^>]*><\/progress> |<br>/g, "");
      const data = { "text/html": html, "text/plain": text };
      const type = message;
      message = "update_display_data";
      sending = sending.then(() => jupyter.broadcast(type, { data, metadata: {}, transient }))
        .catch(() => {}); // a notebook that has gone does not stop the work
    },
  };
}
