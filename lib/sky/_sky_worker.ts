/**
 * The thread behind `SkyWorkers`: a request in, a galaxy out.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { drawGalaxy } from "./population.ts";
import { renderGalaxy } from "./render.ts";
import type { SkyReply, SkyRequest } from "./sky_workers.ts";
import { classify } from "./volunteers.ts";

self.onmessage = ({ data }: MessageEvent<SkyRequest>) => {
  const reply = answer(data);
  self.postMessage(reply, "pixels" in reply ? [reply.pixels.buffer as ArrayBuffer] : []);
};

function answer({ seed, index, survey, size }: SkyRequest): SkyReply {
  try {
    const galaxy = drawGalaxy({ seed, index });
    const votes = classify(galaxy, { survey });
    const pixels = size > 0 ? renderGalaxy(galaxy, { size, survey }).pixels : new Uint8Array(0);
    // The field is drawn and judged; kept for every galaxy it would fill the memory.
    return { galaxy: { ...galaxy, neighbours: [], stars: [] }, votes, pixels };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
