import assert from "node:assert/strict";
import { formatReport, type Report } from "../../lib/tensorflow/report.ts";

const REPORT: Report = {
  deno: { version: "2.9.6", v8: "15.0", typescript: "6.0.3" },
  system: { os: "linux", arch: "x86_64", cores: 16, memoryBytes: 128e9 },
  tensorflow: {
    version: "2.21.0",
    folder: "/home/ada/.cache/galaxykit/tensorflow/2.21.0-linux-x86_64-gpu/tensorflow",
    source: "cache",
    oneDNN: true,
    xla: false,
  },
  devices: [
    { name: "/job:localhost/replica:0/task:0/device:CPU:0", type: "CPU", memoryBytes: 128e9 },
    { name: "/job:localhost/replica:0/task:0/device:GPU:0", type: "GPU", memoryBytes: 42.35e9 },
  ],
  polars: "0.25.2",
  sharp: "0.35.5",
  jupyter: { path: "/home/ada/.local/share/jupyter/kernels/deno/kernel.json", program: "deno" },
  cache: { folder: "/home/ada/.cache/galaxykit", bytes: 6.1e9 },
  problems: [],
};

Deno.test("formatReport() fits one page", () => {
  assert.equal(
    formatReport(REPORT),
    `Deno        2.9.6 (V8 15.0, TypeScript 6.0.3)
System      linux x86_64, 16 cores, 128.0 GB
TensorFlow  2.21.0, in the kit's cache
            /home/ada/.cache/galaxykit/tensorflow/2.21.0-linux-x86_64-gpu/tensorflow
            oneDNN on, XLA off
Device      CPU:0, 128.0 GB
Device      GPU:0, 42.4 GB
polars      0.25.2
sharp       0.35.5
Jupyter     Deno kernel in /home/ada/.local/share/jupyter/kernels/deno/kernel.json
Cache       /home/ada/.cache/galaxykit, 6100 MB`,
  );
});

Deno.test("formatReport() shows what is missing", () => {
  const { deno, system, cache } = REPORT;
  assert.equal(
    formatReport({ deno, system, cache, devices: [], problems: ["TensorFlow is missing"] }),
    `Deno        2.9.6 (V8 15.0, TypeScript 6.0.3)
System      linux x86_64, 16 cores, 128.0 GB
TensorFlow  missing
polars      missing
sharp       missing
Jupyter     no Deno kernel (deno jupyter --install adds it)
Cache       /home/ada/.cache/galaxykit, 6100 MB`,
  );
});
