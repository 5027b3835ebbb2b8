/**
 * Deno's Jupyter kernel, started and spoken to as JupyterLab does
 * (https://jupyter-client.readthedocs.io/en/stable/messaging.html).
 *
 * @module
 */

import { createHmac, randomUUID } from "node:crypto";
import { ZmtpSocket } from "./zmtp.ts";

/** One of the outputs of a cell, as a notebook file holds it. */
export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string }
  | { output_type: "display_data"; data: Data; metadata: Data }
  | { output_type: "execute_result"; data: Data; metadata: Data; execution_count: number }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

type Data = Record<string, unknown>;

type Message = { type: string; parent?: string; content: Data };

/** What is told of a request: what is published while it runs, then its answer. */
type Listener = (message: Message, channel: "published" | "answer") => void;

const DELIMITER = "<IDS|MSG>";

/** What a cell puts out may follow its end: silence of so many milliseconds means that all came. */
const SILENCE = 250;

/** A running kernel. */
export class Kernel implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #shell: ZmtpSocket;
  readonly #published: ZmtpSocket;
  readonly #listeners = new Map<string, Listener>();
  readonly #ended: Promise<never>;

  private constructor(
    process: Deno.ChildProcess,
    key: string,
    sockets: { shell: ZmtpSocket; published: ZmtpSocket },
  ) {
    this.#process = process;
    this.#key = key;
    this.#shell = sockets.shell;
    this.#published = sockets.published;
    const pumps = [this.#pump(this.#shell, "answer"), this.#pump(this.#published, "published")];
    this.#ended = Promise.race(pumps);
    this.#ended.catch(() => {}); // told to whoever waits
  }

  /**
   * Starts a kernel.
   *
   * @param folder Where it runs: the notebook's folder
   * @param env Variables to set on top of this process's
   */
  static async start(folder: string, env: Record<string, string> = {}): Promise<Kernel> {
    const names = ["shell", "iopub", "stdin", "control", "hb"] as const;
    const ports = freePorts(names.length);
    const key = randomUUID();
    const file = Deno.makeTempFileSync({ suffix: ".json" });
    Deno.writeTextFileSync(
      file,
      JSON.stringify({
        ...Object.fromEntries(names.map((name, index) => [`${name}_port`, ports[index]])),
        ip: "127.0.0.1",
        transport: "tcp",
        key,
        signature_scheme: "hmac-sha256",
        kernel_name: "deno",
      }),
    );
    const process = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--kernel", "--conn", file],
      cwd: folder,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
    }).spawn();
    try {
      const shell = await patiently(() => ZmtpSocket.connect(ports[0]!, "DEALER"));
      const published = await patiently(() => ZmtpSocket.connect(ports[1]!, "SUB"));
      const kernel = new Kernel(process, key, { shell, published });
      // The kernel answers before it knows that we listen to what it publishes.
      while (!await kernel.#isHeard());
      return kernel;
    } catch (error) {
      end(process);
      throw error;
    } finally {
      Deno.removeSync(file);
    }
  }

  /**
   * Runs the code of a cell.
   *
   * @returns What it printed and showed, in order
   */
  async execute(code: string): Promise<Output[]> {
    const outputs = new Outputs();
    await this.#request("execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    }, ({ type, content }) => outputs.add(type, content));
    return outputs.list;
  }

  /** Ends the kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell[Symbol.dispose]();
    this.#published[Symbol.dispose]();
    end(this.#process);
    await this.#process.status;
  }

  async #isHeard(): Promise<boolean> {
    const heard = this.#request("kernel_info_request", {}, () => {}).then(() => true);
    return await Promise.race([
      heard,
      new Promise<boolean>((resolve) => setTimeout(resolve, 1000, false)),
    ]);
  }

  /** Sends a request; ends when it is answered, the kernel is idle again, and nothing more comes. */
  async #request(
    type: string,
    content: Data,
    onPublished: (message: Message) => void,
  ): Promise<void> {
    const id = randomUUID();
    const answered = Promise.withResolvers<void>();
    const idle = Promise.withResolvers<void>();
    let heard = performance.now();
    this.#listeners.set(id, (message, channel) => {
      heard = performance.now();
      if (channel === "answer") answered.resolve();
      else if (message.content.execution_state === "idle") idle.resolve();
      else onPublished(message);
    });
    await this.#send(id, type, content);
    await Promise.race([Promise.all([answered.promise, idle.promise]), this.#ended]);
    while (performance.now() < heard + SILENCE) {
      await new Promise((resolve) => setTimeout(resolve, SILENCE / 5));
    }
    this.#listeners.delete(id);
  }

  async #send(id: string, type: string, content: Data): Promise<void> {
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.#session,
      username: "test",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const signature = createHmac("sha256", this.#key).update(parts.join("")).digest("hex");
    const encoder = new TextEncoder();
    await this.#shell.send([DELIMITER, signature, ...parts].map((part) => encoder.encode(part)));
  }

  /** Passes messages on until the connection ends. */
  async #pump(socket: ZmtpSocket, channel: "published" | "answer"): Promise<never> {
    for (;;) {
      const message = parse(await socket.receive());
      this.#listeners.get(message.parent ?? "")?.(message, channel);
    }
  }
}

/** The outputs of a cell, gathered from messages. */
class Outputs {
  readonly list: Output[] = [];
  readonly #displays = new Map<unknown, { data: Data }>();

  add(type: string, content: Data): void {
    const { transient, ...rest } = content;
    const id = (transient as Data | undefined)?.display_id;
    if (type === "stream") {
      const last = this.list.at(-1);
      if (last?.output_type === "stream" && last.name === content.name) last.text += content.text;
      else this.list.push({ output_type: type, ...rest } as Output);
    } else if (type === "update_display_data") {
      const shown = this.#displays.get(id);
      if (shown) shown.data = content.data as Data;
    } else if (type === "display_data" || type === "execute_result" || type === "error") {
      const output = { output_type: type, ...rest } as Output;
      this.list.push(output);
      if (id !== undefined) this.#displays.set(id, output as { data: Data });
    }
  }
}

function parse(frames: readonly Uint8Array[]): Message {
  const texts = frames.map((frame) => new TextDecoder().decode(frame));
  const [, header, parent, , content] = texts.slice(texts.indexOf(DELIMITER) + 1);
  return {
    type: JSON.parse(header!).msg_type,
    parent: JSON.parse(parent!)?.msg_id,
    content: JSON.parse(content!),
  };
}

function end(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended already
  }
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Tries until the kernel listens. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) || tries === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
