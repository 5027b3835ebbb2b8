"""A FITS file with an HDU of every kind, and what astropy reads in it, for tests/data/images/fits_test.ts.

    python -m pip install astropy==8.0.2
    python tests/reference/fits.py        (writes fits.fits.gz and fits.json beside this file)
"""

import gzip
import io
import json
import os

import astropy
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS


def hdus():
    random = np.random.default_rng(3)
    yield fits.PrimaryHDU(header=fits.Header([("OBSERVER", "O'Neil / night 2", "a comment")]))

    def image(name, data, **cards):
        hdu = fits.ImageHDU(data, name=name)
        hdu.header.update(cards)
        return hdu

    yield image("BYTE", random.integers(0, 256, (2, 3), dtype=np.uint8))
    yield image("UINT16", random.integers(0, 65536, (3, 2), dtype=np.uint16))  # BZERO 32768
    scaled = random.integers(-(2**31), 2**31, (2, 2), dtype=np.int32)
    scaled[0, 1] = -99
    hdu = fits.ImageHDU(scaled, name="SCALED")
    hdu.header.update({"BSCALE": 0.25, "BZERO": -7.5, "BLANK": -99})
    yield hdu
    table = fits.BinTableHDU.from_columns([fits.Column("id", "K", array=np.arange(700))])
    yield table
    yield image("LONG", random.integers(-(2**53), 2**53, (2, 2), dtype=np.int64))
    yield image("FLOAT", random.standard_normal((3, 4, 5)).astype(np.float32))
    double = random.standard_normal((2, 2))
    double[1, 1] = np.nan
    yield image("DOUBLE", double, LONGTEXT="a text that goes on " * 8, EXPTIME=53.907456)


def wcs_cases():
    """Headers of all three kinds, tangent points near and at the poles and at RA 0, and a LONPOLE."""
    base = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 113.0, "CRPIX2": 80.5}
    scale = 0.396 / 3600
    linear = [
        {"CD1_1": -scale, "CD1_2": 1e-6, "CD2_1": 2e-6, "CD2_2": scale},
        {"CDELT1": -scale, "CDELT2": scale, "PC1_1": 0.8, "PC1_2": -0.6, "PC2_1": 0.6, "PC2_2": 0.8},
        {"CDELT1": -scale, "CDELT2": scale, "CROTA2": 30.0},
        {"CDELT1": -0.5, "CDELT2": 0.5, "LONPOLE": 120.0},
    ]
    centres = [(146.7, -1.04), (0.0001, 20.0), (200.0, 89.99), (30.0, -90.0), (30.0, 90.0)]
    for number, (ra, dec) in enumerate(centres):
        header = {**base, "CRVAL1": ra, "CRVAL2": dec, **linear[number % 4]}
        pixels = [[0, 0], [112.3, 40.7], [224, 159]]
        yield {"header": header, "pixels": pixels, "sky": WCS(fits.Header(header)).all_pix2world(pixels, 0).tolist()}


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    buffer = io.BytesIO()
    fits.HDUList(list(hdus())).writeto(buffer)
    with open(os.path.join(folder, "fits.fits.gz"), "wb") as file:
        file.write(gzip.compress(buffer.getvalue(), mtime=0))
    images = []
    with fits.open(io.BytesIO(buffer.getvalue())) as opened:
        for number, hdu in enumerate(opened):
            if hdu.data is None or isinstance(hdu, fits.BinTableHDU):
                continue
            values = [None if np.isnan(v) else float(v) for v in hdu.data.reshape(-1)]
            images.append({"hdu": number, "name": hdu.name, "shape": list(hdu.data.shape), "values": values})
        header = {"OBSERVER": opened[0].header["OBSERVER"], "LONGTEXT": opened["DOUBLE"].header["LONGTEXT"]}
    document = {"generator": f"astropy {astropy.__version__}", "header": header, "images": images, "wcs": list(wcs_cases())}
    with open(os.path.join(folder, "fits.json"), "w") as file:
        json.dump(document, file, separators=(",", ":"))


main()
