/** What `tests/reference/schedulers.py` read off diffusers. */

import { fileURLToPath } from "node:url";

type Config = Record<string, unknown>;

type Fixture = {
  schedules: {
    config: Config;
    places: number[];
    alphasCumprod: number[];
    signalToNoise: number[];
    noisy: number[];
    velocity: number[];
  }[];
  timesteps: { className: string; spacing: string; steps: number; timesteps: number[] }[];
  swaps: {
    /** The file of a scheduler. */
    from: string;
    /** The class of another in its place. */
    to: string;
    /** Its configuration. */
    config: Config;
  }[];
};

/** Schedules, timesteps, and schedulers in place of others. */
export const schedulers: Fixture = JSON.parse(Deno.readTextFileSync(
  fileURLToPath(new URL("../reference/schedulers.json", import.meta.url)),
));

/** A configuration's fields as options. */
export function options(config: Config): Config {
  return Object.fromEntries(
    Object.entries(config).map((
      [name, value],
    ) => [name.replaceAll(/_([a-z])/g, (_, letter) => letter.toUpperCase()), value]),
  );
}
