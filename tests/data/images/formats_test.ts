import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import {
  asinhGrey,
  decodeImage,
  decodeImages,
  fitsToRgb,
  listImages,
  readFits,
} from "galaxykit/data";
import sharp from "sharp";
import { jpegScan } from "../../../lib/data/images/_jpeg_scan.ts";
import reference from "../../reference/pictures.json" with { type: "json" };
import { shared, skippedIf } from "../../shared_data.ts";

const { width, height } = reference;

/** The pixels of a file at its own size: its middle square. */
async function square(file: Uint8Array): Promise<Uint8Array> {
  return await decodeImage(file, { size: Math.min(width, height) });
}

function channelMeans(pixels: Uint8Array): number[] {
  return [0, 1, 2].map((channel) =>
    pixels.filter((_, i) => i % 3 === channel).reduce((sum, value) => sum + value, 0) * 3 /
    pixels.length
  );
}

Deno.test("decodeImage() shows the colours that Pillow shows, in every format", async () => {
  for (const { name, bytes, mean } of reference.pictures) {
    const found = channelMeans(await square(Uint8Array.fromBase64(bytes)));
    // The middle of a ramp is as bright as all of it.
    found.forEach((value, channel) =>
      assert.ok(Math.abs(value - mean[channel]) < 1.5, `${name}: ${found} found, ${mean} wanted`)
    );
  }
});

Deno.test("decodeImage() shows a TIFF of one band of numbers as astropy stretches it", async () => {
  for (const { name, bytes, grey } of reference.stretched) {
    const found = await square(Uint8Array.fromBase64(bytes));
    const top = (height - width) / 2;
    for (let i = 0; i < width * width; i++) {
      const wanted = Math.floor(grey[top * width + i] + 1e-4);
      assert.ok(Math.abs(found[3 * i] - wanted) <= 1, `${name}, ${i}: ${found[3 * i]}, ${wanted}`);
      assert.equal(found[3 * i], found[3 * i + 2]);
    }
  }
});

Deno.test("asinhGrey() refuses what has nothing to show, and options out of range", () => {
  const cases: [Float32Array, object, string][] = [
    [
      Float32Array.of(NaN, Infinity),
      {},
      "Cannot show a band: a finite value is wanted, 2 found that are none",
    ],
    [
      Float32Array.of(7, 7, NaN),
      {},
      "Cannot show a band: its values must differ, all found are 7",
    ],
    [
      Float32Array.of(1, 2),
      { percent: 0 },
      "Cannot show a band: percent must lie in (0, 100], 0 found",
    ],
    [
      Float32Array.of(1, 2),
      { softening: NaN },
      "Cannot show a band: softening must be above 0, NaN found",
    ],
  ];
  for (const [band, options, message] of cases) {
    assert.throws(() => asinhGrey(band, options), { name: "RangeError", message });
  }
  const spark = new Float32Array(1000).fill(3, 0, 1); // 99.9 % of it is 0
  assert.deepEqual([...asinhGrey(spark).subarray(0, 2)], [255, 0]);
});

Deno.test("decodeImage() refuses TIFFs whose white nobody states", async () => {
  const rgb = new Float32Array(8 * 8 * 3).map((_, i) => i / 200);
  const raw = { width: 8, height: 8, channels: 3 as const };
  const float = await sharp(rgb, { raw }).toColourspace("scrgb").tiff({ compression: "none" })
    .toBuffer();
  assert.equal((await sharp(float).metadata()).depth, "float");
  await assert.rejects(decodeImage(float, { size: 8 }), {
    message: "it holds 3 bands of float, of which none says what is white: compose them with " +
      "luptonRgb, or write 8 or 16 bits",
  });
  const double = Uint8Array.from(
    float,
    (value, at) => at >= 8 && isBitsPerSample(float, at) ? 64 : value,
  );
  await assert.rejects(
    decodeImage(double, { size: 8 }),
    /^Error: it holds samples that are not read/,
  );
});

