"""Resize of the short side and centre crop by Pillow (as torchvision does), for tests/data/decode_test.ts.

    python3 tests/reference/decode.py        (Pillow 13.0.0; writes decode.json beside this file)
"""

import json
import os

import PIL
from PIL import Image

WIDTH, HEIGHT = 60, 30


def pixel(x, y):
    """A ramp, a slope, and blocks of 5 pixels with sharp edges; the test draws the same."""
    return x * 4, y * 8, 40 + 160 * ((x // 5 + y // 5) % 2)


def main():
    image = Image.new("RGB", (WIDTH, HEIGHT))
    image.putdata([pixel(x, y) for y in range(HEIGHT) for x in range(WIDTH)])
    cases = []
    for name in ("lanczos", "bicubic", "bilinear"):
        for size in (8, 14, 22):
            resized = image.resize((2 * size, size), Image.Resampling[name.upper()])
            resized = resized.crop((size // 2, 0, size // 2 + size, size))
            cases.append({"filter": name, "size": size, "pixels": list(resized.tobytes())})
    path = os.path.join(os.path.dirname(__file__), "decode.json")
    with open(path, "w") as file:
        json.dump({"generator": f"Pillow {PIL.__version__}", "cases": cases}, file, separators=(",", ":"))


main()
