"""Stable Diffusion 1.5's U-Net in diffusers: one side of bench/full_size.ts.

    python full_size.py write FOLDER            random weights and inputs for both sides
    python full_size.py guided|train FOLDER N   N steps; prints seconds, results and peak as JSON
"""

import json
import sys
import time

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file

RATE = 1e-5
GUIDANCE = 7.5


def write(folder):
    torch.manual_seed(0)
    UNet2DConditionModel(cross_attention_dim=768).save_pretrained(f"{folder}/unet")
    shapes = {"latents": (1, 4, 53, 53), "noise": (1, 4, 53, 53), "context": (2, 77, 768)}
    save_file({k: torch.randn(shape) for k, shape in shapes.items()}, f"{folder}/inputs.safetensors")


def guided(unet, inputs):
    unet.eval()
    with torch.inference_mode():
        both = unet(inputs["latents"].repeat(2, 1, 1, 1), 500, inputs["context"]).sample
        away, own = both.chunk(2)
        led = away + GUIDANCE * (own - away)
        return led.square().mean().item()


def trainer(unet):
    unet.train()
    unet.enable_gradient_checkpointing()
    optimizer = torch.optim.AdamW(unet.parameters(), RATE, fused=True)

    def step(unet, inputs):
        optimizer.zero_grad()
        predicted = unet(inputs["latents"], 500, inputs["context"][:1]).sample
        loss = (predicted - inputs["noise"]).square().mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def main(part, folder, steps):
    torch.set_num_threads(2)
    unet = UNet2DConditionModel.from_pretrained(f"{folder}/unet")
    inputs = load_file(f"{folder}/inputs.safetensors")
    step = guided if part == "guided" else trainer(unet)
    seconds, processor, results = [], [], []
    for _ in range(int(steps)):
        start, before = time.perf_counter(), time.process_time()
        results.append(step(unet, inputs))
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - before)
    print(json.dumps(dict(seconds=seconds, processor=processor, results=results, peak=peak())))


if __name__ == "__main__":
    write(sys.argv[2]) if sys.argv[1] == "write" else main(*sys.argv[1:])
