/**
 * Simulated galaxies per second, as a sky is written: drawn, classified by volunteers who look at the
 * evidence in the picture, and rendered, on one thread a core.
 *
 * `deno run -A bench/sky_speed.ts [COUNT]` prints, at 128² and 424², the median of five passes, and
 * where the processor's time goes: the least of five passes on one thread.
 *
 * @module
 */

import process from "node:process";
import { classify, drawGalaxy, type Galaxy, renderGalaxy, SkyWorkers } from "galaxykit/sky";
import { forEachConcurrent } from "../lib/data/images/concurrency.ts";
import { median } from "../lib/statistics.ts";

const ROUNDS = 5;
/** Galaxies after which everything is compiled. */
const WARMING = 60;

async function pass(workers: SkyWorkers, { count, size }: { count: number; size: number }) {
  const before = processorTime();
  const start = performance.now();
  await forEachConcurrent(count, {
    limit: 3 * workers.count,
    task: async (index) => {
      await workers.draw({ seed: 1, index, survey: "sdss", size });
    },
  });
  const seconds = (performance.now() - start) / 1000;
  return { perSecond: count / seconds, cpu: (processorTime() - before) / count };
}

/** Milliseconds of processor time of a galaxy in each stage. */
function stages({ count, size }: { count: number; size: number }): Record<string, number> {
  const galaxies: Galaxy[] = [];
  function timed(each: (index: number) => void): number {
    const start = processorTime();
    for (let index = 0; index < count; index++) each(index);
    return (processorTime() - start) / count;
  }
  return {
    drawGalaxy: timed((index) => galaxies.push(drawGalaxy({ seed: 1, index }))),
    classify: timed((index) => classify(galaxies[index])),
    renderGalaxy: timed((index) => renderGalaxy(galaxies[index], { size })),
  };
}

/** Milliseconds of processor time of all threads so far. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

if (import.meta.main) {
  const wanted = Number(Deno.args[0] ?? 400);
  for (const [size, count] of [[128, wanted], [424, wanted >> 1]]) {
    using workers = new SkyWorkers();
    await pass(workers, { count: WARMING, size });
    const passes = [];
    for (let round = 0; round < ROUNDS; round++) passes.push(await pass(workers, { count, size }));
    const speeds = passes.map(({ perSecond }) => perSecond);
    console.log(
      `${size}²: ${median(speeds).toFixed(0)} images/s (best ${Math.max(...speeds).toFixed(0)}) ` +
        `on ${workers.count} threads, ` +
        `${Math.min(...passes.map(({ cpu }) => cpu)).toFixed(1)} ms of processor time an image`,
    );
    stages({ count: WARMING, size });
    const rounds = Array.from({ length: ROUNDS }, () => stages({ count: count >> 1, size }));
    const least = Object.keys(rounds[0]).map((name) =>
      `${name} ${Math.min(...rounds.map((round) => round[name])).toFixed(2)}`
    );
    console.log(`      on one thread: ${least.join(", ")} ms`);
  }
}
