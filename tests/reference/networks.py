"""What the generators of lib/models share: timm and torchvision, tiny networks, keys and sizes.

Import it first: before fixtures, and before torch.
"""

from fixtures import difference, roles  # before torch

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


def random_state(network):
    """He-normal weights; norms and scales that are not at their initial ones and zeros."""
    state = {}
    for key, value in network.state_dict().items():
        if key.endswith("num_batches_tracked"):
            state[key] = value
        elif key.endswith(("token", "pos_embed")):
            state[key] = torch.randn(value.shape) * 0.5
        elif value.dim() > 1:
            state[key] = torch.randn(value.shape) * (2 / value[0].numel()) ** 0.5
        elif key.endswith(("running_var", "weight", "gamma")):
            state[key] = 0.75 + 0.5 * torch.rand(value.shape)
        else:
            state[key] = 0.2 * torch.randn(value.shape)
    return state


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


def add_named(fixture, name, network, run, *, side, options, saved=None):
    """Adds a tiny network of elsewhere: its weights, and what it gives, under the names it has there.

    run gives the output; saved gives the names that its files have, if they are others. The gradients
    are of the output's product with a cotangent, summed.
    """
    network = network.double().eval()
    state = random_state(network)
    network.load_state_dict({key: value.double() for key, value in state.items()})
    images = torch.randn(2, side, side, 3)
    output = run(network, images.double().permute(0, 3, 1, 2))
    cotangent = torch.randn(output.shape)
    (output * cotangent).sum().backward()
    parameters = {key: value for key, value in network.named_parameters() if value.grad is not None}
    tensors = {f"state/{key}": value for key, value in state.items()}
    tensors |= {f"gradient/{key}": value.grad for key, value in parameters.items()}
    tensors |= {"images": images, "output": output, "cotangent": cotangent}
    description = {"name": name, "options": options}
    if saved is not None:
        description["saved"] = list(saved(network))
    fixture.add(description, tensors)


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
