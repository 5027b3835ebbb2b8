import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { join } from "node:path";
import sharp from "sharp";
import { type FitsHeader, fitsToRgb, readFits, TanWcs } from "galaxykit/data";
import reference from "../../reference/fits.json" with { type: "json" };
import { onShared, shared } from "../../shared_data.ts";

const PATH = join(import.meta.dirname!, "../../reference/fits.fits.gz");

/** A file of one HDU. */
function fits(cards: string[], data: number[] = []): Uint8Array {
  const header = [...cards, "END"].map((card) => card.padEnd(80)).join("").padEnd(2880);
  const bytes = new Uint8Array(2880 + Math.ceil(data.length / 2880) * 2880);
  bytes.set(new TextEncoder().encode(header));
  bytes.set(data, 2880);
  return bytes;
}

const SQUARE = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 2", "NAXIS2  = 2"];

Deno.test("readFits() equals astropy on every kind of image", async () => {
  const images = await readFits(PATH);
  assert.deepEqual(images.map(({ hdu }) => hdu), reference.images.map(({ hdu }) => hdu));
  images.forEach(({ header, shape, data }, index) => {
    const { name, shape: wanted, values } = reference.images[index];
    assert.equal(header.EXTNAME, name);
    assert.deepEqual(shape, wanted);
    assert.deepEqual([...data], values.map((value) => value ?? NaN), name);
  });
  assert.equal(images.at(-1)!.header.LONGTEXT, reference.header.LONGTEXT);
  assert.equal(images.at(-1)!.header.EXPTIME, 53.907456);
});

Deno.test("readFits() reads headers: quotes, D exponents, HIERARCH, comments, undefined", async () => {
  const [{ header }] = await readFits(fits([
    ...SQUARE,
    "NAME    = 'O''Neil / x ' / a comment",
    "WIDE    = 1.5D-3",
    "NONE    =                      / undefined",
    "HIERARCH ESO DET WIN1 = 42 / named long",
    "COMMENT = not a value",
    "LOGICAL =                    F",
  ], [1, 2, 3, 4]));
  const { NAME, WIDE, NONE, LOGICAL } = header;
  assert.deepEqual([NAME, WIDE, NONE, LOGICAL], ["O'Neil / x", 0.0015, undefined, false]);
  assert.equal(header["ESO DET WIN1"], 42);
});

/** One row of values, stored big endian. */
function row(bitpix: number, values: (number | bigint)[], cards: string[] = []): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * Math.abs(bitpix) / 8));
  values.forEach((value, i) => {
    if (bitpix === 8) view.setUint8(i, Number(value));
    else if (bitpix === 16) view.setInt16(2 * i, Number(value));
    else if (bitpix === 32) view.setInt32(4 * i, Number(value));
    else if (bitpix === -32) view.setFloat32(4 * i, Number(value));
    else view.setBigInt64(8 * i, BigInt(value));
  });
  const head = ["SIMPLE  = T", `BITPIX  = ${bitpix}`, "NAXIS   = 1", `NAXIS1  = ${values.length}`];
  return fits([...head, ...cards], [...new Uint8Array(view.buffer)]);
}

Deno.test("readFits() reads the other sign of every integer, as BZERO says", async () => {
  const half = 2n ** 63n;
  const cases: [number, (number | bigint)[], string[], number[]][] = [
    [8, [0, 127, 128, 255], ["BZERO   = -128"], [-128, -1, 0, 127]],
    [16, [-32768, 0, 32767], ["BZERO   = 32768"], [0, 32768, 65535]],
    [32, [-(2 ** 31), 0, 2 ** 31 - 1], ["BZERO   = 2147483648"], [0, 2 ** 31, 2 ** 32 - 1]],
    [
      64,
      [-half, -half + 11n, 0, 2n ** 53n],
      ["BZERO   = 9223372036854775808"],
      [0, 11, 2 ** 63, 2 ** 63 + 2 ** 53],
    ],
    [64, [-half, 5, -99], ["BLANK   = -99"], [-(2 ** 63), 5, NaN]],
    [64, [3, half - 1n], ["BSCALE  = 0.5"], [1.5, 2 ** 62]], // scaled: a double by nature
  ];
  for (const [bitpix, stored, cards, wanted] of cases) {
    const [{ data }] = await readFits(row(bitpix, stored, cards));
    assert.deepEqual([...data], wanted, cards[0]);
  }
  for (const value of [-half + 2n ** 53n + 1n, 11n, half - 1n]) {
    await assert.rejects(readFits(row(64, [-half, value], ["BZERO   = 9223372036854775808"])), {
      name: "RangeError",
      message: `Cannot read FITS data: the 64-bit integer ${value + half} has no exact number in ` +
        "JavaScript",
    });
  }
});

