"""PyTorch's side of the bench: runs one step when told to, so that both sides take turns.

Speaks JSON lines; every request gets exactly one line of answer, {"error": "…"} when it fails.

  {"cmd": "list"}                               {"modes": {"resnet18_train": ["eager", …], …}}
  {"cmd": "prepare", "workload": w, "mode": m}  {"ready": true, "seconds": 3.2, "threads": 2,
                                                 "torch": "2.13.0+cpu", "heap": true}
  {"cmd": "step"}                               {"ms": 123.4, "value": 2.31}; "ops" for add
  {"cmd": "export", "workload": w, "path": p}   {"exported": p}
  {"cmd": "quit"}                               none: the process ends

Preparing replaces what was prepared before; to interleave modes, start one server for each. "value"
is the loss of a train step, or the first value of the output. "ms" of "add" is that of all its
"ops" additions together. "processor" is the time of all threads together.

The allocator is set by the environment in which the driver starts this process:

  GLIBC_TUNABLES=glibc.malloc.mmap_threshold=2147483647:glibc.malloc.trim_threshold=2147483647

so that glibc keeps large blocks instead of returning them to the system at every free: 0 page
faults a step instead of 119,000 in mbconv_train, channels-last. Seen with glibc 2.36: the values
are read as 64-bit numbers (mallopt's are of 32), and blocks below the first come from the heap: with
this one all but those of 2 GiB and more, which no workload has.
"heap" tells whether the setting took effect: whether a block of 1 GiB came from the heap and not
from the system (null where the C library is not glibc 2.33 or later).
"""

import ctypes
import json
import os
import sys
import time

import torch
import workloads


class Mallinfo(ctypes.Structure):
    """struct mallinfo2 of glibc 2.33 and later; hblks counts the blocks mapped one by one."""

    FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS.split()]


def large_blocks_come_from_heap():
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):
        return None
    libc.mallinfo2.restype = Mallinfo
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    before = libc.mallinfo2().hblks
    block = libc.malloc(2**30)  # never touched, so no memory is taken
    mapped = libc.mallinfo2().hblks > before
    libc.free(block)
    return not mapped


def export(workload, path):
    """Writes what the other side needs to prove that it computes the same step.

    weights.* and after.* (train: after one step) as in the state dict, input.*, output, loss and
    loss.next (train: before and after the update). Images are [b, h, w, c]; labels are int32.
    """
    from safetensors.torch import save_file

    def plain(tensor):
        tensor = tensor.detach()
        if tensor.dtype == torch.int64:
            tensor = tensor.to(torch.int32)
        return tensor.clone(memory_format=torch.contiguous_format)

    def activation(tensor):
        return plain(tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor)

    run = workloads.Run(workload, "eager")
    tensors = {f"weights.{key}": plain(value) for key, value in run.model.state_dict().items()}
    tensors |= {f"input.{key}": activation(value) for key, value in run.inputs.items()}
    if run.workload.train:
        if run.workload.classes is not None:
            tensors["input.labels"] = plain(run.labels)
        tensors["loss"] = torch.tensor(run.step())
        tensors["output"] = activation(run.output)
        tensors |= {f"after.{key}": plain(value) for key, value in run.model.state_dict().items()}
        tensors["loss.next"] = torch.tensor(run.step())
    else:
        with torch.inference_mode():
            tensors["output"] = activation(run.forward())
    settings = {
        "workload": workload,
        "torch": torch.__version__,
        "seed": workloads.SEED,
        "optimizer": run.workload.optimizer,
        "learningRate": run.workload.learning_rate,
        "momentum": run.workload.momentum,
    }
    save_file(tensors, path + ".partial", {"bench": json.dumps(settings)})
    os.replace(path + ".partial", path)


def main():
    # What a compiler prints must not end up between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    torch.set_num_threads(os.cpu_count())
    run = None

    def answer(request):
        nonlocal run
        match request["cmd"]:
            case "list":
                return {"modes": workloads.modes()}
            case "prepare":
                start = time.perf_counter()
                run = None  # frees the memory of what was prepared before
                run = workloads.prepare(request["workload"], request["mode"])
                return {
                    "ready": True,
                    "seconds": time.perf_counter() - start,
                    "torch": torch.__version__,
                    "threads": torch.get_num_threads(),
                    "heap": large_blocks_come_from_heap(),
                }
            case "step":
                if run is None:
                    raise ValueError("Cannot step: nothing is prepared")
                return run.timed_step()
            case "export":
                export(request["workload"], request["path"])
                return {"exported": request["path"]}
            case unknown:
                known = "list, prepare, step, export, quit"
                raise ValueError(f'Cannot run "{unknown}": known are {known}')

    for line in sys.stdin:
        try:
            request = json.loads(line)
            if request["cmd"] == "quit":
                break
            reply = answer(request)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=answers)


if __name__ == "__main__":
    main()
