/**
 * Wheels of Python packages, and an index of them on this machine.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";
import { findPython, hasPip } from "../lib/python.ts";
import { temporaryFolder } from "./temporary.ts";

const python = findPython(Deno.env.toObject());

/** Why pip cannot be tested here; undefined where it can. */
export const noPip: string | undefined = typeof python === "string"
  ? python
  : hasPip(python)
  ? undefined
  : `python3 ${python.version} has no pip`;

/** An empty cache and a pip that knows nothing but what the test gives it. */
export function pipEnvironment(changes: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) =>
    !/^(PIP|GALAXYKIT|PYTHONPATH|.*_proxy$)/i.test(name)
  );
  return {
    ...Object.fromEntries(own),
    PIP_CONFIG_FILE: "/dev/null",
    GALAXYKIT_CACHE: temporaryFolder(),
    ...changes,
  };
}

/** An environment whose pip takes wheels from a folder. */
export function pipFromFolder(folder: string): Record<string, string> {
  return pipEnvironment({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: folder });
}

/** A package index on this machine, whose downloads can be held half-way. */
export function serveIndex(wheel: string, options: { cut?: boolean } = {}) {
  const data = Deno.readFileSync(wheel);
  const half = data.length >> 1;
  let downloads = 0;
  let held = false;
  let start = Promise.withResolvers<void>();
  let release = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (!request.url.endsWith(".whl")) {
      const name = basename(wheel);
      return new Response(`<a href="/${name}">${name}</a>`, {
        headers: { "content-type": "text/html" },
      });
    }
    downloads++;
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(data.slice(0, half));
        start.resolve();
        if (held) await release.promise;
        if (!options.cut) controller.enqueue(data.slice(half));
        controller.close();
      },
    }).pipeThrough(new TransformStream());
    return new Response(body);
  });
  return {
    env: pipEnvironment({ PIP_INDEX_URL: `http://127.0.0.1:${server.addr.port}/simple` }),
    count: () => downloads,
    hold() {
      held = true;
      start = Promise.withResolvers();
      release = Promise.withResolvers();
    },
    started: () => start.promise,
    release() {
      held = false;
      release.resolve();
    },
    async [Symbol.asyncDispose]() {
      release.resolve();
      await server.shutdown();
    },
  };
}

/**
 * Writes a wheel for any Python, and returns its path.
 *
 * @param options.files By their paths in it
 * @param options.metadata Lines to add to its METADATA
 * @param options.record Changes the hash list
 */
export function writeWheelOf(
  folder: string,
  { name, version, files: own, metadata = "", record = (text) => text }: {
    name: string;
    version: string;
    files: Record<string, Uint8Array>;
    metadata?: string;
    record?: (text: string) => string;
  },
): string {
  const info = `${name}-${version}.dist-info`;
  const encoder = new TextEncoder();
  const files: Record<string, Uint8Array> = {
    ...own,
    [`${info}/METADATA`]: encoder.encode(
      `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${metadata}`,
    ),
    [`${info}/WHEEL`]: encoder.encode(
      "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
    ),
  };
  const lines = Object.entries(files).map(([path, data]) =>
    `${path},${listedHash(data)},${data.length}\n`
  );
  files[`${info}/RECORD`] = encoder.encode(record(`${lines.join("")}${info}/RECORD,,\n`));
  const path = join(folder, `${name}-${version}-py3-none-any.whl`);
  Deno.writeFileSync(path, zip(files));
  return path;
}

/** A hash as the list of a wheel has it. */
export function listedHash(data: Uint8Array): string {
  return `sha256=${createHash("sha256").update(data).digest("base64url")}`;
}

/** A zip archive without compression (PKWARE APPNOTE 4.3). */
function zip(files: Record<string, Uint8Array>): Uint8Array {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const encoded = new TextEncoder().encode(name);
    const shared = new Uint8Array(26);
    const view = new DataView(shared.buffer);
    view.setUint16(0, 20, true);
    view.setUint16(8, 0x21, true);
    view.setUint32(10, crc32(data), true);
    view.setUint32(14, data.length, true);
    view.setUint32(18, data.length, true);
    view.setUint16(22, encoded.length, true);
    local.push(signature(0x04034b50), shared, encoded, data);
    const placed = new Uint8Array(14);
    new DataView(placed.buffer).setUint32(10, offset, true);
    central.push(signature(0x02014b50), Uint8Array.of(20, 3), shared, placed, encoded);
    offset += 4 + 26 + encoded.length + data.length;
  }
  const size = central.reduce((sum, part) => sum + part.length, 0);
  const end = new Uint8Array(18);
  const view = new DataView(end.buffer);
  view.setUint16(4, Object.keys(files).length, true);
  view.setUint16(6, Object.keys(files).length, true);
  view.setUint32(8, size, true);
  view.setUint32(12, offset, true);
  const parts = [...local, ...central, signature(0x06054b50), end];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function signature(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
