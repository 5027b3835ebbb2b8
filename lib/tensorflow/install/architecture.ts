/**
 * Which processor a shared library is built for, read from its first bytes: opening a library of
 * another processor fails with a message that names neither.
 *
 * @module
 */

/** ELF's `e_machine` (System V ABI) and Mach-O's `cputype` (`mach/machine.h`). */
const ELF_MACHINES: Record<number, string> = { 62: "x86_64", 183: "aarch64" };
const MACH_CPUS: Record<number, string> = { 0x01000007: "x86_64", 0x0100000c: "aarch64" };

/**
 * The architectures of a shared library, in the words of `Deno.build`: "linux x86_64",
 * "darwin aarch64". A macOS file may hold several.
 *
 * @returns An empty list when the file is no 64-bit ELF or Mach-O library
 */
export function libraryArchitectures(path: string): string[] {
  const bytes = new Uint8Array(4096);
  using file = Deno.openSync(path);
  const view = new DataView(bytes.buffer, 0, file.readSync(bytes) ?? 0);
  if (view.byteLength < 20) return [];
  const magic = view.getUint32(0);
  // 0x7f "ELF", then 64 bits, little-endian.
  if (magic === 0x7f454c46 && view.getUint16(4) === 0x0201) {
    const machine = view.getUint16(18, true);
    return [`linux ${ELF_MACHINES[machine] ?? `machine ${machine}`}`];
  }
  if (magic === 0xcffaedfe) return [machName(view.getUint32(4, true))];
  if (magic === 0xcafebabe) {
    const count = Math.min(view.getUint32(4), Math.floor((view.byteLength - 8) / 20));
    return Array.from({ length: count }, (_, index) => machName(view.getUint32(8 + 20 * index)));
  }
  return [];
}

function machName(cpu: number): string {
  return `darwin ${MACH_CPUS[cpu] ?? `cpu ${cpu}`}`;
}
