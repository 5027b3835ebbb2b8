import assert from "node:assert/strict";
import { join } from "node:path";
import { openPytorch, openSafetensors, type PytorchErrorCode } from "galaxykit/weights";
import { temporaryFolder } from "../temporary.ts";
import { onShared, shared } from "../shared_data.ts";
import { bytesOf, checkpoint, dict, rowOf, tensor, text, zipOf } from "./_checkpoint.ts";

/** Written by torch.save: tests/reference/pytorch.py. */
const reference = (name: string) => new URL(`../reference/${name}`, import.meta.url).pathname;

function temporaryFile(content: Uint8Array): string {
  const path = join(temporaryFolder(), "a.pt");
  Deno.writeFileSync(path, content);
  return path;
}

function assertRefused(
  content: Uint8Array | string,
  code: PytorchErrorCode,
  reason: string | RegExp,
): void {
  const path = typeof content === "string" ? content : temporaryFile(content);
  assert.throws(() => openPytorch(path)[Symbol.dispose](), {
    name: "PytorchError",
    code,
    message: typeof reason === "string" ? `Cannot read "${path}": ${reason}` : reason,
  });
}

Deno.test("openPytorch() reads every element type and stride that torch.save writes", () => {
  using file = openPytorch(reference("pytorch.pt"));
  using expected = openSafetensors(reference("pytorch.safetensors"));
  assert.equal(file.part, "state_dict");
  assert.deepEqual(file.metadata, {});
  assert.deepEqual([...file.names].sort(), [...expected.names].sort());
  assert.deepEqual(file.names.slice(0, 2), ["F64", "F32"]);
  for (const name of file.names) {
    assert.deepEqual(file.get(name), expected.get(name), name);
    assert.deepEqual(file.view(name), expected.get(name), name);
    assert.deepEqual(file.info(name), expected.info(name), name);
  }
});

Deno.test("openPytorch() reads another part by its name, and pickles of protocol 4", () => {
  using ema = openPytorch(reference("pytorch.pt"), { part: "ema.module" });
  assert.deepEqual(ema.get("w"), { dtype: "F32", shape: [2], data: Float32Array.of(5, 5) });
  using model = openPytorch(reference("pytorch_protocol4.pt"));
  assert.equal(model.part, "");
  assert.deepEqual(model.names.slice(0, 2), ["module.0.weight", "module.0.bias"]);
  assert.equal(model.info("module.1.num_batches_tracked").dtype, "I64");
  assert.throws(() => openPytorch(reference("pytorch.pt"), { part: "ema" }), {
    code: "unknown-part",
    message: `Cannot read "${
      reference("pytorch.pt")
    }": no part "ema" among "state_dict", "ema.module"`,
  });
});

Deno.test("openPytorch() asks which part is meant when custom does not tell", () => {
  const one = tensor({ shape: [4], strides: [1] });
  assertRefused(
    checkpoint(dict({ a: dict({ w: one }), b: dict({ w: one }) })),
    "several-parts",
    'several parts hold tensors, say which one is meant: "a", "b"',
  );
  using only = openPytorch(temporaryFile(checkpoint(dict({ a: dict({ w: one }) }))));
  assert.equal(only.part, "a");
  const model = checkpoint(dict({ rate: one, ema: dict({ w: one }), model: dict({ w: one }) }));
  using customary = openPytorch(temporaryFile(model));
  assert.equal(customary.part, "model");
});

Deno.test("openPytorch() refuses a name that tensors do not need, wherever it stands", () => {
  const said = (name: string) =>
    `it names "${name}", which tensors do not need; nothing of it was run. ` +
    "If you trust it, save its tensors alone with Python";
  const marker = join(temporaryFolder(), "run");
  const call = (module: string, name: string) =>
    bytesOf(`c${module}\n${name}\n`, text(`touch ${marker}`), 0x85, "R");
  for (
    const [module, name] of [
      ["posix", "system"],
      ["os", "system"],
      ["builtins", "eval"],
      ["__builtin__", "getattr"],
      ["torch", "load"],
      ["torch._utils", "__proto__"],
      ["subprocess", "Popen"],
      ["torch.hub", "load"],
    ]
  ) {
    assertRefused(checkpoint(call(module, name)), "refused-name", said(`${module}.${name}`));
    const nested = dict({ w: tensor({ shape: [4], strides: [1] }), x: call(module, name) });
    assertRefused(checkpoint(nested), "refused-name", said(`${module}.${name}`));
  }
  const byStack = bytesOf(text("os"), text("system"), 0x93);
  assertRefused(checkpoint(byStack), "refused-name", said("os.system"));
  assert.throws(() => Deno.statSync(marker), Deno.errors.NotFound);
});

