/**
 * PyTorch's side of the bench: a server that runs one step when told to.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** glibc keeps large blocks, as the engine makes it do in its own process. */
const ALLOCATOR = "glibc.malloc.mmap_threshold=2147483647:glibc.malloc.trim_threshold=2147483647";

/** What the server answers to a step. */
export type TorchStep = { ms: number; processor?: number; value: number; ops?: number };

/** One process of PyTorch. */
export class TorchServer {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #rest = "";

  private constructor(python: string) {
    const script = fileURLToPath(new URL("reference/torch_server.py", import.meta.url));
    this.#process = new Deno.Command(python, {
      args: [script],
      env: { GLIBC_TUNABLES: ALLOCATOR },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#writer = this.#process.stdin.getWriter();
  }

  /** Starts a server, or gives undefined where Python or PyTorch is missing. */
  static async start(): Promise<TorchServer | undefined> {
    const python = Deno.env.get("GALAXYKIT_BENCH_PYTHON") ?? "python3";
    try {
      const { success } = await new Deno.Command(python, {
        args: ["-c", "import torch"],
        stdout: "null",
        stderr: "null",
      }).output();
      return success ? new TorchServer(python) : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** The modes of each workload. */
  async modes(): Promise<Record<string, string[]>> {
    return (await this.#ask<{ modes: Record<string, string[]> }>({ cmd: "list" })).modes;
  }

  /** Builds a workload, compiles it and makes its first steps. */
  async prepare(workload: string, mode: string): Promise<{ torch: string; threads: number }> {
    return await this.#ask({ cmd: "prepare", workload, mode });
  }

  async step(): Promise<TorchStep> {
    return await this.#ask({ cmd: "step" });
  }

  /** Writes weights, inputs and results to a safetensors file. */
  async export(workload: string, path: string): Promise<void> {
    await this.#ask({ cmd: "export", workload, path });
  }

  async quit(): Promise<void> {
    await this.#writer.write(new TextEncoder().encode('{"cmd": "quit"}\n'));
    await this.#writer.close();
    await this.#lines.cancel();
    await this.#process.status;
  }

  async #ask<T>(request: Record<string, string>): Promise<T> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) {
        throw new Error(`Cannot bench PyTorch: its process ended at ${JSON.stringify(request)}`);
      }
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const answer = JSON.parse(this.#rest.slice(0, end));
    this.#rest = this.#rest.slice(end + 1);
    if (answer.error !== undefined) throw new Error(`PyTorch: ${answer.error}`);
    return answer;
  }
}
