/**
 * Images that sharpen while they are made.
 *
 * @module
 */

import { display as displayed, type LiveDisplay } from "../plot/mod.ts";
import type { Picture } from "./_pictures.ts";
import { gridOf } from "./generation.ts";

type Captioned = Picture & { seed: number; prompt?: string };

/** The share of the time that previews may take: decoding them costs as much as a step or more. */
const SHARE = 0.15;

/** Milliseconds between two states that are shown, at least. */
const INTERVAL = 300;

/** What is finished, and the batch at work, in one display. */
export class LiveImages {
  /** The images that are shown at most, the last ones. */
  static readonly most = 48;
  readonly #display: LiveDisplay;
  readonly #now: () => number;
  readonly #finished: Captioned[] = [];
  #next = 0;

  /** @param options `now`: milliseconds of a clock that never runs back */
  constructor(
    display: LiveDisplay,
    { now = () => performance.now() }: { now?: () => number } = {},
  ) {
    this.#display = display;
    this.#now = now;
  }

  /** Shows the batch at work, unless that would hold it up. */
  async preview(decode: () => readonly Captioned[]): Promise<void> {
    const began = this.#now();
    if (began < this.#next) return;
    await this.#show([...this.#finished, ...decode()]);
    const ended = this.#now();
    this.#next = ended + Math.max(INTERVAL, (ended - began) * (1 - SHARE) / SHARE);
  }

  /** Shows images that are finished; what is at work no more. */
  async finish(images: readonly Captioned[]): Promise<void> {
    this.#finished.push(...images);
    if (this.#finished.length > 0) await this.#show(this.#finished);
  }

  async #show(images: readonly Captioned[]): Promise<void> {
    this.#display.show(await gridOf(images.slice(-LiveImages.most))[displayed]());
  }
}
