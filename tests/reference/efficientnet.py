"""Fixtures for lib/models/efficientnet.ts: tiny networks of timm, sizes of the published ones, the
names of torchvision and the network of Keras.

    python -m pip install timm==1.0.31 keras==3.12.0
    python tests/reference/efficientnet.py

writes efficientnet_tiny.safetensors, efficientnet_keras.safetensors and efficientnet_sizes.json. The
tiny networks are timm's EfficientNet with a stem of 2 channels in place of 32, rounded to multiples
of 4, and so on: names, depths, kernels and strides are B0's.
"""

import os

from networks import add_tiny, random_state, sizes, timm, torchvision  # before torch
from fixtures import Fixture, write_json

import torch

WIDTH, DIVISOR, CLASSES = 2, 4, 3
SIDES = {0: 224, 1: 240, 2: 260, 3: 300, 4: 380, 5: 456, 6: 528, 7: 600}


def tiny(tensorflow=False):
    return timm.models.efficientnet._gen_efficientnet(
        "efficientnet_b0",
        channel_multiplier=WIDTH / 32,
        channel_divisor=DIVISOR,
        num_classes=CLASSES,
        **({"bn_eps": 1e-3, "pad_type": "same"} if tensorflow else {}),
    )


def write_tiny():
    fixture = Fixture("efficientnet_tiny.safetensors", 40, timm)
    options = {"width": WIDTH, "channelDivisor": DIVISOR}
    parts = ("conv_stem", "blocks.0", "blocks.2.0", "blocks.5.1.se", "classifier")
    kept = lambda key: key.startswith(parts) or "bn" in key  # noqa: E731
    training = {"side": 40, "count": 4, "rate": 0.005, "gradients": kept}
    add_tiny(fixture, "efficientnet_b0", tiny, options, classes=CLASSES, **training)
    # TensorFlow's padding differs where sides are even; the weights are those of the first case
    case = fixture.cases[0]
    network = tiny(tensorflow=True).double().eval()
    network.load_state_dict(
        {key: fixture.tensors[f"efficientnet_b0/state/{key}"] for key in case["stateDict"]}
    )
    images = fixture.tensors["efficientnet_b0/images"].double().permute(0, 3, 1, 2)
    with torch.no_grad():
        fixture.tensors["efficientnet_b0/tf_logits"] = network(images).float()
    fixture.write()


def torchvision_names():
    """Pairs of names: the networks list their weights in the same order. Proved by the logits."""
    ours = timm.create_model("efficientnet_b0").eval()
    theirs = torchvision.models.efficientnet_b0().eval()
    state = random_state(ours)
    pairs = list(zip(theirs.state_dict(), state))
    # torchvision's inner SE layers stand in the same places; check by computing
    theirs.load_state_dict({a: state[b] for a, b in pairs})
    ours.load_state_dict(state)
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(theirs(images), ours(images), rtol=1e-4, atol=1e-4)
    return pairs


def write_keras():
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    from keras.src.applications.efficientnet import EfficientNet

    fixture = Fixture("efficientnet_keras.safetensors", 41, keras)
    network = EfficientNet(
        width_coefficient=WIDTH / 32,
        depth_coefficient=1.0,
        default_size=40,
        depth_divisor=DIVISOR,
        weights=None,
        classes=CLASSES,
        classifier_activation=None,
        input_shape=(40, 40, 3),
    )
    tensors = {}
    for variable in network.variables:
        path, shape = variable.path, tuple(variable.shape)
        if path.startswith(("normalization", "seed")) or "seed_generator" in path:
            continue
        if len(shape) > 1:
            fan_in = 1
            for length in shape[:-1]:
                fan_in *= length
            if "dwconv" in path:
                fan_in = shape[0] * shape[1]
            value = torch.randn(shape) * (2 / fan_in) ** 0.5
        elif path.endswith(("gamma", "moving_variance")):
            value = 0.75 + 0.5 * torch.rand(shape)
        else:
            value = 0.2 * torch.randn(shape)
        variable.assign(value)
        tensors[f"state/{path}"] = value
    # Images in [0, 255]; without published weights Keras divides by 255 and subtracts nothing
    images = torch.rand(2, 40, 40, 3)
    with torch.no_grad():
        tensors["logits"] = network(images * 255, training=False).cpu()
    tensors["images"] = images
    options = {"width": WIDTH, "channelDivisor": DIVISOR}
    fixture.add({"name": "keras", "options": options, "classes": CLASSES}, tensors)
    fixture.write()


if __name__ == "__main__":
    write_tiny()
    names = {f"efficientnet_b{n}": side for n, side in SIDES.items()}
    names |= {f"tf_{name}": side for name, side in names.items()}
    content = {"sizes": sizes(names), "torchvision": torchvision_names()}
    write_json("efficientnet_sizes.json", content, timm, torchvision)
    write_keras()