Deno.test("openPytorch() passes over what trainings note beside their weights", () => {
  for (const name of ["pytorch_notes.pt", "pytorch_notes_legacy.pt"]) {
    using file = openPytorch(reference(name));
    assert.equal(file.part, "state_dict");
    assert.deepEqual(file.names, ["weight", "attributes", "parameter"]);
    for (const tensor of file.names) {
      assert.deepEqual(file.get(tensor).data, Float32Array.of(1, 2), tensor);
    }
  }
});

Deno.test("openPytorch() says of a whole model, and of lists, what they are", () => {
  for (const name of ["pytorch_model.pt", "pytorch_model_legacy.pt"]) {
    assertRefused(
      reference(name),
      "no-tensors",
      'it is an object of the class "torch.nn.modules.linear.Linear", such as a whole model, ' +
        "of which nothing is read; save its state_dict() with Python",
    );
  }
  const one = tensor({ shape: [4], strides: [1] });
  assertRefused(
    checkpoint(bytesOf("](", one, "e")),
    "no-tensors",
    "its tensors have no names; save them in a dictionary with Python",
  );
  assertRefused(
    checkpoint(dict({ model: bytesOf("cmodels.yolo\nModel\n)", 0x81, "}b") })),
    "no-tensors",
    'there is no tensor in it beside objects such as one of the class "models.yolo.Model", of ' +
      "which nothing is read; save their state_dict() with Python",
  );
});

Deno.test("openPytorch() refuses calls of what is no function", () => {
  const refused = (pickle: string | Uint8Array, reason: string) =>
    assertRefused(checkpoint(pickle), "bad-pickle", `data.pkl, byte ${reason}`);
  refused(bytesOf("ctorch\nFloatStorage\n)R"), "24: what is called is no function");
  refused(bytesOf(text("eval"), ")R"), "13: what is called is no function");
  refused("ccollections\nOrderedDict\n]R}R", "31: what is called is no function");
  refused("}}b]]b", "8: only a dictionary can have attributes");
  refused("]]i", '5: instruction 105 ("i") is not one that tensors need');
  refused(bytesOf("}", 0x81), "4: the stack is empty");
  refused(bytesOf("})", 0x81), "5: what is called is no function");
});

Deno.test("openPytorch() refuses malformed pickles", () => {
  const refused = (pickle: string | Uint8Array, reason: string) =>
    assertRefused(checkpoint(pickle), "bad-pickle", `data.pkl, byte ${reason}`);
  refused("", "3: the stack is empty");
  refused("t", "3: there is no mark");
  refused("h\x05", "4: nothing was remembered as 5");
  refused("}(Nu", "6: a key has no value");
  refused("X\xff\xff\xff\x7f", "7: it ends too early");
  refused(bytesOf("X", 1, 0, 0, 0, 0xff), "8: a text is not UTF-8");
  refused("N(Q", "5: the stack is empty");
  refused("NQ", "4: a persistent id is not that of a storage");
  refused("Na", "4: the stack is empty");
  refused("NNa", "5: only a list can be appended to");
  refused("NNNs", "6: only a dictionary can be set items of");
  refused("ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR", "42: a tensor has no storage");
  refused(
    tensor({ shape: [-1], strides: [1] }),
    "113: a tensor's offset, shape and strides are not whole numbers from 0",
  );
  refused(tensor({ shape: [1, 1], strides: [1] }), "118: a tensor of shape [1,1] has 1 strides");
  assertRefused(
    zipOf({ "a/data.pkl": bytesOf(0x80, 1, "}.") }),
    "bad-pickle",
    "data.pkl, byte 2: protocol 1, wanted 2 to 5",
  );
  assertRefused(checkpoint("}"), "no-tensors", "there is no tensor in it");
  assertRefused(
    checkpoint(tensor({ shape: [4], strides: [1] })),
    "no-tensors",
    "it is one tensor without a name",
  );
  const endless = checkpoint(bytesOf("}q", 0, text("a"), "h", 0, "s")); // It holds itself
  assertRefused(endless, "no-tensors", "there is no tensor in it");
});

