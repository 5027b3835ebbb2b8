import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readFits } from "galaxykit/data";
import reference from "../../reference/fits_tiles.json" with { type: "json" };
import { shared, skippedIf } from "../../shared_data.ts";

const PATH = join(import.meta.dirname!, "../../reference/fits_tiles.fits.gz");

Deno.test("readFits() equals astropy on images compressed tile by tile", async () => {
  const images = await readFits(PATH);
  assert.equal(images.length, reference.images.length);
  images.forEach(({ hdu, header, shape, data }, index) => {
    const { hdu: place, name, shape: wanted, every, values } = reference.images[index];
    assert.deepEqual([hdu, header.EXTNAME, shape], [place, name, wanted]);
    const found = [...data].filter((_, at) => at % every === 0);
    assert.deepEqual(found, values.map((value) => value ?? NaN), name);
    assert.equal(header.NAXIS1, shape.at(-1));
    assert.equal(header.ZIMAGE, undefined);
  });
  assert.equal(images[0].header.CRVAL1, 146.7);
});

Deno.test("readFits() refuses codes of tiles that it does not read, and damaged tiles", async () => {
  const whole = gunzipSync(Deno.readFileSync(PATH));
  const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  const replaced = (from: string, to: string) =>
    Uint8Array.from(Buffer.from(latin(whole).replace(from, to), "latin1"));
  await assert.rejects(readFits(replaced("'RICE_1  '          ", "'HCOMPRESS_1'       ")), {
    name: "SyntaxError",
    message:
      "Cannot read FITS data: HDU 1 is compressed by HCOMPRESS_1, RICE_1, RICE_ONE, GZIP_1, " +
      "GZIP_2, NOCOMPRESS are known; unpack it with funpack first",
  });
  await assert.rejects(readFits(replaced("'RICE_1  '", "'PLIO_1  '")), /compressed by PLIO_1/);
  await assert.rejects(
    readFits(replaced("'SUBTRACTIVE_DITHER_1'", "'SUBTRACTIVE_DITHER_3'")),
    /ZQUANTIZ of HDU 4 must be one of NO_DITHER, .*, SUBTRACTIVE_DITHER_3 found$/,
  );
  await assert.rejects(
    readFits(replaced("ZNAXIS1 =                   17", "ZNAXIS1 =                  170")),
    {
      name: "SyntaxError",
      message: "Cannot read FITS data: HDU 1 must have 75 tiles, 9 rows found",
    },
  );
  // Each byte of the first table's heap: another image, or a tile that is refused.
  const { start, length } = heapOf(latin(whole));
  const file = whole.subarray(0, Math.ceil((start + length) / 2880) * 2880);
  let refused = 0;
  for (let at = start; at < start + length; at++) {
    try {
      const [{ data }] = await readFits(file.with(at, file[at] ^ 255));
      assert.equal(data.length, 13 * 17);
    } catch (error) {
      assert.match(
        (error as Error).message,
        /^Cannot read FITS data: tile \d of HDU 1 cannot be unpacked: its Rice code /,
      );
      refused++;
    }
  }
  assert.ok(refused > 0, "none refused");
});

/** Where the heap of HDU 1 lies, in bytes. */
function heapOf(text: string): { start: number; length: number } {
  const header = text.slice(2880);
  const end = header.search(/(?<=^(.{80})*)END {77}/s);
  const number = (key: string) => Number(new RegExp(`${key.padEnd(8)}= +(\\d+)`).exec(header)![1]);
  const start = 2880 + Math.ceil((end + 80) / 2880) * 2880 + number("NAXIS1") * number("NAXIS2");
  return { start, length: number("PCOUNT") };
}

const cases = join(shared, "../cases");
const missing = !existsSync(cases) && "no ../shared/cases";

Deno.test(skippedIf(missing, "readFits() reads the shared Rice-compressed image"), async () => {
  const facts = JSON.parse(Deno.readTextFileSync(join(cases, "facts.json")))["rice.fits.fz"];
  const [{ shape, data }] = await readFits(join(cases, "rice.fits.fz"));
  assert.equal(data[30 * shape[1] + 32], facts["pixel[30,32]"]);
  assert.ok(Math.abs(Array.from(data).reduce((sum, value) => sum + value, 0) - facts.sum) < 1e-6);
});

Deno.test(skippedIf(missing, "readFits() reads the shared FITS files alike"), async () => {
  const [plain] = await readFits(join(cases, "plain.fits"));
  for (const name of ["trailing.fits", "plain.fits.bz2"]) {
    const [{ shape, data }] = await readFits(join(cases, name));
    assert.deepEqual([shape, data], [plain.shape, plain.data], name);
  }
  await assert.rejects(readFits(join(cases, "uint64.fits")), {
    name: "RangeError",
    message: `Cannot read "${join(cases, "uint64.fits")}": the 64-bit integer ${2n ** 63n + 11n} ` +
      "has no exact number in JavaScript",
  });
  await assert.rejects(readFits(join(cases, "table.fits")), {
    message: `Cannot read "${join(cases, "table.fits")}": it holds a table and no image; ` +
      "readTable reads tables",
  });
});
