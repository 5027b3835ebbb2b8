"""The files that tfjs-node's own tests read and its package does not hold: tests/conformance.

    python tests/reference/tfjs_objects.py        writes tfjs_objects/ beside this file

What each must hold is read off the tests (dist/image_test.js, dist/saved_model_test.js).
Made with tensorflow 2.21.0, numpy 2.4.6, pillow 13.0.0.
"""

import io
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

here = Path(__file__).parent / "tfjs_objects"

PIXELS = np.array([238, 101, 0, 50, 50, 50, 100, 50, 0, 200, 100, 50], np.uint8).reshape(2, 2, 3)
SECOND_FRAME = np.array(
    [200, 100, 50, 34, 68, 102, 170, 0, 102, 255, 255, 255], np.uint8).reshape(2, 2, 3)
JPEG_PIXELS = np.array([239, 100, 0, 46, 48, 47, 92, 49, 0, 194, 98, 47], np.uint8).reshape(2, 2, 3)


def images():
    folder = here / "images"
    folder.mkdir(parents=True)
    image = Image.fromarray(PIXELS)
    image.save(folder / "image_png_test.png")
    image.convert("RGBA").save(folder / "image_png_4_channel_test.png")
    image.save(folder / "image_bmp_test.bmp")
    image.save(folder / "gif_test.gif", save_all=True, append_images=[Image.fromarray(SECOND_FRAME)])
    (folder / "image_jpeg_test.jpeg").write_bytes(jpeg())


def jpeg():
    """The first JPEG of the pixels that decodes to what the tests want."""
    for quality in range(100, 0, -1):
        for subsampling in (0, 2):
            data = io.BytesIO()
            Image.fromarray(PIXELS).save(data, "JPEG", quality=quality, subsampling=subsampling)
            decoded = tf.io.decode_jpeg(data.getvalue(), fancy_upscaling=True).numpy()
            if np.array_equal(decoded, JPEG_PIXELS):
                return data.getvalue()
    raise ValueError("no JPEG of the pixels decodes as wanted")


def save(name, dtype, functions):
    """A model; `functions` gives, for each signature, its function of (factor, inputs …)."""
    module = tf.Module()
    # A variable, since the tests want a stateful call
    module.one = tf.Variable(1, dtype=dtype)

    def signature(function, inputs):
        specs = [tf.TensorSpec(None, dtype, name=name) for name in inputs]
        return tf.function(lambda *x: function(module.one, *x), input_signature=specs)

    signatures = {key: signature(*value) for key, value in functions.items()}
    module.signatures_ = list(signatures.values())
    folder = here / "saved_model" / name
    tf.saved_model.save(module, str(folder), signatures,
                        tf.saved_model.SaveOptions(save_debug_info=False))
    (folder / "fingerprint.pb").unlink()
    shutil.rmtree(folder / "assets")


def models():
    def times(factor, inputs="x"):
        return (lambda one, *x: x[0] * (one * factor), inputs)

    def times_two_and_same(inputs):
        return (lambda one, *x: (x[0] * (one * 2), tf.identity(x[-1])), inputs)

    save("times_three_float", tf.float32, {"serving_default": times(3)})
    save("times_two_int", tf.int32, {"serving_default": times(2)})
    save("uint8_multiply", tf.uint8, {"serving_default": times(6)})
    save("int64_multiply", tf.int64, {"serving_default": times(6)})
    save("module_with_multiple_signatures", tf.float32,
         {"serving_default": times(3), "timestwo": times(2)})
    save("model_single_input_multi_output", tf.int32, {"serving_default": times_two_and_same("x")})
    save("model_multi_output", tf.int32, {"serving_default": times_two_and_same("xy")})


if __name__ == "__main__":
    shutil.rmtree(here, ignore_errors=True)
    images()
    models()
