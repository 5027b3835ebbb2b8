import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { decodeImage, decodeImages, type Filter } from "galaxykit/data";
import sharp, { type Sharp } from "sharp";
import type { Report } from "../../../lib/progress.ts";
import { writeGalaxies } from "./_galaxies.ts";
import reference from "../../reference/decode.json" with { type: "json" };

/** Pixels of a formula, as an image for sharp to encode. */
function draw(
  [width, height]: [number, number],
  pixel: (x: number, y: number) => [number, number, number],
): Sharp {
  const values = Array.from(
    { length: width * height },
    (_, index) => pixel(index % width, Math.floor(index / width)),
  );
  return sharp(Uint8Array.from(values.flat()), { raw: { width, height, channels: 3 } });
}

/** A ramp in x, a ramp in y, their difference: smooth, and different in every direction. */
function ramps(width = 64, height = 64): Sharp {
  return draw([width, height], (x, y) => [x * 3, y * 3, 128 + x - y]);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce(
    (most, value, index) => Math.max(most, Math.abs(value - b[index])),
    0,
  );
}

function pixelsOf(image: Uint8Array, size: number): number[][] {
  return Array.from({ length: size * size }, (_, i) => [...image.subarray(3 * i, 3 * i + 3)]);
}

Deno.test("decodeImage() crops and resizes as Pillow does", async () => {
  const image = draw(
    [60, 30],
    (x, y) => [x * 4, y * 8, 40 + 160 * ((Math.floor(x / 5) + Math.floor(y / 5)) % 2)],
  );
  const png = await image.png().toBuffer();
  for (const { filter, size, pixels } of reference.cases) {
    const found = await decodeImage(png, { size, filter: filter as Filter });
    const difference = largestDifference(found, pixels);
    // libvips rounds its weights to fewer bits.
    assert.ok(difference <= 3, `${filter} to ${size}: ${difference} levels apart`);
  }
});

Deno.test("decodeImage() enlarges small images", async () => {
  const found = await decodeImage(await ramps(16, 16).png().toBuffer(), { size: 32 });
  for (const [index, pixel] of pixelsOf(found, 32).entries()) {
    const [x, y] = [(index % 32) / 2 - 0.25, Math.floor(index / 32) / 2 - 0.25];
    // libvips places enlarged pixels up to half an output pixel off.
    assert.ok(largestDifference(pixel, [x * 3, y * 3, 128 + x - y]) <= 3, `${[x, y, pixel]}`);
  }
});

Deno.test("decodeImage() reads every format the same", async () => {
  const expected = await decodeImage(await ramps().png().toBuffer(), { size: 16 });
  const files = {
    jpeg: await ramps().jpeg({ quality: 98, chromaSubsampling: "4:4:4" }).toBuffer(),
    progressive: await ramps().jpeg({ quality: 98, progressive: true }).toBuffer(),
    webp: await ramps().webp({ quality: 98 }).toBuffer(),
    tiff: await ramps().tiff({ compression: "lzw" }).toBuffer(),
    avif: await ramps().avif({ quality: 95 }).toBuffer(),
    gif: await ramps().gif().toBuffer(),
    palette: await ramps().png({ palette: true }).toBuffer(),
    rgb16: await ramps().toColourspace("rgb16").png().toBuffer(),
    alpha: await ramps().ensureAlpha(1).png().toBuffer(),
  };
  for (const [format, bytes] of Object.entries(files)) {
    const difference = largestDifference(await decodeImage(bytes, { size: 16 }), expected);
    assert.ok(difference <= 8, `${format}: ${difference} levels apart`);
  }
});

Deno.test("decodeImage() makes three equal channels of a grey image", async () => {
  const grey = draw([20, 20], (x) => [x * 12, x * 12, x * 12]);
  const expected = await decodeImage(await grey.clone().png().toBuffer(), { size: 5 });
  for (const depth of ["b-w", "grey16"]) {
    const png = await grey.clone().toColourspace(depth).png().toBuffer();
    assert.equal((await sharp(png).metadata()).channels, 1);
    assert.ok(largestDifference(await decodeImage(png, { size: 5 }), expected) <= 1);
  }
});

Deno.test("decodeImage() lays transparent pixels over black", async () => {
  const half = await ramps().ensureAlpha(0.5).png().toBuffer();
  const opaque = await decodeImage(await ramps().png().toBuffer(), { size: 8 });
  const found = await decodeImage(half, { size: 8 });
  assert.ok(largestDifference(found, opaque.map((value) => value / 2)) <= 2);
  const empty = await ramps().ensureAlpha(0).png().toBuffer();
  assert.deepEqual(await decodeImage(empty, { size: 2 }), new Uint8Array(12));
});

