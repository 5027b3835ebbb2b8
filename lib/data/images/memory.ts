/**
 * How much memory there is for images, asked before they are decoded.
 *
 * @module
 */

/**
 * Refuses a set of decoded images that would not fit, before any work is done.
 *
 * @param count Number of images
 * @param options `size`: their side in pixels; `memoryLimit`: bytes allowed
 * @throws {RangeError} Saying how much is wanted, how much there is, and what would fit
 */
export function assertImagesFit(
  count: number,
  { size, memoryLimit }: { size: number; memoryLimit?: number },
): void {
  const wanted = count * size * size * 3;
  const allowed = memoryLimit ?? Math.floor(freeMemory() * 0.75);
  if (wanted <= allowed) return;
  const fitting = Math.floor(Math.sqrt(allowed / (3 * count)));
  throw new RangeError(
    `Cannot hold ${count} images of ${size}x${size} pixels in memory: ${
      gigabytes(wanted)
    } wanted, ` +
      `${gigabytes(allowed)} ${memoryLimit === undefined ? "free" : "allowed"}; ` +
      `choose a size of at most ${fitting} pixels, or fewer images`,
  );
}

/** Bytes that this process can still use, a container's limit included where there is one. */
export function freeMemory(): number {
  const { available } = Deno.systemMemoryInfo();
  return Math.min(available, containerLimit());
}

function containerLimit(): number {
  try {
    const limit = Number(Deno.readTextFileSync("/sys/fs/cgroup/memory.max")); // "max": NaN
    return Number.isFinite(limit) ? limit : Infinity;
  } catch {
    return Infinity; // not Linux, or no such limit
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
