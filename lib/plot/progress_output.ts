/**
 * Where progress is shown: stderr, or the notebook that runs this code.
 *
 * @module
 */

import { type LiveDisplay, liveDisplay } from "./live_display.ts";

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
  const notebook = liveDisplay();
  if (notebook) return notebookOutput(notebook);
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

function notebookOutput({ show }: LiveDisplay): ProgressOutput {
  return {
    kind: "notebook",
    write(html) {
      const text = html.replaceAll(/<progress[^>]*><\/progress> |<br>/g, "");
      show({ "text/html": html, "text/plain": text });
    },
  };
}
