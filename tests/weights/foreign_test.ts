import assert from "node:assert/strict";
import { join } from "node:path";
import { openWeights } from "galaxykit/weights";
import { onShared, shared } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";
import { bytesOf, zipOf } from "./_checkpoint.ts";

/** A tar archive's first header: name, then its sum where the sum was spaces. */
function tarOf(name: string): Uint8Array {
  const header = new Uint8Array(1024);
  header.set(bytesOf(name), 0);
  header.fill(32, 148, 156);
  const sum = header.reduce((a, b) => a + b, 0);
  header.set(bytesOf(sum.toString(8).padStart(6, "0"), 0, " "), 148);
  return header;
}

/** An archive of one file that says it is compressed. */
function compressedIn(name: string): Uint8Array {
  const archive = zipOf({ [name]: new Uint8Array(8) });
  const directory = new DataView(archive.buffer).getUint32(archive.length - 6, true);
  archive[directory + 10] = 8;
  return archive;
}

const pad = new Uint8Array(600);

/** A file of each kind, by its name and content, and how what is said of it begins. */
const kinds: [name: string, content: Uint8Array, said: string][] = [
  ["a.safetensors", bytesOf(), "it is empty: "],
  [
    "a.safetensors",
    bytesOf("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"),
    "it is a Git LFS pointer, which stands for the file: fetch the file itself",
  ],
  ["a.bin", bytesOf("<!DOCTYPE html><html><head>"), "it is a page of HTML, such as"],
  ["a.pth", bytesOf("\n<!-- proxy -->\n<HTML lang=en>"), "it is a page of HTML, such as"],
  ["a.pt", bytesOf('<?xml version="1.0"?><Error><Code>AccessDenied'), "it is an XML document"],
  ["a.onnx", bytesOf("odd"), "it is an ONNX model: "],
  // ir_version 8, producer_name "pytorch"
  ["a.bin", bytesOf(8, 8, 0x12, 7, "pytorch", 0x1a, 5, "2.13.", pad), "it is an ONNX model: "],
  ["a.bin", bytesOf(0x1c, 0, 0, 0, "TFL3", pad), "it is a TensorFlow Lite model"],
  [
    "model.json",
    bytesOf('{"format":"layers-model","generatedBy":"keras","modelTopology":{}}'),
    "it is a model of TensorFlow.js: tf.loadLayersModel or tf.loadGraphModel opens it",
  ],
  ["group1-shard1of1.bin", pad, "it is a shard of weights of a model of TensorFlow.js: "],
  ["config.json", bytesOf('{\n  "model_type": "vit"}'), "it is the configuration of a model"],
  ["a.json", bytesOf('{"a": [1, 2]}'), "it is JSON text"],
  ["a.gguf", bytesOf("GGUF", 3, 0, 0, 0, pad), "it is a GGUF file"],
  ["a.npy", bytesOf(0x93, "NUMPY", 1, 0, pad), "it is one array of NumPy (.npy)"],
  ["a.npz", zipOf({ "w.npy": pad, "b.npy": pad }), "it is arrays of NumPy (.npz)"],
  ["a.npz", compressedIn("w.npy"), "it is arrays of NumPy (.npz)"],
  ["a.pt", compressedIn("a/constants.pkl"), "it is a TorchScript program, not weights"],
  ["a.keras", compressedIn("model.weights.h5"), "it is a model of Keras (.keras): openWeights"],
  ["a.pkl", bytesOf(0x80, 2, "cnumpy\nndarray\n)R."), "it is a Python pickle, but none"],
  ["model.ckpt.index", pad, "it is a part of a TensorFlow checkpoint"],
  ["a.bin", bytesOf(pad, Uint8Array.fromHex("57fb808b247547db")), "it is a part of a TensorFlow"],
  ["model.ckpt.data-00000-of-00001", pad, "it is a part of a TensorFlow checkpoint"],
  ["checkpoint", bytesOf('model_checkpoint_path: "ckpt-1"\n'), "it is the note of TensorFlow"],
  ["saved_model.pb", bytesOf(8, 1, pad), "it is a graph of TensorFlow"],
  ["a.pt", tarOf("sys_info"), "it is a checkpoint of PyTorch before 0.1.10, a tar archive: "],
  ["a.tar", tarOf("model/weights.bin"), "it is a tar archive: unpack it"],
  ["a.pth.gz", bytesOf(0x1f, 0x8b, 8, pad), "it is compressed by gzip: unpack it"],
  ["a.xz", bytesOf(0xfd, "7zXZ", 0, pad), "it is compressed by xz: "],
  ["a.zip", zipOf({ "x/a.safetensors": pad }), "it is a ZIP archive with weights in it: unpack"],
  ["a.zip", zipOf({ "word/a.xml": pad }), "it is an archive without the data.pkl of a checkpoint"],
  ["a.pt2", zipOf({ "a/archive_format": pad }), "it is a program of torch.export, not weights"],
  ["a.pkl", bytesOf(0x80, 4, 0x95, new Uint8Array(8), "}."), "it is a Python pickle, but none"],
  ["a.pkl", bytesOf("(dp0\nS'w'\n"), "it is a Python pickle of protocol 0"],
  ["a.msgpack", bytesOf(0x81, 0xa6, "params", pad), "it is weights of Flax"],
  ["a.png", bytesOf(0x89, "PNG\r\n", 0x1a, "\n", pad), "it is an image"],
  ["a.parquet", bytesOf("PAR1", pad), "it is a table (Parquet)"],
];

for (const [name, content, said] of kinds) {
  Deno.test(`openWeights() of ${name} that is none says that ${said}`, async () => {
    const path = join(temporaryFolder(), name);
    Deno.writeFileSync(path, content);
    await assert.rejects(openWeights(path), (error: Error) => {
      assert.match(error.name, /^(SafetensorsError|PytorchError)$/);
      assert.ok(error.message.startsWith(`Cannot read "${path}": ${said}`), error.message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

Deno.test("openWeights() of a folder of another program says which", async () => {
  for (
    const [names, said] of [
      [["saved_model.pb", "variables"], "it is a SavedModel of TensorFlow: load it with"],
      [["checkpoint", "m.index", "m.data-00000-of-00001"], "it is a checkpoint of TensorFlow: "],
      [["model.json", "group1-shard1of1.bin"], "it is a model of TensorFlow.js: "],
      [["model.onnx"], "it holds an ONNX model: "],
    ] as const
  ) {
    const folder = temporaryFolder();
    for (const name of names) Deno.writeTextFileSync(join(folder, name), "x");
    await assert.rejects(openWeights(folder), (error: Error) => {
      assert.ok(error.message.startsWith(`Cannot open "${folder}": ${said}`), error.message);
      return true;
    });
  }
});

Deno.test({
  ...onShared(
    "../cases/login_page.bin",
    "openWeights() names the pointer and the page of the cases",
  ),
  async fn() {
    const path = (name: string) => join(shared, "../cases", name);
    await assert.rejects(openWeights(path("lfs_pointer.safetensors")), /it is a Git LFS pointer/);
    await assert.rejects(openWeights(path("login_page.bin")), /it is a page of HTML/);
  },
});
