"""Fixtures for tests/weights/keras_test.ts: HDF5 files that Keras would not write.

    python -m pip install h5py==3.16.0
    python tests/reference/keras_damaged.py

Writes beside itself keras_huge.h5 (terabytes that are all zero), keras_cycle.h5 (a group that holds
itself) and keras_odd.h5 (other types of numbers, a scalar, compression, a link to nowhere).
"""

import sys
from pathlib import Path

sys.path.pop(0)  # hdf5.py and others beside this file would hide libraries

import h5py
import numpy as np

here = Path(__file__).parent


def created(name):
    file = h5py.File(here / name, "w")
    file.attrs["layer_names"] = np.array([b"a"])
    return file


with created("keras_huge.h5") as file:
    file.create_dataset("a/kernel:0", shape=(10**6, 10**6), dtype="f4", chunks=(1000, 1000))
with created("keras_cycle.h5") as file:
    group = file.create_group("a")
    group["self"] = group["again"] = group
with created("keras_odd.h5") as file:
    file["b"] = h5py.SoftLink("/nowhere")
    file.create_dataset("a/half", data=np.ones(2, "f2"))
    file.create_dataset("a/big", data=np.array([1, 2], ">f8"))
    file.create_dataset("a/text", data=np.array([b"x"]))
    file.create_dataset("a/scalar", data=np.float64(3))
    file.create_dataset("a/count", data=np.int64(2**60))
    file.create_dataset("a/empty", shape=(0, 3), dtype="f4")
    file.create_dataset("a/packed", data=np.arange(64, dtype="f4"), compression="gzip")
