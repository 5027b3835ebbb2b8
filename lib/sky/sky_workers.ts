/**
 * Galaxies drawn and classified on worker threads.
 *
 * @module
 */

import type { Galaxy } from "./galaxy.ts";
import type { SurveyName } from "./survey.ts";
import type { Classification } from "./volunteers.ts";

/** A galaxy, what volunteers say of it, and its picture. */
export type SkyGalaxy = {
  /** Its truth. The other objects of the frame are in the picture alone. */
  galaxy: Galaxy;
  votes: Classification;
  /** size x size x 3 values in [0, 255], row by row (RGB); empty when none was asked for. */
  pixels: Uint8Array;
};

/** What a worker is sent. */
export type SkyRequest = {
  seed: number;
  index: number;
  survey: SurveyName;
  /** Side of the picture in pixels; 0 for none. */
  size: number;
};

/** What it sends back: the galaxy, or why there is none. */
export type SkyReply = SkyGalaxy | { error: string };

type Job = {
  request: SkyRequest;
  resolve: (galaxy: SkyGalaxy) => void;
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
      worker.onmessage = ({ data }: MessageEvent<SkyReply>) => this.#settle(worker, data);
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
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#next();
    });
  }

  /** Ends the threads; galaxies under way are dropped. */
  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const [worker, job] = [this.#idle.pop()!, this.#waiting.shift()!];
      this.#running.set(worker, job);
      worker.postMessage(job.request);
    }
  }

  #settle(worker: Worker, reply: SkyReply): void {
    const job = this.#running.get(worker)!;
    this.#running.delete(worker);
    this.#idle.push(worker);
    this.#next();
    if ("error" in reply) {
      const { index, seed } = job.request;
      job.reject(new Error(`Cannot draw galaxy ${index} of seed ${seed}: ${reply.error}`));
    } else job.resolve(reply);
  }
}
