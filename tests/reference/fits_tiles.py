"""FITS images compressed tile by tile, and what astropy reads in them, for tests/data/images/fits_tiles_test.ts.

    python -m pip install astropy==8.0.2
    python tests/reference/fits_tiles.py        (writes fits_tiles.fits.gz and fits_tiles.json beside this file)
"""

import gzip
import io
import json
import os
import warnings

import astropy
import numpy as np
from astropy.io import fits


def galaxy(random, shape=(13, 17)):
    y, x = np.indices(shape)
    glow = 400 * np.exp(-np.hypot(x - 8, y - 6) / 2)
    return (glow + random.normal(0, 3, shape) + 10).astype(np.float32)


def cases():
    random = np.random.default_rng(11)
    image = galaxy(random)
    holes = image.copy()
    holes[3, 4] = np.nan
    holes[:2] = 0
    level = {"quantize_level": 4.0, "dither_seed": 71}
    for method, name in ((fits.hdu.compressed.NO_DITHER, "NONE"), (1, "DITHER1"), (2, "DITHER2")):
        for code in ("RICE_1", "GZIP_1", "GZIP_2"):
            yield f"{code} {name}", holes, {"compression_type": code, "quantize_method": method, "tile_shape": (5, 7), **level}
    yield "LONG DITHER", galaxy(random, (40, 300)), {"compression_type": "RICE_1", "quantize_method": 1, "tile_shape": (40, 300), **level, "dither_seed": 9990}
    yield "LOSSLESS", holes, {"compression_type": "GZIP_1", "quantize_level": 0.0}
    yield "LOSSLESS SHUFFLED", holes.astype(np.float64), {"compression_type": "GZIP_2", "quantize_level": 0.0, "tile_shape": (5, 7)}
    constant = image.copy()
    constant[:5] = 3.25
    yield "CONSTANT TILES", constant, {"compression_type": "RICE_1", "tile_shape": (1, 17), **level}
    for kind in (np.uint8, np.int16, np.int32, np.uint16, np.uint32):
        limits = np.iinfo(kind)
        values = random.integers(limits.min, limits.max, (6, 9), dtype=kind, endpoint=True)
        values[2:4] = values[2, 2] // 2  # blocks without differences
        for code in ("RICE_1", "GZIP_1", "GZIP_2", "NOCOMPRESS"):
            yield f"{code} {kind.__name__}", values, {"compression_type": code, "tile_shape": (4, 5)}
    yield "RICE_1 cube", (image[None, :6] * [[[1]], [[2]], [[3]]]).astype(np.int16), {"compression_type": "RICE_1", "tile_shape": (2, 4, 6)}


def main():
    warnings.simplefilter("ignore")
    hdus = [fits.PrimaryHDU()]
    for name, data, options in cases():
        hdus.append(fits.CompImageHDU(data, name=name, **options))
        hdus[-1].header["CRVAL1"] = 146.7
    blank = fits.CompImageHDU(np.arange(12, dtype=np.int16).reshape(3, 4), name="BLANK", compression_type="RICE_1")
    blank.header["BLANK"] = 5
    hdus.append(blank)
    buffer = io.BytesIO()
    fits.HDUList(hdus).writeto(buffer)
    images = []
    with fits.open(io.BytesIO(buffer.getvalue())) as opened:
        for number, hdu in enumerate(opened):
            if hdu.data is None:
                continue
            values = hdu.data.astype(np.float64).reshape(-1)
            some = {"every": 1} if values.size < 1000 else {"every": 37}
            values = values[:: some["every"]]
            images.append({"hdu": number, "name": hdu.name, "shape": list(hdu.data.shape), **some,
                           "values": [None if np.isnan(v) else float(v) for v in values]})
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "fits_tiles.fits.gz"), "wb") as file:
        file.write(gzip.compress(buffer.getvalue(), mtime=0))
    with open(os.path.join(folder, "fits_tiles.json"), "w") as file:
        json.dump({"generator": f"astropy {astropy.__version__}", "images": images}, file, separators=(",", ":"))


main()
