"""What the bench times: for each workload its network, its inputs, its loss and its update.

The TypeScript bench has a twin of each entry. A train step is: forward pass, loss, gradients,
update of every parameter and of the running statistics, loss read as a number. An inference step
is: forward pass in evaluation mode, first value of the output read as a number. Layouts, compilers
and the fused update are those that PyTorch offers to everybody: the bench compares with its best.
"""

import time
from dataclasses import dataclass
from typing import Callable

import models
import torch
import torch.nn.functional as F
from torch import nn

SEED = 0


@dataclass
class Workload:
    build: Callable[[], nn.Module]
    inputs: dict[str, tuple]  # name to shape; four dimensions are an image [b, c, h, w]
    train: bool = False
    classes: int | None = None  # cross-entropy over so many classes; None: mean of squares
    optimizer: str = "sgd"  # or "adamw"
    learning_rate: float = 0.01
    momentum: float = 0.0  # of SGD
    # What is trained, by the beginnings of its names: the rest is frozen, and its batch
    # normalisations keep their statistics. None: everything.
    trained: tuple[str, ...] | None = None


RESNET18 = {"images": (32, 3, 64, 64)}
RESNET50 = {"images": (8, 3, 224, 224)}
VIT = {"tokens": (8, 197, 768)}
MBCONV = {"images": (16, 16, 112, 112)}
IMAGES = {"images": (16, 3, 224, 224)}

WORKLOADS = {
    "resnet18_train": Workload(models.resnet18, RESNET18, train=True, classes=10, momentum=0.9),
    "resnet50_inference": Workload(models.resnet50, RESNET50),
    "vit_inference": Workload(models.ViTBlocks, VIT),
    "vit_train": Workload(models.ViTBlocks, VIT, train=True),
    "mbconv_inference": Workload(models.MBConvStage, MBCONV),
    "mbconv_train": Workload(models.MBConvStage, MBCONV, train=True),
    "efficientnet_b0_inference": Workload(models.EfficientNetB0, IMAGES),
    "efficientnet_b0_phase1": Workload(
        lambda: models.EfficientNetB0(classes=2),
        IMAGES,
        train=True,
        classes=2,
        trained=("classifier",),
    ),
    "efficientnet_b0_phase2": Workload(
        lambda: models.EfficientNetB0(classes=2),
        IMAGES,
        train=True,
        classes=2,
        trained=("blocks.5.2", "blocks.5.3", "blocks.6.0", "conv_head", "bn2", "classifier"),
    ),
    "convnext_nano_inference": Workload(models.ConvNeXtNano, IMAGES),
}
try:
    import diffusion_models as diffusion
except ImportError:  # Without diffusers there is nothing to compare its networks with
    pass
else:
    def small_unet(batch, **options):
        """For images of 64 pixels, which are told by text and by votes."""
        inputs = {"latents": (batch, 4, 16, 16), "context": (batch, 32, 128), "labels": (batch, 74)}
        return Workload(lambda: diffusion.UNet(**diffusion.SMALL_UNET), inputs, **options)

    def unet_block(batch, **options):
        """For images of 424 pixels."""
        inputs = {"latents": (batch, 4, 53, 53), "context": (batch, 77, 768)}
        return Workload(lambda: diffusion.UNet(**diffusion.UNET_BLOCK), inputs, **options)

    ADAMW = {"train": True, "optimizer": "adamw", "learning_rate": 1e-4}
    WORKLOADS |= {
        "unet_inference": small_unet(32),
        "unet_train": small_unet(64, **ADAMW),
        "unet_block_inference": unet_block(2),
        "unet_block_train": unet_block(1, **ADAMW),
        "decoder_inference": Workload(
            lambda: diffusion.Decoder(**diffusion.SMALL_AUTOENCODER), {"latents": (32, 4, 16, 16)}
        ),
    }


