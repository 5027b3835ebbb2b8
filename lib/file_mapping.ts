/**
 * A file as memory, through mmap of the C library: pages are read when they are touched.
 *
 * @module
 */

const symbols = {
  // int open(const char *path, int flags, ...)
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  // int munmap(void *addr, size_t length)
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  // int madvise(void *addr, size_t length, int advice)
  madvise: { parameters: ["pointer", "usize", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MADV_WILLNEED = 3;
/** A multiple of the page size of every system. */
const PAGE = 2 ** 16;

/** What differs from system to system; off_t is 64 bits wide on each. */
const systems: Partial<
  Record<typeof Deno.build.os, { libc: string; closeOnExec: number; mapNoReserve: number }>
> = {
  linux: { libc: "libc.so.6", closeOnExec: 0x80000, mapNoReserve: 0x4000 },
  darwin: { libc: "libSystem.B.dylib", closeOnExec: 0x1000000, mapNoReserve: 0x40 },
};

/**
 * The first bytes of a file as an `ArrayBuffer` that costs no memory until it is touched.
 *
 * - The mapping is private: what is written to the buffer never reaches the file (a read-only
 *   mapping would end the process at the first write, since a typed array cannot be read-only).
 * - Dispose empties (detaches) the buffer before it unmaps, so that an array on it that lives on
 *   has length 0 and cannot reach freed memory.
 * - A file that another program shortens in place ends the process when a lost page is touched
 *   (SIGBUS). A file replaced by rename is safe: the mapping keeps the old one.
 */
export class FileMapping implements Disposable {
  readonly buffer: ArrayBuffer;
  #libc: Deno.DynamicLibrary<typeof symbols>;
  #pointer: Deno.PointerObject;

  /**
   * @param path The file
   * @param byteLength Bytes to map, at least 1 and at most the file's length
   * @throws {Error} When the system has no mmap, or refuses it
   */
  constructor(path: string, byteLength: number) {
    const system = systems[Deno.build.os];
    if (!system) {
      throw new Error(`Cannot map "${path}": no mmap on ${Deno.build.os}, read a copy with get()`);
    }
    this.#libc = Deno.dlopen(system.libc, symbols);
    const { open, close, mmap } = this.#libc.symbols;
    const file = open(new TextEncoder().encode(`${path}\0`), system.closeOnExec);
    const pointer = file < 0 ? null : mmap(
      null,
      BigInt(byteLength),
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | system.mapNoReserve,
      file,
      0n,
    );
    if (file >= 0) close(file); // The mapping stays
    if (!pointer || Deno.UnsafePointer.value(pointer) === 2n ** 64n - 1n) {
      this.#libc.close();
      throw new Error(`Cannot map "${path}": the system refused ${byteLength} bytes`);
    }
    this.#pointer = pointer;
    this.buffer = Deno.UnsafePointerView.getArrayBuffer(pointer, byteLength);
  }

  /** Asks the system to read a part from disk before it is touched; returns at once. */
  willNeed(offset: number, byteLength: number): void {
    if (this.buffer.detached) return;
    const start = offset - offset % PAGE;
    const address = Deno.UnsafePointer.offset(this.#pointer, start);
    this.#libc.symbols.madvise(address, BigInt(offset + byteLength - start), MADV_WILLNEED);
  }

  /** Empties the buffer and gives the memory back; a second call does nothing. */
  [Symbol.dispose](): void {
    if (this.buffer.detached) return;
    const byteLength = BigInt(this.buffer.byteLength);
    this.buffer.transfer(0); // Detaches
    this.#libc.symbols.munmap(this.#pointer, byteLength);
    this.#libc.close();
  }
}