Deno.test("decodeImage() refuses 16-bit samples with a sign", async () => {
  const raw = { width: 8, height: 8, channels: 1 as const };
  const tiff = await sharp(new Uint16Array(64).map((_, i) => i * 900), { raw })
    .toColourspace("grey16").tiff({ compression: "none" }).toBuffer();
  assert.ok(new Set(await decodeImage(tiff, { size: 8 })).size > 20);
  // SampleFormat, with the type SHORT, one value: 1 is unsigned, 2 signed.
  const at = tiff.indexOf(Uint8Array.of(0x53, 0x01, 3, 0, 1, 0, 0, 0));
  assert.ok(at > 0);
  tiff[at + 8] = 2;
  await assert.rejects(decodeImage(tiff, { size: 8 }), {
    message: "it holds 16-bit samples that are no unsigned integers: write 32-bit floats or " +
      "unsigned integers",
  });
});

/** Whether a byte is the low one of a sample's bits: three 32s beside each other. */
function isBitsPerSample(bytes: Uint8Array, at: number): boolean {
  const around = (offset: number) => [0, 2, 4].every((step) => bytes[at - offset + step] === 32);
  return bytes[at] === 32 && bytes[at + 1] === 0 && [0, 2, 4].some(around);
}

Deno.test("decodeImage() reads CMYK by its profile where it has one", async () => {
  const create = { width: 32, height: 32, channels: 3 as const, background: "rgb(150, 110, 80)" };
  const jpeg = await sharp({ create }).withIccProfile("cmyk").jpeg({ quality: 98 }).toBuffer();
  const { space, hasProfile } = await sharp(jpeg).metadata();
  assert.deepEqual([space, hasProfile], ["cmyk", true]);
  const found = [...await decodeImage(jpeg, { size: 1 })];
  [150, 110, 80].forEach((value, i) => assert.ok(Math.abs(found[i] - value) <= 25, `${found}`));
});

/** Noise under a glow, so that every part of a file counts. */
function picture(side: number): ReturnType<typeof sharp> {
  const data = new Uint8Array(side * side * 3).map((_, i) => (i * 7919 + i % 89 * 31) % 251);
  return sharp(data, { raw: { width: side, height: side, channels: 3 } });
}

const END = Uint8Array.of(0xff, 0xd9);

Deno.test("decodeImage() refuses a JPEG that is cut and ended, of every kind", async () => {
  const image = picture(96);
  const wide = image.clone().extract({ left: 0, top: 0, width: 96, height: 60 });
  const kinds = {
    plain: await image.clone().jpeg().toBuffer(),
    full: await image.clone().jpeg({ chromaSubsampling: "4:4:4", quality: 95 }).toBuffer(),
    optimised: await image.clone().jpeg({ optimiseCoding: true }).toBuffer(),
    progressive: await image.clone().jpeg({ progressive: true }).toBuffer(),
    grey: await image.clone().toColourspace("b-w").jpeg().toBuffer(),
    CMYK: await image.clone().toColourspace("cmyk").jpeg().toBuffer(),
    "not square": await wide.jpeg().toBuffer(),
    turned: await image.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(kinds)) {
    await decodeImage(bytes, { size: 32 });
    await decodeImage(Buffer.concat([bytes, new Uint8Array(9)]), { size: 32 }); // harmless
    for (const part of [0.5, 0.8, 0.97]) {
      const cut = Buffer.concat([bytes.subarray(0, Math.floor(bytes.length * part)), END]);
      await assert.rejects(
        decodeImage(cut, { size: 32 }),
        /the JPEG is damaged or cut(: its data ends at block \d+ of|$)/,
        `${name}, ${part}`,
      );
    }
  }
});

