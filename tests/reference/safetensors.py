"""Fixture for tests/weights/safetensors_test.ts, and two checks against the reference library.

    python tests/reference/safetensors.py         writes safetensors.safetensors beside this file
    python tests/reference/safetensors.py check   Python reads what the kit writes, byte for byte
    python tests/reference/safetensors.py fuzz N  N damaged headers: the kit and the reference
                                                  library must agree on which to refuse

Made with safetensors 0.8.0, torch 2.13.0. The checks run `deno` from the repository root.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

# The folder of this script is first on the path, where its own name would hide the library
sys.path.pop(0)

import safetensors
import torch
from safetensors.torch import load_file, save_file

here = Path(__file__).parent
fixture = here / "safetensors.safetensors"
dtypes = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "U16": torch.uint16, "U32": torch.uint32, "U64": torch.uint64,
    "BOOL": torch.bool,
}


def tensors():
    values = {}
    for name, dtype in dtypes.items():
        if dtype.is_floating_point:
            numbers = [0.0, -0.0, 1.5, -2.0, 1 / 3, float("inf"), float("-inf"), float("nan"),
                       torch.finfo(dtype).max, torch.finfo(dtype).smallest_normal / 4]
            values[name] = torch.tensor(numbers, dtype=torch.float64).to(dtype).reshape(2, 5)
        elif dtype == torch.bool:
            values[name] = torch.tensor([True, False, True])
        else:
            limits = torch.iinfo(dtype)
            values[name] = torch.tensor([limits.min, 0, 1, limits.max], dtype=dtype)
        if name in ("F16", "BF16"):
            # What the reference makes of the half, for toFloat32
            values[f"{name}.float32"] = values[name].float()
    values["scalar"] = torch.tensor(7, dtype=torch.int64)
    values["empty"] = torch.zeros((0, 3))
    values['größe "é中"\n\x01'] = torch.arange(6, dtype=torch.float32).reshape(1, 2, 3)
    # Names that JavaScript would order otherwise: by UTF-16 unit, and numbers first
    for name in ["\U0001f30c", "\uffee", "#", "9", "10"]:
        values[name] = torch.ones(1)
    return values


def judge(folder):
    """What the kit says of each file: "ok" and the tensors' bytes, or the code of its error."""
    out = subprocess.run(["deno", "run", "-A", here / "safetensors_judge.ts", folder],
                         cwd=here.parent.parent, check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def check():
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "copy.safetensors"
        (Path(folder) / "original.safetensors").write_bytes(fixture.read_bytes())
        judge(folder)  # Also writes each readable file again, as NAME.written
        written = Path(f"{folder}/original.safetensors.written")
        assert written.read_bytes() == fixture.read_bytes(), "bytes differ"
        written.rename(target)
        back = load_file(target)
    expected = tensors()
    assert back.keys() == expected.keys()
    for name, value in expected.items():
        assert back[name].dtype == value.dtype and back[name].shape == value.shape, name
        assert back[name].view(torch.uint8).tolist() == value.view(torch.uint8).tolist() \
            if value.dim() else back[name].item() == value.item(), name
    print(f"{len(back)} tensors written by the kit read back by safetensors "
          f"{safetensors.__version__}: equal, and the file is byte-identical")


def damaged(rng):
    """A small file whose header is changed in one to three places."""
    small = {"a": torch.arange(4, dtype=torch.float32).reshape(2, 2),
             "b.é": torch.tensor([1, 2], dtype=torch.int64), "z": torch.zeros((0, 2)),
             "h": torch.ones(3, dtype=torch.bfloat16)}
    data = safetensors.torch.save(small, metadata={"format": "pt"} if rng.random() < 0.5 else None)
    length = int.from_bytes(data[:8], "little")
    header = bytearray(data[: 8 + length])
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(header))
        kind = rng.randrange(5)
        if kind == 0:
            header[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            header[at] = rng.choice(b'0123456789{}[],:" -.eFIU\\')
        elif kind == 2:
            other = rng.randrange(len(header))
            header[at], header[other] = header[other], header[at]
        elif kind == 3 and at > 8:  # Same length: drop one byte, pad by a space
            del header[at]
            header += b" "
        elif kind == 4 and header.endswith(b" ") and at > 8:
            header.pop()
            header.insert(at, rng.choice(b'0123456789{}[],:" '))
    body = data[8 + length:]
    if rng.random() < 0.1:
        body = body[: rng.randrange(len(body))]
    return bytes(header) + body


def fuzz(count):
    rng = random.Random(1)
    reference = {}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            data = damaged(rng)
            (Path(folder) / f"{i}.bin").write_bytes(data)
            try:
                reference[f"{i}.bin"] = {
                    name: [t["dtype"], list(t["shape"]), bytes(t["data"]).hex()]
                    for name, t in safetensors.deserialize(data)
                }
            except safetensors.SafetensorError as error:
                reference[f"{i}.bin"] = str(error)
        kit = judge(folder)
        stricter, differ, agree, refused = {}, [], 0, 0
        for name, expected in reference.items():
            found = kit[name]
            if isinstance(found, str) and isinstance(expected, str):
                agree, refused = agree + 1, refused + 1
            elif isinstance(found, str):
                stricter.setdefault(found, []).append((Path(folder) / name).read_bytes())
            elif found == expected:
                agree += 1
            else:
                differ.append(((Path(folder) / name).read_bytes(), expected, found))
    print(f"{count} files: {agree} agree ({refused} refused), {len(differ)} differ")
    for code, files in stricter.items():
        print(f"  refused by the kit only, {code}: {len(files)}, e.g. {files[0]}")
    for file, expected, found in differ[:5]:
        print("  DIFFERS", file, expected, found)


if sys.argv[1:2] == ["check"]:
    check()
elif sys.argv[1:2] == ["fuzz"]:
    fuzz(int(sys.argv[2]))
else:
    save_file(tensors(), fixture, metadata={"größe": "é中\n"})
