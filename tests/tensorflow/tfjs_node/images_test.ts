import * as tf from "@tensorflow/tfjs-node-gpu";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(import.meta.resolve("../../reference/tfjs_objects/images"));
/** Of 2 x 2 pixels, as Pillow wrote them; the JPEG's as TensorFlow's Python decodes it. */
const PIXELS = [238, 101, 0, 50, 50, 50, 100, 50, 0, 200, 100, 50];
const JPEG_PIXELS = [239, 100, 0, 46, 48, 47, 92, 49, 0, 194, 98, 47];
const SECOND_FRAME = [200, 100, 50, 34, 68, 102, 170, 0, 102, 255, 255, 255];

function read(name: string): Uint8Array {
  return new Uint8Array(readFileSync(`${FOLDER}/${name}`));
}

Deno.test("tf.node.decodeImage() decodes PNG, JPEG, GIF and BMP as Python does", () => {
  const before = tf.memory().numTensors;
  const wanted: [string, number[], number[]][] = [
    ["image_png_test.png", [2, 2, 3], PIXELS],
    ["image_bmp_test.bmp", [2, 2, 3], PIXELS],
    ["image_jpeg_test.jpeg", [2, 2, 3], JPEG_PIXELS],
    ["gif_test.gif", [2, 2, 2, 3], [...PIXELS, ...SECOND_FRAME]],
  ];
  for (const [name, shape, pixels] of wanted) {
    const image = tf.node.decodeImage(read(name));
    assert.deepEqual([image.dtype, image.shape], ["int32", shape], name);
    assert.deepEqual([...image.dataSync()], pixels, name);
    image.dispose();
  }
  const { decodePng, decodeBmp, decodeJpeg, decodeGif } = tf.node;
  assert.deepEqual(decodePng(read("image_png_test.png"), 1).shape, [2, 2, 1]);
  assert.deepEqual(decodePng(read("image_png_4_channel_test.png")).shape, [2, 2, 4]);
  assert.deepEqual(decodeBmp(read("image_bmp_test.bmp")).shape, [2, 2, 3]);
  assert.deepEqual(decodeJpeg(read("image_jpeg_test.jpeg"), 3, 2).shape, [1, 1, 3]);
  assert.deepEqual(decodeGif(read("gif_test.gif")).shape, [2, 2, 2, 3]);
  const first = tf.node.decodeImage(read("gif_test.gif"), 3, "int32", false);
  assert.deepEqual([...first.dataSync()], PIXELS);
  assert.equal(tf.memory().numTensors, before + 6);
});

Deno.test("tf.node.encodePng() keeps each pixel, tf.node.encodeJpeg() about", async () => {
  const image = tf.randomUniform([20, 30, 3], 0, 256, "int32", 1) as tf.Tensor3D;
  const png = tf.node.decodePng(await tf.node.encodePng(image, 9));
  assert.deepEqual(png.dataSync(), image.dataSync());
  const smooth = tf.range(0, 240, 1, "int32").reshape([20, 12, 1]) as tf.Tensor3D;
  const bytes = await tf.node.encodeJpeg(smooth, "grayscale", 95);
  assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  const largest = tf.node.decodeJpeg(bytes).sub(smooth).abs().max().dataSync()[0]!;
  assert.ok(largest < 8, `${largest}`);
});

Deno.test("tf.node.decodeImage() refuses what is no image, and half of one", () => {
  assert.throws(() => tf.node.decodeImage(new TextEncoder().encode("<html>")), {
    message: "Expected image (BMP, JPEG, PNG, or GIF), but got unsupported image type",
  });
  const half = read("image_png_test.png").subarray(0, 40);
  assert.throws(() => tf.node.decodeImage(half), { name: "TensorFlowError" });
});

Deno.test("tf.node.encodePng() and encodeJpeg() refuse what is no image", async () => {
  const { encodePng, encodeJpeg } = tf.node;
  const cases: [[number, number, number], number, string][] = [
    [[0, 2, 3], 0, "it must have pixels, found shape [0,2,3]"],
    [[2, 2, 3], NaN, "pixels must be numbers from 0 to 255, found NaN; clip or scale them"],
    [[2, 2, 3], 300, "pixels must be numbers from 0 to 255, found 300; clip or scale them"],
    [[2, 2, 3], -5, "pixels must be numbers from 0 to 255, found -5; clip or scale them"],
  ];
  for (const [shape, value, what] of cases) {
    const image = tf.fill(shape, value) as tf.Tensor3D;
    await assert.rejects(encodePng(image), { message: `Cannot encode a PNG: ${what}` });
    await assert.rejects(encodeJpeg(image), { message: `Cannot encode a JPEG: ${what}` });
  }
  await assert.rejects(encodeJpeg(tf.ones([2, 2, 3]), "", NaN), { name: "RangeError" });
  const cut = tf.node.decodePng(await encodePng(tf.tensor3d([[[-0.5, 254.9, 255.9]]])));
  assert.deepEqual([...cut.dataSync()], [0, 254, 255]);
});

Deno.test("tf.node.decodeImage() names what is no bytes", () => {
  const strange = [undefined, "image", new ArrayBuffer(8)] as unknown as Uint8Array[];
  for (const [index, found] of ["undefined", "string", "ArrayBuffer"].entries()) {
    assert.throws(() => tf.node.decodeImage(strange[index]!), {
      name: "TypeError",
      message: `Cannot decode an image: its bytes must be a Uint8Array, found ${found}`,
    });
  }
});
