"""Gradients of TensorFlow, for the ops whose gradient tfjs lacks or has wrong.

    python tests/reference/gradients.py     writes gradients.json beside this file

Wants tensorflow-cpu==2.21.0 alone. Computed in float64 where TensorFlow has the op in it; `gradients`
are those of sum(output · cotangent) by the inputs, in order.
"""

import json
import os
from pathlib import Path

import numpy as np
import tensorflow as tf

random = np.random.default_rng(11)
cases = []


def case(name, function, *shapes, dtype=tf.float64):
    inputs = [tf.constant(random.uniform(0.3, 2, shape).astype(np.float32)) for shape in shapes]
    wide = [tf.cast(x, dtype) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(wide)
        output = function(*wide)
    cotangent = tf.constant(random.uniform(-1, 1, output.shape).astype(np.float32))
    gradients = tape.gradient(output, wide, output_gradients=tf.cast(cotangent, dtype))

    def stored(tensor):
        values = np.asarray(tf.convert_to_tensor(tensor), np.float32)
        return {"shape": list(values.shape), "values": [float(f"{x:.8g}") for x in values.ravel()]}

    cases.append({
        "name": name,
        "inputs": [stored(x) for x in inputs],
        "output": stored(output),
        "cotangent": stored(cotangent),
        "gradients": [stored(x) for x in gradients],
    })


def resize(op, size, half):
    return lambda x: op(images=x, size=size, half_pixel_centers=half)


bilinear, nearest = tf.raw_ops.ResizeBilinear, tf.raw_ops.ResizeNearestNeighbor
float32 = {"dtype": tf.float32}
case("bilinear up, half pixels", resize(bilinear, [5, 7], True), [2, 3, 4, 1], **float32)
case("bilinear down, half pixels", resize(bilinear, [2, 3], True), [1, 5, 4, 2], **float32)
case("nearest up, half pixels", resize(nearest, [5, 7], True), [2, 3, 4, 1], **float32)
case("nearest down, half pixels", resize(nearest, [2, 3], True), [1, 5, 4, 2], **float32)
case("conv2d dilated", lambda x, w: tf.nn.atrous_conv2d(x, w, 2, "SAME"),
     [1, 6, 7, 2], [3, 2, 2, 2])
case("depthwise dilated", lambda x, w: tf.nn.depthwise_conv2d(
    x, w, [1, 1, 1, 1], "VALID", dilations=[2, 2]), [1, 6, 6, 2], [3, 3, 2, 2])
case("conv3d transposed", lambda x, w: tf.nn.conv3d_transpose(x, w, [1, 4, 4, 4, 1], 2, "SAME"),
     [1, 2, 2, 2, 2], [2, 2, 2, 1, 2])
case("einsum batched", lambda a, b: tf.einsum("bij,bkj->bik", a, b), [2, 2, 3], [2, 4, 3])
case("einsum of a diagonal", lambda a, b: tf.einsum("iij,jk->ik", a, b), [3, 3, 2], [2, 4])
case("einsum with an ellipsis", lambda a, b: tf.einsum("...ij,...jk->...ik", a, b),
     [2, 1, 2, 3], [4, 3, 2])
case("gatherND", lambda x: tf.gather_nd(x, [[1, 0], [0, 2], [1, 0]]), [2, 3, 2])
case("scatterND", lambda x: tf.scatter_nd([[1], [3], [1]], x, [5, 2]), [3, 2])
case("tensorScatterUpdate", lambda x, u: tf.tensor_scatter_nd_update(x, [[2], [0]], u),
     [4, 2], [2, 2])
case("cumprod", lambda x: tf.math.cumprod(x, 1), [3, 5])
case("cumprod exclusive and reverse", lambda x: tf.math.cumprod(x, 0, True, True), [4, 2])
case("cumsum along the first axis", lambda x: tf.cumsum(x, 0, True), [4, 2])
case("prod over axes", lambda x: tf.reduce_prod(x, [0, -1]), [2, 3, 2])
case("depthToSpace", lambda x: tf.nn.depth_to_space(x, 2), [1, 2, 3, 8])
case("stridedSlice backwards", lambda x: x[::-2, 1:4:2], [4, 5])
case("stridedSlice with new and shrunk axes", lambda x: x[tf.newaxis, 1, ..., ::2], [3, 2, 4])
case("topk", lambda x: tf.math.top_k(x, 2).values, [3, 5])
case("mirrorPad reflect", lambda x: tf.pad(x, [[1, 2], [2, 0]], "REFLECT"), [3, 4])
case("mirrorPad symmetric", lambda x: tf.pad(x, [[3, 0], [1, 4]], "SYMMETRIC"), [3, 4])
case("matMul broadcast", tf.matmul, [2, 1, 2, 3], [3, 3, 2])
case("maximum broadcast", tf.maximum, [2, 1, 3], [4, 1])
case("gather with batch dimensions", lambda x: tf.gather(x, [[1, 0, 1], [2, 2, 0]], axis=2,
                                                         batch_dims=1), [2, 2, 3, 2])
case("cropAndResize", lambda x, b: tf.image.crop_and_resize(x, b, [1, 0], [3, 4]),
     [2, 4, 5, 2], [2, 4], **float32)
case("localResponseNormalization", lambda x: tf.nn.local_response_normalization(
    x, 1, 0.7, 1.2, 0.6), [1, 2, 2, 5], **float32)

folder = Path(__file__).resolve().parent
document = {
    "generator": "tests/reference/gradients.py",
    "versions": {"tensorflow": tf.__version__},
    "cases": cases,
}
partial = folder / "gradients.json.partial"
partial.write_text(json.dumps(document, separators=(",", ":")) + "\n")
os.replace(partial, folder / "gradients.json")
