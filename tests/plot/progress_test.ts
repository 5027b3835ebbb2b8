import assert from "node:assert/strict";
import { progress, type ProgressOptions, type ProgressOutput } from "../../lib/plot/mod.ts";

/** Progress with a clock that the test turns, and what it has written so far. */
function recorded(
  kind: ProgressOutput["kind"],
  options: Partial<ProgressOptions> & { columns?: number; color?: boolean } = {},
) {
  const { columns, color, ...rest } = options;
  const written: string[] = [];
  const clock = { seconds: 0 };
  const output = { kind, columns, color, write: (text: string) => void written.push(text) };
  const now = () => clock.seconds * 1000;
  return { bar: progress({ label: "train", total: 50, ...rest, output, now }), written, clock };
}

Deno.test("progress() rewrites one line in a terminal, with rate and time left", () => {
  const { bar, written, clock } = recorded("terminal");
  clock.seconds = 2;
  bar.update(10, "loss 0.531");
  clock.seconds = 10;
  bar.update(50, "loss 0.4");
  bar.done();
  assert.deepEqual(written, [
    "\r──────────────────── train: 0 of 50\x1b[K",
    "\r━━━━──────────────── train: 10 of 50, 5/s, 0:08 left, loss 0.531\x1b[K",
    "\r━━━━━━━━━━━━━━━━━━━━ train: 50 of 50, 5/s, loss 0.4\x1b[K",
    "\r━━━━━━━━━━━━━━━━━━━━ train: 50 of 50 in 0:10, 5/s, loss 0.4\x1b[K\n",
  ]);
});

Deno.test("progress() writes to a terminal at most ten times a second", () => {
  const { bar, written, clock } = recorded("terminal", { total: 1000 });
  for (let i = 1; i <= 1000; i++) {
    clock.seconds = i / 1000;
    bar.update(i);
  }
  bar.done();
  assert.equal(written.length, 12);
});

Deno.test("progress() never exceeds the width of the terminal", () => {
  for (const columns of [10, 30, 60, 80]) {
    const { bar, written, clock } = recorded("terminal", { columns });
    clock.seconds = 1;
    bar.update(3, "a message that is longer than the whole of the terminal is wide, and goes on");
    for (const text of written) {
      assert.ok(text.replace("\r", "").replace("\x1b[K", "").length < columns, text);
    }
    assert.ok(written[1].includes("…"));
  }
});

Deno.test("progress() colours the bar only where it may", () => {
  assert.ok(recorded("terminal", { color: true }).written[0].includes("\x1b[90m"));
  assert.ok(!recorded("terminal", { color: false }).written[0].includes("\x1b[90m"));
});

Deno.test("progress() adds a plain line to a log every five seconds and at the end", () => {
  const { bar, written, clock } = recorded("log", { unit: "images", total: 1400 });
  for (let second = 1; second <= 14; second++) {
    clock.seconds = second;
    bar.update(second * 100);
  }
  bar.done("all decoded");
  bar.done();
  bar.update(3);
  assert.deepEqual(written, [
    "train: 500 of 1,400 images, 100 images/s, 0:09 left\n",
    "train: 1,000 of 1,400 images, 100 images/s, 0:04 left\n",
    "train: 1,400 of 1,400 images in 0:14, 100 images/s, all decoded\n",
  ]);
});

Deno.test("progress() gives a notebook one state after another, as HTML", () => {
  const { bar, written, clock } = recorded("notebook");
  clock.seconds = 25;
  bar.update(25, "<b>");
  const style = 'style="width: 14em; vertical-align: middle"';
  assert.deepEqual(written, [
    `<progress max="1" value="0.000" ${style}></progress> train: 0 of 50`,
    `<progress max="1" value="0.500" ${style}></progress> ` +
    "train: 25 of 50, 1/s, 0:25 left, &lt;b&gt;",
  ]);
});

Deno.test("progress() takes the rate of the last half minute, not of a slow start", () => {
  const { bar, written, clock } = recorded("log", { total: 10_000 });
  clock.seconds = 100;
  bar.update(1);
  for (let second = 101; second <= 200; second++) {
    clock.seconds = second;
    bar.update((second - 100) * 10);
  }
  assert.equal(written.at(-1), "train: 1,000 of 10,000, 10/s, 15:00 left\n");
});

Deno.test("progress() of resumed work counts only what was done since", () => {
  const { bar, written, clock } = recorded("log", { start: 40 });
  clock.seconds = 5;
  bar.update(45);
  assert.equal(written[0], "train: 45 of 50, 1/s, 0:05 left\n");
});

Deno.test("progress() without a total shows neither bar nor time left", () => {
  const { bar, written, clock } = recorded("terminal", { total: undefined });
  clock.seconds = 8000;
  bar.update(2);
  bar.done();
  assert.equal(written[1], "\rtrain: 2, 4,000 s each\x1b[K");
  assert.equal(written[2], "\rtrain: 2 in 2:13:20, 4,000 s each\x1b[K\n");
});

Deno.test("progress() may start over", () => {
  const { bar, written, clock } = recorded("log");
  clock.seconds = 4;
  bar.update(40);
  clock.seconds = 8;
  bar.update(0);
  clock.seconds = 13;
  bar.update(10);
  assert.equal(written.at(-1), "train: 10 of 50, 2/s, 0:20 left\n");
});

Deno.test("progress() ends its line when the work is given up", () => {
  const written: string[] = [];
  assert.throws(() => {
    const output = { kind: "terminal", write: (text: string) => void written.push(text) } as const;
    using bar = progress({ label: "train", total: 4, output, now: () => 0 });
    bar.update(1);
    throw new Error("no memory");
  }, /no memory/);
  assert.ok(written.at(-1)!.endsWith("train: 1 of 4 in 0:00\x1b[K\n"));
});

Deno.test("progress() refuses numbers that make no sense", () => {
  for (const total of [0, -3, NaN, Infinity]) {
    assert.throws(() => progress({ label: "train", total }), {
      name: "RangeError",
      message: `Cannot show progress: total must be a positive number: ${total}`,
    });
  }
  const { bar } = recorded("log");
  for (const done of [-1, NaN]) {
    assert.throws(() => bar.update(done), {
      name: "RangeError",
      message: `Cannot show progress: steps done must be 0 or more: ${done}`,
    });
  }
});

Deno.test("progress() writes plain lines to a stderr that is no terminal", async () => {
  const module = new URL("../../lib/plot/mod.ts", import.meta.url).href;
  const code = `import { progress } from "${module}";
    const bar = progress({ label: "train", total: 2 });
    bar.update(1); bar.update(2); bar.done();`;
  const { stderr, stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", new URL("../../deno.json", import.meta.url).pathname, code],
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(success);
  assert.equal(new TextDecoder().decode(stdout), "");
  assert.match(new TextDecoder().decode(stderr), /^train: 2 of 2 in 0:00(, [\d,]+\/s)?\n$/);
});
