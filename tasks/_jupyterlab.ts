/**
 * JupyterLab in an environment of its own, with Deno's kernel and no other; what Jupyter the user
 * has stays as it is.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder, type Environment, folderSize } from "../lib/cache.ts";
import { temporaryName, writeFileAtomic } from "../lib/files.ts";
import type { OnProgress } from "../lib/progress.ts";
import { findPython } from "../lib/python.ts";
import { PIP_ENVIRONMENT, pipFailure } from "../lib/wheels.ts";

/** The release that is installed. */
export const JUPYTERLAB_VERSION = "4.6.6";

/** What it takes on disk with all that it needs, in bytes, about. */
const INSTALLED_SIZE = 250e6;

/** What is said to JupyterLab in place of its own settings: nothing is asked of the network. */
const OVERRIDES = {
  "@jupyterlab/apputils-extension:notification": { checkForUpdates: false, fetchNews: "false" },
};

/**
 * Installs JupyterLab into the kit's cache, unless it is there already. It comes into being in a
 * temporary folder that takes its name in the end, so that it is whole or absent.
 *
 * @returns Its folder
 * @throws {Error} When there is no Python that makes virtual environments, or no network; nothing is
 * left behind
 */
export async function installJupyterLab(options: {
  signal?: AbortSignal;
  onProgress?: OnProgress;
  env?: Environment;
} = {}): Promise<string> {
  const { signal, env = Deno.env.toObject() } = options;
  const folder = join(cacheFolder({ env }), `jupyterlab-${JUPYTERLAB_VERSION}`);
  if (existsSync(folder)) return folder;
  const temporary = temporaryName(folder);
  try {
    Deno.mkdirSync(dirname(folder), { recursive: true });
    await fill(temporary, { ...options, env });
    const settings = join(temporary, "share", "jupyter", "lab", "settings", "overrides.json");
    writeFileAtomic(settings, JSON.stringify(OVERRIDES));
    Deno.renameSync(temporary, folder);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    if (existsSync(folder)) return folder; // another process was faster
    const { message } = cause as Error;
    throw new Error(`Cannot install JupyterLab ${JUPYTERLAB_VERSION}: ${message}`, { cause });
  } finally {
    if (existsSync(temporary)) Deno.removeSync(temporary, { recursive: true });
  }
  return folder;
}

/** Makes a virtual environment and lets its pip work. */
async function fill(
  folder: string,
  { signal, onProgress, env }: {
    signal?: AbortSignal;
    onProgress?: OnProgress;
    env: Environment;
  },
): Promise<void> {
  const python = findPython(env);
  if (typeof python === "string") {
    throw new Error(`${python}; install Python 3.10 or newer with pip`);
  }
  const pythonName = `python3 ${python.version} (${python.executable})`;
  const made = await run(python.executable, ["-m", "venv", folder], { signal, env });
  if (!made.success) {
    const reason = made.output.trim().split("\n").at(-1);
    throw new Error(
      `${pythonName} cannot make a virtual environment (${reason}); install what it lacks (Debian and Ubuntu: apt install python3-venv)`,
    );
  }
  const requirement = `jupyterlab==${JUPYTERLAB_VERSION}`;
  const report = (bytes: number) =>
    onProgress?.({
      what: `Installing JupyterLab ${JUPYTERLAB_VERSION}`,
      done: Math.min(bytes, INSTALLED_SIZE) / 1e6,
      total: INSTALLED_SIZE / 1e6,
      unit: "MB",
    });
  const watching = setInterval(() => report(folderSize(folder)), 500);
  try {
    const installed = await run(pythonOf(folder), [
      ...["-m", "pip", "install", requirement, "--retries", "1", "--timeout", "15"],
      ...["--no-input", "--disable-pip-version-check", "--progress-bar", "off"],
    ], { signal, env: { ...env, ...PIP_ENVIRONMENT } });
    if (installed.success) report(INSTALLED_SIZE);
    else throw new Error(pipFailure(installed.output, requirement));
  } finally {
    clearInterval(watching);
  }
}

