"""Fixtures for lib/models/vit.ts: tiny networks of timm, sizes of the published ones, positions.

    python -m pip install timm==1.0.31
    python tests/reference/vit.py

writes vit_tiny.safetensors, vit_positions.safetensors, vit_names.safetensors and vit_sizes.json. The
tiny networks are timm's VisionTransformer with few and narrow tokens: the plain one, DINOv2's, and
DINOv2's with registers; vit_names has torchvision's.
"""

from networks import add_named, add_tiny, sizes, timm, torchvision  # before torch
from fixtures import Fixture, write_json

import torch

WIDTH, HEADS, DEPTH, SIDE, PATCH, CLASSES = 12, 3, 2, 32, 8, 3


def tiny(**options):
    return timm.models.vision_transformer.VisionTransformer(
        img_size=SIDE,
        patch_size=PATCH,
        embed_dim=WIDTH,
        depth=DEPTH,
        num_heads=HEADS,
        num_classes=CLASSES,
        **options,
    )


def positions():
    fixture = Fixture("vit_positions.safetensors", 61, timm)
    for name, before, after, prefix in [("down", 7, 4, 1), ("up", 3, 5, 1), ("no_prefix", 6, 4, 0)]:
        stored = torch.randn(1, before**2 + prefix, 4)
        resized = timm.layers.resample_abs_pos_embed(
            stored.double(), (after, after), num_prefix_tokens=prefix
        )
        case = {"name": name, "from": before, "to": after, "prefixTokens": prefix}
        fixture.add(case, {"positions": stored, "resized": resized})
    fixture.write()


def names():
    fixture = Fixture("vit_names.safetensors", 62, torchvision)
    options = {"width": WIDTH, "heads": HEADS, "depth": 1, "size": SIDE, "patch": PATCH}
    theirs = torchvision.models.VisionTransformer(
        SIDE, PATCH, 1, HEADS, WIDTH, 4 * WIDTH, num_classes=CLASSES
    )
    run = lambda network, images: network(images)
    add_named(fixture, "torchvision_vit", theirs, run, side=SIDE, options=options)
    fixture.write()


if __name__ == "__main__":
    fixture = Fixture("vit_tiny.safetensors", 60, timm)
    options = {"width": WIDTH, "heads": HEADS, "depth": DEPTH, "size": SIDE, "patch": PATCH}
    add_tiny(fixture, "plain", tiny, options, side=SIDE)
    dinov2 = {"init_values": 1e-5, "reg_tokens": 4, "no_embed_class": True}
    options = options | {"registers": 4, "layerScale": 1e-5}
    add_tiny(fixture, "dinov2", lambda: tiny(**dinov2), options, side=SIDE)
    options = {key: value for key, value in options.items() if key != "registers"}
    plain = {"init_values": 1e-5}
    add_tiny(fixture, "dinov2_without_registers", lambda: tiny(**plain), options, side=SIDE)
    fixture.write()
    positions()
    names()
    published = {f"vit_{size}_patch16_224": 224 for size in ("small", "base", "large")}
    for size in ("small", "base", "large"):
        published |= {f"vit_{size}_patch14_dinov2": 518, f"vit_{size}_patch14_reg4_dinov2": 518}
    write_json("vit_sizes.json", {"sizes": sizes(published)}, timm)
