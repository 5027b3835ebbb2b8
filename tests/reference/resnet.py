"""Fixtures for lib/models/resnet.ts: torchvision's ResNet at two channels, and its full-size keys.

    python tests/reference/resnet.py     writes resnet_keys.json, resnet{18,34,50}_tiny.safetensors

The tiny networks are torchvision's class with a stem of 2 channels in place of 64, and so on:
the names, the depth and the strides are the real ones. Images are [b, h, w, c].
"""

from fixtures import Fixture, difference, roles, write_json  # before torch

import torch
import torch.nn.functional as F
from torch import nn

# The compiled extension of torchvision, of no use here, is often missing beside a CPU build of
# torch; what it fails on then is the registration of its operators.
register_fake = torch.library.register_fake
torch.library.register_fake = lambda *arguments, **options: lambda function: function
import torchvision  # noqa: E402
from torchvision.models import resnet  # noqa: E402

torch.library.register_fake = register_fake

CONFIGURATIONS = {
    "resnet18": (resnet.BasicBlock, [2, 2, 2, 2]),
    "resnet34": (resnet.BasicBlock, [3, 4, 6, 3]),
    "resnet50": (resnet.Bottleneck, [3, 4, 6, 3]),
}
WIDTH, CLASSES, IMAGES, SIDE, STEPS = 2, 3, 3, 40, 3
LEARNING_RATE, MOMENTUM = 0.02, 0.9


class TinyResNet(resnet.ResNet):
    """torchvision's ResNet with the number of channels of its stem as a parameter."""

    def __init__(self, block, depths, width, classes):
        super().__init__(block, depths, classes)
        self.inplanes = width
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        for stage, depth in enumerate(depths):
            layer = self._make_layer(block, width * 2**stage, depth, stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", layer)
        self.fc = nn.Linear(self.inplanes, classes)


def random_state(network):
    """He-normal convolutions; norms that are not at their initial ones and zeros.

    Their biases are positive: so few channels, once dead, would leave batch norm no variance to
    divide by, and rounding errors would grow from step to step.
    """
    state = {}
    for key, value in network.state_dict().items():
        if key.endswith("num_batches_tracked"):
            state[key] = value
        elif value.dim() > 1:
            fan_in = value[0].numel()
            state[key] = torch.randn(value.shape) * (2 / fan_in) ** 0.5
        elif key.endswith(("running_var", "weight")):
            state[key] = 0.75 + 0.5 * torch.rand(value.shape)
        elif key.endswith("bias"):
            state[key] = 0.6 + 0.2 * torch.randn(value.shape)
        else:
            state[key] = 0.2 * torch.randn(value.shape)
    return state


def train(name, state, images, labels, dtype):
    network = TinyResNet(*CONFIGURATIONS[name], WIDTH, CLASSES).to(dtype)
    network.load_state_dict(state)
    # Contiguous: in channels-last float32, oneDNN (torch 2.13) returns wrong weight gradients for
    # strided 1x1 convolutions of up to 4 channels (those of 8 are right).
    images = images.to(dtype).permute(0, 3, 1, 2).contiguous()
    optimizer = torch.optim.SGD(network.parameters(), LEARNING_RATE, MOMENTUM)
    results, losses = {}, []
    with torch.no_grad():
        results["logits_inference"] = network.eval()(images)
    network.train()
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = network(images)
        loss = F.cross_entropy(logits, labels.long())
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            results["logits_training"] = logits.detach()
            for key, parameter in network.named_parameters():
                results[f"gradient/{key}"] = parameter.grad.clone()
        optimizer.step()
    results["losses"] = torch.stack(losses)
    results |= {f"after/{key}": value for key, value in network.state_dict().items()}
    with torch.no_grad():
        results["logits_after"] = network.eval()(images)
    return results


def tiny(name, seed):
    fixture = Fixture(f"{name}_tiny.safetensors", seed, torchvision)
    state = random_state(TinyResNet(*CONFIGURATIONS[name], WIDTH, CLASSES))
    images = torch.randn(IMAGES, SIDE, SIDE, 3)
    labels = torch.arange(IMAGES, dtype=torch.int32) % CLASSES
    exact = train(name, state, images, labels, torch.float64)
    rough = train(name, state, images, labels, torch.float32)
    error = {}
    for key, value in exact.items():
        part = key.split("/")[0]
        error[part] = max(error.get(part, 0), difference(value, rough[key]))
    if name != "resnet18":  # in the deeper ones the first and the last gradient speak for all
        ends = ("conv1.weight", "fc.weight")
        exact = {
            key: value
            for key, value in exact.items()
            if "/" not in key or key.startswith("gradient/") and key.endswith(ends)
            and key.count(".") == 1
        }
    description = {
        "name": name,
        "width": WIDTH,
        "classes": CLASSES,
        "learningRate": LEARNING_RATE,
        "momentum": MOMENTUM,
        "steps": STEPS,
        "stateDict": list(state),
        "gradients": roles(exact, "gradient/"),
        "float32Error": {part: float(f"{value:.1e}") for part, value in error.items()},
    }
    tensors = {f"state/{key}": value for key, value in state.items()}
    fixture.add(description, {**tensors, "images": images, "labels": labels, **exact})
    fixture.write()


def keys():
    shapes = {
        name: {key: list(value.shape) for key, value in model.state_dict().items()}
        for name, model in (
            (name, getattr(resnet, name)()) for name in [*CONFIGURATIONS, "resnet101"]
        )
    }
    write_json("resnet_keys.json", {"classes": 1000, "shapes": shapes}, torchvision)


if __name__ == "__main__":
    keys()
    for seed, name in enumerate(CONFIGURATIONS):
        tiny(name, 20 + seed)
