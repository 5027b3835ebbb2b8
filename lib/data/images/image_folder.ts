/**
 * Folders of image files: a flat list, or one class per subfolder.
 *
 * @module
 */

import { join } from "node:path";
import { type BadFile, listBadFiles } from "./decode.ts";
import { HEAD, whyNotImage } from "./_image_kind.ts";

/** An image file. */
export type ImageFile = {
  path: string;
  /** Path inside the folder, with forward slashes: unique there, and the same on every machine. */
  id: string;
};

/** An image file of a known class. */
export type LabelledFile = ImageFile & {
  class: string;
  /** Position of the class in `classes`. */
  label: number;
};

/** A folder with one subfolder per class. */
export type ImageFolder = {
  /** Names of the subfolders, sorted. */
  classes: string[];
  /** Sorted by class, then by id. */
  files: LabelledFile[];
  /** Files left out; always empty unless `bad` is "skip". */
  bad: BadFile[];
};

/** What to do about files that are not images. */
export type ScanOptions = {
  /**
   * "error" refuses the folder and lists the first bad files, "skip" leaves them out and returns
   * them.
   *
   * @default {"error"}
   */
  bad?: "error" | "skip";
};

/**
 * Lists the images of a folder that has one subfolder per class. Subfolders of a class belong to the
 * class, hidden files and folders are ignored, as are other files beside the class folders (a table,
 * a read-me). A file counts as an image by its first bytes, whatever its name; it is not decoded.
 *
 * @throws {Error} When the folder is missing or unreadable, has fewer than two classes or a class
 * without images, or holds files that are not images
 *
 * @example
 * ```ts
 * import { scanImageFolder } from "galaxykit/data";
 * import { writeGalaxyFolder } from "galaxykit/sky";
 * import assert from "node:assert/strict";
 *
 * const folder = `${Deno.makeTempDirSync()}/galaxies`;
 * await writeGalaxyFolder(folder, { count: 6, size: 32, seed: 1 });
 * const { classes, files } = scanImageFolder(folder);
 * assert.deepEqual(classes, ["edge-on", "smooth", "spiral"]);
 * assert.equal(files.length, 6);
 * ```
 */
export function scanImageFolder(folder: string, options: ScanOptions = {}): ImageFolder {
  const all = listFiles(folder);
  const classes = [...Deno.readDirSync(folder)]
    .filter((entry) => !entry.name.startsWith(".") && isFolder(join(folder, entry.name), entry))
    .map(({ name }) => name).sort();
  const inside = all.filter(({ id }) => id.includes("/"));
  const loose = sortOut(all.filter(({ id }) => !id.includes("/"))).images;
  if (inside.length === 0) {
    throw new RangeError(
      `Cannot find classes in "${folder}": one subfolder of images per class is wanted, ` +
        (loose.length > 0 ? `${loose.length} images in the folder itself found` : "no image found"),
    );
  }
  const { images, bad } = sortOut(inside);
  bad.push(...loose.map(({ path }) => ({ path, reason: "outside the class folders" })));
  refuseBad(folder, bad, options);
  const label = new Map(classes.map((name, index) => [name, index]));
  const files = images.map((file) => {
    const name = file.id.slice(0, file.id.indexOf("/"));
    return { ...file, class: name, label: label.get(name)! };
  }).sort((a, b) => a.label - b.label); // "edge-on/" sorts before "edge/", "edge-on" after "edge"
  const empty = classes.filter((name) => !files.some((file) => file.class === name));
  if (empty.length > 0) {
    throw new RangeError(`Cannot use class folder "${join(folder, empty[0])}": no image in it`);
  }
  if (classes.length < 2) {
    throw new RangeError(
      `Cannot classify the images of "${folder}": at least 2 class folders are wanted, ` +
        `1 found ("${classes[0]}")`,
    );
  }
  return { classes, files, bad };
}

/**
 * Lists the images of a folder and its subfolders, sorted by id, without regard to classes.
 *
 * @throws {Error} When the folder is missing, unreadable, without images, or holds files that are
 * not images
 */
export function listImages(
  folder: string,
  options: ScanOptions = {},
): { files: ImageFile[]; bad: BadFile[] } {
  const { images, bad } = sortOut(listFiles(folder));
  refuseBad(folder, bad, options);
  if (images.length === 0) throw new RangeError(`Cannot use "${folder}": no image in it`);
  return { files: images, bad };
}

function refuseBad(folder: string, bad: BadFile[], options: ScanOptions): void {
  if (bad.length === 0 || options.bad === "skip") return;
  throw new Error(
    `Cannot use "${folder}": ${bad.length} of its files ${bad.length === 1 ? "is" : "are"} not ` +
      `usable: ${listBadFiles(bad)}; remove them or skip bad files`,
  );
}

/** All files below `folder`, hidden ones left out, sorted by id; links are followed. */
export function listFiles(folder: string): ImageFile[] {
  const files: ImageFile[] = [];
  function visit(path: string, prefix: string, above: string[]) {
    const real = Deno.realPathSync(path);
    if (above.includes(real)) return; // a link to a folder above
    for (const entry of Deno.readDirSync(path)) {
      if (entry.name.startsWith(".")) continue;
      const child = { path: join(path, entry.name), id: prefix + entry.name };
      if (isFolder(child.path, entry)) visit(child.path, `${child.id}/`, [...above, real]);
      else files.push(child);
    }
  }
  try {
    visit(folder, "", []);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = cause instanceof Deno.errors.NotFound
      ? "no such folder"
      : cause instanceof Deno.errors.NotADirectory
      ? "a folder is wanted, a file found"
      : (cause as Error).message;
    throw new Error(`Cannot read image folder "${folder}": ${reason}`, { cause });
  }
  return files.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function isFolder(path: string, entry: Deno.DirEntry): boolean {
  if (!entry.isSymlink) return entry.isDirectory;
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false; // a broken link: reported with the bad files
  }
}

/** Tells images from other files by their first bytes. */
export function sortOut(files: ImageFile[]): { images: ImageFile[]; bad: BadFile[] } {
  const images: ImageFile[] = [];
  const bad: BadFile[] = [];
  for (const file of files) {
    const reason = whyNot(file.path);
    if (reason === undefined) images.push(file);
    else bad.push({ path: file.path, reason });
  }
  return { images, bad };
}

const start = new Uint8Array(HEAD);

function whyNot(path: string): string | undefined {
  try {
    using file = Deno.openSync(path);
    return whyNotImage(start.subarray(0, file.readSync(start) ?? 0));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return (error as Error).message;
  }
}
