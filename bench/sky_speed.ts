/**
 * Simulated galaxies per second: drawn, classified and rendered on one thread a core.
 *
 * `deno run -A bench/sky_speed.ts [COUNT]` prints the median of five passes at 128² and 424².
 *
 * @module
 */

import process from "node:process";
import { SkyWorkers } from "galaxykit/sky";
import { forEachConcurrent } from "../lib/data/images/concurrency.ts";

const ROUNDS = 5;

async function pass(workers: SkyWorkers, { count, size }: { count: number; size: number }) {
  const before = process.cpuUsage();
  const start = performance.now();
  await forEachConcurrent(count, {
    limit: 3 * workers.count,
    task: async (index) => {
      await workers.draw({ seed: 1, index, survey: "sdss", size });
    },
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { perSecond: count / seconds, cpu: (user + system) / 1000 / count };
}

if (import.meta.main) {
  const wanted = Number(Deno.args[0] ?? 400);
  using workers = new SkyWorkers();
  for (const [size, count] of [[128, wanted], [424, wanted >> 1]]) {
    await pass(workers, { count: 60, size }); // compiles
    const passes = [];
    for (let round = 0; round < ROUNDS; round++) passes.push(await pass(workers, { count, size }));
    const speeds = passes.map(({ perSecond }) => perSecond).sort((a, b) => a - b);
    const cpu = Math.min(...passes.map(({ cpu }) => cpu));
    console.log(
      `${size}²: ${speeds[ROUNDS >> 1].toFixed(0)} images/s (best ${
        speeds.at(-1)!.toFixed(0)
      }) on ` +
        `${workers.count} threads, ${cpu.toFixed(1)} ms of processor time an image`,
    );
  }
}
