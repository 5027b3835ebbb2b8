import assert from "node:assert/strict";
import { join } from "node:path";
import { listImages, scanImageFolder } from "galaxykit/data";
import { skippedIf } from "../../shared_data.ts";

const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0);

/** A new folder with these files; the content of an image is only its signature. */
function folderOf(files: Record<string, Uint8Array | string>): string {
  const folder = Deno.makeTempDirSync();
  for (const [id, content] of Object.entries(files)) {
    const path = join(folder, id);
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
  }
  return folder;
}

const remove = { recursive: true };

Deno.test("scanImageFolder() sorts classes and files, and goes into nested folders", () => {
  const folder = folderOf({
    "spiral/b.png": png,
    "spiral/a.png": png,
    "smooth/dr8/run 2/z.png": png,
    "smooth/dr8/b.png": png,
    "Smooth/a.png": png,
    "smooth-ish/a.png": png,
  });
  const { classes, files, bad } = scanImageFolder(folder);
  assert.deepEqual(classes, ["Smooth", "smooth", "smooth-ish", "spiral"]);
  assert.deepEqual(
    files.map(({ id, class: name, label }) => [id, name, label]),
    [
      ["Smooth/a.png", "Smooth", 0],
      ["smooth/dr8/b.png", "smooth", 1],
      ["smooth/dr8/run 2/z.png", "smooth", 1],
      ["smooth-ish/a.png", "smooth-ish", 2],
      ["spiral/a.png", "spiral", 3],
      ["spiral/b.png", "spiral", 3],
    ],
  );
  assert.equal(files[0].path, join(folder, "Smooth/a.png"));
  assert.deepEqual(bad, []);
  Deno.removeSync(folder, remove);
});

Deno.test("scanImageFolder() ignores hidden files and folders, and tables beside the classes", () => {
  const folder = folderOf({
    "a/1.png": png,
    "b/1.png": png,
    "a/.DS_Store": "x",
    ".cache/1.png": png,
    "b/.thumbnails/1.png": png,
    "labels.csv": "id,class",
  });
  assert.deepEqual(scanImageFolder(folder).files.map(({ id }) => id), ["a/1.png", "b/1.png"]);
  Deno.removeSync(folder, remove);
});

Deno.test("scanImageFolder() knows images by their first bytes, not by their names", () => {
  const folder = folderOf({
    "a/jpeg": Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
    "a/png.dat": png,
    "a/gif": "GIF89a......",
    "a/webp": "RIFF\x01\x02\x03\x04WEBPVP8 ",
    "a/newline.webp": "RIFF\x0a\x0a\x0a\x0aWEBPVP8 ",
    "a/tiff": "II*\0....",
    "a/tiff-motorola": "MM\0*....",
    "a/avif": "\0\0\0\x20ftypavif",
    "b/1.png": png,
  });
  const { files } = scanImageFolder(folder);
  assert.equal(files.length, 9);
  Deno.removeSync(folder, remove);
});

Deno.test("scanImageFolder() follows links, but not in circles", () => {
  const folder = folderOf({ "a/1.png": png, "b/1.png": png });
  const elsewhere = folderOf({ "2.png": png });
  Deno.symlinkSync(elsewhere, join(folder, "b/more"));
  Deno.symlinkSync(join(elsewhere, "2.png"), join(folder, "a/2.png"));
  Deno.symlinkSync(folder, join(folder, "a/round"));
  assert.deepEqual(
    scanImageFolder(folder).files.map(({ id }) => id),
    ["a/1.png", "a/2.png", "b/1.png", "b/more/2.png"],
  );
  Deno.symlinkSync(join(folder, "gone.png"), join(folder, "a/3.png"));
  assert.deepEqual(
    scanImageFolder(folder, { bad: "skip" }).bad.map(({ path }) => path),
    [join(folder, "a/3.png")],
  );
  Deno.removeSync(folder, remove);
  Deno.removeSync(elsewhere, remove);
});