Deno.test("readFits() passes over what follows the last HDU, and only that", async () => {
  const [plain] = await readFits(fits(SQUARE, [1, 2, 3, 4]));
  const followed = (bytes: Uint8Array, tail: Uint8Array) => Buffer.concat([bytes, tail]);
  const image = fits(SQUARE, [1, 2, 3, 4]);
  const tails = [new Uint8Array(2880), new Uint8Array(7).fill(32), new TextEncoder().encode("bye")];
  for (const tail of tails) {
    assert.deepEqual(await readFits(followed(image, tail)), [plain]);
  }
  const extension = fits(["XTENSION= 'IMAGE   '", ...SQUARE.slice(1)], [5, 6, 7, 8]);
  assert.equal((await readFits(followed(image, extension))).length, 2);
  // A length that disagrees with the file would lose the second image.
  await assert.rejects(readFits(Buffer.concat([image, new Uint8Array(2880), extension])), {
    name: "SyntaxError",
    message: "Cannot read FITS data: HDU 1 must begin at byte 5760 by the header before it, and " +
      "begins at 8640; the file is damaged",
  });
});

Deno.test("readFits() unpacks bzip2, of one stream and of several, and refuses it damaged", async () => {
  const packed = [
    "QlpoOTFBWSZTWWTaVVYAAFTeCPwAQAAwQj4nTEAQAAAIIABUNqKMgZDQNqCKUNABoDJVSVgIVulfTPSDJCdNVbo2r3arMIEiBU2GYFc6s/2EszyFeRtaMSKupj1BMJfi7kinChIMm0qqwA==",
    "QlpoOTFBWSZTWZbZmVEAAD5eiPwAQAAwQjYnTEBAABAAAAggAFQyppiYAA1MNpU2oGjQBkQy0ov9zm18Jb11Ah0t1IDhJoTaFgxsBw482pfx0g4wwsiz/JQaU9BHRdyRThQkJbZmVEBCWmg5MUFZJlNZUFCBygAABUAEwAAAAQAIIAAwzAiaQlApxdyRThQkFBQgcoA=",
  ].map((text) => Uint8Array.fromBase64(text));
  const [plain] = await readFits(fits(SQUARE, [1, 2, 3, 4]));
  for (const bytes of packed) {
    assert.deepEqual(await readFits(bytes), [plain]);
    const half = bytes.subarray(0, bytes.length >> 1);
    await assert.rejects(
      readFits(half),
      /^Error: Cannot read FITS data: its bzip2 data is damaged/,
    );
  }
  const wrong = packed[0].slice();
  wrong[40] ^= 1;
  await assert.rejects(readFits(wrong), {
    message: "Cannot read FITS data: its bzip2 data is damaged or truncated (Data error)",
  });
});

Deno.test("readFits() tells a table from an image", async () => {
  const table = [
    "XTENSION= 'BINTABLE'",
    "BITPIX  = 8",
    "NAXIS   = 2",
    "NAXIS1  = 2",
    "NAXIS2  = 2",
  ];
  const primary = fits(["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"]).subarray(0, 2880);
  const more = ["PCOUNT  = 0", "GCOUNT  = 1", "TFIELDS = 1", "TFORM1  = 'I'"];
  const bytes = Buffer.concat([primary, fits([...table, ...more], [1, 2, 3, 4])]);
  await assert.rejects(readFits(bytes), {
    name: "Error",
    message: "Cannot read FITS data: it holds a table and no image; readTable reads tables",
  });
});

