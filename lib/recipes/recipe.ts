/**
 * What a paper or experiment is to the kit: settings, items, and the work that items are drawn from.
 *
 * @module
 */

import type { ItemResult } from "../jobs/report.ts";
import type { OnProgress } from "../progress.ts";
import type { Schema, SettingsOf } from "../settings.ts";

/** A figure, table or number of a paper, or one that the kit adds. */
export type Item<Run = never> = {
  /** A short title of its own. */
  title: string;
  /** Whether the kit adds it to what a paper shows. @default {false} */
  isOwn?: boolean;
  /** What the source leaves open, says twice, or contradicts, and what was decided. */
  notes?: readonly string[];
  /** Draws it from a run's files; without it, the item is not reproduced. */
  draw?(run: Run): ItemResult | Promise<ItemResult>;
  /** Another command that draws it on its way. */
  command?: string;
};

export type { ItemResult };

/** A paper whose items are counted up, and not reproduced yet. */
export type Paper = {
  /** As commands know it. */
  name: string;
  title: string;
  /** By name, in the order of the paper. */
  items: Readonly<Record<string, Item>>;
};

/** A paper or experiment that can be reproduced. */
export type Recipe<Job extends Schema = Schema, Run = unknown> = {
  /** As commands know it. */
  name: string;
  title: string;
  /** What it does, in a sentence. */
  summary: string;
  /** What the data is, and what it is without any. */
  data: string;
  /** Everything that the outcome depends on, but the data. */
  settings: Job;
  /** By name, in the order of the page. */
  items: Readonly<Record<string, Item<Run>>>;
  /**
   * Makes what the items need, in a folder. It keeps each part, so that the same call goes on where it
   * was stopped, and makes nothing twice.
   */
  prepare(out: string, options: Preparation<Job>): Promise<Prepared<Run>>;
};

/** What {@linkcode Recipe.prepare} is told. */
export type Preparation<Job extends Schema = Schema> = {
  settings: SettingsOf<Job>;
  /** A folder of a survey, or the table in it. @default {what the recipe takes without it} */
  data?: string;
  /** Names of the items that are wanted. */
  items: readonly string[];
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** What each part of a recipe's work is told. */
export type RecipeWork<Settings> = {
  /** The folder of the run. */
  out: string;
  settings: Settings;
  signal?: AbortSignal;
  onProgress?: OnProgress;
};

/** What is ready to be drawn. */
export type Prepared<Run> = {
  /** What the items read. */
  run: Run;
  /** What was done, in lines, for the head of the page. */
  text: string;
  /** Other pages that the run wrote, by what they are. */
  pages?: Record<string, string>;
};
