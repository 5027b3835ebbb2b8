"""Images in formats that decoders like to get wrong, with what Pillow, tifffile and astropy see in them, for
tests/data/images/formats_test.ts, and bands with their colours for lupton_test.ts.

    python -m pip install astropy==8.0.2 Pillow==13.0.0 tifffile
    python tests/reference/pictures.py        (writes pictures.json beside this file)
"""

import base64
import io
import json
import os

import astropy
import numpy as np
import PIL
import tifffile
from astropy.visualization import AsinhStretch, PercentileInterval
from PIL import Image

HEIGHT, WIDTH = 24, 20


def ramp():
    y, x = np.indices((HEIGHT, WIDTH))
    return (x + y) / (HEIGHT + WIDTH - 2)


def bytes_of(save):
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def means(image):
    return np.asarray(image.convert("RGB"), dtype=float).reshape(-1, 3).mean(0).tolist()


def pictures():
    f = ramp()
    rgb = Image.fromarray((np.stack([f, f * 0.5, f * 0.25], -1) * 255).astype(np.uint8))
    grey = Image.fromarray((f * 255).astype(np.uint8))
    for name, image, options in (
        ("cmyk.jpg", rgb.convert("CMYK"), {"format": "JPEG", "quality": 95}),
        ("cmyk.tif", rgb.convert("CMYK"), {"format": "TIFF", "compression": "tiff_adobe_deflate"}),
        ("palette.gif", rgb.convert("P"), {"format": "GIF"}),
        ("palette.tif", rgb.convert("P"), {"format": "TIFF", "compression": "tiff_adobe_deflate"}),
        ("one_bit.png", grey.convert("1"), {"format": "PNG"}),
        ("animated.gif", rgb, {"format": "GIF", "save_all": True, "append_images": [Image.new("RGB", rgb.size, "blue")]}),
        ("animated.png", rgb, {"format": "PNG", "save_all": True, "append_images": [Image.new("RGB", rgb.size, "blue")]}),
        ("animated.webp", rgb, {"format": "WEBP", "lossless": True, "save_all": True, "append_images": [Image.new("RGB", rgb.size, "blue")]}),
        ("pages.tif", rgb, {"format": "TIFF", "save_all": True, "append_images": [Image.new("RGB", rgb.size, "blue")]}),
    ):
        data = bytes_of(lambda buffer: image.save(buffer, **options))
        opened = Image.open(io.BytesIO(data))
        yield {"name": name, "bytes": data, "mean": means(opened)}
    deep = (f * 65535).astype(np.uint16)
    for name, values, options in (("deep.tif", deep, {}), ("deep_rgb.tif", np.stack([deep, deep // 2, deep // 4], -1), {"photometric": "rgb"})):
        data = bytes_of(lambda buffer: tifffile.imwrite(buffer, values, **options))
        channels = values.reshape(HEIGHT * WIDTH, -1).astype(float).mean(0) / 257
        yield {"name": name, "bytes": data, "mean": np.broadcast_to(channels, 3).tolist()}
    data = bytes_of(lambda buffer: Image.fromarray(deep).save(buffer, format="PNG"))
    yield {"name": "deep.png", "bytes": data, "mean": [deep.mean() / 257] * 3}


def stretched():
    """One band each, which a TIFF holds as it is, shown by astropy."""
    random = np.random.default_rng(5)
    flux = random.normal(0, 0.01, (HEIGHT, WIDTH)) + np.exp(-((np.indices((HEIGHT, WIDTH)) - 11) ** 2).sum(0) / 8)
    holes = flux.copy()
    holes[2, 3], holes[4, 5] = np.nan, np.inf
    for name, values in (
        ("float", flux.astype(np.float32)),
        ("float above 1", (flux * 3000 + 500).astype(np.float32)),
        ("float with holes", holes.astype(np.float32)),
        ("int8", (flux * 100 - 50).astype(np.int8)),
        ("int32", (flux * 2e8).astype(np.int32)),
        ("uint32", (flux * 2e8 + 1e8).astype(np.uint32)),
    ):
        finite = values[np.isfinite(values)]
        low, high = PercentileInterval(99.5).get_limits(finite.astype(float))
        shown = AsinhStretch(0.1)(np.clip((values.astype(float) - low) / (high - low), 0, 1))
        shown = np.where(np.isfinite(values), shown, 0)
        yield {"name": name, "bytes": bytes_of(lambda buffer: tifffile.imwrite(buffer, values)),
               "grey": (shown * 255).reshape(-1).round(6).tolist()}


def legacy_survey():
    """The formula that the surveys publish, written anew: offset 0.03, softening 20, factors of z, r and g."""
    random = np.random.default_rng(9)
    bands = [(10.0 ** random.uniform(-4, 1, 200) - 0.02).astype(np.float32).astype(float) for _ in range(3)]
    raised = np.stack([band * factor + 0.03 for band, factor in zip(bands, (2.2, 3.4, 6.0))])
    mean = np.clip(raised, 0, None).mean(0)
    ratio = np.arcsinh(20 * mean) / np.sqrt(20) / np.where(mean == 0, 1, mean)
    return {"bands": [band.tolist() for band in bands], "rgb": (np.clip(raised * ratio, 0, 1) * 255).T.reshape(-1).tolist()}


def main():
    def packed(cases):
        return [{**case, "bytes": base64.b64encode(case["bytes"]).decode()} for case in cases]

    document = {
        "generator": f"astropy {astropy.__version__}, Pillow {PIL.__version__}, tifffile {tifffile.__version__}",
        "width": WIDTH, "height": HEIGHT,
        "pictures": packed(pictures()), "stretched": packed(stretched()), "legacySurvey": legacy_survey(),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pictures.json")
    with open(path, "w") as file:
        json.dump(document, file, separators=(",", ":"))


main()
