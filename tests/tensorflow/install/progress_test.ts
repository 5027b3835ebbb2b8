import assert from "node:assert/strict";
import { progressLine } from "../../../lib/tensorflow/install/progress.ts";

/** What a progress line writes for these byte counts of 100 MB. */
function written(terminal: boolean, counts: number[]): string {
  let text = "";
  const show = progressLine({
    isTerminal: () => terminal,
    writeSync(bytes) {
      text += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  });
  for (const done of counts) show({ phase: "Fetching", done, total: 100e6 });
  return text;
}

Deno.test("progressLine() rewrites one line on a terminal and ends it", () => {
  assert.equal(
    written(true, [0, 1e6, 1.1e6, 99.9e6, 100e6, 100e6]),
    "\r\x1b[KFetching: 0 MB of 100 MB\r\x1b[KFetching: 1 MB of 100 MB" +
      "\r\x1b[KFetching: 100 MB of 100 MB\r\x1b[KFetching: 100 MB of 100 MB\n",
  );
});

Deno.test("progressLine() writes a line a quarter elsewhere", () => {
  assert.equal(
    written(false, [0, 1e6, 26e6, 30e6, 80e6, 120e6]),
    "Fetching: 0 MB of 100 MB\nFetching: 26 MB of 100 MB\n" +
      "Fetching: 80 MB of 100 MB\nFetching: 100 MB of 100 MB\n",
  );
});