Deno.test("decodeImage() turns the image as its EXIF orientation says", async () => {
  const corners = [[200, 0, 0], [0, 200, 0], [0, 0, 200], [200, 200, 200]] as const;
  const image = draw([32, 32], (x, y) => [...corners[(y >> 4) * 2 + (x >> 4)]] as never);
  // Which corner of the stored image each corner shows, for orientations 1 to 8 (EXIF 2.32, 4.6.4).
  const shown = ["0123", "1032", "3210", "2301", "0213", "2031", "3120", "1302"];
  for (const [index, order] of shown.entries()) {
    const jpeg = await image.clone().withMetadata({ orientation: index + 1 })
      .jpeg({ quality: 98, chromaSubsampling: "4:4:4" }).toBuffer();
    const found = await decodeImage(jpeg, { size: 2, filter: "bilinear" });
    const nearest = pixelsOf(found, 2).map((pixel) =>
      corners.findIndex((corner) => largestDifference(corner, pixel) < 60)
    );
    assert.equal(nearest.join(""), order, `orientation ${index + 1}`);
  }
});

Deno.test("decodeImage() takes the centred square, and cropFraction of it", async () => {
  for (const [width, height] of [[96, 32], [32, 96]] as [number, number][]) {
    // Blue in the centred square of 32 pixels, red outside.
    const image = draw([width, height], (x, y) => {
      const away = Math.max(Math.abs(x - width / 2 + 0.5), Math.abs(y - height / 2 + 0.5));
      return away < 16 ? [0, 0, 255] : [255, 0, 0];
    });
    const found = await decodeImage(await image.png().toBuffer(), { size: 32 });
    assert.deepEqual(new Set(pixelsOf(found, 32).map(String)), new Set(["0,0,255"]));
  }
  const whole = await decodeImage(await ramps().png().toBuffer(), { size: 64 });
  const half = await decodeImage(await ramps().png().toBuffer(), { size: 32, cropFraction: 0.5 });
  const expected = pixelsOf(whole, 64).filter((_, index) => {
    const [x, y] = [index % 64, Math.floor(index / 64)];
    return x >= 16 && x < 48 && y >= 16 && y < 48;
  });
  assert.deepEqual(pixelsOf(half, 32), expected);
});

