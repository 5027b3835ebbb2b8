"""A small HDF5 file laid out as Galaxy10 DECaLS and GalaxyMNIST are, for tests/data/images/hdf5_test.ts.

    python -m pip install h5py==3.16.0
    python tests/reference/hdf5.py        (writes galaxies.hdf5 beside this file)
"""

import os

import h5py
import numpy as np


def main():
    y, x = np.mgrid[0:12, 0:12]
    # Image i: a ramp that i shifts, so that every image, row, column and channel differs.
    images = np.stack([(np.stack([x * 3 + i, y * 5 + i, x + y + i], axis=-1)) % 256 for i in range(20)])
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "galaxies.hdf5")
    with h5py.File(path, "w", libver="latest") as file:
        chunks = {"chunks": (6, 4, 12, 1), "compression": "gzip"}  # as h5py chooses: across images
        file.create_dataset("images", data=images.astype(np.uint8), **chunks)
        file.create_dataset("plain", data=images.astype(np.uint8))
        file.create_dataset("grey", data=images[..., 0].astype(np.uint8))
        file.create_dataset("float", data=images.astype(np.float32), **chunks)
        file["ans"] = (np.arange(20) % 10).astype(np.uint8)
        file["labels"] = (np.arange(20) % 4).astype(np.int64)
        file["few"] = np.arange(5)


main()