Deno.test("scanImageFolder() lists the files that are not images, or skips them", () => {
  const folder = folderOf({
    "a/1.png": png,
    "a/2.png": "<html>404 Not Found</html>",
    "b/1.png": png,
    "b/10.png": png.subarray(0, 4), // the rest of the signature was read from the file before
    "b/empty.jpg": new Uint8Array(),
    "b/short.jpg": Uint8Array.of(0xff, 0xd8),
    "b/notes.txt": "seen twice",
    "stray.png": png,
  });
  const wrong = "not a JPEG, PNG, WebP, TIFF, GIF, AVIF or FITS file";
  const page = "it is a page of HTML, such as a server gives for a sign-in or an error: download " +
    "the file again";
  assert.throws(() => scanImageFolder(folder), {
    name: "Error",
    message: `Cannot use "${folder}": 6 of its files are not usable: ` +
      `"${join(folder, "a/2.png")}" (${page}), "${join(folder, "b/10.png")}" ` +
      `(${wrong}), "${join(folder, "b/empty.jpg")}" (the file is empty) and 3 more; ` +
      "remove them or skip bad files",
  });
  const { files, bad } = scanImageFolder(folder, { bad: "skip" });
  assert.deepEqual(files.map(({ id }) => id), ["a/1.png", "b/1.png"]);
  assert.deepEqual(bad.at(-1), {
    path: join(folder, "stray.png"),
    reason: "outside the class folders",
  });
  assert.equal(bad.length, 6);
  Deno.removeSync(folder, remove);
});

Deno.test("scanImageFolder() says what is missing", () => {
  const root = folderOf({
    "empty/.hidden": "x",
    "flat/1.png": png,
    "flat/2.png": png,
    "single/spiral/1.png": png,
    "hollow/a/1.png": png,
    "hollow/b/.keep": "",
    "spoilt/a/1.png": png,
    "spoilt/b/1.txt": "text",
    "text/notes.txt": "text",
  });
  Deno.mkdirSync(join(root, "hollow/c"));
  const cases: [string, string][] = [
    ["nowhere", 'Cannot read image folder "PATH": no such folder'],
    ["flat/1.png", 'Cannot read image folder "PATH": a folder is wanted, a file found'],
    [
      "empty",
      'Cannot find classes in "PATH": one subfolder of images per class is wanted, no image found',
    ],
    [
      "text",
      'Cannot find classes in "PATH": one subfolder of images per class is wanted, no image found',
    ],
    [
      "flat",
      'Cannot find classes in "PATH": one subfolder of images per class is wanted, ' +
      "2 images in the folder itself found",
    ],
    [
      "single",
      'Cannot classify the images of "PATH": at least 2 class folders are wanted, ' +
      '1 found ("spiral")',
    ],
    ["hollow", `Cannot use class folder "PATH/b": no image in it`],
  ];
  for (const [name, message] of cases) {
    const path = join(root, name);
    assert.throws(() => scanImageFolder(path), { message: message.replace("PATH", path) });
  }
  assert.throws(() => scanImageFolder(join(root, "spoilt"), { bad: "skip" }), {
    name: "RangeError",
    message: `Cannot use class folder "${join(root, "spoilt/b")}": no image in it`,
  });
  Deno.removeSync(root, remove);
});

const mayAll = (Deno.uid() === 0 || Deno.build.os === "windows") && "this user may read everything";

Deno.test(skippedIf(mayAll, "scanImageFolder() reports a folder it may not read"), () => {
  const folder = folderOf({ "a/1.png": png, "b/1.png": png });
  Deno.chmodSync(join(folder, "b"), 0o000);
  assert.throws(
    () => scanImageFolder(folder),
    (error: Error) =>
      error.message.startsWith(`Cannot read image folder "${folder}": Permission denied`),
  );
  Deno.chmodSync(join(folder, "b"), 0o700);
  Deno.chmodSync(join(folder, "b/1.png"), 0o000);
  assert.throws(
    () => scanImageFolder(folder),
    (error: Error) => error.message.includes("1 of its files is not usable"),
  );
  Deno.removeSync(folder, remove);
});

Deno.test("scanImageFolder() lets a missing Deno permission through", {
  permissions: { read: false },
}, () => {
  assert.throws(() => scanImageFolder("galaxies"), Deno.errors.NotCapable);
});

Deno.test("listImages() lists a flat or a nested folder alike", () => {
  const folder = folderOf({ "b.png": png, "a/1.png": png, "a.png": png });
  assert.deepEqual(listImages(folder).files.map(({ id }) => id), ["a.png", "a/1.png", "b.png"]);
  Deno.writeTextFileSync(join(folder, "notes.txt"), "x");
  assert.throws(() => listImages(folder), {
    message: `Cannot use "${folder}": 1 of its files is not usable: "${
      join(folder, "notes.txt")
    }" (not a JPEG, PNG, WebP, TIFF, GIF, AVIF or FITS file); remove them or skip bad files`,
  });
  assert.equal(listImages(folder, { bad: "skip" }).files.length, 3);
  const empty = Deno.makeTempDirSync();
  assert.throws(() => listImages(empty), {
    name: "RangeError",
    message: `Cannot use "${empty}": no image in it`,
  });
  Deno.removeSync(folder, remove);
  Deno.removeSync(empty);
});
