/** Seeded random numbers live at the top of `lib`, where the metrics reach them too. */
export { Prng, splitMix64, streams } from "../prng.ts";