def modes():
    """The modes of every workload, "add" (the overhead of one op) included."""
    table = {"add": ["eager"]}
    for name, workload in WORKLOADS.items():
        table[name] = ["eager", "channels_last", "compile", "compile_channels_last"]
        if not any(len(shape) == 4 for shape in workload.inputs.values()):
            table[name] = ["eager", "compile"]
        if not workload.train:
            # Weights become constants of the compiled graph: batch norm folds into the
            # convolutions, and matrices are reordered once.
            table[name].append("compile_frozen")
    return table


class Run:
    """A workload with its weights, inputs and optimiser, all from one seed, in one mode."""

    def __init__(self, name, mode):
        self.workload = workload = WORKLOADS[name]
        torch.manual_seed(SEED)
        self.model = workload.build().train(workload.train)
        for module in self.model.modules():
            # With the initial 1 and 0 the gradient of a last normalisation's bias is 0 up to
            # rounding, and there is nothing to compare.
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, std=0.5)
        if workload.trained is not None:
            self._freeze(workload.trained)
        self.inputs = {key: torch.randn(shape) for key, shape in workload.inputs.items()}
        if workload.classes is not None:
            batch = next(iter(workload.inputs.values()))[0]
            self.labels = torch.arange(batch) % workload.classes
        if "channels_last" in mode:
            self._use_channels_last()
        if workload.train:
            trained = [p for p in self.model.parameters() if p.requires_grad]
            self.optimizer = (
                torch.optim.AdamW(trained, workload.learning_rate, fused=True)
                if workload.optimizer == "adamw"
                else torch.optim.SGD(
                    trained, workload.learning_rate, workload.momentum, fused=True
                )
            )
        self.forward = self._loss if workload.train else self._output
        if mode.startswith("compile"):
            import torch._inductor.config as inductor

            torch._dynamo.reset()
            inductor.freezing = mode == "compile_frozen"
            self.forward = torch.compile(self.forward, dynamic=False)

    def _freeze(self, trained):
        self.model.eval()
        for name, module in self.model.named_modules():
            if name.startswith(trained):
                module.train()
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name.startswith(trained))

    def _use_channels_last(self):
        self.model = self.model.to(memory_format=torch.channels_last)
        group_norm = any(isinstance(module, nn.GroupNorm) for module in self.model.modules())
        for key, value in self.inputs.items():
            if value.dim() == 4:
                value = value.to(memory_format=torch.channels_last)
                # PyTorch 2.13 crashes in the channels-last gradient of a group norm whose input
                # needs none.
                self.inputs[key] = value.requires_grad_(self.workload.train and group_norm)

    def _output(self):
        return self.model(*self.inputs.values())

    def _loss(self):
        self.output = self._output()
        if self.workload.classes is None:
            return self.output.square().mean()
        return F.cross_entropy(self.output, self.labels)

    def step(self):
        """Runs one step; returns the loss, or the first value of the output."""
        if not self.workload.train:
            with torch.inference_mode():
                return self.forward().flatten()[0].item()
        self.optimizer.zero_grad()
        for value in self.inputs.values():
            value.grad = None
        loss = self.forward()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def timed_step(self):
        start, processor = time.perf_counter(), time.process_time()
        value = self.step()
        return {
            "ms": (time.perf_counter() - start) * 1e3,
            "processor": (time.process_time() - processor) * 1e3,
            "value": value,
        }


class AddRun:
    """The overhead of one op: many additions of four floats."""

    OPS = 10_000

    def __init__(self):
        torch.manual_seed(SEED)
        self.a, self.b = torch.randn(4), torch.randn(4)

    def timed_step(self):
        a, b = self.a, self.b
        start = time.perf_counter()
        with torch.inference_mode():
            for _ in range(self.OPS):
                c = a + b
        value = c[0].item()
        return {"ms": (time.perf_counter() - start) * 1e3, "ops": self.OPS, "value": value}


def prepare(name, mode):
    """A run of the named workload that has made its first steps (compilation, first memory)."""
    if mode not in modes().get(name, []):
        raise ValueError(f'Cannot prepare "{name}" in mode "{mode}": known are {modes()}')
    run = AddRun() if name == "add" else Run(name, mode)
    for _ in range(2):
        run.timed_step()
    return run
