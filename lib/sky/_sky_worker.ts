/**
 * The thread behind `SkyWorkers`: a request in, galaxies out.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { isSeen, kindNamed } from "./_kinds.ts";
import { glimpseOf } from "./_look.ts";
import { drawGalaxy, drawSubject } from "./population.ts";
import { renderGalaxy } from "./render.ts";
import type { ClassifiedGalaxy } from "./sky_catalogue.ts";
import type {
  ChunkRequest,
  Found,
  SearchRequest,
  SkyGalaxy,
  SkyRequest,
  Task,
} from "./sky_workers.ts";
import { offsets } from "./consistency.ts";
import type { Galaxy } from "./galaxy.ts";
import { reducing } from "./vote_reference.ts";
import { classify } from "./volunteers.ts";

const WIDTH = offsets.at(-1)!;

/** What votes are reduced by, once that has come. */
let reduced: ReturnType<typeof reducing> | undefined;

self.onmessage = ({ data }: MessageEvent<Task>) => {
  if (data.what === "reduce by") {
    reduced = reducing(data.reference);
    return;
  }
  try {
    const reply = answer(data);
    const pixels = reply instanceof Uint8Array ? reply : "pixels" in reply && reply.pixels;
    self.postMessage(reply, pixels ? [pixels.buffer as ArrayBuffer] : []);
  } catch (error) {
    self.postMessage({ error: (error as Error).message });
  }
};

function answer(
  task: Exclude<Task, { what: "reduce by" }>,
): SkyGalaxy | Uint8Array | ClassifiedGalaxy[] | Found {
  switch (task.what) {
    case "draw":
      return draw(task.request);
    case "picture":
      return picture(task.request);
    case "classify":
      return classifyChunk(task.request);
    case "search":
      return search(task.request);
  }
}

function draw(request: SkyRequest): SkyGalaxy {
  const galaxy = request.galaxy ?? drawGalaxy(request);
  const votes = classify(galaxy, { survey: request.survey });
  return { galaxy: withoutField(galaxy), votes, pixels: picture({ ...request, galaxy }) };
}

function picture({ seed, index, survey, size, galaxy }: SkyRequest): Uint8Array {
  if (size === 0) return new Uint8Array(0);
  return renderGalaxy(galaxy ?? drawGalaxy({ seed, index }), { size, survey }).pixels;
}

function classifyChunk({ seed, start, end, survey }: ChunkRequest): ClassifiedGalaxy[] {
  return Array.from({ length: end - start }, (_, k) => {
    const galaxy = drawGalaxy({ seed, index: start + k });
    return { galaxy: withoutField(galaxy), votes: classify(galaxy, { survey }) };
  });
}

function search({ seed, start, end, survey, kinds: names }: SearchRequest): Found {
  const kinds = names.map(kindNamed);
  const found: { index: number; kind: number }[] = [];
  const doubtful: (ClassifiedGalaxy & { kinds: number[] })[] = [];
  for (let index = start; index < end; index++) {
    let possible: number[] = [];
    const drawn = drawSubject({ seed, index }, (omens) => {
      possible = [...kinds.keys()].filter((kind) => kinds[kind].wanted(omens));
      return possible.length > 0;
    });
    if (!drawn) continue;
    const held = possible.filter((kind) => kinds[kind].holds(drawn.subject));
    const voted = held.filter((kind) => kinds[kind].answers.length > 0);
    for (const kind of held) if (!voted.includes(kind)) found.push({ index, kind });
    if (voted.length === 0) continue;
    const glimpse = glimpseOf(drawn.subject, survey);
    const seen = voted.filter((kind) => isSeen(kinds[kind], glimpse));
    if (seen.length === 0) continue;
    const galaxy = drawn.inField();
    doubtful.push({ galaxy, votes: classify(galaxy, { survey }), kinds: seen });
  }
  if (doubtful.length > 0) {
    if (!reduced) {
      throw new Error("it is not known what votes are reduced by; call reduceBy() first");
    }
    const { flag } = reduced(doubtful);
    doubtful.forEach(({ galaxy: { index }, kinds: own }, row) => {
      const passed = own.filter((kind) =>
        kinds[kind].answers.every((answer) => flag[row * WIDTH + answer] === 1)
      );
      found.push(...passed.map((kind) => ({ index, kind })));
    });
  }
  found.sort((a, b) => a.index - b.index);
  return {
    indices: Float64Array.from(found, ({ index }) => index),
    kinds: Uint16Array.from(found, ({ kind }) => kind),
  };
}

/** The field is drawn and judged; kept for every galaxy it would fill the memory. */
function withoutField(galaxy: Galaxy): Galaxy {
  return { ...galaxy, neighbours: [], stars: [] };
}
