import assert from "node:assert/strict";
import { forEachConcurrent } from "../../../lib/data/images/concurrency.ts";

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("forEachConcurrent() runs every task once, never more than the limit at a time", async () => {
  const done = new Set<number>();
  let running = 0;
  let most = 0;
  await forEachConcurrent(20, {
    limit: 3,
    async task(index) {
      most = Math.max(most, ++running);
      await pause();
      running--;
      done.add(index);
    },
  });
  assert.equal(done.size, 20);
  assert.equal(most, 3);
});

Deno.test("forEachConcurrent() starts nothing after a failure, and waits for what runs", async () => {
  const started: number[] = [];
  let running = 0;
  const work = forEachConcurrent(100, {
    limit: 4,
    async task(index) {
      started.push(index);
      running++;
      await pause();
      running--;
      if (index === 5) throw new Error("five");
    },
  });
  await assert.rejects(work, { message: "five" });
  assert.equal(running, 0);
  assert.ok(started.length < 12, `${started.length} started`);
});

Deno.test("forEachConcurrent() stops at an abort with the signal's reason", async () => {
  const controller = new AbortController();
  let count = 0;
  const work = forEachConcurrent(100, {
    limit: 2,
    signal: controller.signal,
    async task() {
      await pause();
      if (++count === 4) controller.abort(new Error("enough"));
    },
  });
  await assert.rejects(work, { message: "enough" });
  assert.ok(count < 7, `${count} ran`);
});
