import assert from "node:assert/strict";
import { pipFailure } from "../lib/wheels.ts";

Deno.test("pipFailure() knows the ways in which pip fails", () => {
  const requirement = "tensorflow-cpu==2.21.0";
  assert.equal(
    pipFailure(
      "Saving\nERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
      requirement,
    ),
    "the disk is full",
  );
  assert.equal(
    pipFailure("pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.", requirement),
    "pip cannot reach the package index (ReadTimeoutError); check the network, or name a mirror in PIP_INDEX_URL",
  );
  assert.equal(
    pipFailure(
      "error: incomplete-download\n\n× Download failed because not enough bytes were received\n" +
        "hint: Consider using --resume-retries to enable download resumption.",
      requirement,
    ),
    "pip cannot reach the package index (incomplete-download); check the network, or name a mirror in PIP_INDEX_URL",
  );
  assert.equal(pipFailure("WARNING: x\nERROR: Odd thing\n", requirement), "pip failed (Odd thing)");
});
