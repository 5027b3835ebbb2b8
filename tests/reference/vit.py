"""Fixtures for lib/models/vit.ts: tiny networks of timm, sizes of the published ones, positions.

    python -m pip install timm==1.0.31 transformers==5.23.0
    python tests/reference/vit.py

writes vit_tiny.safetensors, vit_positions.safetensors, vit_names.safetensors and vit_sizes.json. The
tiny networks are timm's VisionTransformer with few and narrow tokens: the plain one, DINOv2's, and
DINOv2's with registers; vit_names has those of transformers and torchvision.
"""

from networks import add_named, add_tiny, sizes, timm, torchvision  # before torch
from fixtures import Fixture, write_json

import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

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


def saved(network):
    """The names in files, which transformers 5 keeps as they were in version 4."""
    with tempfile.TemporaryDirectory() as folder:
        network.float().save_pretrained(folder)
        return sorted(load_file(Path(folder) / "model.safetensors"))


def names():
    fixture = Fixture("vit_names.safetensors", 62, transformers, torchvision)
    options = {"width": WIDTH, "heads": HEADS, "depth": 1, "size": SIDE, "patch": PATCH}
    config = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": 1,
        "num_attention_heads": HEADS,
        "image_size": SIDE,
        "patch_size": PATCH,
        "layer_norm_eps": 1e-6,
        "num_labels": CLASSES,
    }

    def tokens(network, images):
        return network(images).last_hidden_state

    def add(name, network, run, **more):
        saving = saved if name.startswith("transformers") else None
        add_named(fixture, name, network, run, side=SIDE, options=options | more, saved=saving)

    T = transformers
    classifier = T.ViTForImageClassification(T.ViTConfig(**config))
    add("transformers_vit", classifier, lambda network, images: network(images).logits)
    add("transformers_dinov2", T.Dinov2Model(T.Dinov2Config(**config)), tokens, layerScale=1)
    add(
        "transformers_dinov2_with_registers",
        T.Dinov2WithRegistersModel(T.Dinov2WithRegistersConfig(**config)),
        tokens,
        layerScale=1,
        registers=4,
    )
    theirs = torchvision.models.VisionTransformer(
        SIDE, PATCH, 1, HEADS, WIDTH, 4 * WIDTH, num_classes=CLASSES
    )
    add("torchvision_vit", theirs, lambda network, images: network(images))
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
