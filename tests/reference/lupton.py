"""Colour images by astropy's make_lupton_rgb, for tests/data/images/lupton_test.ts.

    python -m pip install astropy==8.0.2
    python tests/reference/lupton.py        (writes lupton.json beside this file)
"""

import json
import os

import astropy
import numpy as np
from astropy.visualization import make_lupton_rgb

CASES = [
    {"stretch": 5, "Q": 8, "minimum": 0},
    {"stretch": 0.5, "Q": 20, "minimum": [0.1, 0.2, 0.3]},
    {"stretch": 40, "Q": 0.5, "minimum": -1},
]


def main():
    # Three bands of 20 x 20 over five decades, some values below zero, one exactly zero.
    random = np.random.default_rng(7)
    bands = [10.0 ** random.uniform(-2, 3, (20, 20)) - 0.3 for _ in range(3)]
    bands = [band.astype(np.float32).astype(np.float64) for band in bands]
    for band in bands:
        band[0, 0] = 0
        band[0, 1] = -2
    cases = []
    for options in CASES:
        rgb = make_lupton_rgb(*bands, **options)
        cases.append({"options": options, "rgb": rgb.reshape(-1).tolist()})
    document = {
        "generator": f"astropy {astropy.__version__}",
        "bands": [band.reshape(-1).tolist() for band in bands],
        "cases": cases,
    }
    with open(os.path.join(os.path.dirname(__file__), "lupton.json"), "w") as file:
        json.dump(document, file, separators=(",", ":"))


main()