Deno.test("openPytorch() refuses tensors that reach beyond their storage", () => {
  const refused = (options: Parameters<typeof tensor>[0], reason: string) =>
    assertRefused(
      checkpoint(dict({ w: tensor(options) })),
      "bad-tensor",
      `its tensor "w" ${reason}`,
    );
  const beyond = "reaches beyond its storage of 4";
  refused({ shape: [5], strides: [1] }, `of shape [5], offset 0 and strides [1] ${beyond}`);
  refused(
    { offset: 1, shape: [2, 2], strides: [2, 1] },
    `of shape [2,2], offset 1 and strides [2,1] ${beyond}`,
  );
  refused(
    { offset: 5, shape: [0], strides: [1] },
    `of shape [0], offset 5 and strides [1] ${beyond}`,
  );
  refused(
    { shape: [2e9, 2e9], strides: [0, 0] },
    "of shape [2000000000,2000000000] repeats 4 stored elements",
  );
  const four = { shape: [4], strides: [1] };
  refused({ ...four, length: 5 }, "lies on storage 0 of 5 F32, 16 bytes are there");
  refused(
    { ...four, storage: "HalfStorage" },
    "lies on storage 0 of 4 F16, 16 bytes are there",
  );
  assertRefused(
    zipOf({ "a/data.pkl": bytesOf(0x80, 2, dict({ w: tensor(four) }), ".") }),
    "bad-tensor",
    'its tensor "w" lies on storage 0, which is missing',
  );
});

Deno.test("openPytorch() reads the format before PyTorch 1.6, whatever lies on its storages", () => {
  using file = openPytorch(reference("pytorch_legacy.pt"));
  using expected = openSafetensors(reference("pytorch.safetensors"));
  assert.equal(file.part, "state_dict");
  assert.deepEqual([...file.names].sort(), [...expected.names].sort());
  for (const name of file.names) {
    assert.deepEqual(file.get(name), expected.get(name), name);
    assert.deepEqual(file.view(name), expected.get(name), name);
    assert.deepEqual(file.info(name), expected.info(name), name);
  }
  using ema = openPytorch(reference("pytorch_legacy.pt"), { part: "ema.module" });
  assert.deepEqual(ema.get("w").data, Float32Array.of(5, 5));
});

