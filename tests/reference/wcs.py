"""Headers that place images on the sky, and where astropy places pixels, for tests/data/images/wcs_test.ts.

    python -m pip install astropy==8.0.2
    python tests/reference/wcs.py        (writes wcs.json beside this file)
"""

import json
import os

import astropy
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

BASE = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 113.0, "CRPIX2": 80.5, "CRVAL1": 146.7, "CRVAL2": -1.04}
CD = {"CD1_1": -1.1e-4, "CD1_2": 1e-6, "CD2_1": 2e-6, "CD2_2": 1.1e-4}
SWAPPED = {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": -1.04, "CRVAL2": 146.7}
SIP = {"A_ORDER": 3, "B_ORDER": 2, "A_2_0": 4e-5, "A_1_1": -3e-5, "A_0_3": 2e-8, "B_0_2": -5e-5, "B_1_1": 1e-5,
       "AP_ORDER": 1, "BP_ORDER": 1, "AP_1_0": 1e-3}
# Every term of TPV, of a size at which it moves a corner by a tenth of an arcsecond or more.
TERMS = [term for term in range(40)]
DEGREE = [0] + [d for d in range(1, 8) for _ in range(d + 1 + d % 2)]
TPV = {
    **{"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "CRVAL1": 0.001, "CRVAL2": 60.0},
    **{f"PV1_{k}": (1.001 if k == 1 else (-1) ** k * 3e-5 * (1 + k) / 0.02 ** max(0, DEGREE[k] - 2)) for k in TERMS},
    **{f"PV2_{k}": (0.998 if k == 1 else (-1) ** (k // 2) * 2e-5 * (2 + k) / 0.02 ** max(0, DEGREE[k] - 2)) for k in TERMS},
}
SCAMP = {key: value for key, value in TPV.items() if key[:5] not in ("CTYPE", "CRVAL")}
GALACTIC = {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}

CASES = {
    "arcseconds": {"CDELT1": -0.396, "CDELT2": 0.396, "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 528120.0, "CRVAL2": -3744.0},
    "arcminutes, CD": {"CD1_1": -0.006, "CD2_2": 0.006, "CUNIT1": "arcmin", "CUNIT2": "arcmin", "CRVAL1": 8802.0, "CRVAL2": -62.4},
    "radians": {"CDELT1": -2e-6, "CDELT2": 2e-6, "CUNIT1": "rad", "CUNIT2": "rad", "CRVAL1": 2.56, "CRVAL2": -0.018},
    "milliarcseconds and degrees": {"CDELT1": -1.1e-4, "CDELT2": 396.0, "CUNIT1": "deg", "CUNIT2": "mas", "CRVAL2": -3744000.0},
    "PC without CDELT": {"PC1_1": -8e-5, "PC1_2": 6e-5, "PC2_1": 6e-5, "PC2_2": 8e-5},
    "PC of two cards": {"CDELT1": -1.1e-4, "CDELT2": 1.1e-4, "PC1_2": 0.1, "PC2_1": -0.1},
    "CROTA2": {"CDELT1": -1.1e-4, "CDELT2": 1.3e-4, "CROTA2": 30.0},
    "CD beside CROTA2 and CDELT": {**CD, "CDELT1": 1.0, "CDELT2": 1.0, "CROTA2": 30.0},
    "declination first": {**SWAPPED, "CD1_1": 2e-6, "CD1_2": 1.1e-4, "CD2_1": -1.1e-4, "CD2_2": 1e-6},
    "declination first, CROTA1": {**SWAPPED, "CDELT1": 1.1e-4, "CDELT2": -1.3e-4, "CROTA1": 30.0},
    "declination first, arcseconds and degrees": {**SWAPPED, "CDELT1": 0.396, "CDELT2": -1.1e-4, "CUNIT1": "arcsec", "CUNIT2": "deg", "CRVAL1": -3744.0},
    "SIP": {**CD, **SIP, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"},
    "SIP without the suffix": {**CD, **SIP},
    "SIP, declination first": {**SWAPPED, **CD, **SIP, "CTYPE1": "DEC--TAN-SIP", "CTYPE2": "RA---TAN-SIP"},
    "TPV": {**CD, **TPV},
    "LONPOLE": {**CD, "LONPOLE": 120.0, "LATPOLE": 10.0},
    "PV1_3 before LONPOLE": {**CD, "PV1_3": 100.0, "LONPOLE": 120.0, "PV1_4": 20.0},
    "PV that says what is so": {**CD, "PV1_0": 0.0, "PV1_1": 0.0, "PV1_2": 90.0},
    "at the pole": {**CD, "CRVAL2": 90.0},
    "SCAMP's PV under the name TAN": {**CD, **SCAMP},
    "SCAMP's PV beside SIP, which says it once more": {**CD, **SIP, **SCAMP, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"},
    "galactic": {**CD, **GALACTIC, "RADESYS": "FK5", "EQUINOX": 1950.0},
    "galactic, latitude first": {**SWAPPED, **CD, "CTYPE1": "GLAT-TAN", "CTYPE2": "GLON-TAN"},
    "galactic, LONPOLE and SIP": {**CD, **SIP, "CTYPE1": "GLON-TAN-SIP", "CTYPE2": "GLAT-TAN-SIP", "LONPOLE": 120.0},
    "galactic, SCAMP's PV, at the pole": {**CD, **SCAMP, **GALACTIC, "CRVAL2": 90.0},
    "a cube": {**CD, "WCSAXES": 3, "CTYPE3": "WAVE", "CRPIX3": 1.0, "CRVAL3": 5e-7, "CD3_3": 1e-7},
}


def main():
    cases = []
    for name, cards in CASES.items():
        header = {**BASE, **cards}
        pixels = [[0, 0], [112.3, 40.7], [224, 159]]
        points = np.array([p + [0] for p in pixels]) if "WCSAXES" in header else np.array(pixels)
        sky = WCS(fits.Header(header)).all_pix2world(points, 0)[:, :2]
        if header["CTYPE1"][:3] in ("DEC", "GLA"):
            sky = sky[:, ::-1]
        if "GLON" in header["CTYPE1"] + header["CTYPE2"]:
            places = SkyCoord(*sky.T, unit="deg", frame="galactic").icrs
            sky = np.stack([places.ra.deg, places.dec.deg], axis=1)
        cases.append({"name": name, "header": header, "pixels": pixels, "sky": sky.tolist()})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wcs.json")
    with open(path, "w") as file:
        json.dump({"generator": f"astropy {astropy.__version__}", "cases": cases}, file, separators=(",", ":"))


main()
