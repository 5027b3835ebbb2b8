"""What the generators of lib/models share without timm and torchvision: weights, networks by name."""

import fixtures  # noqa: F401, before torch

import torch


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
