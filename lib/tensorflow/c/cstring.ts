/**
 * Text across the border to C: UTF-8 bytes ending in a zero.
 *
 * @module
 */

const encoder = new TextEncoder();
const cached = new Map<string, Uint8Array<ArrayBuffer>>();

/** A zero-ended UTF-8 copy of `text`. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text + "\0");
}

/** As {@linkcode cString}, made once: for the few hundred names of ops and attributes. */
export function cachedCString(text: string): Uint8Array<ArrayBuffer> {
  let bytes = cached.get(text);
  if (bytes === undefined) cached.set(text, bytes = cString(text));
  return bytes;
}

/** Reads a zero-ended UTF-8 text of C's; the empty text for a null pointer. */
export function readCString(pointer: Deno.PointerValue): string {
  return pointer === null ? "" : new Deno.UnsafePointerView(pointer).getCString();
}

/** The addresses of several buffers as C's `void**`. The caller keeps the buffers alive. */
export function pointerArray(
  buffers: readonly Uint8Array<ArrayBuffer>[],
): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.from(
    buffers,
    (buffer) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)),
  );
}
