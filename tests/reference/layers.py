"""Fixture for lib/nn: PyTorch modules with state dicts, outputs, gradients and updated buffers.

    python tests/reference/layers.py     writes layers.safetensors beside this file

Each case has a "module": its type and arguments in PyTorch, and, for Sequential, its children by
name. Images are [b, h, w, c], everything in the state dict is as PyTorch keeps it.
"""

from fixtures import Fixture, difference, roles  # before torch

import torch
from torch import nn, randn


def build(module):
    if module["type"] == "Sequential":
        children = {name: build(child) for name, child in module["children"].items()}
        result = nn.Sequential()
        for name, child in children.items():
            result.add_module(name, child)
        return result
    return getattr(nn, module["type"])(**module["arguments"])


def layer(type, **arguments):
    return {"type": type, "arguments": arguments}


def sequential(*children, **named):
    named = named or {str(index): child for index, child in enumerate(children)}
    return {"type": "Sequential", "children": named}


def run(module, state, input, cotangent, dtype, training):
    network = build(module).to(dtype).train(training)
    network.load_state_dict(state)
    if input.dtype.is_floating_point:
        input = input.clone().to(dtype).requires_grad_()
    image = input.dim() == 4
    output = network(input.permute(0, 3, 1, 2).contiguous() if image else input)
    output = output.permute(0, 2, 3, 1) if output.dim() == 4 else output
    cotangent = randn(output.shape) if cotangent is None else cotangent
    (output * cotangent.to(dtype)).sum().backward()
    results = {"output": output}
    if input.dtype.is_floating_point:
        results["gradient/input"] = input.grad
    for name, parameter in network.named_parameters():
        results[f"gradient/{name}"] = parameter.grad
    for name, buffer in network.named_buffers():
        if training:
            results[f"after/{name}"] = buffer
    return results, cotangent


def case(fixture, name, module, input, training=True):
    network = build(module)
    with torch.no_grad():
        # Initial ones and zeros would hide an exchange of weight and bias.
        for key, value in network.state_dict().items():
            if key.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif value.dtype.is_floating_point and value.dim() == 1:
                value.add_(0.3 * randn(value.shape))
    state = {key: value.clone() for key, value in network.state_dict().items()}
    exact, cotangent = run(module, state, input, None, torch.float64, training)
    rough, _ = run(module, state, input, cotangent, torch.float32, training)
    error = max(difference(value, rough[key]) for key, value in exact.items())
    description = {
        "name": name,
        "module": module,
        "training": training,
        "stateDict": list(state),
        "gradients": roles(exact, "gradient/"),
        "buffers": roles(exact, "after/"),
        "float32Error": float(f"{error:.1e}"),
    }
    tensors = {f"state/{key}": value for key, value in state.items()}
    fixture.add(description, {**tensors, "input": input, "cotangent": cotangent, **exact})


def main():
    fixture = Fixture("layers.safetensors", 11)
    image, tokens = randn(2, 6, 7, 4), randn(2, 5, 6)

    def add(name, module, input, **options):
        case(fixture, name, module, input, **options)

    add("Linear", layer("Linear", in_features=6, out_features=3), tokens)
    add("Linear without bias", layer("Linear", in_features=6, out_features=3, bias=False), tokens)
    add("Conv2d", layer("Conv2d", in_channels=4, out_channels=3, kernel_size=3, padding=1), image)
    add("Conv2d with stride, without bias", layer("Conv2d", in_channels=4, out_channels=3,
        kernel_size=3, stride=2, padding=1, bias=False), image)
    add("Conv2d with groups and dilation", layer("Conv2d", in_channels=4, out_channels=6,
        kernel_size=3, padding=2, dilation=2, groups=2), image)
    add("Conv2d depthwise with unequal sides", layer("Conv2d", in_channels=4, out_channels=4,
        kernel_size=[3, 5], stride=[1, 2], padding=[1, 2], groups=4), image)
    norm = layer("BatchNorm2d", num_features=4)
    add("BatchNorm2d training", norm, image)
    add("BatchNorm2d inference", norm, image, training=False)
    add("BatchNorm2d eps and momentum", layer("BatchNorm2d", num_features=4, eps=1e-3,
        momentum=0.01), image)
    add("BatchNorm2d without weights", layer("BatchNorm2d", num_features=4, affine=False), image)
    add("GroupNorm", layer("GroupNorm", num_groups=2, num_channels=4), image)
    add("GroupNorm eps", layer("GroupNorm", num_groups=4, num_channels=4, eps=1e-3), image)
    add("LayerNorm", layer("LayerNorm", normalized_shape=6), tokens)
    add("LayerNorm eps", layer("LayerNorm", normalized_shape=6, eps=1e-3), tokens)
    add("LayerNorm without weights", layer("LayerNorm", normalized_shape=6,
        elementwise_affine=False), tokens)
    add("Dropout inference", layer("Dropout", p=0.5), tokens, training=False)
    add("Embedding", layer("Embedding", num_embeddings=7, embedding_dim=3),
        torch.tensor([[1, 6, 1], [0, 1, 2]], dtype=torch.int32))
    add("MaxPool2d", layer("MaxPool2d", kernel_size=3, stride=2, padding=1), image)
    add("AvgPool2d", layer("AvgPool2d", kernel_size=2), image)
    add("AdaptiveAvgPool2d", layer("AdaptiveAvgPool2d", output_size=1), image)
    for activation in ("ReLU", "GELU", "SiLU", "Identity"):
        add(activation, layer(activation), tokens)
    add("GELU tanh", layer("GELU", approximate="tanh"), tokens)
    add("Sequential of tokens", sequential(
        layer("LayerNorm", normalized_shape=6),
        layer("Linear", in_features=6, out_features=8),
        layer("GELU"),
        layer("Linear", in_features=8, out_features=6),
    ), tokens)
    block = sequential(
        conv=layer("Conv2d", in_channels=4, out_channels=5, kernel_size=3, padding=1, bias=False),
        norm=layer("BatchNorm2d", num_features=5),
        act=layer("SiLU"),
    )
    network = sequential(
        stem=block,
        pool=layer("MaxPool2d", kernel_size=2),
        body=sequential(
            layer("Conv2d", in_channels=5, out_channels=6, kernel_size=3, stride=2, padding=1),
            layer("GroupNorm", num_groups=3, num_channels=6),
            layer("ReLU"),
        ),
        mean=layer("AdaptiveAvgPool2d", output_size=1),
        flat=layer("Flatten"),
        head=layer("Linear", in_features=6, out_features=3),
    )
    add("Sequential of images, nested, training", network, image)
    add("Sequential of images, nested, inference", network, image, training=False)
    fixture.write()


if __name__ == "__main__":
    main()
