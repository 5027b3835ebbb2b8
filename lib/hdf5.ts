/**
 * HDF5 files, through the HDF5 library compiled to WebAssembly.
 *
 * @module
 */

import type { File } from "h5wasm/node";

/**
 * Opens a file.
 *
 * @throws {Error} When it is missing, truncated or of another format
 */
export async function openHdf5(path: string): Promise<File> {
  let whole;
  try {
    whole = Deno.realPathSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new Error(`Cannot read "${path}": no such file`, { cause });
    }
    throw cause;
  }
  const { default: h5wasm } = await import("h5wasm/node"); // 0.5 s, not for everyone
  // Without this a failed read prints to stderr and returns what happens to lie in memory.
  (await h5wasm.ready).activate_throwing_error_handler();
  try {
    const file = new h5wasm.File(whole, "r");
    if (file.file_id < 0n) throw new Error("it is not opened");
    return file;
  } catch (cause) {
    throw new Error(`Cannot read "${path}": it is no HDF5 file, or truncated`, { cause });
  }
}
