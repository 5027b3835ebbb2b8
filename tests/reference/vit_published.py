"""Fixtures for lib/models/_vit_networks.ts: what transformers and facebook compute, keys, positions.

    python -m pip install transformers==5.24.0
    git clone https://github.com/facebookresearch/dinov2    # commit b8931f7
    PYTHONPATH=dinov2 python tests/reference/vit_published.py

writes vit_published.safetensors and vit_published_sizes.json. The tiny networks have random weights,
under the names of their files. Each looks at images of its own size and of others, for which it
interpolates its positions, in its own way.
"""

from named_networks import random_state  # before torch
from fixtures import Fixture, write_json

import hashlib
import warnings

import torch
import transformers as T
from transformers.core_model_loading import revert_weight_conversion
from transformers.models.vit_mae.modeling_vit_mae import ViTMAEEmbeddings

warnings.filterwarnings("ignore", message="xFormers")
from dinov2.models import vision_transformer as facebook  # noqa: E402

WIDTH, HEADS, SIDE, PATCH, CLASSES = 12, 3, 16, 4, 3
SIZES = [(16, 16), (12, 20), (28, 28)]
OPTIONS = {"width": WIDTH, "heads": HEADS, "depth": 1, "size": SIDE, "patch": PATCH}
CONFIG = {
    "hidden_size": WIDTH,
    "intermediate_size": 4 * WIDTH,
    "num_hidden_layers": 1,
    "num_attention_heads": HEADS,
    "image_size": SIDE,
    "patch_size": PATCH,
    "num_labels": CLASSES,
}


def in_files(network, state):
    """Under the names that transformers gives them in files."""
    if not isinstance(network, T.PreTrainedModel):
        return dict(state)
    return revert_weight_conversion(network, dict(state))


def add(fixture, name, model, network, run, options=OPTIONS):
    """Adds a network: its weights, and for each size images, output and gradients."""
    network = network.double().eval()
    state = {key: value.double() for key, value in random_state(network).items()}
    network.load_state_dict(state)
    tensors = {f"state/{key}": value for key, value in in_files(network, state).items()}
    for index, (height, width) in enumerate(SIZES):
        images = torch.randn(2, height, width, 3)
        network.zero_grad()
        output = run(network, images.double().permute(0, 3, 1, 2))
        cotangent = torch.randn(output.shape)
        (output * cotangent).sum().backward()
        gradients = {k: p.grad for k, p in network.named_parameters() if p.grad is not None}
        tensors |= {f"{index}/images": images, f"{index}/output": output}
        if index < 2:
            tensors[f"{index}/cotangent"] = cotangent
            for key, value in in_files(network, gradients).items():
                tensors[f"{index}/gradient/{key}"] = value
    fixture.add({"name": name, "model": model, "options": options, "sizes": SIZES}, tensors)


def tokens(network, images):
    return network(images).last_hidden_state


def interpolated(network, images):
    return network(images, interpolate_pos_encoding=True).last_hidden_state


def unmasked(network, images):
    count = images.shape[2] * images.shape[3] // PATCH**2
    noise = torch.arange(count, dtype=images.dtype).repeat(len(images), 1)
    return network(images, noise=noise, interpolate_pos_encoding=True).last_hidden_state


def facebooks(network, images):
    parts = network.forward_features(images)
    names = ["x_norm_clstoken", "x_norm_regtokens", "x_norm_patchtokens"]
    parts[names[0]] = parts[names[0]][:, None]
    return torch.cat([parts[name] for name in names], 1)


def facebook_network(**options):
    return facebook.DinoVisionTransformer(
        img_size=SIDE,
        patch_size=PATCH,
        embed_dim=WIDTH,
        depth=1,
        num_heads=HEADS,
        init_values=1.0,
        block_chunks=0,
        **options,
    )