Deno.test("decodeImage() reduces a JPEG while decoding without changing it visibly", async () => {
  const folder = Deno.makeTempDirSync();
  const [path] = await writeGalaxies(folder, { count: 1, size: 424, format: "jpg" });
  const png = await sharp(path).png().toBuffer(); // a PNG is always decoded in full
  for (const size of [64, 100]) {
    const fast = await decodeImage(path, { size });
    const full = await decodeImage(png, { size });
    const mean = fast.reduce((sum, value, index) => sum + Math.abs(value - full[index]), 0) /
      fast.length;
    assert.ok(mean < 1, `${size} pixels: ${mean} levels apart on average`);
  }
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("decodeImage() refuses a file cut anywhere", async () => {
  const files = [
    await ramps().jpeg().toBuffer(),
    await ramps().jpeg({ progressive: true }).toBuffer(),
    await ramps().png().toBuffer(),
    await ramps().webp().toBuffer(),
    await ramps().tiff({ compression: "none" }).toBuffer(),
  ];
  for (const bytes of files) {
    for (let part = 0; part < 20; part++) {
      const cut = Math.floor(bytes.length * part / 20);
      await assert.rejects(
        decodeImage(bytes.subarray(0, cut), { size: 16 }),
        Error,
        `${cut} bytes`,
      );
    }
  }
});

Deno.test("decodeImages() joins images in the order of the paths, and reports progress", async () => {
  const folder = Deno.makeTempDirSync();
  const paths = (await writeGalaxies(folder, { count: 12, size: 40 })).reverse();
  const seen: Report[] = [];
  const images = await decodeImages(paths, {
    size: 20,
    concurrency: 5,
    onProgress: (report) => seen.push(report),
  });
  const wanted = { what: "Reading images", total: 12, unit: "images" };
  assert.deepEqual(
    seen,
    Array.from({ length: 12 }, (_, index) => ({ ...wanted, done: index + 1 })),
  );
  for (const [index, path] of paths.entries()) {
    const one = await decodeImage(path, { size: 20 });
    assert.deepEqual(images.subarray(index * 1200, (index + 1) * 1200), one);
  }
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("decodeImages() keeps the event loop free", async () => {
  const folder = Deno.makeTempDirSync();
  const noise = draw([1000, 1000], (x, y) => [(x * y) & 255, (x * x) & 255, (y * y) & 255]);
  await noise.png().toFile(`${folder}/large.png`);
  const paths = new Array(6).fill(`${folder}/large.png`);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  await decodeImages(paths, { size: 64 });
  clearInterval(timer);
  assert.ok(ticks >= 3, `${ticks} ticks while decoding`);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("decodeImages() names the files that do not decode", async () => {
  const folder = Deno.makeTempDirSync();
  const jpeg = await ramps().jpeg().toBuffer();
  Deno.writeFileSync(`${folder}/good.jpg`, jpeg);
  Deno.writeFileSync(`${folder}/cut.jpg`, jpeg.subarray(0, jpeg.length - 40));
  Deno.writeFileSync(`${folder}/empty.jpg`, new Uint8Array());
  Deno.writeTextFileSync(`${folder}/text.jpg`, "not an image");
  const paths = ["good", "cut", "empty", "missing", "text"].map((name) => `${folder}/${name}.jpg`);
  await assert.rejects(decodeImages(paths, { size: 8 }), {
    name: "Error",
    message: `Cannot decode 4 of 5 images: ` +
      `"${folder}/cut.jpg" (the JPEG is damaged or cut), ` +
      `"${folder}/empty.jpg" (the file is empty), ` +
      `"${folder}/missing.jpg" (No such file or directory (os error 2): ` +
      `readfile '${folder}/missing.jpg') and 1 more`,
  });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("decodeImages() stops at an abort", async () => {
  const folder = Deno.makeTempDirSync();
  const [path] = await writeGalaxies(folder, { count: 1, size: 200 });
  const paths = new Array(200).fill(path);
  const controller = new AbortController();
  let last = 0;
  const work = decodeImages(paths, {
    size: 64,
    signal: controller.signal,
    onProgress() {
      if (++last === 5) controller.abort();
    },
  });
  await assert.rejects(work, { name: "AbortError" });
  assert.ok(last < 5 + 4 * navigator.hardwareConcurrency, `${last} decoded`);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("decodeImages() refuses options out of range before reading anything", async () => {
  const cases: [object, string][] = [
    [{ size: 0 }, "Cannot decode images: size must be a positive integer, 0 found"],
    [{ size: 6.5 }, "Cannot decode images: size must be a positive integer, 6.5 found"],
    [
      { size: 8, cropFraction: 0 },
      "Cannot decode images: cropFraction must lie in (0, 1], 0 found",
    ],
    [
      { size: 8, cropFraction: NaN },
      "Cannot decode images: cropFraction must lie in (0, 1], NaN found",
    ],
    [
      { size: 8, filter: "box" },
      'Cannot decode images: filter must be one of lanczos, bicubic, bilinear, "box" found',
    ],
    [
      { size: 8, concurrency: 0 },
      "Cannot decode images: concurrency must be a positive integer, 0 found",
    ],
    [
      { size: 1000, memoryLimit: 1e6 },
      "Cannot hold 1 images of 1000x1000 pixels in memory: 0.00 GB wanted, 0.00 GB allowed; " +
      "choose a size of at most 577 pixels, or fewer images",
    ],
  ];
  for (const [options, message] of cases) {
    await assert.rejects(decodeImages(["nowhere.jpg"], options as { size: number }), {
      name: "RangeError",
      message,
    });
  }
});

Deno.test("decodeImage() takes pixels: as they are, resized, grey", async () => {
  const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, index) => index);
  const raw = { data: pixels, width: 8, height: 8, channels: 3 as const };
  const same = await decodeImage(raw, { size: 8 });
  assert.deepEqual(same, pixels);
  assert.notEqual(same.buffer, pixels.buffer);
  const png = await sharp(pixels, { raw }).png().toBuffer();
  for (const options of [{ size: 4 }, { size: 4, cropFraction: 0.5 }, { size: 6 }]) {
    assert.deepEqual(await decodeImage(raw, options), await decodeImage(png, options));
  }
  const grey = { data: new Uint8Array(16).fill(90), width: 4, height: 4, channels: 1 as const };
  assert.deepEqual(await decodeImage(grey, { size: 2 }), new Uint8Array(12).fill(90));
  await assert.rejects(decodeImage({ ...raw, height: 9 }, { size: 8 }), Error);
});

Deno.test("decodeImage() composes FITS files", async () => {
  const path = new URL("../../reference/fits.fits.gz", import.meta.url).pathname;
  await assert.rejects(decodeImage(path, { size: 4 }), {
    message:
      "Cannot compose a FITS file: bands of one shape are wanted, 2 x 2 and 2 x 3 pixels found",
  });
  const image = await decodeImage(path, { size: 4, fits: { bands: [4, 5, 6], stretch: 0.1 } });
  assert.equal(image.length, 48);
  assert.ok(new Set(image).size > 5);
});

Deno.test("decodeImage() refuses sizes that would not fit in memory", async () => {
  const png = await ramps().png().toBuffer();
  const { width, height } = await sharp(png).metadata();
  const told =
    /^it has (\d+) x (\d+) pixels: enlarged, they would become (\d+) x (\d+), more than 268435456; /;
  for (const options of [{ size: 1e6 }, { size: 16, cropFraction: 1e-9 }]) {
    await assert.rejects(decodeImage(png, options), (error: Error) => {
      assert.deepEqual(told.exec(error.message)?.slice(1, 3).map(Number), [width, height]);
      return true;
    });
  }
  const thread = await draw([30_000, 1], () => [9, 9, 9]).png().toBuffer();
  await assert.rejects(decodeImage(thread, { size: 224 }), {
    message: "it has 30000 x 1 pixels: enlarged, they would become 6720000 x 224, more than " +
      "268435456; choose a smaller size, or cut away what makes the image narrow",
  });
});

Deno.test("decodeImage() says of a damaged file what it is, in its own words", async () => {
  const files = {
    PNG: await ramps().png().toBuffer(),
    WebP: await ramps().webp().toBuffer(),
    TIFF: await ramps().tiff({ compression: "none" }).toBuffer(),
    JPEG: await ramps().jpeg({ progressive: true }).toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await assert.rejects(decodeImage(bytes.subarray(0, bytes.length / 2), { size: 16 }), {
      message: `the ${name} is damaged or cut`,
    });
  }
  const huge = new Uint8Array(files.PNG);
  const header = new DataView(huge.buffer);
  header.setUint32(16, 60_000);
  header.setUint32(20, 60_000);
  header.setUint32(29, crc32(huge.subarray(12, 29)));
  await assert.rejects(decodeImage(huge, { size: 16 }), {
    message: "the PNG says that it has more than 268 million pixels: cut it first",
  });
});

Deno.test("decodeImage() and decodeImages() refuse options that they do not have", async () => {
  const png = await ramps().png().toBuffer();
  const slip = { size: 4, cropfraction: 0.5 };
  const told = {
    name: "RangeError",
    message: 'Cannot decode images: there is no option "cropfraction", nearest is "cropFraction"',
  };
  await assert.rejects(decodeImage(png, slip), told);
  await assert.rejects(decodeImages([], slip), told);
  const preprocessing = { size: 4, mean: [0, 0, 0], std: [1, 1, 1] };
  assert.equal((await decodeImage(png, preprocessing)).length, 48);
});

Deno.test("decodeImage() takes a sample of a TIFF for transparency only where it says so", async () => {
  /** A pixel of four samples, the last of a kind; without the kind it has no such tag. */
  const tiff = (kind: number) => {
    const entries = [
      ...[[256, 3, 1, 1], [257, 3, 1, 1], [258, 3, 4, 150], [259, 3, 1, 1], [262, 3, 1, 2]],
      ...[[273, 4, 1, 146], [277, 3, 1, 4], [278, 3, 1, 1], [279, 4, 1, 4], [284, 3, 1, 1]],
      [338, 3, 1, kind],
    ];
    const view = new DataView(new ArrayBuffer(158));
    view.setUint32(0, 0x49492a00);
    view.setUint32(4, 8, true);
    view.setUint16(8, entries.length, true);
    entries.forEach(([tag, type, count, value], index) => {
      view.setUint16(10 + 12 * index, tag!, true);
      view.setUint16(12 + 12 * index, type!, true);
      view.setUint32(14 + 12 * index, count!, true);
      view.setUint32(18 + 12 * index, value!, true);
    });
    [200, 100, 50, 102].forEach((value, sample) => view.setUint8(146 + sample, value));
    for (let sample = 0; sample < 4; sample++) view.setUint16(150 + 2 * sample, 8, true);
    return new Uint8Array(view.buffer);
  };
  assert.deepEqual([...await decodeImage(tiff(0), { size: 1 })], [200, 100, 50]);
  assert.deepEqual([...await decodeImage(tiff(2), { size: 1 })], [80, 40, 20]);
});
