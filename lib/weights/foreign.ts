/**
 * Files that are taken for weights and are something else, or weights in a format of other programs:
 * what each is, and what to do with it. Asked when a file could not be read.
 *
 * @module
 */

import { basename } from "node:path";
import { FOREIGN } from "../foreign_files.ts";

/** What is looked at: the first bytes, the last 8, the name. */
type Sight = {
  bytes: Uint8Array;
  /** The first bytes as latin-1. */
  text: string;
  end: Uint8Array;
  name: string;
};

/** What is said of PyTorch's first format. */
export const TAR_CHECKPOINT =
  "it is a checkpoint of PyTorch before 0.1.10, a tar archive: if you " +
  "trust it, write it anew with Python, torch.save(torch.load(path, weights_only=False), new_path)";

const ONNX = "an ONNX model: take the weights from where they were trained, or write its " +
  "initializers as safetensors with Python (onnx.numpy_helper.to_array)";
const TENSORFLOW = "save the model with Keras, as .weights.h5 or .keras";
const TFLITE = "a TensorFlow Lite model, of which the weights are changed for its runtime: " +
  "take the model that it was converted from";
const CHECKPOINT = `a part of a TensorFlow checkpoint: load it with TensorFlow, and ${TENSORFLOW}`;
const TFJS = "a model of TensorFlow.js: tf.loadLayersModel or tf.loadGraphModel opens it; for " +
  "loadPretrained take the Keras file that it was converted from";
const UNPACK = "unpack it, and open the file inside";

