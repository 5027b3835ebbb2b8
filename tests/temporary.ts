/**
 * Folders for a test file's own use, removed when it ends.
 *
 * @module
 */

let root: string | undefined;

/** A new, empty folder. */
export function temporaryFolder(): string {
  if (root === undefined) {
    const made = root = Deno.makeTempDirSync({ prefix: "galaxykit_test_" });
    addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
  }
  return Deno.makeTempDirSync({ dir: root });
}