Deno.test("openPytorch() reads what the first versions wrote: views, Python 2's texts, two storages", () => {
  const one = { shape: [2], strides: [1] };
  const bytes = (value: string) => bytesOf("U", value.length, value); // A str of Python 2
  const view = bytesOf("(", text("1"), "K", 2, "K", 2, "t"); // Key, offset, elements
  const pickle = bytesOf(
    "}(",
    ...[bytes("whole"), tensor({ shape: [2, 2], strides: [2, 1], name: "_rebuild_tensor" })],
    ...[bytes("part"), tensor({ ...one, view })],
    ...[bytes("turned"), tensor({ shape: [2, 2], strides: [1, 2], view: bytesOf("N") })],
    "u",
  );
  // `_rebuild_tensor` takes four arguments, but more do no harm to a machine that reads data
  using file = openPytorch(temporaryFile(rowOf(pickle)));
  assert.deepEqual(file.names, ["whole", "part", "turned"]);
  assert.deepEqual(file.get("whole").data, Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(file.get("part").data, Float32Array.of(3, 4));
  assert.deepEqual(file.get("turned").data, Float32Array.of(1, 3, 2, 4));
});

Deno.test("openPytorch() refuses a row of storages that lies, or is cut", () => {
  const pickle = dict({ w: tensor({ shape: [4], strides: [1] }) });
  const good = rowOf(pickle);
  openPytorch(temporaryFile(good))[Symbol.dispose]();
  const refused = (content: Uint8Array, reason: string, code: PytorchErrorCode = "bad-tensor") =>
    assertRefused(content, code, reason);
  const storages = [Float32Array.of(1, 2, 3)];
  refused(rowOf(pickle, { storages }), "its storage of 4 F32 has 3 in the file");
  const huge = [{ length: 2 ** 50, buffer: new ArrayBuffer(16) }];
  refused(rowOf(pickle, { storages: huge }), `its storage of 4 F32 has ${2 ** 50} in the file`);
  refused(rowOf(pickle, { keys: ["1"] }), "its list of storages has one that no tensor has");
  refused(rowOf(pickle, { keys: ["0", "0"] }), "its list of storages has one twice");
  refused(rowOf(pickle, { keys: [] }), 'its tensor "w" lies on storage 0, which is missing');
  const vast = dict({ w: tensor({ shape: [4], strides: [1], length: 2 ** 31 - 1 }) });
  const claimed = [{ length: 2 ** 31 - 1, buffer: new ArrayBuffer(16) }];
  const lie = rowOf(vast, { storages: claimed });
  const end = lie.length - 16 + 4 * (2 ** 31 - 1);
  refused(lie, `it ends at byte ${lie.length}, a storage of it at ${end}: it is cut`);
  const size = good.length;
  refused(
    good.subarray(0, -1),
    `it ends at byte ${size - 1}, a storage of it at ${size}: it is cut`,
  );
  for (let length = 2; length < size; length += 7) {
    assert.throws(() => openPytorch(temporaryFile(good.subarray(0, length))), {
      name: "PytorchError",
      code: /^bad-(pickle|tensor)$/,
    });
  }
  refused(bytesOf(0x80, 2, "}."), NO_TORCH, "not-pytorch");
  refused(bytesOf(0x80, 4, 0x95, new Uint8Array(8), "K", 1, "."), NO_TORCH, "not-pytorch");
  const other = bytesOf(good.subarray(0, 17), "M", 0, 0, ".", good.subarray(20));
  refused(other, "its version is 0, wanted 1001", "bad-pickle");
  refused(
    rowOf(bytesOf("cposix\nsystem\n", text("true"), 0x85, "R")),
    'it names "posix.system", which tensors do not need; nothing of it was run. ' +
      "If you trust it, save its tensors alone with Python",
    "refused-name",
  );
});

const NO_TORCH = "it is a Python pickle, but none that torch.save wrote; save its arrays with " +
  "Python, as safetensors";

Deno.test("openPytorch() refuses a pickle that makes much work of few bytes", () => {
  const zeros = bytesOf("](", new Uint8Array(20_000).fill("N".charCodeAt(0)), "eq", 0);
  const call = bytesOf("ctorch\nSize\n", "h", 0, 0x85, "R0");
  const many = bytesOf(...new Array<Uint8Array>(2000).fill(call));
  assertRefused(
    checkpoint(bytesOf(zeros, many)),
    "bad-pickle",
    / data\.pkl, byte \d+: it calls functions with the same long list again and again$/,
  );
  const digits = bytesOf(0x8b, 0xff, 0xff, 0xff, 0x7f, new Uint8Array(1000));
  assertRefused(
    checkpoint(digits),
    "bad-pickle",
    "data.pkl, byte 7: an integer has more than 255 bytes",
  );
});

Deno.test("openPytorch() refuses a tensor that is stored with another sign", () => {
  const metadata = bytesOf("}", text("neg"), 0x88, "s");
  const pickle = dict({ w: tensor({ shape: [4], strides: [1], metadata }) });
  assertRefused(checkpoint(pickle), "bad-pickle", /a tensor is stored with another sign: neg$/);
});

Deno.test("openPytorch() lists numbers that nothing computes with, and widens those of 8 bits", () => {
  using file = openPytorch(reference("float8.pt"));
  for (const dtype of ["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0"]) {
    assert.deepEqual(file.info(dtype), { dtype, shape: [256], byteLength: 256 });
    const { dtype: widened, data } = file.get(dtype, { widen: true });
    assert.deepEqual([...data], [...file.get(`${dtype}.float32`).data], dtype); // Any NaN is one
    assert.equal(widened, "F32");
  }
  const data = file.get("F8_E5M2.float32").data as Float32Array;
  const turned = Float32Array.from(data, (_, at) => data[at % 16 * 16 + (at >> 4)]!);
  assert.deepEqual([...file.get("turned", { widen: true }).data], [...turned]);
  assert.equal(file.get("U16").data[0], 65535);
  assert.equal(file.get("U32").data[0], 2 ** 32 - 1);
  assert.equal(file.get("U64").data[0], 2n ** 64n - 1n);
  const path = reference("float8.pt");
  for (const name of ["C64", "C128", "QI8"]) {
    assert.equal(file.info(name).dtype, name);
    assert.throws(() => file.view(name), {
      code: "foreign-dtype",
      message: `Cannot read "${path}": its tensor "${name}" is ${name}, with which nothing here ` +
        "computes: write it as F32 with the program that it comes from",
    });
  }
});

Deno.test({
  ...onShared("../cases/legacy.pth", "openPytorch() reads the legacy checkpoint of the cases"),
  fn() {
    using file = openPytorch(join(shared, "../cases/legacy.pth"));
    assert.equal(file.names.length, 9);
    const sum = (file.get("module.0.weight").data as Float32Array).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum + 0.7475195649312809) < 1e-6);
  },
});

