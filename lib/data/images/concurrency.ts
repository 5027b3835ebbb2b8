/**
 * Work of several images at a time, never more than a fixed number.
 *
 * @module
 */

/**
 * Runs `task(0)` to `task(count - 1)`, at most `limit` at once. The next one starts only when one
 * has ended, so that memory stays bounded however long the list. After a failure or an abort no new
 * task starts; those under way are waited for, then the first reason is thrown.
 */
export async function forEachConcurrent(
  count: number,
  { limit, signal, task }: {
    limit: number;
    signal?: AbortSignal;
    task: (index: number) => Promise<void>;
  },
): Promise<void> {
  let next = 0;
  async function worker() {
    while (next < count) {
      signal?.throwIfAborted();
      try {
        await task(next++);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  }
  const workers = Array.from({ length: Math.min(limit, count) }, worker);
  const failed = (await Promise.allSettled(workers)).find(({ status }) => status === "rejected");
  if (failed) throw (failed as PromiseRejectedResult).reason;
}
