"""Fixtures for lib/models/diffusion: tiny networks of diffusers, sizes of the published ones.

    python -m pip install diffusers==0.42.1 transformers==5.24.0
    python tests/reference/diffusion.py

writes diffusion_unet.safetensors, diffusion_autoencoder.safetensors and diffusion_sizes.json. Images are
[batch, height, width, channels] in the fixtures; weights are as PyTorch has them. All is computed in
float64, and what float32 would have been off by is noted.
"""

from fixtures import Fixture, difference, write_json  # before torch

import copy
import hashlib
import logging

import diffusers
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

TINY = {
    "in_channels": 2,
    "out_channels": 3,
    "block_out_channels": [4, 8],
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "cross_attention_dim": 6,
    "attention_head_dim": 2,
}
UNETS = {
    "sd15": (TINY, {"size": (6, 10), "tokens": 5}),
    "sd2": (
        {
            **TINY,
            "block_out_channels": [4, 4, 8],
            "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
            "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
            "layers_per_block": [1, 2, 1],
            "attention_head_dim": [1, 2, 4],
            "transformer_layers_per_block": [2, 1, 1],
            "use_linear_projection": True,
            "upcast_attention": True,
            "num_class_embeds": 5,
        },
        {"size": (7, 5), "tokens": 4, "masked": True, "labels": (2,)},
    ),
    "projection": (
        {
            **TINY,
            "in_channels": 1,
            "out_channels": 1,
            "mid_block_type": None,
            "class_embed_type": "projection",
            "projection_class_embeddings_input_dim": 7,
            "flip_sin_to_cos": False,
            "freq_shift": 1,
            "norm_eps": 1e-4,
        },
        {"size": (53, 27), "tokens": 2, "labels": (2, 7)},
    ),
    "without_context": (
        {
            **TINY,
            "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
            "mid_block_type": "UNetMidBlock2D",
            "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
            "resnet_time_scale_shift": "scale_shift",
            "class_embed_type": "simple_projection",
            "projection_class_embeddings_input_dim": 3,
            "class_embeddings_concat": True,
            "time_embedding_dim": 10,
            "conv_in_kernel": 1,
        },
        {"size": (4, 4), "labels": (2, 3)},
    ),
}
AUTOENCODERS = {
    "sd": ({}, (12, 8)),
    "without_quant_convs": (
        {"use_quant_conv": False, "use_post_quant_conv": False, "mid_block_add_attention": False},
        (6, 8),
    ),
}


def random_state(network):
    """Branches that are no larger than what they are added to; norms and biases that show."""
    state = {}
    for key, value in network.state_dict().items():
        if value.dim() > 1:
            state[key] = 0.6 * torch.randn(value.shape) / value[0].numel() ** 0.5
        elif key.endswith("weight"):
            state[key] = 0.75 + 0.5 * torch.rand(value.shape)
        else:
            state[key] = 0.2 * torch.randn(value.shape)
    return state


def last(image):
    return image.permute(0, 2, 3, 1)


def first(image):
    return image.permute(0, 3, 1, 2)


def compute(network, inputs, run, dtype, cotangent=None):
    """The outputs, and the gradients of the first one's product with a cotangent, summed."""
    network = copy.deepcopy(network).to(dtype)
    values = {
        key: value.to(dtype).requires_grad_() if value.dtype.is_floating_point else value
        for key, value in inputs.items()
    }
    outputs = run(network, values)
    output = next(iter(outputs.values()))
    cotangent = torch.randn(output.shape) if cotangent is None else cotangent
    (output * cotangent).sum().backward()
    gradients = {f"gradient/{key}": value.grad for key, value in values.items() if value.is_leaf}
    gradients |= {f"gradient/{key}": value.grad for key, value in network.named_parameters()}
    gradients = {key: value for key, value in gradients.items() if value is not None}
    return outputs, gradients, cotangent


def add(fixture, description, network, inputs, run, parts=("",)):
    """Adds a network: its weights, outputs, and gradients of what has one of the parts in its name."""
    state = random_state(network)
    network.load_state_dict(state)
    network.eval()
    outputs, gradients, cotangent = compute(network, inputs, run, torch.float64)
    rough_outputs, rough_gradients, _ = compute(network, inputs, run, torch.float32, cotangent)
    kept = {f"gradient/{key}" for key in inputs}
    gradients = {
        key: value
        for key, value in gradients.items()
        if key in kept or any(part in key for part in parts)
    }
    rough = rough_outputs | rough_gradients
    error = max(difference(value, rough[key]) for key, value in (outputs | gradients).items())
    description["float32Error"] = float(f"{error:.1e}")
    print(description["name"], description["float32Error"])
    tensors = {f"state/{key}": value for key, value in state.items()}
    fixture.add(
        description, {**tensors, **inputs, "cotangent": cotangent, **outputs, **gradients}
    )