Deno.test("jpegScan() reads restarts and tells damage", async () => {
  const jpeg = new Uint8Array(await picture(64).jpeg().toBuffer());
  assert.equal(jpegScan(jpeg), "whole");
  assert.equal(
    jpegScan(new Uint8Array(await picture(64).jpeg({ progressive: true }).toBuffer())),
    "unknown",
  );
  const start = Buffer.from(jpeg).lastIndexOf(Uint8Array.of(0xff, 0xda)) + 14;
  let damaged = 0;
  for (let at = start; at < jpeg.length - 2; at += 50) {
    if (jpegScan(jpeg.with(at, jpeg[at] ^ 0x55)) !== "whole") damaged++;
  }
  assert.ok(damaged > 0, "no damage told");
  // Other data beyond the last block; padding and short remains are harmless.
  const noise = Uint8Array.from({ length: 300 }, (_, index) => index * 37 % 251);
  const more = (bytes: Uint8Array) =>
    new Uint8Array(Buffer.concat([jpeg.subarray(0, -2), bytes, jpeg.subarray(-2)]));
  assert.match(
    jpegScan(more(noise)),
    /^its data goes on for (29\d|300) bytes after the last block$/,
  );
  assert.equal(jpegScan(more(noise.subarray(0, 9))), "whole");
  assert.equal(jpegScan(more(new Uint8Array(300))), "whole");
  // A marker of a restart where none is due ends the data.
  const marked = jpeg.with(start + 200, 0xff).with(start + 201, 0xd0);
  assert.match(jpegScan(marked), /^its data ends at block \d+ of 16$/);
});

Deno.test("decodeImage() refuses other images that are cut and ended", async () => {
  const image = picture(96);
  const png = new Uint8Array(await image.clone().png().toBuffer());
  const gif = new Uint8Array(await image.clone().gif().toBuffer());
  const webp = new Uint8Array(await image.clone().webp().toBuffer());
  const tiff = new Uint8Array(await image.clone().tiff({ compression: "lzw" }).toBuffer());
  const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1);
  const cases = {
    png: cutPng(png),
    gif: Buffer.concat([half(gif), Uint8Array.of(0, 0x3b)]),
    webp: cutWebp(half(webp)),
    tiff: half(tiff),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await assert.rejects(decodeImage(bytes, { size: 32 }), Error, name);
  }
});

/** Half of the pixels, in a chunk that is whole, and the end. */
function cutPng(png: Uint8Array): Uint8Array {
  const at = Buffer.from(png).indexOf("IDAT");
  const length = new DataView(png.buffer).getUint32(at - 4) >> 1;
  const body = png.subarray(at, at + 4 + length);
  const end = Uint8Array.of(0, 0, 0, 0, 73, 69, 78, 68, 0xae, 0x42, 0x60, 0x82);
  const word = (value: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    return bytes;
  };
  return Buffer.concat([png.subarray(0, at - 4), word(length), body, word(crc32(body)), end]);
}

/** With lengths that agree. */
function cutWebp(webp: Uint8Array): Uint8Array {
  const cut = webp.slice();
  const view = new DataView(cut.buffer);
  view.setUint32(4, cut.length - 8, true);
  view.setUint32(16, cut.length - 20, true);
  return cut;
}

Deno.test("decodeImage() names what is no image", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';
  const drawing = "it is an SVG drawing, not pixels";
  const page = "it is a page of HTML, such as a server gives for a sign-in or an error: download " +
    "the file again";
  const cases: [string, string][] = [
    ["", "the file is empty"],
    ["<!DOCTYPE html><html><title>Sign in</title>", page],
    ["\n<html lang='en'>", page],
    [svg, drawing],
    [`<?xml version="1.0"?>\n<!-- made by hand -->\n${svg}`, drawing],
    [
      "version https://git-lfs.github.com/spec/v1\noid sha256:0123",
      "it is a Git LFS pointer, which stands for the file: fetch the file itself, with " +
      "`git lfs pull` where it was cloned",
    ],
    ["%PDF-1.7\n", "it is a PDF document"],
    ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "it is a HEIC image: convert it to JPEG or PNG"],
    ["BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "it is a BMP image: convert it to PNG"],
    ["\0\0\0\x0cjP  \r\n\x87\n", "it is a JPEG 2000 image: convert it to PNG"],
    ["PK\x03\x04", "it is a ZIP archive: unpack it, and name the images in it"],
    ["\x89HDF\r\n\x1a\n", "it is an HDF5 file: loadHdf5Images reads images in one"],
    ["PAR1", "it is a table: readTable reads tables"],
    ["objid,ra,dec\n", "not a JPEG, PNG, WebP, TIFF, GIF, AVIF or FITS file"],
  ];
  const folder = Deno.makeTempDirSync();
  for (const [index, [text, message]] of cases.entries()) {
    const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
    await assert.rejects(decodeImage(bytes, { size: 8 }), { name: "Error", message });
    Deno.writeFileSync(`${folder}/${index}.jpg`, bytes);
  }
  await picture(8).png().toFile(`${folder}/whole.png`);
  const { files, bad } = listImages(folder, { bad: "skip" });
  assert.equal(files.length, 1);
  assert.deepEqual(new Set(bad.map(({ reason }) => reason)), new Set(cases.map(([, why]) => why)));
  await assert.rejects(decodeImage(folder, { size: 8 }), { message: "it is a folder" });
  await assert.rejects(readFits(folder), { message: `Cannot read "${folder}": it is a folder` });
  await assert.rejects(readFits(new TextEncoder().encode("<html>")), {
    name: "SyntaxError",
    message: `Cannot read FITS data: ${page}`,
  });
  Deno.removeSync(folder, { recursive: true });
});

