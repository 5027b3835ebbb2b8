"""Writes samples.json: positions matched by astropy, and scikit-learn's class weights.

    python tests/reference/samples.py

Made with astropy 8.0.2, numpy 2 and scikit-learn 1.9.1.
"""

import json
import os
from pathlib import Path

import astropy
import numpy as np
import sklearn
from astropy import units as u
from astropy.coordinates import SkyCoord, match_coordinates_sky, search_around_sky
from sklearn.utils.class_weight import compute_class_weight

FILE = Path(__file__).resolve().with_suffix(".json")
random = np.random.default_rng(4)


def around(ra, dec, count, arcsec):
    """Positions scattered about a place, through offsets that hold at a pole too."""
    centre = SkyCoord(ra * u.deg, dec * u.deg)
    angle = random.uniform(0, 360, count) * u.deg
    distance = np.sqrt(random.uniform(0, 1, count)) * arcsec * u.arcsec
    return centre.directional_offset_by(angle, distance)


def everywhere(count):
    z = random.uniform(-1, 1, count)
    return SkyCoord(random.uniform(0, 360, count) * u.deg, np.degrees(np.arcsin(z)) * u.deg)


def degrees(places):
    # What is compared is what a catalogue prints, so matching starts from rounded numbers
    return {
        "ra": [round(float(v), 9) for v in places.ra.deg],
        "dec": [round(float(v), 9) for v in places.dec.deg],
    }


def case(name, left, right, radius):
    left, right = degrees(left), degrees(right)
    a, b = (SkyCoord(t["ra"] * u.deg, t["dec"] * u.deg) for t in (left, right))
    index, nearest, _ = match_coordinates_sky(a, b)
    i, j, separation, _ = search_around_sky(a, b, radius * u.arcsec)
    pairs = sorted(zip(i.tolist(), separation.arcsec.tolist(), j.tolist()))
    return {
        "name": name,
        "left": left,
        "right": right,
        "radius": radius,
        "nearest": index.tolist(),
        "nearestSeparation": nearest.arcsec.tolist(),
        "pairs": [[left, right, separation] for left, separation, right in pairs],
    }


labels = random.integers(0, 4, 60).tolist()
document = {
    "generator": "tests/reference/samples.py",
    "versions": {module.__name__: module.__version__ for module in (astropy, np, sklearn)},
    "matches": [
        case("all sky", everywhere(40), everywhere(50), 60000),
        case("right ascension 0", around(0, 12, 40, 60), around(0, 12, 50, 60), 15),
        case("north pole", around(77, 90, 40, 60), around(200, 89.999, 50, 60), 15),
        case("south pole", around(310, -90, 40, 3), around(310, -90, 50, 3), 0.8),
        case("antipodes", around(30, 20, 10, 60), around(210, -20, 10, 60), 648000),
    ],
    "classWeights": {
        "labels": labels,
        "weights": compute_class_weight("balanced", classes=np.arange(4), y=labels).tolist(),
    },
}
partial = FILE.with_suffix(".partial")
partial.write_text(json.dumps(document, separators=(",", ":")) + "\n")
os.replace(partial, FILE)
print(f"{FILE.name}: {FILE.stat().st_size / 1000:.1f} kB")
