/**
 * A hub and its storage host on this machine, which answer as the real ones do and can be told to
 * misbehave.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Environment } from "../../../lib/cache.ts";
import { temporaryFolder } from "../../temporary.ts";

type HubFile = { data: Uint8Array<ArrayBuffer>; large: boolean };

/** A request that came. */
export type Seen = { host: "hub" | "storage"; line: string; range?: string; token?: string };

export class Hub implements AsyncDisposable {
  repository = "org/model";
  commit = "c".repeat(40);
  readonly files = new Map<string, HubFile>();
  readonly seen: Seen[] = [];
  /** Answers to give instead, first to last; a body breaks off after `cut` bytes. */
  readonly misbehave: ((request: Request) => Response | undefined)[] = [];
  /** Bytes after which each body of the storage host breaks off; 0 for never. */
  cut = 0;
  /** How often it breaks off. */
  cuts = Infinity;
  /** By how many bytes the storage host is off when asked for a part. */
  shift = 0;
  /** Whether the storage host knows Range. */
  ranges = true;
  /** What the storage host sends in place of a file. */
  substitute?: Uint8Array<ArrayBuffer>;
  /** Milliseconds before the storage host sends. */
  delay = 0;
  readonly #end = new AbortController();
  readonly #hub: Deno.HttpServer<Deno.NetAddr>;
  readonly #storage: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const { signal } = this.#end;
    const options = { port: 0, hostname: "127.0.0.1", signal, onListen() {}, onError: broken };
    this.#hub = Deno.serve(options, (request) => this.#answer(request));
    this.#storage = Deno.serve(options, (request) => this.#send(request));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#hub.addr.port}`;
  }

  /** An environment with a cache of its own that asks this hub. */
  environment(more: Environment = {}): Environment & { HF_HOME: string } {
    return { HF_HOME: temporaryFolder(), HF_ENDPOINT: this.endpoint, ...more };
  }

  put(name: string, data: Uint8Array | string, { large = true } = {}): void {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    this.files.set(name, { data: Uint8Array.from(bytes), large });
  }

  /** What came since the last call. */
  take(): string[] {
    return this.seen.splice(0).map(({ host, line, range }) =>
      `${host} ${line}${range ? ` ${range}` : ""}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(); // Rather than wait for a request that a failed test left
    await Promise.all([this.#hub.finished, this.#storage.finished]);
  }

  #note(host: Seen["host"], request: Request): void {
    this.seen.push({
      host,
      line: `${request.method} ${new URL(request.url).pathname}`,
      range: request.headers.get("range") ?? undefined,
      token: request.headers.get("authorization") ?? undefined,
    });
  }

  #answer(request: Request): Response {
    this.#note("hub", request);
    const told = this.misbehave.shift()?.(request);
    if (told) return told;
    const path = decodeURIComponent(new URL(request.url).pathname);
    const [, api] = path.match(/^\/api\/models\/(.+?)\/revision\/.+$/) ?? [];
    if (api === this.repository) {
      const siblings = [...this.files.keys()].map((rfilename) => ({ rfilename }));
      return Response.json({ id: this.repository, sha: this.commit, siblings });
    }
    const [, repository, , name] = path.match(/^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/) ?? [];
    const file = this.files.get(name ?? "");
    if (repository !== this.repository) return refused(404, "RepoNotFound");
    if (!file) return refused(404, "EntryNotFound");
    const headers = new Headers({ "x-repo-commit": this.commit });
    const hash = hashOf(file);
    if (!file.large) {
      headers.set("etag", `"${hash}"`);
      headers.set("content-length", String(file.data.length));
      return new Response(request.method === "HEAD" ? null : file.data, { headers });
    }
    headers.set("x-linked-etag", `"${hash}"`);
    headers.set("x-linked-size", String(file.data.length));
    headers.set("etag", '"the redirect"');
    headers.set("location", `http://127.0.0.1:${this.#storage.addr.port}/${hash}?signature=x`);
    return new Response(null, { status: 302, headers });
  }

  async #send(request: Request): Promise<Response> {
    this.#note("storage", request);
    await new Promise((resolve) => setTimeout(resolve, this.delay));
    const hash = new URL(request.url).pathname.slice(1);
    const file = [...this.files.values()].find((candidate) => hashOf(candidate) === hash);
    if (!file) return new Response("no", { status: 403 });
    const data = this.substitute ?? file.data;
    const [, from] = request.headers.get("range")?.match(/^bytes=(\d+)-$/) ?? [];
    const start = this.ranges && from !== undefined ? Number(from) + this.shift : 0;
    const body = data.subarray(start);
    const headers = new Headers({ "content-length": String(body.length) });
    if (start > 0) {
      headers.set("content-range", `bytes ${start}-${data.length - 1}/${data.length}`);
    }
    const cut = this.cut > 0 && body.length > this.cut && this.cuts-- > 0;
    return new Response(cut ? brokenOff(body.subarray(0, this.cut)) : body, {
      status: start > 0 ? 206 : 200,
      headers,
    });
  }
}

/** An answer as the hub refuses. */
export function refused(status: number, code?: string): Response {
  return new Response(null, { status, headers: code ? { "x-error-code": code } : {} });
}

/** The name of a blob. */
export function hashOf({ data, large }: HubFile): string {
  if (large) return createHash("sha256").update(data).digest("hex");
  return createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");
}

/** Bytes without a pattern. */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state >>> 24;
  });
}

function brokenOff(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes);
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.error(new Error("broken off"));
    },
  });
}

function broken(): Response {
  return new Response(null, { status: 500 });
}
