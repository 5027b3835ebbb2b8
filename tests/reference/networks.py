"""What the generators of lib/models share: timm and torchvision, tiny networks, keys and sizes.

Import it first: before fixtures, and before torch.
"""

from named_networks import add_named, random_state  # noqa: F401, before torch
from fixtures import difference, roles

import hashlib
import json

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

# The compiled extension of torchvision, of no use here, is often missing beside a CPU build of
# torch; what it fails on then is the registration of its operators.
register_fake = torch.library.register_fake
torch.library.register_fake = lambda *arguments, **options: lambda function: function
import torchvision  # noqa: E402, F401

torch.library.register_fake = register_fake
import timm  # noqa: E402

STEPS, MOMENTUM = 3, 0.9


def train(build, state, images, labels, rate, dtype):
    network = build().to(dtype)
    network.load_state_dict(state)
    images = images.to(dtype).permute(0, 3, 1, 2).contiguous()
    optimizer = torch.optim.SGD(network.parameters(), rate, MOMENTUM)
    results, losses = {}, []
    with torch.no_grad():
        results["logits_inference"] = network.eval()(images)
        features = network.forward_features(images)
        results["features"] = features if features.dim() == 3 else features.permute(0, 2, 3, 1)
        results["pooled"] = network.forward_head(network.forward_features(images), pre_logits=True)
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
    buffers = dict(network.named_buffers())
    results |= {f"after/{key}": value for key, value in buffers.items()}
    with torch.no_grad():
        results["logits_after"] = network.eval()(images)
    return results


def add_tiny(
    fixture,
    name,
    build,
    options,
    *,
    side,
    count=2,
    classes=3,
    rate=0.02,
    gradients=None,
    draw=random_state,
):
    """Adds a tiny network: its weights, logits, gradients, three steps of SGD.

    gradients says which of them are kept, by name; all if None. draw gives the weights.
    """
    state = draw(build())
    images = torch.randn(count, side, side, 3)
    labels = torch.arange(count, dtype=torch.int32) % classes
    exact = train(build, state, images, labels, rate, torch.float64)
    rough = train(build, state, images, labels, rate, torch.float32)
    error = {}
    for key, value in exact.items():
        part = key.split("/")[0]
        error[part] = max(error.get(part, 0), difference(value, rough[key]))
    if gradients is not None:
        exact = {
            key: value
            for key, value in exact.items()
            if not key.startswith("gradient/") or gradients(key.removeprefix("gradient/"))
        }
    description = {
        "name": name,
        "options": options,
        "classes": classes,
        "learningRate": rate,
        "momentum": MOMENTUM,
        "steps": STEPS,
        "stateDict": list(state),
        "gradients": roles(exact, "gradient/"),
        "float32Error": {part: float(f"{value:.1e}") for part, value in error.items()},
    }
    print(name, description["float32Error"])
    tensors = {f"state/{key}": value for key, value in state.items()}
    fixture.add(description, {**tensors, "images": images, "labels": labels, **exact})


def size_of(network, side):
    """Of a network on the meta device: its keys and shapes, in short, parameters, multiply-adds."""
    lines = [f"{key} {list(value.shape)}" for key, value in network.state_dict().items()]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.zeros(1, 3, side, side, device="meta"))
    return {
        "side": side,
        "keys": len(lines),
        "first": lines[0],
        "last": lines[-1],
        "sha256": hashlib.sha256("\n".join(lines).replace(" [", "[").replace(", ", ",").encode())
        .hexdigest(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "multiplyAdds": counter.get_total_flops() // 2,
    }


def sizes(names_and_sides):
    """size_of of timm's models by name, built without memory."""
    with torch.device("meta"):
        return {
            name: size_of(timm.create_model(name, num_classes=1000), side)
            for name, side in names_and_sides.items()
        }