/** A smooth glow off the middle with a bar, as the pixels of a PNG. */
async function glow(wide: number, high: number): Promise<Uint8Array> {
  const data = new Uint8Array(wide * high * 3).map((_, i) => {
    const [x, y] = [Math.floor(i / 3) % wide, Math.floor(i / 3 / wide)];
    const spot = Math.exp(-((x - wide * 0.45) ** 2 + 2 * (y - high * 0.52) ** 2) / wide / 3);
    return 20 + 200 * spot + i % 3 * 8;
  });
  return await sharp(data, { raw: { width: wide, height: high, channels: 3 } }).png().toBuffer();
}

/** A view of `size` pixels, turned clockwise by quarters. */
async function turned(view: Uint8Array, size: number, quarters: number): Promise<Uint8Array> {
  return new Uint8Array(
    await sharp(view, { raw: { width: size, height: size, channels: 3 } }).rotate(90 * quarters)
      .raw().toBuffer(),
  );
}

Deno.test("decodeImage() gives of a turned image the turned view", async () => {
  const cases: [number, number, number, number][] = [
    [424, 424, 64, 0.6], // 106.7 pixels before the crop
    [424, 424, 224, 0.9],
    [425, 300, 64, 1], // sides that differ by an odd number
    [301, 424, 32, 0.75],
    [31, 31, 48, 1], // enlarged
    [40, 33, 64, 0.7],
    [65, 64, 64, 1],
  ];
  for (const [wide, high, size, cropFraction] of cases) {
    const png = await glow(wide, high);
    const view = await decodeImage(png, { size, cropFraction });
    for (const quarters of [1, 2, 3]) {
      const rotated = await sharp(png).rotate(90 * quarters).png().toBuffer();
      const found = await decodeImage(rotated, { size, cropFraction });
      const wanted = await turned(view, size, quarters);
      const most = found.reduce((max, value, i) => Math.max(max, Math.abs(value - wanted[i])), 0);
      // Rows are resized before columns, and rounded between.
      assert.ok(
        most <= 2,
        `${[wide, high, size, cropFraction]}, ${quarters}: ${most} levels apart`,
      );
    }
  }
});

Deno.test("decodeImage() keeps the middle of a JPEG in the middle, whatever its sides", async () => {
  const cases = [[425, 301, 48, 1], [431, 429, 64, 0.6], [424, 424, 64, 0.6], [301, 449, 24, 1]];
  for (const [wide, high, size, cropFraction] of cases) {
    const data = new Uint8Array(wide * high * 3).map((_, i) => {
      const [x, y] = [Math.floor(i / 3) % wide, Math.floor(i / 3 / wide)];
      return 250 * Math.exp(-((x - (wide - 1) / 2) ** 2 + (y - (high - 1) / 2) ** 2) / 1500);
    });
    const jpeg = await sharp(data, { raw: { width: wide, height: high, channels: 3 } })
      .jpeg({ quality: 98, chromaSubsampling: "4:4:4" }).toBuffer();
    const view = await decodeImage(jpeg, { size, cropFraction });
    let [light, x, y] = [0, 0, 0];
    for (let i = 0; i < size * size; i++) {
      const value = Math.max(0, view[3 * i] - 5);
      light += value;
      x += value * (i % size - (size - 1) / 2);
      y += value * (Math.floor(i / size) - (size - 1) / 2);
    }
    const off = Math.hypot(x, y) / light;
    assert.ok(off < 0.02, `${[wide, high, size, cropFraction]}: ${off} pixels off`);
  }
});

