"""The PyTorch side of bench/loading.ts: a DataLoader over PIL, as a user would write it.

Reads the job from the command line, then one line of stdin a round: each is answered with the
seconds that one pass over the files took, and with the processor seconds of all processes. The
batches are uint8 (batch, size, size, 3) tensors.

    python3 loading.py SIZE WORKERS FILTER DRAFT < rounds      (file names in $GALAXYKIT_FILES, one a line)
"""

import os
import sys
import time

import numpy
import torch
from PIL import Image


class Files(torch.utils.data.Dataset):
    def __init__(self, paths, size, resample, draft):
        self.paths, self.size, self.resample, self.draft = paths, size, resample, draft

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as image:
            if self.draft:  # let libjpeg reduce by 2, 4 or 8, as sharp does by itself
                image.draft("RGB", (self.size, self.size))
            image = image.convert("RGB")
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            image = image.resize(
                (self.size, self.size), self.resample, box=(left, top, left + side, top + side)
            )
            return torch.from_numpy(numpy.array(image))


def cpu_seconds(pids):
    """User and system time of processes that run."""
    try:
        ticks = 0
        for pid in pids:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")
    except OSError:
        return float("nan")


def main():
    size, workers = int(sys.argv[1]), int(sys.argv[2])
    resample = Image.Resampling[sys.argv[3].upper()]
    with open(os.environ["GALAXYKIT_FILES"]) as file:
        paths = file.read().split("\n")
    loader = torch.utils.data.DataLoader(
        Files(paths, size, resample, sys.argv[4] == "draft"),
        batch_size=32,
        shuffle=True,
        num_workers=workers,
        persistent_workers=True,
    )
    iter(loader)  # starts the workers
    pids = [os.getpid(), *(worker.pid for worker in loader._iterator._workers)]
    for _ in sys.stdin:
        before = cpu_seconds(pids)
        start = time.perf_counter()
        count = sum(len(batch) for batch in loader)
        seconds = time.perf_counter() - start
        assert count == len(paths)
        print(seconds, cpu_seconds(pids) - before, flush=True)


main()
