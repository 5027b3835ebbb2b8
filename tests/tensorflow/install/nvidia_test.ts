import assert from "node:assert/strict";
import { join } from "node:path";
import { nvidiaGpus } from "../../../lib/tensorflow/install/nvidia.ts";
import { temporaryFolder } from "../../temporary.ts";

Deno.test("nvidiaGpus() lists names, and none where nvidia-smi is missing or fails", () => {
  const folder = temporaryFolder();
  assert.deepEqual(nvidiaGpus({ PATH: folder }), []);
  const program = join(folder, "nvidia-smi");
  Deno.writeTextFileSync(program, "#!/bin/sh\necho NVIDIA A100\necho NVIDIA A100\n", {
    mode: 0o755,
  });
  assert.deepEqual(nvidiaGpus({ PATH: folder }), ["NVIDIA A100", "NVIDIA A100"]);
  Deno.writeTextFileSync(program, "#!/bin/sh\necho failed to talk to the driver\nexit 9\n");
  assert.deepEqual(nvidiaGpus({ PATH: folder }), []);
});