Deno.test("readFits() refuses what is damaged", async () => {
  const whole = gunzipSync(Deno.readFileSync(PATH));
  const cases: [Uint8Array | string, string, string][] = [
    [new Uint8Array(0), "Error", "Cannot read FITS data: there is no image in it"],
    [
      new TextEncoder().encode("not a FITS file".padEnd(80)),
      "SyntaxError",
      'Cannot read FITS data: HDU 0 must begin with SIMPLE, "not a FIT" found',
    ],
    [
      fits(SQUARE).subarray(0, 400),
      "SyntaxError",
      "Cannot read FITS data: the header of HDU 0 has no END card",
    ],
    [
      fits(SQUARE),
      "RangeError",
      "Cannot read FITS data: HDU 0 holds 4 bytes by its header, 0 are left in the file; it is truncated",
    ],
    [
      fits(SQUARE.with(1, "BITPIX  = 12"), [0, 0, 0, 0, 0, 0]),
      "SyntaxError",
      "Cannot read FITS data: BITPIX of HDU 0 must be one of 8, 16, 32, 64, -32, -64, 12 found",
    ],
    [
      fits(SQUARE.with(3, "NAXIS1  = -2")),
      "SyntaxError",
      "Cannot read FITS data: NAXIS1 of HDU 0 must be a count, -2 found",
    ],
    [
      fits([...SQUARE, "BSCALE  = 1,5"], [1, 2, 3, 4]),
      "SyntaxError",
      "Cannot read FITS data: BZERO and BSCALE of HDU 0 must be numbers, 0 and 1,5 found",
    ],
    [
      fits(
        ["SIMPLE  = T", "BITPIX  = 64", "NAXIS   = 1", "NAXIS1  = 1"],
        [0, 127, 255, 255, 255, 255, 255, 255]
          .with(0, 1),
      ),
      "RangeError",
      "Cannot read FITS data: the 64-bit integer 108086391056891903 has no exact number in JavaScript",
    ],
    [
      fits([...SQUARE.slice(0, 2), "NAXIS   = 0", "ZIMAGE  = T"]),
      "Error",
      "Cannot read FITS data: there is no image in it",
    ],
    [
      Deno.readFileSync(PATH).subarray(0, 300),
      "Error",
      "Cannot read FITS data: unexpected end of file",
    ],
    [
      whole.subarray(0, whole.length - 2880),
      "RangeError",
      "Cannot read FITS data: HDU 7 holds 32 bytes by its header, 0 are left in the file; it is truncated",
    ],
  ];
  for (const [source, name, message] of cases) {
    await assert.rejects(readFits(source), { name, message });
  }
  await assert.rejects(
    readFits("/nowhere/a.fits"),
    /^Error: Cannot read "\/nowhere\/a.fits": No such file/,
  );
});

Deno.test("readFits() never takes one random change of a header for another image", async () => {
  const bytes = fits([...SQUARE, "BSCALE  = 2"], [1, 2, 3, 4]);
  let refused = 0;
  for (let at = 0; at < 480; at++) { // each character of the six cards
    const changed = bytes.slice();
    changed[at] ^= 4;
    try {
      const [{ shape, data }] = await readFits(changed);
      // Values that still read: the image is the same, or its scale is (a digit is a digit).
      assert.equal(data.length, shape.reduce((product, length) => product * length, 1));
    } catch (error) {
      assert.match((error as Error).message, /^Cannot read FITS data: /);
      refused++;
    }
  }
  assert.ok(refused > 20, `${refused} refused`);
});