def run_unet(network, inputs):
    output = network(
        first(inputs["sample"]),
        inputs["timestep"].detach(),
        inputs.get("encoderHiddenStates"),
        class_labels=inputs.get("classLabels"),
        encoder_attention_mask=inputs.get("encoderAttentionMask"),
    ).sample
    return {"output": last(output)}


def unets():
    fixture = Fixture("diffusion_unet.safetensors", 72, diffusers)
    for name, (config, given) in UNETS.items():
        network = UNet2DConditionModel(**config)
        inputs = {
            "sample": torch.randn(2, *given["size"], config["in_channels"]),
            # One of them is no whole number
            "timestep": torch.tensor([981.0, 20.25]),
        }
        if "tokens" in given:
            inputs["encoderHiddenStates"] = torch.randn(
                2, given["tokens"], config["cross_attention_dim"]
            )
        if "masked" in given:
            mask = torch.ones(2, given["tokens"], dtype=torch.int32)
            mask[0, 1:] = 0
            inputs["encoderAttentionMask"] = mask
        if "labels" in given:
            shape = given["labels"]
            inputs["classLabels"] = (
                torch.tensor([4, 1], dtype=torch.int32) if len(shape) == 1 else torch.randn(shape)
            )
        # Sums over many pixels lose digits in float32
        parts = ["class_embedding"] if name == "projection" else [""]
        add(fixture, {"name": name, "config": config}, network, inputs, run_unet, parts)
    fixture.write()


def run_autoencoder(network, inputs):
    moments = network.encode(first(inputs["images"])).latent_dist.parameters
    images = network.decode(first(inputs["latents"])).sample
    together = torch.cat([last(moments).flatten(), last(images).flatten()])
    return {"both": together, "moments": last(moments), "decoded": last(images)}


def autoencoders():
    fixture = Fixture("diffusion_autoencoder.safetensors", 71, diffusers)
    for name, (options, size) in AUTOENCODERS.items():
        config = {
            "block_out_channels": [4, 8],
            "down_block_types": ["DownEncoderBlock2D"] * 2,
            "up_block_types": ["UpDecoderBlock2D"] * 2,
            "layers_per_block": 1,
            "latent_channels": 2,
            "norm_num_groups": 2,
            "sample_size": 8,
            **options,
        }
        network = AutoencoderKL(**config)
        latents = torch.randn(2, size[0] // 2, size[1] // 2, 2)
        inputs = {"images": torch.randn(2, *size, 3), "latents": latents}
        add(fixture, {"name": name, "config": config}, network, inputs, run_autoencoder)
    # Tiles of 8 pixels, which overlap by 2, of an image that they do not fill
    network = AutoencoderKL(**config)
    state = random_state(network)
    network.load_state_dict(state)
    network.double().eval().enable_tiling()
    images, latents = torch.randn(1, 16, 22, 3), torch.randn(1, 8, 11, 2)
    with torch.no_grad():
        moments = network.encode(first(images).double()).latent_dist.parameters
        decoded = network.decode(first(latents).double()).sample
    tensors = {f"state/{key}": value for key, value in state.items()}
    tensors |= {"images": images, "latents": latents}
    tensors |= {"moments": last(moments), "decoded": last(decoded)}
    fixture.add({"name": "tiled", "config": config}, tensors)
    fixture.write()


def size_of(network):
    """Keys and shapes, sorted, and parameters of a network on the meta device."""
    lines = sorted(f"{key} {list(value.shape)}" for key, value in network.state_dict().items())
    return {
        "keys": len(lines),
        "first": lines[0],
        "last": lines[-1],
        "sha256": hashlib.sha256("\n".join(lines).replace(", ", ",").encode()).hexdigest(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }


def sizes():
    """The configurations are those of the published folders."""
    sd15 = {"sample_size": 64, "cross_attention_dim": 768}
    sd21 = {
        "sample_size": 96,
        "cross_attention_dim": 1024,
        "attention_head_dim": [5, 10, 20, 20],
        "use_linear_projection": True,
        "upcast_attention": True,
    }
    vae = {
        "block_out_channels": [128, 256, 512, 512],
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
        "layers_per_block": 2,
        "sample_size": 512,
    }
    with torch.device("meta"):
        networks = {
            "sd15": UNet2DConditionModel(**sd15),
            "sd21": UNet2DConditionModel(**sd21),
            "autoencoder": AutoencoderKL(**vae),
        }
        return {name: size_of(network) for name, network in networks.items()}


if __name__ == "__main__":
    logging.getLogger("diffusers").setLevel(logging.ERROR)
    unets()
    autoencoders()
    write_json("diffusion_sizes.json", {"sizes": sizes()}, diffusers)
