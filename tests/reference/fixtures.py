"""Writes fixtures: safetensors files of cases, each with inputs, outputs and gradients.

README.md beside this file describes the schema. Import this module before torch: a neighbour of the
generators bears the name of the safetensors library, so the folder leaves the search path here.
"""

import inspect
import json
import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != FOLDER]

import safetensors.torch  # noqa: E402
import torch  # noqa: E402


def write_atomic(name, data):
    partial = FOLDER / (name + ".partial")
    with open(partial, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, FOLDER / name)
    print(f"{name}: {len(data) / 1000:.1f} kB")


def origin(*modules):
    """Which script made a fixture, with which versions."""
    script = Path(inspect.stack()[2].filename).name
    versions = {module.__name__: module.__version__ for module in (torch, *modules)}
    return {"generator": f"tests/reference/{script}", "versions": versions}


def write_json(name, content, *modules):
    document = {**origin(*modules), **content}
    write_atomic(name, (json.dumps(document, separators=(",", ":")) + "\n").encode())


def stored(tensor):
    """A contiguous tensor in the precision of fixtures: float32, int32, or bool."""
    tensor = tensor.detach()
    if tensor.dtype.is_floating_point:
        tensor = tensor.float()
    elif tensor.dtype == torch.int64:
        tensor = tensor.to(torch.int32)
    return tensor.clone(memory_format=torch.contiguous_format)


def difference(reference, value):
    """The largest error, relative to the largest value (or to 1 if that is larger)."""
    reference, value = reference.detach().double(), value.detach().double()
    if reference.numel() == 0:
        return 0.0
    return ((reference - value).abs().max() / reference.abs().max().clamp(min=1)).item()


def roles(tensors, prefix):
    """The names of the tensors whose role begins so, without the beginning."""
    return [key.removeprefix(prefix) for key in tensors if key.startswith(prefix)]


class Fixture:
    """One file of cases. Every random number comes from the seed that the file was given."""

    def __init__(self, name, seed, *modules):
        self.name, self.origin = name, origin(*modules)
        self.tensors, self.cases = {}, []
        torch.manual_seed(seed)

    def add(self, case, tensors):
        """Adds a case as it is: its description and its tensors, by role."""
        if any(case["name"] == other["name"] for other in self.cases):
            raise ValueError(f"Two cases are named {case['name']}")
        self.cases.append(case)
        for role, tensor in tensors.items():
            self.tensors[f"{case['name']}/{role}"] = stored(tensor)

    def case(self, name, op, function, inputs, options=None, constants=()):
        """Runs function(**inputs, **options) and adds a case with its outputs and gradients.

        The function gives a tensor, called "output", or several by name; only the first is
        differentiated: its product with the cotangent, summed, by every floating-point input that
        is not among the constants. All is computed in float64 on float32 inputs; the error of
        PyTorch's own float32 is noted.
        """
        options = options or {}
        wanted = [
            key
            for key, value in inputs.items()
            if value.dtype.is_floating_point and key not in constants
        ]

        def run(dtype, cotangent=None):
            values = {
                key: value.detach().clone().to(dtype).requires_grad_(key in wanted)
                if value.dtype.is_floating_point
                else value
                for key, value in inputs.items()
            }
            outputs = function(**values, **options)
            if isinstance(outputs, torch.Tensor):
                outputs = {"output": outputs}
            if not wanted:
                return outputs, {}, None
            first = next(iter(outputs.values()))
            if cotangent is None:
                cotangent = torch.randn(first.shape)
            gradients = torch.autograd.grad(
                first, [values[key] for key in wanted], cotangent.to(dtype)
            )
            return outputs, dict(zip(wanted, gradients)), cotangent

        outputs, gradients, cotangent = run(torch.float64)
        for key, value in outputs.items():
            if value.dtype != torch.float64 and value.dtype.is_floating_point:
                raise TypeError(f"{name}: {key} was computed in {value.dtype}")
        rough_outputs, rough_gradients, _ = run(torch.float32, cotangent)
        error = max(
            difference(value, rough[key])
            for exact, rough in ((outputs, rough_outputs), (gradients, rough_gradients))
            for key, value in exact.items()
        )
        tensors = {**inputs, **outputs}
        clash = set(inputs) & set(outputs)
        if clash:
            raise ValueError(f"{name}: both input and output: {clash}")
        if wanted:
            tensors["cotangent"] = cotangent
        tensors |= {f"gradient/{key}": value for key, value in gradients.items()}
        description = {
            "name": name,
            "op": op,
            "options": options,
            "inputs": list(inputs),
            "outputs": list(outputs),
            "gradients": list(gradients),
            "float32Error": float(f"{error:.1e}"),
        }
        self.add(description, tensors)

    def write(self):
        # One metadata key: the library does not keep the order of several.
        metadata = {"fixture": json.dumps({**self.origin, "cases": self.cases})}
        write_atomic(self.name, safetensors.torch.save(self.tensors, metadata))
