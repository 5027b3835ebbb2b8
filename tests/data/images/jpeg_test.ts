import assert from "node:assert/strict";
import { decodeImage, type Filter } from "galaxykit/data";
import sharp, { type JpegOptions } from "sharp";
import { decodeJpeg, plainJpegSide } from "../../../lib/data/images/jpeg.ts";

/** A smooth spot with sharp-edged blocks beside it, which any fault of place or colour shows. */
function draw(width: number, height = width) {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width / width, Math.floor(i / width) / height];
    const spot = 200 * Math.exp(-((x - 0.4) ** 2 + (y - 0.6) ** 2) * 20);
    const block = x > 0.7 && y < 0.3 ? 60 : 0;
    data.set([spot + 20, spot * 0.6 + block, 80 * x + 40 * y], i * 3);
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function bytesOf(image: ReturnType<typeof draw>, options: JpegOptions = {}) {
  return new Uint8Array(await image.clone().jpeg({ quality: 92, ...options }).toBuffer());
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

Deno.test("decodeJpeg() gives the pixels of libvips, by every filter and kind of plain JPEG", async () => {
  const kinds: JpegOptions[] = [
    { chromaSubsampling: "4:2:0" },
    { chromaSubsampling: "4:4:4" },
    { progressive: true },
    { mozjpeg: true },
  ];
  for (const kind of kinds) {
    const jpeg = await bytesOf(draw(424), kind);
    assert.equal(plainJpegSide(jpeg), 424);
    const png = new Uint8Array(await sharp(jpeg).png().toBuffer()); // never by this decoder
    for (const filter of ["lanczos", "bicubic", "bilinear"] satisfies Filter[]) {
      for (const [size, cropFraction, whole] of [[224, 1, 224], [224, 0.875, 256], [424, 1, 424]]) {
        const found = await decodeJpeg(jpeg, { size, whole, filter });
        const expected = await decodeImage(png, { size, cropFraction, filter });
        const apart = meanDifference(found, expected);
        assert.ok(apart < 0.25, `${JSON.stringify(kind)}, ${filter}, ${size}: ${apart} levels`);
        assert.deepEqual(await decodeImage(jpeg, { size, cropFraction, filter }), found);
      }
    }
  }
});

Deno.test("plainJpegSide() leaves to libvips what wants more than decoding", async () => {
  const image = draw(64);
  const others = {
    "not square": await bytesOf(draw(64, 48)),
    oriented: await bytesOf(image.clone().withMetadata({ orientation: 6 })),
    "with a profile": await bytesOf(image.clone().withIccProfile("p3")),
    grey: await bytesOf(image.clone().toColourspace("b-w")),
    CMYK: await bytesOf(image.clone().toColourspace("cmyk")),
    PNG: new Uint8Array(await image.clone().png().toBuffer()),
    empty: new Uint8Array(0),
  };
  for (const [name, bytes] of Object.entries(others)) {
    assert.equal(plainJpegSide(bytes), undefined, name);
  }
  const jpeg = await bytesOf(image);
  for (let cut = 0; cut < jpeg.length; cut++) {
    assert.equal(plainJpegSide(jpeg.subarray(0, cut)), undefined, `${cut} bytes`);
  }
});

Deno.test("decodeImage() enlarges JPEGs as other images", async () => {
  const jpeg = await bytesOf(draw(64));
  const png = new Uint8Array(await sharp(jpeg).png().toBuffer());
  assert.deepEqual(await decodeImage(jpeg, { size: 96 }), await decodeImage(png, { size: 96 }));
});

Deno.test("decodeImage() names the damage of a JPEG that no decoder takes", async () => {
  const jpeg = await bytesOf(draw(64));
  const table = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc4); // Huffman
  const damaged = jpeg.with(table + 5, 0xff);
  assert.equal(plainJpegSide(damaged), 64);
  await assert.rejects(decodeImage(damaged, { size: 32 }), ({ message, cause }: Error) => {
    assert.equal(message, "the JPEG is damaged or cut");
    assert.match(String(cause), /Bogus Huffman table definition/);
    return true;
  });
});
