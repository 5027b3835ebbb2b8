"""Pooling and convolution with padding by numbers by PyTorch, rotation by SciPy, for
tests/tensorflow/kernels.

    python -m pip install torch==2.13.0 scipy==1.17.1
    python tests/reference/windows.py       (writes windows.json beside this file)
"""

from fixtures import write_json

import numpy as np
import scipy
import torch
import torch.nn.functional as F
from scipy.ndimage import affine_transform

random = torch.Generator().manual_seed(11)
cases = []


def draw(*shape):
    return (torch.randn(shape, generator=random, dtype=torch.float64) * 4).round(decimals=2)


def plain(tensor):
    values = torch.as_tensor(tensor).detach().reshape(-1).tolist()
    # JSON has no infinity.
    values = ["-Infinity" if value == -float("inf") else value for value in values]
    return {"shape": list(tensor.shape), "values": values}


def last(x):
    return x.movedim(1, -1)


def gradient_case(kernel, compute, inputs, **options):
    """A case whose gradient is that of the sum of output times cotangent."""
    for value in inputs.values():
        value.requires_grad_()
    output = compute(**inputs)
    cotangent = draw(*output.shape)
    finite = torch.where(torch.isfinite(output), output, 0)
    gradients = torch.autograd.grad((finite * cotangent).sum(), list(inputs.values()))
    spatial = (lambda x: x) if options.get("dataFormat") == "NCHW" else last
    form = {"filter": lambda w: w.movedim((0, 1), (3, 2))}
    if kernel == "depthwiseConv2d":
        form["filter"] = lambda w: w.reshape(-1, options["multiplier"], *w.shape[2:]).movedim((0, 1), (2, 3))
    cases.append({
        "kernel": kernel, "options": options,
        "inputs": {name: plain(form.get(name, spatial)(value)) for name, value in inputs.items()},
        "output": plain(spatial(output)), "cotangent": plain(spatial(cotangent)),
        "gradients": {
            name: plain(form.get(name, spatial)(value)) for name, value in zip(inputs, gradients)
        },
    })


def around(x, pad, value):
    """Pads the last axes, given [before, after] for each."""
    return F.pad(x, [side for axis in reversed(pad) for side in axis], value=value)


def pool(kernel, x, size, strides, pad, rounding=None):
    axes = x.dim() - 2
    highest = {2: F.max_pool2d, 3: F.max_pool3d}[axes]
    mean = {2: F.avg_pool2d, 3: F.avg_pool3d}[axes]
    if isinstance(pad, int):
        settings = {"stride": strides, "padding": pad, "ceil_mode": rounding == "ceil"}

        def compute(x):
            if kernel.startswith("max"):
                return highest(x, size, **settings)
            return mean(x, size, count_include_pad=False, **settings)
    else:
        sides = pad[1:-1]

        def compute(x):
            if kernel.startswith("max"):
                return highest(around(x, sides, -torch.inf), size, strides)
            counts = mean(around(torch.ones_like(x), sides, 0), size, strides)
            means = mean(around(x, sides, 0), size, strides)
            return torch.where(counts == 0, 0, means / counts.clamp(min=1e-9))
    options = {"filterSize": size, "strides": strides, "pad": pad, "rounding": rounding}
    gradient_case(kernel, compute, {"x": x}, **options)


for name in ("max", "avg"):
    pool(f"{name}Pool", draw(2, 3, 5, 6), [3, 3], [2, 2], 1)
    pool(f"{name}Pool", draw(1, 2, 5, 8), [3, 2], [2, 1], 1)
    pool(f"{name}Pool", draw(1, 1, 4, 4), [3, 3], [2, 2], 1, rounding="ceil")
    pool(f"{name}Pool", draw(1, 2, 4, 3), [2, 3], [1, 2], [[0, 0], [0, 1], [2, 0], [0, 0]])
    pool(f"{name}Pool3d", draw(1, 2, 3, 4, 3), [2, 2, 2], [1, 2, 1], 1)
    # Windows that see only padding.
    pool(f"{name}Pool", draw(1, 1, 2, 3), [1, 2], [1, 1], [[0, 0], [1, 1], [2, 0], [0, 0]])


def conv(x, filter, strides, pad, dataFormat, bias=None):
    sides = [[pad, pad]] * 2 if isinstance(pad, int) else (pad[2:] if dataFormat == "NCHW" else pad[1:3])
    gradient_case(
        "conv2d", lambda x, filter: F.conv2d(around(x, sides, 0), filter, stride=strides),
        {"x": x, "filter": filter}, strides=strides, pad=pad, dataFormat=dataFormat)


conv(draw(2, 3, 5, 6), draw(4, 3, 3, 3), [2, 2], 1, "NCHW")
conv(draw(2, 3, 5, 6), draw(4, 3, 3, 2), [1, 2], 2, "NHWC")
conv(draw(1, 2, 4, 4), draw(3, 2, 2, 3), [2, 1], [[0, 0], [0, 0], [1, 0], [0, 2]], "NCHW")
conv(draw(1, 2, 4, 4), draw(3, 2, 2, 3), [2, 1], [[0, 0], [1, 0], [0, 2], [0, 0]], "NHWC")
conv(draw(1, 2, 4, 5), draw(3, 2, 1, 1), [1, 1], 0, "NCHW")
for pad in (1, [[0, 0], [0, 2], [1, 0], [0, 0]]):
    sides = [[pad, pad]] * 2 if isinstance(pad, int) else pad[1:3]
    gradient_case(
        "depthwiseConv2d",
        lambda x, filter: F.conv2d(around(x, sides, 0), filter, stride=1, groups=3),
        {"x": draw(1, 3, 4, 5), "filter": draw(6, 1, 3, 2)},
        strides=[1, 1], pad=pad, multiplier=2)

for size, strides, pad in ((3, 2, 1), (2, 1, 1)):
    x = draw(2, 3, 4, 5)
    values, indices = F.max_pool2d(x, size, strides, pad, return_indices=True)
    # PyTorch's are places in the plane, TensorFlow's in the image, channels last.
    flat = last(indices) * 3 + torch.arange(3)
    cases.append({
        "kernel": "maxPoolWithArgmax", "options": {"filterSize": size, "strides": strides, "pad": pad},
        "inputs": {"x": plain(last(x))}, "output": plain(last(values)), "indices": plain(flat),
    })

for radians, center in ((0.5, 0.5), (-2.2, [0.3, 0.9])):
    image = draw(6, 7, 2).numpy()
    x, y = np.multiply(center, [7, 6]) if isinstance(center, list) else (3.5, 3)
    sine, cosine = np.sin(radians), np.cos(radians)
    matrix = np.array([[cosine, sine], [-sine, cosine]])  # rows, columns
    offset = np.array([y, x]) - matrix @ np.array([y, x])
    turned = np.stack([
        affine_transform(image[..., c], matrix, offset, order=0, mode="grid-constant", cval=-9)
        for c in range(2)
    ], -1)
    cases.append({
        "kernel": "rotateWithOffset", "options": {"radians": radians, "center": center, "fillValue": -9},
        "inputs": {"image": plain(torch.tensor(image)[None])}, "output": plain(torch.tensor(turned)[None]),
    })

write_json("windows.json", {"cases": cases}, np, scipy)
