"""The twin of `deno task classify` in PyTorch: the same network, recipe, images and split.

    python training.py DATA.safetensors SETTINGS_AS_JSON     prints the history as JSON

Started by bench/training.ts.
"""

import json
import math
import os
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from models import BasicBlock, ResNet


def flips_and_quarter_turns(images):
    """Each of the eight symmetries of a square, image by image."""
    coins = torch.rand(3, len(images), 1, 1, 1) < 0.5
    images = torch.where(coins[0], images.transpose(2, 3), images)
    images = torch.where(coins[1], images.flip(2), images)
    return torch.where(coins[2], images.flip(3), images)


def main():
    data, settings = load_file(sys.argv[1]), json.loads(sys.argv[2])
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(settings["seed"])
    images = data["images"].permute(0, 3, 1, 2)
    labels, train, validation = (data[k].long() for k in ("labels", "train", "validation"))
    mean, std = (torch.tensor(settings[k]).view(3, 1, 1) for k in ("mean", "std"))

    def normalize(x):
        x = (x.float() / 255 - mean) / std
        return x.contiguous(memory_format=torch.channels_last)

    network = ResNet(BasicBlock, [2, 2, 2, 2], settings["classes"])
    network = network.to(memory_format=torch.channels_last)
    decayed = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([
        {"params": decayed, "weight_decay": settings["weightDecay"]},
        {"params": others, "weight_decay": 0},
    ], lr=settings["rate"])

    batch = settings["batch"]
    steps = len(train) // batch
    total = steps * settings["epochs"]
    warmup = total // 10

    def rate(step):
        if step < warmup:
            return settings["rate"] * (step + 1) / warmup
        return settings["rate"] * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2

    history, number = [], 0
    for epoch in range(settings["epochs"]):
        start, losses = time.perf_counter(), []
        network.train()
        order = train[torch.randperm(len(train))]
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = rate(number)
            chosen = order[step * batch:(step + 1) * batch]
            x = normalize(flips_and_quarter_turns(images[chosen]))
            loss = F.cross_entropy(network(x), labels[chosen],
                                   label_smoothing=settings["labelSmoothing"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            number += 1
        network.eval()
        with torch.inference_mode():
            guesses = torch.cat([network(normalize(images[part])).argmax(1)
                                 for part in validation.split(64)])
        history.append({
            "train_loss": sum(losses) / steps,
            "validation_accuracy": (guesses == labels[validation]).float().mean().item(),
            "seconds": time.perf_counter() - start,
        })
    print(json.dumps(history))


if __name__ == "__main__":
    main()
