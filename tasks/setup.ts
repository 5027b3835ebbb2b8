/**
 * `deno task setup`: finds TensorFlow, or installs it.
 *
 * @module
 */

import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/reporter.ts"; // Not all of the figures
import { installLibrary } from "../lib/tensorflow/install/install.ts";
import {
  inspectInstallation,
  installationFolder,
  lookUp,
} from "../lib/tensorflow/install/library.ts";
import { nvidiaGpus } from "../lib/tensorflow/install/nvidia.ts";

await runCommand({
  name: "setup",
  summary: "Find TensorFlow on this machine, or install it into the kit's cache.",
  options: {
    gpu: {
      type: "boolean",
      description: "with CUDA for an NVIDIA GPU (downloads 3.4 GB, keeps 5.7 GB)",
    },
    force: { type: "boolean", description: "install even when there is one" },
  },
}, async ({ gpu, force }, { signal }) => {
  const env = Deno.env.toObject();
  const first = lookUp({ env }).library;
  const cuda = inspectInstallation(installationFolder({ gpu: true, env }));
  const [card] = nvidiaGpus(env);
  if (card && !gpu && typeof cuda !== "object") {
    console.log(`This machine has an NVIDIA GPU (${card}): deno task setup --gpu puts it to use`);
  }
  if (gpu && !card) {
    console.log("nvidia-smi lists no NVIDIA GPU here; going on, for a machine that has one");
  }
  using report = reporter({ print: console.error });
  const present = force ? undefined : gpu ? cuda : first;
  const library = typeof present === "object" ? present : await installLibrary({
    gpu,
    force,
    signal,
    onProgress: report,
  });
  console.log(`TensorFlow ${library.version} is in ${library.folder}`);
  const used = lookUp({ env }).library;
  if (used && used.folder !== library.folder) {
    console.log(`The kit uses the one in ${used.folder} (from: ${used.source}), which comes first`);
  }
});