/** In this order; the first that fits says what the file is. */
const rules: readonly [fits: (sight: Sight) => boolean, what: string][] = [
  [({ text }) => text.slice(4, 8) === "TFL3", TFLITE],
  [({ name }) => /\.tflite$/i.test(name), TFLITE],
  [
    ({ text }) => text.startsWith("GGUF"),
    "a GGUF file, of which the weights are quantised for " +
    "llama.cpp: take the safetensors files that it was converted from",
  ],
  [
    ({ text }) => /^(lmgg|fmgg|tjgg|algg)/.test(text),
    "a GGML file, of which the weights are " +
    "quantised for llama.cpp: take the files that it was converted from",
  ],
  [
    ({ text }) => text.startsWith("\x93NUMPY"),
    "one array of NumPy (.npy), without a name: " +
    "write named arrays as safetensors with Python (safetensors.numpy.save_file)",
  ],
  [({ end }) => end.toHex() === "57fb808b247547db", CHECKPOINT], // LevelDB's table
  [({ name }) => /\.(data-\d{5}-of-\d{5}|index|ckpt-\d+)$/.test(name), CHECKPOINT],
  [
    ({ text }) => text.startsWith("model_checkpoint_path:"),
    "the note of TensorFlow on which of its " +
    `checkpoints is the last: load that with TensorFlow, and ${TENSORFLOW}`,
  ],
  [({ name }) => /\.onnx$/i.test(name), ONNX],
  [isOnnx, ONNX],
  [
    ({ name }) => /\.(pb|pbtxt)$/i.test(name),
    "a graph of TensorFlow (SavedModel or frozen graph): " +
    `load it with TensorFlow, and ${TENSORFLOW}`,
  ],
  [
    ({ text }) => /^\s*\{[^]*"(modelTopology|weightsManifest)"/.test(text),
    TFJS,
  ],
  [({ name }) => /(^group\d+-)?shard\d+of\d+(\.bin)?$/.test(name), `a shard of weights of ${TFJS}`],
  [
    ({ text }) => /^\s*\{[^]*"(architectures?|model_type)"\s*:/.test(text),
    "the " +
    "configuration of a model, without its weights: open the .safetensors file beside it",
  ],
  [
    ({ text }) => /^\s*[{[][\s"{[\]}\-\d]/.test(text),
    "JSON text: open the file of the weights " +
    "themselves",
  ],
  [
    ({ name }) => /\.msgpack$/i.test(name),
    "weights of Flax (MessagePack): write them as " +
    "safetensors with Python (safetensors.flax.save_file)",
  ],
  [
    ({ name }) => /\.(mlmodel|mlpackage)$/i.test(name),
    "a Core ML model: take the model that it " +
    "was converted from",
  ],
  [
    ({ name }) => /\.caffemodel$/i.test(name),
    "a Caffe model: take the weights from a " +
    "PyTorch checkpoint of the same network",
  ],
  [
    ({ name }) => /\.pdparams$/i.test(name),
    "weights of PaddlePaddle: write them as safetensors " +
    "with Python (safetensors.paddle.save_file)",
  ],
  [({ text }) => text.startsWith("\x1f\x8b"), `compressed by gzip: ${UNPACK}`],
  [({ text }) => text.startsWith("BZh"), `compressed by bzip2: ${UNPACK}`],
  [({ text }) => text.startsWith("7z\xbc\xaf\x27\x1c"), `a 7z archive: ${UNPACK}`],
  [({ text }) => text.startsWith("Rar!"), `a RAR archive: ${UNPACK}`],
  [
    ({ bytes, text }) => isTar(bytes) && /^(\.\/)?(sys_info|pickle|storages|tensors)\0/.test(text),
    TAR_CHECKPOINT.slice("it is ".length),
  ],
  [({ bytes }) => isTar(bytes), `a tar archive: ${UNPACK}`],
  [
    ({ text }) => /^(\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|SIMPLE {2}=)/.test(text),
    "an " +
    "image: loadImages reads it; name a file of weights",
  ],
  [
    ({ text }) => text.startsWith("PAR1"),
    "a table (Parquet): readTable reads it; name a file of " +
    "weights",
  ],
  [
    ({ text }) => /^\((d|l|i)p?\d*\n|^c\w+\n/.test(text),
    "a Python pickle of protocol 0: save its " +
    "arrays with Python, as safetensors",
  ],
];

/** What kinds of archive are told by the names in them. */
const archives: readonly [fits: (names: readonly string[]) => boolean, what: string][] = [
  [
    (names) => names.every((name) => name.endsWith(".npy")),
    "arrays of NumPy (.npz): write them as " +
    "safetensors with Python (safetensors.numpy.save_file)",
  ],
  [
    (names) => names.some((name) => name.endsWith("model.weights.h5")),
    "a model of Keras (.keras): " +
    "openWeights reads it when its files are stored, not compressed",
  ],
  [
    (names) => names.some((name) => /(^|\/)saved_model\.pb$/.test(name)),
    "an archive of a " +
    `SavedModel: load it with TensorFlow, and ${TENSORFLOW}`,
  ],
  [
    (names) =>
      !names.some((name) => /^[^/]+\/data\.pkl$/.test(name)) && // a checkpoint's has it, too
      names.some((name) =>
        /(^|\/)(archive_format|\.format_version)$|serialized_exported_program/.test(name)
      ),
    "a program of torch.export, not weights: save its state_dict() with Python",
  ],
  [
    (names) => names.some((name) => /\.(safetensors|bin|pth?|h5)$/.test(name)),
    "a ZIP archive with " +
    `weights in it: ${UNPACK}`,
  ],
];

/**
 * What a file is that no reader of weights reads, in words for a message: "it is an ONNX model: …".
 *
 * @param names Those in it, where it is a ZIP archive
 * @returns Undefined when that cannot be told
 */
export function foreignFormat(path: string, names?: readonly string[]): string | undefined {
  if (names) return say(archives.find(([fits]) => names.length > 0 && fits(names))?.[1]);
  if (!Deno.statSync(path).isFile) return undefined;
  const sight = look(path);
  if (sight.bytes.length === 0) return "it is empty: copy or download it again";
  const common = FOREIGN.find(([start]) => start.test(sight.text));
  return common?.[1] ?? say(rules.find(([fits]) => fits(sight))?.[1]);
}

/** What a folder is that holds no file of weights, by the names in it. */
export function foreignFolder(names: readonly string[]): string | undefined {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/^saved_model\.pb(txt)?$/)) {
    return `it is a SavedModel of TensorFlow: load it with TensorFlow, and ${TENSORFLOW}`;
  }
  if (has(/\.data-\d{5}-of-\d{5}$/)) {
    return `it is a checkpoint of TensorFlow: load it with TensorFlow, and ${TENSORFLOW}`;
  }
  if (has(/^model\.json$/)) return `it is ${TFJS}`;
  if (has(/\.onnx$/)) return `it holds ${ONNX}`;
  if (has(/\.(gguf|msgpack)$/)) return "it holds weights for other programs (GGUF or Flax) alone";
  return undefined;
}

function say(what: string | undefined): string | undefined {
  return what && `it is ${what}`;
}

function look(path: string): Sight {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  const read = (position: number, length: number) => {
    const bytes = new Uint8Array(length);
    file.seekSync(position, Deno.SeekMode.Start);
    return bytes.subarray(0, file.readSync(bytes) ?? 0);
  };
  const bytes = read(0, Math.min(size, 4096));
  const end = read(Math.max(0, size - 8), Math.min(size, 8));
  return { bytes, end, text: String.fromCharCode(...bytes), name: basename(path) };
}

/** A protobuf whose first field, the version, is a small number, and the next a text or a message. */
function isOnnx({ bytes: [tag, version, next, length], text }: Sight): boolean {
  return tag === 0x08 && version! > 0 && version! < 32 &&
    [0x12, 0x1a, 0x22, 0x3a, 0x42].includes(next!) &&
    (next! !== 0x12 || /^[\x20-\x7e]*$/.test(text.slice(4, 4 + length!)));
}

/** By the sum of its first header: what is before `ustar` has no other mark. */
function isTar(bytes: Uint8Array): boolean {
  if (bytes.length < 512) return false;
  const written = parseInt(new TextDecoder("latin1").decode(bytes.subarray(148, 156)), 8);
  const sum = bytes.subarray(0, 512).reduce(
    (total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte),
    0,
  );
  return sum === written;
}