def networks():
    fixture = Fixture("vit_published.safetensors", 63, T)
    dinov2 = T.Dinov2Config(**CONFIG)
    add(fixture, "Dinov2Model", "dinov2_base", T.Dinov2Model(dinov2), tokens)
    gated = T.Dinov2Model(T.Dinov2Config(use_swiglu_ffn=True, **CONFIG))
    add(fixture, "Dinov2Model with SwiGLU", "dinov2_giant", gated, tokens)
    registers = T.Dinov2WithRegistersModel(T.Dinov2WithRegistersConfig(**CONFIG))
    name = "Dinov2WithRegistersModel"
    add(fixture, name, "dinov2_with_registers_base", registers, tokens)
    classifier = T.Dinov2ForImageClassification(dinov2)
    both = OPTIONS | {"pooling": "class_and_mean"}
    logits = lambda network, images: network(images).logits
    add(fixture, "Dinov2ForImageClassification", "dinov2_base", classifier, logits, both)
    plain = T.ViTForImageClassification(T.ViTConfig(**CONFIG))
    resized = lambda network, images: network(images, interpolate_pos_encoding=True).logits
    add(fixture, "ViTForImageClassification", "hf_vit_base_patch16_224", plain, resized)
    mae = T.ViTMAEModel(T.ViTMAEConfig(mask_ratio=0.0, **CONFIG))
    # In a model they are only so where nothing was initialised before
    sines = ViTMAEEmbeddings(mae.config)
    sines.initialize_weights()
    add(fixture, "ViTMAEModel", "vit_mae_base", mae, unmasked)
    fixture.tensors["ViTMAEModel/sines"] = sines.position_embeddings.detach()
    msn = T.ViTMSNModel(T.ViTMSNConfig(**CONFIG))
    add(fixture, "ViTMSNModel", "vit_msn_base", msn, interpolated)
    add(fixture, "facebook's", "dinov2_vitb14", facebook_network(), facebooks)
    gated = facebook_network(ffn_layer="swiglufused")
    add(fixture, "facebook's with SwiGLU", "dinov2_vitg14", gated, facebooks)
    registers = facebook_network(
        num_register_tokens=4, interpolate_antialias=True, interpolate_offset=0.0
    )
    add(fixture, "facebook's with registers", "dinov2_vitb14_reg", registers, facebooks)
    fixture.write()


def size_of(network):
    state = in_files(network, network.state_dict())
    lines = sorted(f"{key}[{','.join(map(str, value.shape))}]" for key, value in state.items())
    text = "\n".join(lines)
    return {
        "keys": len(lines),
        "values": sum(value.numel() for value in state.values()),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def sizes():
    small = {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6}
    base = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
    large = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16}
    huge = {"hidden_size": 1280, "num_hidden_layers": 32, "num_attention_heads": 16}
    giant = {"hidden_size": 1536, "num_hidden_layers": 40, "num_attention_heads": 24}
    giant["use_swiglu_ffn"] = True
    dinov2 = {"small": small, "base": base, "large": large, "giant": giant}
    found = {}
    with torch.device("meta"):
        for size, config in dinov2.items():
            config = config | {"image_size": 518, "patch_size": 14}
            found[f"dinov2_{size}"] = size_of(T.Dinov2Model(T.Dinov2Config(**config)))
            network = T.Dinov2WithRegistersModel(T.Dinov2WithRegistersConfig(**config))
            found[f"dinov2_with_registers_{size}"] = size_of(network)
            name = f"vit_{'giant2' if size == 'giant' else size}"
            layer = "swiglufused" if size == "giant" else "mlp"
            for registers, ending in [(0, ""), (4, "_reg")]:
                network = getattr(facebook, name)(
                    patch_size=14,
                    img_size=518,
                    init_values=1.0,
                    ffn_layer=layer,
                    block_chunks=0,
                    num_register_tokens=registers,
                )
                found[f"dinov2_vit{size[0]}14{ending}"] = size_of(network)
        for size, config in {"base": base, "large": large, "huge": huge}.items():
            config = config | {"intermediate_size": 4 * config["hidden_size"]}
            patch = 14 if size == "huge" else 16
            mae = T.ViTMAEConfig(patch_size=patch, **config)
            found[f"vit_mae_{size}"] = size_of(T.ViTMAEModel(mae))
        for size, config in {"small": small, "base": base, "large": large}.items():
            config = config | {"intermediate_size": 4 * config["hidden_size"]}
            found[f"vit_msn_{size}"] = size_of(T.ViTMSNModel(T.ViTMSNConfig(**config)))
            if size != "small":
                plain = T.ViTModel(T.ViTConfig(**config), add_pooling_layer=False)
                found[f"hf_vit_{size}_patch16_224"] = size_of(plain)
    write_json("vit_published_sizes.json", {"sizes": found}, T)


if __name__ == "__main__":
    networks()
    sizes()