Deno.test("decodeImage() turns a JPEG of odd sides as EXIF says, at every size", async () => {
  const image = sharp(await glow(425, 301));
  for (const orientation of [1, 3, 6, 8]) {
    const jpeg = await image.clone().withMetadata({ orientation })
      .jpeg({ quality: 98, chromaSubsampling: "4:4:4" }).toBuffer();
    const png = await sharp(jpeg).autoOrient().png().toBuffer();
    for (const options of [{ size: 64 }, { size: 50, cropFraction: 0.6 }, { size: 400 }]) {
      const [one, two] = [await decodeImage(jpeg, options), await decodeImage(png, options)];
      const most = one.reduce((max, value, i) => Math.max(max, Math.abs(value - two[i])), 0);
      assert.ok(most <= 1, `orientation ${orientation}, ${options.size}: ${most} levels apart`);
    }
  }
});

Deno.test("fitsToRgb() shows one band in grey, and black where a value is not finite", async () => {
  const values = Float32Array.from({ length: 36 }, (_, i) => i ** 2 - 100);
  values[7] = NaN;
  values[8] = Infinity;
  const image = { hdu: 0, header: {}, shape: [6, 6], data: values };
  const { data, channels } = await fitsToRgb([image]);
  const grey = asinhGrey(values);
  assert.equal(channels, 3);
  for (let i = 0; i < 36; i++) {
    const fromTop = (5 - Math.floor(i / 6)) * 6 + i % 6;
    const wanted = i === 7 || i === 8 ? 0 : grey[i];
    assert.deepEqual([...data.subarray(3 * fromTop, 3 * fromTop + 3)], Array(3).fill(wanted));
  }
  const cube = { ...image, shape: [3, 2, 6] };
  for (const colours of ["lupton", "legacySurvey"] as const) {
    const rgb = await fitsToRgb([cube], { colours });
    assert.deepEqual([...rgb.data.subarray(3, 9)], Array(6).fill(0));
    assert.notDeepEqual([...rgb.data.subarray(0, 3)], [0, 0, 0]);
    const empty = { ...cube, data: values.slice().fill(NaN, 12, 24) };
    await assert.rejects(fitsToRgb([empty], { colours }), {
      name: "RangeError",
      message:
        "Cannot compose a colour image: a finite value is wanted in each band, none found in green",
    });
  }
});

Deno.test("fitsToRgb() refuses options that its colours do not have", async () => {
  const cube = { hdu: 0, header: {}, shape: [3, 1, 1], data: Float32Array.of(1, 2, 3) };
  await assert.rejects(fitsToRgb([cube], { colours: "legacySurvey", stretch: 3 }), {
    name: "RangeError",
    message:
      'Cannot compose a FITS file by legacySurvey: there is no option "stretch", there are ' +
      "bands, colours, Q, offset, scales",
  });
  await assert.rejects(fitsToRgb([cube], { colours: "sdss" as "lupton" }), {
    message:
      'Cannot compose a FITS file: colours must be one of lupton, legacySurvey, "sdss" found',
  });
});

const cases = join(shared, "../cases");
const missing = !existsSync(cases) && "no ../shared/cases";

Deno.test(skippedIf(missing, "decodeImage() reads or refuses the shared images"), async () => {
  const facts = JSON.parse(Deno.readTextFileSync(join(cases, "facts.json")));
  const cmyk = channelMeans(await decodeImage(join(cases, "cmyk.jpg"), { size: 128 }));
  const wanted = facts["cmyk.jpg"]["mean RGB by Pillow"];
  cmyk.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) < 0.1, `${cmyk}, ${wanted}`));
  const float = channelMeans(await decodeImage(join(cases, "float.tif"), { size: 64 }));
  assert.ok(float[0] > 10, `${float}`);
  const paths = ["half_with_end.jpg", "login_page.bin", "lfs_pointer.safetensors"].map((name) =>
    join(cases, name)
  );
  await assert.rejects(
    decodeImages(paths, { size: 8 }),
    /Cannot decode 3 of 3 images: .*cut: its data ends at block 21 of 64\).*page of HTML.*LFS pointer/,
  );
});