/**
 * Starts JupyterLab on this machine alone, with the Deno that runs this process as kernel.
 *
 * @param environment The folder of {@linkcode installJupyterLab}
 * @returns The server, and its address with the key that opens it
 * @throws {Error} When the server ends before it answers
 */
export async function startJupyterLab(environment: string, options: {
  /** Its files; a kernel runs in the folder of its notebook. */
  folder: string;
  port: number;
  /** Whether to show it in the browser. */
  browser: boolean;
  /** Ends the server and its kernels. */
  signal: AbortSignal;
  env?: Environment;
}): Promise<{ server: Deno.ChildProcess; address: string }> {
  const { folder, port, browser, signal, env = Deno.env.toObject() } = options;
  const kernel = join(environment, "share", "jupyter", "kernels", "deno", "kernel.json");
  writeFileAtomic(kernel, JSON.stringify(kernelSpec()));
  const user = join(environment, "user");
  const token = crypto.randomUUID();
  const server = new Deno.Command(pythonOf(environment), {
    args: [
      "-m",
      "jupyterlab",
      ...settings({
        ...{ folder, port, browser },
        checkpoints: join(user, "checkpoints"),
      }),
    ],
    env: {
      ...withoutPython(env),
      JUPYTER_TOKEN: token,
      JUPYTER_CONFIG_DIR: user,
      JUPYTER_DATA_DIR: user,
      JUPYTER_RUNTIME_DIR: join(user, "runtime"),
    },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
  }).spawn();
  if (signal.aborted) end(server);
  signal.addEventListener("abort", () => end(server));
  await answers(server, { address: `http://localhost:${port}/api`, signal });
  return { server, address: `http://localhost:${port}/lab?token=${token}` };
}

/** Waits until a server answers. */
async function answers(
  server: Deno.ChildProcess,
  { address, signal }: { address: string; signal: AbortSignal },
): Promise<void> {
  let code: number | undefined;
  server.status.then((status) => code = status.code);
  for (;;) {
    if (code !== undefined) {
      signal.throwIfAborted();
      throw new Error(`Cannot start JupyterLab: its server ended with exit code ${code}`);
    }
    try {
      const { ok, body } = await fetch(address);
      await body?.cancel();
      if (ok) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // nobody listens yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Asks a server to end its kernels and itself. */
function end(server: Deno.ChildProcess): void {
  try {
    server.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended already
  }
}

/** What Jupyter is told of this very Deno. */
function kernelSpec(): Record<string, unknown> {
  return {
    argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
  };
}

function settings(
  { folder, port, browser, checkpoints }: {
    folder: string;
    port: number;
    browser: boolean;
    checkpoints: string;
  },
): string[] {
  return [
    `--ServerApp.root_dir=${folder}`,
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.open_browser=${browser ? "True" : "False"}`,
    "--ServerApp.answer_yes=True", // Ctrl-C reaches it, too
    "--MultiKernelManager.default_kernel_name=deno",
    "--KernelSpecManager.ensure_native_kernel=False",
    "--KernelSpecManager.allowed_kernelspecs=deno",
    // Copies that it can go back to, not beside the notebooks.
    `--FileCheckpoints.checkpoint_dir=${checkpoints}`,
    "--LabApp.extension_manager=readonly",
    "--ServerApp.log_level=ERROR",
    "--LabApp.log_level=ERROR",
    ...(Deno.uid() === 0 ? ["--allow-root"] : []), // in containers
  ];
}

function pythonOf(environment: string): string {
  return join(environment, "bin", "python");
}

/** An environment in which Python finds its own packages only. */
function withoutPython(env: Environment): Environment {
  const { PYTHONPATH: _, PYTHONHOME: __, JUPYTER_PATH: ___, ...rest } = env;
  return { ...rest, PYTHONNOUSERSITE: "1" };
}

async function run(
  command: string,
  args: string[],
  { signal, env }: { signal?: AbortSignal; env: Environment },
): Promise<{ success: boolean; output: string }> {
  signal?.throwIfAborted();
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    env: withoutPython(env),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).output();
  signal?.throwIfAborted();
  const decoder = new TextDecoder();
  return { success, output: `${decoder.decode(stdout)}\n${decoder.decode(stderr)}` };
}
