/**
 * Small stand-ins for TensorFlow's wheel and libraries, for tests of look-up and installation.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { libraryNames, TENSORFLOW_VERSION } from "../../../lib/tensorflow/install/library.ts";
import { wheelFor } from "../../../lib/tensorflow/install/wheel.ts";

/** The first bytes of a shared library for a processor, and some filling. */
export function fakeLibrary(arch: string = Deno.build.arch): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5000).fill(7);
  const view = new DataView(bytes.buffer);
  if (Deno.build.os === "darwin") {
    view.setUint32(0, 0xcffaedfe);
    view.setUint32(4, arch === "aarch64" ? 0x0100000c : 0x01000007, true);
  } else {
    view.setUint32(0, 0x7f454c46);
    view.setUint16(4, 0x0201);
    view.setUint16(18, arch === "aarch64" ? 183 : 62, true);
  }
  return bytes;
}

/** The processor that this machine does not have. */
export const OTHER_ARCH = Deno.build.arch === "aarch64" ? "x86_64" : "aarch64";

/** Lays out a Python package of TensorFlow in a folder, as `pip install` would. */
export function writePackage(
  site: string,
  options: { name?: string; version?: string; arch?: string } = {},
): string {
  const { name = "tensorflow", version = TENSORFLOW_VERSION, arch } = options;
  const folder = join(site, "tensorflow");
  const metadata = join(site, `${name}-${version}.dist-info`);
  Deno.mkdirSync(folder, { recursive: true });
  Deno.mkdirSync(metadata, { recursive: true });
  const library = fakeLibrary(arch);
  const files = Object.values(libraryNames());
  for (const file of files) Deno.writeFileSync(join(folder, file), library);
  Deno.writeTextFileSync(
    join(metadata, "RECORD"),
    files.map((file) => `tensorflow/${file},${hashOf(library)},${library.length}\n`).join(""),
  );
  return folder;
}

/**
 * Writes the wheel that the kit asks pip for, for any Python, and returns its path.
 *
 * @param folder Where to
 * @param options.record Changes the hash list
 * @param options.extra Further files by name
 */
export function writeWheel(
  folder: string,
  options: {
    name?: string;
    arch?: string;
    record?: (text: string) => string;
    extra?: Record<string, string>;
    libraries?: boolean;
  } = {},
): string {
  const { name = packageName(), arch, record = (text) => text, extra = {}, libraries = true } =
    options;
  const version = TENSORFLOW_VERSION;
  const info = `${name}-${version}.dist-info`;
  const encoder = new TextEncoder();
  const files: Record<string, Uint8Array> = {
    "tensorflow/__init__.py": encoder.encode("raise ImportError\n"),
    [`${info}/METADATA`]: encoder.encode(
      `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nProvides-Extra: and-cuda\n` +
        `Requires-Dist: nvidia-fake-cu12; extra == "and-cuda"\n`,
    ),
    [`${info}/WHEEL`]: encoder.encode(
      "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
    ),
  };
  for (const [path, text] of Object.entries(extra)) files[path] = encoder.encode(text);
  if (libraries) {
    for (const file of Object.values(libraryNames())) {
      files[`tensorflow/${file}`] = fakeLibrary(arch);
    }
  }
  const lines = Object.entries(files).map(([path, data]) =>
    `${path},${hashOf(data)},${data.length}\n`
  );
  files[`${info}/RECORD`] = encoder.encode(record(`${lines.join("")}${info}/RECORD,,\n`));
  const path = join(folder, `${name}-${version}-py3-none-any.whl`);
  Deno.writeFileSync(path, zip(files));
  return path;
}

/** "tensorflow_cpu" or "tensorflow": the package that holds the library on this machine. */
function packageName(): string {
  return wheelFor().requirement.split("==")[0].replace("-", "_");
}

function hashOf(data: Uint8Array): string {
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
