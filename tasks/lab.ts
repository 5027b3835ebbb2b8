/**
 * `deno task lab`: notebooks in JupyterLab.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/reporter.ts"; // Not all of the figures
import { requireLibrary } from "../lib/tensorflow/install/library.ts";
import { installJupyterLab, startJupyterLab } from "./_jupyterlab.ts";

const NOTEBOOKS = fileURLToPath(new URL("../notebooks", import.meta.url));

/** Where Jupyter usually is; with the ports after it, tried in turn. */
const PORT = 8888;

await runCommand({
  name: "lab",
  summary:
    "Open the notebooks in JupyterLab; it is installed on first use, beside no other Jupyter.",
  options: {
    dir: {
      type: "string",
      value: "DIR",
      description:
        "folder to open, such as one of `deno task new` (the kit's notebooks if not given)",
    },
    port: {
      type: "integer",
      minimum: 1,
      maximum: 65535,
      description: `port on this machine: ${PORT}, or the next free one, if not given`,
    },
    noBrowser: { type: "boolean", description: "print the address, open no browser" },
  },
}, async ({ dir = NOTEBOOKS, port, noBrowser }, { signal }) => {
  const folder = resolve(dir);
  if (!existsSync(folder)) {
    throw new Error(`Cannot start JupyterLab: there is no folder "${folder}"`);
  }
  const place = freePort(port);
  const environment = await installJupyterLab({ signal, onProgress: reporter() });
  requireLibrary(); // installs it with a progress line, which no notebook would show
  const { server, address } = await startJupyterLab(environment, {
    folder,
    port: place,
    browser: !noBrowser,
    signal,
  });
  console.log(`JupyterLab: ${address}`);
  console.log("Ctrl-C ends it and its kernels");
  const { code } = await server.status;
  return code;
});

/** The wanted port, or the first free one. */
function freePort(wanted: number | undefined): number {
  for (let port = wanted ?? PORT; port <= 65535; port++) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      const isTaken = error instanceof Deno.errors.AddrInUse;
      if (!isTaken && !(error instanceof Deno.errors.PermissionDenied)) throw error;
      if (wanted === undefined && isTaken) continue;
      throw new Error(
        `Cannot start JupyterLab: port ${port} is ${
          isTaken ? "taken" : "not for this user"
        }; name another with --port`,
        { cause: error },
      );
    }
  }
  throw new Error("Cannot start JupyterLab: no port is free");
}
