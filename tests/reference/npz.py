"""Writes arrays.npz and arrays_stored.npz: arrays of NumPy of many types, deflated and stored.

    python tests/reference/npz.py

Made with NumPy 2.4.6.
"""

from pathlib import Path

import numpy as np

here = Path(__file__).parent
arrays = {
    "predictions": np.array([[0, 0.5, 1], [0.25, 0.75, -1]], np.float32),
    "objids": np.array(["587732591714893851", "é中"]),
    "columns": np.array([b"smooth", b"bar"]),
    "ids": np.array([587732591714893851, -5], np.int64),
    "unsigned": np.array([2**64 - 1], np.uint64),
    "big": np.array([[1, 2], [3, 4]], ">i4"),
    "fortran": np.asfortranarray(np.arange(24, dtype=np.float64).reshape(2, 3, 4)),
    "half": np.array([0.5, 65504], np.float16),
    "asked": np.array([True, False]),
    "scalar": np.array(7, np.int16),
    "none": np.zeros((0, 3), np.float32),
    "objects": np.array([{"a": 1}, None], object),
    "complex": np.array([1j]),
    "structured": np.array([(1, 2.0)], [("id", "<i4"), ("p", "<f4")]),
}
np.savez_compressed(here / "arrays.npz", **arrays)
np.savez(here / "arrays_stored.npz", a=np.array([1.5, 2.5]))
