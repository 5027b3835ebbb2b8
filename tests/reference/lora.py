"""Fixture for lib/nn/lora.ts: a network with linear layers and convolutions under peft's LoRA.

    python tests/reference/lora.py     writes lora/ and lora.safetensors beside this file

lora/ is what peft itself saves: adapter_config.json and adapter_model.safetensors. lora.safetensors
holds the base weights, an input, and output and gradients with the adapters. Images are
[b, h, w, c], everything else is as PyTorch keeps it.
"""

import networks  # noqa: F401, before torch

from fixtures import FOLDER, Fixture, difference

import json
import shutil

import peft
import torch
from torch import nn


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.mix = nn.Conv2d(4, 6, 1, bias=False)
        self.fc1 = nn.Linear(6, 5)
        self.head = nn.Linear(5, 3)

    def forward(self, x):
        x = self.mix(self.stem(x).relu()).relu().mean((2, 3))
        return self.head(self.fc1(x).relu())


def main():
    fixture = Fixture("lora.safetensors", 20210617, peft)
    base = Network()
    state = {name: value.clone() for name, value in base.state_dict().items()}
    config = peft.LoraConfig(
        r=2,
        lora_alpha=4,
        lora_dropout=0.0,
        target_modules=["stem", "mix", "fc1"],
        modules_to_save=["head"],
        init_lora_weights=True,
    )
    model = peft.get_peft_model(base, config)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                value.copy_(torch.randn(value.shape) * 0.3)
    folder = FOLDER / "lora"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    input = torch.randn(2, 8, 8, 3)
    cotangent = torch.randn(2, 3)
    results = {}
    for dtype in (torch.float32, torch.float64):
        copy = model.to(dtype)
        copy.zero_grad()
        output = copy(input.to(dtype).permute(0, 3, 1, 2).contiguous())
        (output * cotangent.to(dtype)).sum().backward()
        result = {"output": output.detach().clone()}
        for name, value in copy.named_parameters():
            if value.requires_grad:
                short = name.removeprefix("base_model.model.")
                short = short.replace(".default", "").replace(".modules_to_save", "")
                result[f"gradient/{short}"] = value.grad.clone()
        results[dtype] = result
    exact = results[torch.float64]
    error = max(difference(exact[key], value) for key, value in results[torch.float32].items())
    tensors = {"input": input, "cotangent": cotangent, **exact}
    tensors |= {f"state/{name}": value for name, value in state.items()}
    fixture.add({"name": "network", "float32Error": float(f"{error:.1e}")}, tensors)
    fixture.write()
    print(json.loads((folder / "adapter_config.json").read_text()))


main()
