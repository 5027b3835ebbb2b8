"""Fixtures for lib/models/convnext.ts: tiny networks of timm, sizes of the published ones.

    python -m pip install timm==1.0.31
    python tests/reference/convnext.py

writes convnext_tiny.safetensors, convnext_names.safetensors and convnext_sizes.json. The tiny
networks are timm's ConvNeXt with few channels and blocks, once with linear layers and once with 1x1
convolutions in their place; convnext_names has torchvision's.
"""

from functools import partial

from networks import add_named, add_tiny, sizes, timm, torchvision  # before torch
from fixtures import Fixture, write_json

WIDTH, DEPTHS, CLASSES = 4, [1, 2, 1, 1], 3


def tiny(convolutions):
    return timm.models.convnext.ConvNeXt(
        depths=DEPTHS,
        dims=[WIDTH * 2**stage for stage in range(4)],
        conv_mlp=convolutions,
        num_classes=CLASSES,
    )


def names():
    fixture = Fixture("convnext_names.safetensors", 51, torchvision)
    theirs = torchvision.models.convnext
    widths = [WIDTH * 2**stage for stage in range(4)]
    blocks = [
        theirs.CNBlockConfig(width, following, depth)
        for width, following, depth in zip(widths, [*widths[1:], None], DEPTHS)
    ]
    network = theirs.ConvNeXt(blocks, num_classes=CLASSES)
    options = {"width": WIDTH, "depths": DEPTHS}
    run = lambda network, images: network(images)  # noqa: E731
    add_named(fixture, "torchvision", network, run, side=40, options=options)
    fixture.write()


if __name__ == "__main__":
    fixture = Fixture("convnext_tiny.safetensors", 50, timm)
    few = {"side": 40, "gradients": lambda key: not key.startswith("stages.3.blocks.0.mlp.fc2")}
    for name, convolutions in [("convolutions", True), ("linear", False)]:
        options = {"width": WIDTH, "depths": DEPTHS, "convolutions": convolutions}
        add_tiny(fixture, name, partial(tiny, convolutions), options, **few)
        few["gradients"] = lambda key: key.startswith("stages.0") or key.endswith("mlp.fc1.bias")
    fixture.write()
    names()
    published = ["atto", "femto", "pico", "nano", "tiny", "small", "base"]
    content = {"sizes": sizes({f"convnext_{name}": 224 for name in published})}
    write_json("convnext_sizes.json", content, timm)
