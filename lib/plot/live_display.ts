/**
 * What a notebook shows while work goes on: one display, updated in place.
 *
 * @module
 */

import type { MediaBundle } from "./display.ts";

/** A place that shows one thing after the other. */
export type LiveDisplay = {
  /** Shows something in the place of what was there. */
  show(content: MediaBundle): void;
};

type Broadcast = typeof Deno.jupyter.broadcast;

/**
 * A display in the notebook that runs this code; it appears with what it shows first.
 *
 * @returns Nothing outside of a notebook
 *
 * @example
 * ```ts
 * import { liveDisplay } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * assert.equal(liveDisplay(), undefined); // This is no notebook
 * ```
 */
export function liveDisplay(): LiveDisplay | undefined {
  const jupyter = notebook();
  if (jupyter === undefined) return undefined;
  const transient = { display_id: crypto.randomUUID() };
  let message = "display_data";
  let sending = Promise.resolve();
  return {
    show(data) {
      const type = message;
      message = "update_display_data";
      sending = sending.then(() => jupyter.broadcast(type, { data, metadata: {}, transient }))
        .catch(() => {}); // a notebook that has gone does not stop the work
    },
  };
}

/** Deno's access to the notebook; outside of one it throws. */
function notebook(): { broadcast: Broadcast } | undefined {
  try {
    return Deno.jupyter;
  } catch {
    return undefined;
  }
}
