/**
 * What a server, a version control or a packer leaves in the place of a file, whatever was wanted.
 *
 * @module
 */

/** How such a file begins, as latin-1, and what it is, in words for a message. */
export const FOREIGN: readonly [start: RegExp, what: string][] = [
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\//,
    "it is a Git LFS pointer, which stands for the file: fetch the file itself, with `git lfs pull` where it was cloned",
  ],
  [
    /^\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)\b/si,
    "it is a page of HTML, such as a server gives for a sign-in or an error: download the file again",
  ],
  [
    /^\s*<\?xml/,
    "it is an XML document, such as a server gives for an error: download the file again",
  ],
  [/^%PDF/, "it is a PDF document"],
  [/^\xfd7zXZ/, "it is compressed by xz: unpack it first"],
  [/^\x28\xb5\x2f\xfd/, "it is compressed by zstd: unpack it first"],
];
