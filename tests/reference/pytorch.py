"""Fixtures for tests/weights/pytorch_test.ts: what torch.save writes, and the values in it.

    python tests/reference/pytorch.py

Writes beside itself pytorch.pt (every element type and way to lie on a storage, nested as a training
script saves it), pytorch_legacy.pt (the same in the format before PyTorch 1.6), pytorch_protocol4.pt
(a state dict), pytorch_notes.pt and pytorch_notes_legacy.pt (settings and other objects beside the
weights), pytorch_model.pt and pytorch_model_legacy.pt (a whole model), and pytorch.safetensors with the values; float8.safetensors and float8.pt (every number
of 8 bits, with its float32; complex and unsigned ones beside them). Made with torch 2.13.0, safetensors 0.8.0.
"""

import sys
from argparse import Namespace
from collections import Counter, OrderedDict
from datetime import datetime
from pathlib import Path, PurePosixPath

# The folder of this script is first on the path, where safetensors.py would hide the library
sys.path.pop(0)

import numpy
import torch
from safetensors.torch import save_file

here = Path(__file__).parent
dtypes = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}

torch.manual_seed(1)
tensors = OrderedDict()
for name, dtype in dtypes.items():
    if dtype.is_floating_point:
        numbers = [0.0, -0.0, 1.5, -2.0, 1 / 3, float("inf"), float("nan")]
        tensors[name] = torch.tensor(numbers, dtype=torch.float64).to(dtype)
    elif dtype == torch.bool:
        tensors[name] = torch.tensor([True, False, True])
    else:
        limits = torch.iinfo(dtype)
        tensors[name] = torch.tensor([limits.min, 0, 1, limits.max], dtype=dtype)
base = torch.arange(24, dtype=torch.float32)
tensors["transposed"] = base.reshape(4, 6).t()
tensors["slice"] = base[6:12].reshape(2, 3)
tensors["every other"] = base.reshape(2, 3, 4)[:, ::2, 1::2]
tensors["channels last"] = torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last)
tensors["expanded"] = torch.tensor([[1.0], [2.0]]).expand(2, 3)
tensors["scalar"] = torch.tensor(7)
tensors["empty"] = torch.zeros(0, 3)
tensors["parameter"] = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
tensors["__proto__"] = torch.ones(1)
tensors["größe é中"] = torch.ones(2, dtype=torch.float16)

whole = {
    "epoch": 3, "best": 2**70, "rate": 0.1, "name": "é中", "shape": torch.Size([2, 3]),
    "done": False, "nothing": None, "list": [1, -70000, 300, [2]],
    "state_dict": tensors,
    "ema": {"module": OrderedDict(w=torch.full((2,), 5.0))},
    "optimizer": {"state": {0: {"exp_avg": torch.ones(1)}}, "param_groups": [{"lr": 0.1}]},
}
torch.save(whole, here / "pytorch.pt")
# Lists of milestones and NumPy's numbers are what trainings note beside their weights
whole |= {"milestones": Counter([30, 60]), "best_accuracy": numpy.float64(0.5),
          "device": torch.device("cpu"), "dtype": torch.float32}
torch.save(whole, here / "pytorch_legacy.pt", _use_new_zipfile_serialization=False)
save_file({name: value.detach().clone().contiguous() for name, value in tensors.items()},
          here / "pytorch.safetensors")

model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).state_dict()
torch.save({f"module.{name}": value for name, value in model.items()},
           here / "pytorch_protocol4.pt", pickle_protocol=4)

attributed = torch.tensor([1.0, 2.0])
attributed.note = "kept by torch.save"
parameter = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
parameter.note = "also"
notes = {
    "args": Namespace(rate=0.1, folder=PurePosixPath("/data"), when=datetime(2020, 1, 1)),
    "callbacks": {torch.nn.Linear: {"best": torch.tensor(0.5)}}, "losses": numpy.arange(3.0),
    "seen": {1, 2}, "kinds": frozenset(["a"]), "factor": 1j, "mask": torch.eye(2).to_sparse(),
    "random": torch.get_rng_state(),
    "state_dict": OrderedDict(weight=torch.tensor([1.0, 2.0]), attributes=attributed,
                              parameter=parameter),
}
model = torch.nn.Linear(1, 2)
for suffix, options in ("", {}), ("_legacy", {"_use_new_zipfile_serialization": False}):
    torch.save(notes, here / f"pytorch_notes{suffix}.pt", **options)
    torch.save(model, here / f"pytorch_model{suffix}.pt", **options)

codes = torch.arange(256, dtype=torch.uint8)
narrow = {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
          "F8_E4M3FNUZ": torch.float8_e4m3fnuz, "F8_E5M2FNUZ": torch.float8_e5m2fnuz}
others = {name: codes.clone().view(dtype) for name, dtype in narrow.items()}
others |= {f"{name}.float32": value.float() for name, value in others.items()}
others |= {"C64": torch.tensor([1 + 2j]), "U16": torch.tensor([65535], dtype=torch.uint16),
           "U32": torch.tensor([2**32 - 1], dtype=torch.uint32),
           "U64": torch.tensor([2**64 - 1], dtype=torch.uint64)}
save_file(others, here / "float8.safetensors")
e8m0 = codes.clone().view(torch.float8_e8m0fnu)
torch.save(others | {"F8_E8M0": e8m0, "F8_E8M0.float32": e8m0.float(),
                     "turned": codes.clone().view(16, 16).view(torch.float8_e5m2).T,
                     "C128": torch.tensor([1 + 2j], dtype=torch.complex128),
                     "QI8": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
           here / "float8.pt")