Deno.test("openPytorch() tells other formats apart", () => {
  assertRefused(
    bytesOf('{"a": 1}'),
    "not-pytorch",
    "it is JSON text: open the file of the weights themselves",
  );
  assertRefused(
    bytesOf(),
    "not-pytorch",
    "it is empty: copy or download it again",
  );
  assertRefused(
    zipOf({ "word/document.xml": bytesOf("<a/>") }),
    "not-pytorch",
    'it is an archive without the data.pkl of a checkpoint (first "word/document.xml")',
  );
  assertRefused(
    checkpoint("}", { "archive/constants.pkl": bytesOf(0x80, 2, ").") }),
    "torchscript",
    "it is a TorchScript program, not weights; save its state_dict() with Python",
  );
  assertRefused(
    checkpoint("}", { "archive/byteorder": bytesOf("big") }),
    "big-endian",
    'its byte order is "big"',
  );
  assertRefused(temporaryFolder(), "not-a-file", "it is not a file");
});

Deno.test("openPytorch() refuses a file cut anywhere", () => {
  const whole = Deno.readFileSync(reference("pytorch_protocol4.pt"));
  for (let size = 4; size < whole.length; size += 41) {
    assert.throws(
      () => openPytorch(temporaryFile(whole.subarray(0, size))),
      { name: "PytorchError", code: "bad-zip" },
    );
  }
  assertRefused(
    whole.subarray(0, 1000),
    "bad-zip",
    "as an archive, its directory, which ends an archive, is not there: it is cut",
  );
});

Deno.test("openPytorch() gives an error or the same numbers for damaged bytes, never a crash", () => {
  const whole = Deno.readFileSync(reference("pytorch_protocol4.pt"));
  let state = 1;
  const random = (bound: number) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * bound);
  };
  const path = temporaryFile(whole);
  let refused = 0;
  for (let i = 0; i < 60; i++) {
    const damaged = whole.slice();
    damaged[random(whole.length)] = random(256);
    Deno.writeFileSync(path, damaged);
    try {
      using file = openPytorch(path);
      for (const name of file.names) file.get(name);
    } catch (error) {
      assert.equal((error as Error).name, "PytorchError", String((error as Error).stack));
      refused++;
    }
  }
  assert.ok(refused > 10, `${refused} of 60 were refused`);
});

Deno.test("openPytorch() refuses archives that lie", () => {
  const good = checkpoint(dict({ w: tensor({ shape: [4], strides: [1] }) }));
  openPytorch(temporaryFile(good))[Symbol.dispose]();
  const changed = (at: number, value: number) => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  const directory = new DataView(good.buffer).getUint32(good.length - 6, true);
  const refused = (content: Uint8Array, reason: string) =>
    assertRefused(content, "bad-zip", `as an archive, ${reason}`);
  refused(changed(directory + 10, 8), '"archive/data.pkl" is compressed, wanted stored');
  refused(changed(directory + 8, 1), '"archive/data.pkl" is encrypted');
  refused(changed(directory + 24, 1), '"archive/data.pkl" has two sizes');
  refused(changed(directory + 42, 1), '"archive/data.pkl" is not where its directory says');
  refused(changed(directory, 0), "entry 0 of 2 is missing in its directory");
  refused(changed(good.length - 12, 3), "entry 2 of 3 is missing in its directory");
});

Deno.test("PytorchFile notices a changed file, an unknown name, and use after dispose", () => {
  const path = temporaryFile(Deno.readFileSync(reference("pytorch_protocol4.pt")));
  const file = openPytorch(path);
  const view = file.view("module.1.weight");
  assert.deepEqual(view.data, Float32Array.of(1, 1, 1));
  const fails = (code: PytorchErrorCode, reason: string, name = "module.0.bias") => {
    for (const method of ["get", "view"] as const) {
      assert.throws(() => file[method](name), {
        code,
        message: `Cannot read "${path}": ${reason}`,
      });
    }
  };
  fails("unknown-tensor", 'no tensor "x" among its 7 (first "module.0.weight")', "x");
  Deno.utimeSync(path, 1, 1);
  fails("changed", "another program changed it after it was opened, open it again");
  file[Symbol.dispose]();
  assert.equal(view.data.length, 0);
  fails("closed", 'tensor "module.0.bias" asked for after dispose');
});
