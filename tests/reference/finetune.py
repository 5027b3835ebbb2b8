"""Fine-tuning in two phases in plain PyTorch, for tests/train/finetune_reference_test.ts.

    python -m pip install timm==1.0.31
    python tests/reference/finetune.py        writes finetune.safetensors beside this file

The network is the tiny EfficientNet of efficientnet_tiny.safetensors, which has its weights. The last
layer is trained first, then the last three blocks with it, by a new Adam; batch normalisations in
frozen blocks are in evaluation. Images come in the order that the kit draws from the seed.
"""

from prng import seeded  # before fixtures takes this folder off the path
from efficientnet import CLASSES, tiny, timm  # before torch
from fixtures import FOLDER, Fixture, difference

import safetensors.torch
import torch
import torch.nn.functional as F

COUNT, SIDE, BATCH, SEED = 40, 32, 8, 11
MEAN, STD = (0.2, 0.3, 0.4), (0.25, 0.2, 0.3)
HEAD = ("classifier.",)
LAST = (*HEAD, "blocks.5.2.", "blocks.5.3.", "blocks.6.0.", "conv_head.", "bn2.")
PHASES = (
    {"name": "head", "epochs": 2, "rate": 1e-3, "trained": HEAD},
    {"name": "last three blocks", "epochs": 2, "rate": 1e-4, "trained": LAST},
)
STREAM = 2  # that of batches, in lib/prng.ts


def order(epoch):
    """Fisher and Yates, as the kit's Prng.permutation."""
    places = list(range(COUNT))
    for last, draw in zip(range(COUNT - 1, 0, -1), seeded(SEED, [STREAM, epoch], COUNT - 1)):
        other = draw % (last + 1)
        places[last], places[other] = places[other], places[last]
    return places


def run(state, images, labels, dtype):
    network = tiny().to(dtype)
    network.load_state_dict(state)
    scaled = (images.to(dtype) / 255 - torch.tensor(MEAN, dtype=dtype)) / torch.tensor(STD, dtype=dtype)
    scaled = scaled.permute(0, 3, 1, 2).contiguous()
    losses, epoch = [], 0
    for phase in PHASES:
        network.train()
        for key, parameter in network.named_parameters():
            parameter.requires_grad_(key.startswith(phase["trained"]))
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.train(module.weight.requires_grad)
        trained = [one for one in network.parameters() if one.requires_grad]
        optimizer = torch.optim.Adam(trained, phase["rate"])
        for epoch in range(epoch, epoch + phase["epochs"]):
            for batch in torch.tensor(order(epoch)).split(BATCH):
                optimizer.zero_grad()
                loss = F.cross_entropy(network(scaled[batch]), labels[batch].long())
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
        epoch += 1
    after = {
        f"after/{key}": value
        for key, value in network.state_dict().items()
        if key.startswith(("classifier.", "bn2.", "blocks.5.2.bn", "blocks.5.1.bn1.running"))
        and value.dtype == dtype
    }
    return {"losses": torch.stack(losses), **after}


if __name__ == "__main__":
    fixture = Fixture("finetune.safetensors", 50, timm)
    weights = safetensors.torch.load_file(FOLDER / "efficientnet_tiny.safetensors")
    prefix = "efficientnet_b0/state/"
    state = {
        key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)
    }
    # Classes differ in brightness and in their noise: there is something to learn
    labels = torch.arange(COUNT, dtype=torch.int32) % CLASSES
    noise = torch.randn(COUNT, SIDE, SIDE, 3) * (20 + 15 * labels.view(-1, 1, 1, 1))
    images = (60 + 40 * labels.view(-1, 1, 1, 1) + noise).clamp(0, 255).to(torch.uint8)
    exact = run(state, images, labels, torch.float64)
    rough = run(state, images, labels, torch.float32)
    error = {key: float(f"{difference(value, rough[key]):.1e}") for key, value in exact.items()}
    print([round(float(loss), 4) for loss in exact["losses"]], error["losses"], max(error.values()))
    description = {
        "name": "two phases",
        "phases": [{**phase, "trained": list(phase["trained"])} for phase in PHASES],
        "batchSize": BATCH,
        "seed": SEED,
        "mean": MEAN,
        "std": STD,
        "float32Error": max(error.values()),
    }
    fixture.add(description, {"images": images, "labels": labels, **exact})
    fixture.write()
