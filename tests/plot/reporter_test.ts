import assert from "node:assert/strict";
import { type ProgressOutput, reporter } from "../../lib/plot/mod.ts";

/** A reporter with a clock that the test turns, and what it has shown so far. */
function recorded(kind: ProgressOutput["kind"]) {
  const written: string[] = [];
  const clock = { seconds: 0 };
  const report = reporter({
    output: { kind, write: (text) => void written.push(text) },
    print: (line) => void written.push(`${line} (printed)`),
    now: () => clock.seconds * 1000,
  });
  const tell = (what: string, done: number, total: number, note?: string) =>
    report({ what, done, total, unit: "steps", note });
  return { report, tell, written, clock };
}

/** What a bar of HTML says. */
function plain(html: string): string {
  return html.replaceAll(/<progress[^>]*><\/progress> /g, "▬ ");
}

Deno.test("reporter() ends a bar with its last step and with other work", () => {
  const { tell, written } = recorded("log");
  tell("read", 2, 2);
  tell("train", 1, 9);
  tell("test", 1, 5);
  tell("test", 5, 5);
  assert.deepEqual(written, [
    "read: 2 of 2 steps in 0:00\n",
    "train: 1 of 9 steps in 0:00\n",
    "test: 5 of 5 steps in 0:00\n",
  ]);
});

Deno.test("reporter() takes the first report for where the work begins", () => {
  const { tell, written, clock } = recorded("log");
  tell("train", 900, 1000);
  clock.seconds = 10;
  tell("train", 910, 1000, "loss 0.5");
  assert.equal(written[0], "train: 910 of 1,000 steps, 1 steps/s, 1:30 left, loss 0.5\n");
});

Deno.test("reporter() shows a bar again where as much work of that name is done anew", () => {
  const { tell, written } = recorded("log");
  for (const done of [1, 2, 2, 1, 2]) tell("train", done, 2);
  assert.equal(written.length, 2, "the second 2 of 2 is no work of its own");
});

Deno.test("reporter() prints a message above the terminal's bar", () => {
  const { report, tell, written } = recorded("terminal");
  tell("train", 5, 10);
  report({ message: "slow" });
  const bar = "\r━━━━━━━━━━────────── train: 5 of 10 steps\x1b[K";
  assert.deepEqual(written, [bar, "\r\x1b[K", "slow (printed)", bar]);
});

Deno.test("reporter() prints a message as it is where no bar is shown", () => {
  for (const kind of ["terminal", "log"] as const) {
    const { report, tell, written } = recorded(kind);
    tell("train", 2, 2);
    report({ message: "epoch 1" });
    assert.equal(written.at(-1), "epoch 1 (printed)");
    assert.match(written.at(-2)!, /train: 2 of 2 steps in 0:00.*\n$/);
  }
});

Deno.test("reporter() keeps messages and ended bars in a notebook's one display", () => {
  const { report, tell, written } = recorded("notebook");
  tell("read", 3, 3);
  tell("epoch 1", 1, 2);
  report({ message: "<slow>" });
  assert.equal(
    plain(written.at(-1)!),
    "▬ read: 3 of 3 steps in 0:00<br>\n&lt;slow&gt;<br>\n▬ epoch 1: 1 of 2 steps",
  );
  tell("epoch 1", 2, 2);
  report({ message: "epoch 1: loss 0.5" });
  tell("epoch 2", 1, 2);
  assert.equal(
    plain(written.at(-1)!),
    "▬ read: 3 of 3 steps in 0:00<br>\n&lt;slow&gt;<br>\nepoch 1: loss 0.5<br>\n" +
      "▬ epoch 2: 1 of 2 steps",
  );
});

Deno.test("reporter() ends its bar when the work is given up", () => {
  const written: string[] = [];
  const output = { kind: "terminal", write: (text: string) => void written.push(text) } as const;
  assert.throws(() => {
    using report = reporter({ output, now: () => 0 });
    report({ what: "train", done: 1, total: 4, unit: "steps" });
    throw new Error("no memory");
  }, /no memory/);
  assert.ok(written.at(-1)!.endsWith("train: 1 of 4 steps in 0:00\x1b[K\n"));
});

Deno.test("reporter() shows nothing of work that is none", () => {
  const { tell, written } = recorded("terminal");
  tell("predict", 0, 0);
  assert.deepEqual(written, []);
});

Deno.test("reporter() refuses numbers that make no sense", () => {
  assert.throws(() => recorded("log").tell("train", -1, 4), {
    name: "RangeError",
    message: "Cannot show progress: steps done must be 0 or more: -1",
  });
});