Deno.test("fitsToRgb() takes bands from a cube or from several HDUs, top row first", async () => {
  const header = {};
  const cube = Float32Array.from({ length: 12 }, (_, index) => index / 10);
  const options = { bands: [0, 1, 2] as const, stretch: 5, Q: 8 };
  const one = await fitsToRgb([{ hdu: 0, header, shape: [3, 2, 2], data: cube }], options);
  const several = await fitsToRgb(
    [0, 1, 2].map((hdu) => ({
      hdu,
      header,
      shape: [2, 2],
      data: cube.slice(hdu * 4, hdu * 4 + 4),
    })),
    options,
  );
  assert.deepEqual(one, several);
  assert.ok(one.data[0] > one.data[6] && one.data[0] < one.data[1]); // upper row brighter, band 1 > 0
});

Deno.test("fitsToRgb() refuses bands that are missing or differ in shape", async () => {
  const plane = { hdu: 0, header: {}, shape: [2, 2], data: new Float32Array(4) };
  await assert.rejects(fitsToRgb([plane, plane]), {
    name: "RangeError",
    message: "Cannot show band 2 of a FITS file: it has 2, counted from 0",
  });
  const wide = { hdu: 1, header: {}, shape: [1, 4], data: new Float32Array(4) };
  await assert.rejects(fitsToRgb([plane, wide], { bands: [0, 0, 1] }), {
    name: "TypeError",
    message:
      "Cannot compose a FITS file: bands of one shape are wanted, 2 x 2 and 4 x 1 pixels found",
  });
});

Deno.test({
  ...onShared("fits", "readFits() reads a DECaLS cut-out: header, places, pixels"),
}, async () => {
  const [image] = await readFits(join(shared, "fits/decals_cutout.fits"));
  assert.deepEqual(image.shape, [3, 225, 225]);
  assert.equal(image.header.CRVAL1, 146.714208787);
  const { ra, dec } = new TanWcs(image.header).toSky({ x: 0, y: 0 });
  assert.ok(Math.abs(ra - 146.7223612654235) < 1e-12, `${ra}`);
  assert.ok(Math.abs(dec + 1.0494326700152072) < 1e-12, `${dec}`);
  // The picture beside it was composed by other settings of the same pixels, and stands on its head.
  const { data, width, height } = await fitsToRgb([image], { scales: [2.2, 3.4, 6] });
  assert.equal(data.length, 225 * 225 * 3);
  const ours = await sharp(data, { raw: { width, height, channels: 3 } }).resize(45).greyscale()
    .raw().toBuffer();
  const picture = await sharp(join(shared, "fits/temp_small_native225.png")).flip().resize(45)
    .greyscale().raw().toBuffer();
  const correlation = pearson(ours, picture);
  assert.ok(correlation > 0.85, `correlation ${correlation}`);
});

function pearson(a: Uint8Array, b: Uint8Array): number {
  const mean = (values: Uint8Array) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

Deno.test("fitsToRgb() shows the image, not the errors and flags beside it", async () => {
  const plane = (name: string | undefined, factor: number) => ({
    hdu: 0,
    header: (name === undefined ? {} : { EXTNAME: name }) as FitsHeader,
    shape: [2, 2],
    data: Float32Array.from([1, 2, 3, 4], (value) => factor * value),
  });
  const science = plane("SCI", 1);
  const alone = await fitsToRgb([science]);
  for (const names of [["DQ", "ERR"], ["wht", "ctx"], ["ivar", "maskbits"], ["VAR_POISSON"]]) {
    const beside = names.map((name, index) => plane(name, index + 2));
    assert.deepEqual(await fitsToRgb([science, ...beside]), alone, names.join());
  }
  assert.deepEqual(await fitsToRgb([plane("MASK", 1)]), alone); // alone it is what is wanted
  const colours = await fitsToRgb(["G", "R", "Z"].map((name, index) => plane(name, index + 1)));
  assert.notDeepEqual(colours, alone);
});

Deno.test("fitsToRgb() refuses a cube whose bands come last", async () => {
  const image = { hdu: 0, header: {}, shape: [8, 8, 3], data: new Float32Array(192).fill(1) };
  await assert.rejects(fitsToRgb([image]), {
    name: "TypeError",
    message: "Cannot compose a FITS file: a cube is wanted as (band, y, x), (8, 8, 3) found, " +
      "its bands last; move that axis to the front",
  });
});
