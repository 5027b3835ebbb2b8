/**
 * Galaxies drawn and classified on worker threads.
 *
 * @module
 */

import type { Galaxy } from "./galaxy.ts";
import type { SurveyName } from "./survey.ts";
import type { ClassifiedGalaxy } from "./sky_catalogue.ts";
import type { VoteReference } from "./vote_reference.ts";
import type { Classification } from "./volunteers.ts";

/** A galaxy, what volunteers say of it, and its picture. */
export type SkyGalaxy = {
  /** Its truth. The other objects of the frame are in the picture alone. */
  galaxy: Galaxy;
  votes: Classification;
  /** size x size x 3 values in [0, 255], row by row (RGB); empty when none was asked for. */
  pixels: Uint8Array;
};

/** A galaxy to draw. */
export type SkyRequest = {
  seed: number;
  index: number;
  survey: SurveyName;
  /** Side of the picture in pixels; 0 for none. */
  size: number;
  /** One of one's own instead. @default {that of seed and index} */
  galaxy?: Galaxy;
};

/** Galaxies to draw and classify without pictures, from `start` to before `end`. */
export type ChunkRequest = {
  seed: number;
  start: number;
  end: number;
  survey: SurveyName;
};

/** Galaxies to look through for some kinds. */
export type SearchRequest = ChunkRequest & {
  /** Names of the kinds. */
  kinds: readonly string[];
};

/** Which galaxies are of which kinds, by their position in the request; a galaxy may be of several. */
export type Found = {
  /** Rising. */
  indices: Float64Array;
  kinds: Uint16Array;
};

/** What a worker is sent. */
export type Task =
  | { what: "draw"; request: SkyRequest }
  | { what: "picture"; request: SkyRequest }
  | { what: "classify"; request: ChunkRequest }
  | { what: "search"; request: SearchRequest }
  | { what: "reduce by"; reference: VoteReference };

/** Threads that are worth their start, which takes as long as some 50 galaxies. */
export function threadsFor(galaxies: number): number {
  return Math.max(1, Math.min(navigator.hardwareConcurrency, Math.ceil(galaxies / 50)));
}

type Job = {
  task: Exclude<Task, { what: "reduce by" }>;
  resolve: (reply: unknown) => void;
  reject: (error: Error) => void;
};

/**
 * Worker threads that draw galaxies. Which thread draws which galaxy makes no difference.
 *
 * @example
 * ```ts
 * import { SkyWorkers } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * using workers = new SkyWorkers({ workers: 1 });
 * const { galaxy, pixels } = await workers.draw({ seed: 1, index: 3, survey: "sdss", size: 32 });
 * assert.equal(galaxy.index, 3);
 * assert.equal(pixels.length, 32 * 32 * 3);
 * ```
 */
export class SkyWorkers {
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: Job[] = [];
  readonly #running = new Map<Worker, Job>();

  /** @param options `workers`: number of threads. @default {one a core} */
  constructor({ workers = navigator.hardwareConcurrency }: { workers?: number } = {}) {
    for (let number = 0; number < workers; number++) {
      const worker = new Worker(new URL("./_sky_worker.ts", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<object>) => this.#settle(worker, data);
      worker.onerror = (event) => {
        event.preventDefault();
        this.#settle(worker, { error: event.message });
      };
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  /** Number of threads. */
  get count(): number {
    return this.#workers.length;
  }

  /**
   * Draws and classifies a galaxy as soon as a thread is free.
   *
   * @throws {Error} When it cannot be drawn
   */
  draw(request: SkyRequest): Promise<SkyGalaxy> {
    return this.#do({ what: "draw", request }) as Promise<SkyGalaxy>;
  }

  /** As {@linkcode draw} without the votes, which cost as much: the pixels alone. */
  picture(request: SkyRequest): Promise<Uint8Array> {
    return this.#do({ what: "picture", request }) as Promise<Uint8Array>;
  }

  /** Draws and classifies galaxies whose pictures nobody wants. */
  classify(request: ChunkRequest): Promise<ClassifiedGalaxy[]> {
    return this.#do({ what: "classify", request }) as Promise<ClassifiedGalaxy[]>;
  }

  /**
   * Looks through galaxies for some kinds. Where these go by votes, {@linkcode reduceBy} comes first.
   */
  search(request: SearchRequest): Promise<Found> {
    return this.#do({ what: "search", request }) as Promise<Found>;
  }

  /** Tells all threads by what votes are reduced in later searches. */
  reduceBy(reference: VoteReference): void {
    for (const worker of this.#workers) worker.postMessage({ what: "reduce by", reference });
  }

  /** Ends the threads; galaxies under way are dropped. */
  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #do(task: Job["task"]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const [worker, job] = [this.#idle.pop()!, this.#waiting.shift()!];
      this.#running.set(worker, job);
      worker.postMessage(job.task);
    }
  }

  #settle(worker: Worker, reply: object): void {
    const job = this.#running.get(worker)!;
    this.#running.delete(worker);
    this.#idle.push(worker);
    this.#next();
    if ("error" in reply) job.reject(new Error(`Cannot draw ${nameOf(job.task)}: ${reply.error}`));
    else job.resolve(reply);
  }
}

function nameOf({ what, request }: Job["task"]): string {
  return what === "draw" || what === "picture"
    ? `galaxy ${request.index} of seed ${request.seed}`
    : `galaxies ${request.start} to ${request.end - 1} of seed ${request.seed}`;
}
