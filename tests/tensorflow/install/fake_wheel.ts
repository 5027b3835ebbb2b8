/**
 * Small stand-ins for TensorFlow's wheel and libraries, for tests of look-up and installation.
 *
 * @module
 */

import { join } from "node:path";
import { libraryNames, TENSORFLOW_VERSION } from "../../../lib/tensorflow/install/library.ts";
import { wheelFor } from "../../../lib/tensorflow/install/wheel.ts";
import { listedHash, writeWheelOf } from "../../wheel_file.ts";

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
    files.map((file) => `tensorflow/${file},${listedHash(library)},${library.length}\n`).join(""),
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
  const metadata = "Provides-Extra: and-cuda\n" +
    `Requires-Dist: nvidia-fake-cu12; extra == "and-cuda"\n`;
  const encoder = new TextEncoder();
  const files: Record<string, Uint8Array> = {
    "tensorflow/__init__.py": encoder.encode("raise ImportError\n"),
  };
  for (const [path, text] of Object.entries(extra)) files[path] = encoder.encode(text);
  if (libraries) {
    for (const file of Object.values(libraryNames())) {
      files[`tensorflow/${file}`] = fakeLibrary(arch);
    }
  }
  return writeWheelOf(folder, { name, version: TENSORFLOW_VERSION, files, metadata, record });
}

/** "tensorflow_cpu" or "tensorflow": the package that holds the library on this machine. */
function packageName(): string {
  return wheelFor().requirement.split("==")[0].replace("-", "_");
}
