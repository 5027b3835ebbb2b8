/**
 * Whole files that were compressed, by gzip or bzip2.
 *
 * @module
 */

import { gunzip } from "node:zlib";
import { promisify } from "node:util";

/** Whether bytes begin as gzip's or bzip2's do. */
export function isCompressed(bytes: Uint8Array): boolean {
  return isGzip(bytes) || isBzip2(bytes);
}

/**
 * What was compressed; other bytes as they are.
 *
 * @throws {Error} When they are damaged or truncated
 */
export async function decompress(bytes: Uint8Array): Promise<Uint8Array> {
  if (isGzip(bytes)) return await promisify(gunzip)(bytes);
  if (!isBzip2(bytes)) return bytes;
  const { default: bzip2 } = await import("seek-bzip");
  try {
    return bzip2.decode(bytes, undefined, true); // all streams: parallel programs write several
  } catch (cause) {
    throw new Error(`its bzip2 data is damaged or truncated (${(cause as Error).message})`, {
      cause,
    });
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isBzip2(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(0, 3)) === "BZh";
}
