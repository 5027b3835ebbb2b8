"""Fixture for lib/generation: gradients of LoRA by peft; and a check that diffusers and peft make the same
of the adapters and words that the kit learns.

    python -m pip install diffusers==0.42.1 transformers==5.20.0 peft==0.21.2
    python tests/reference/pipeline_adapters.py

writes pipeline_adapters.safetensors: losses of the tiny pipeline in pipelines/ and their gradients by the
matrices of adapters over its U-Net and its text encoder. Needs `deno` on the path, for what the kit learns.
"""

from diffusion import first, last  # before torch
from fixtures import FOLDER, Fixture, difference

import logging
import subprocess
import tempfile
from pathlib import Path

import diffusers
import peft
import torch
import transformers
from diffusers import StableDiffusionPipeline
from peft import LoraConfig, PeftModel
from safetensors.torch import load_file, save_file

LAYERS = {
    "unet": ["to_q", "to_k", "to_v", "to_out.0", "conv1"],
    "text_encoder": ["q_proj", "k_proj", "v_proj", "out_proj"],
}
PROMPTS = ["a galaxy with two arms", "an edge-on galaxy"]


def opened():
    return StableDiffusionPipeline.from_pretrained(FOLDER / "pipelines", safety_checker=None)


def tokens(pipe, prompts):
    ids = pipe.tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids
    return ids, pipe.text_encoder(ids).last_hidden_state


def inputs(channels):
    generator = torch.Generator().manual_seed(5)
    draw = lambda: torch.randn(2, 7, 9, channels, generator=generator)
    return {"sample": draw(), "target": draw(), "timestep": torch.tensor([3.0, 700.0])}


def gradients():
    """Of the mean squared error of what is predicted, by both matrices of every layer."""
    torch.manual_seed(13)
    pipe = opened()
    state = {}
    for part, names in LAYERS.items():
        model = getattr(pipe, part)
        model.requires_grad_(False)
        model.add_adapter(LoraConfig(r=3, lora_alpha=2, target_modules=names))
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.data = 0.5 * torch.randn(value.shape)
            if "lora_" in name:
                state[f"{part}/{name.replace('.default', '')}"] = value
    given = inputs(pipe.unet.config.in_channels)
    ids, context = tokens(pipe, PROMPTS)
    predicted = last(pipe.unet(first(given["sample"]), given["timestep"], context).sample)
    loss = torch.mean((predicted - given["target"]) ** 2)
    loss.backward()
    return {
        **{f"state/{name}": value.detach() for name, value in state.items()},
        **{f"gradient/{name}": value.grad for name, value in state.items()},
        **{"ids": ids, "loss": loss.detach(), **given},
    }


@torch.no_grad()
def outputs(pipe, prompts):
    given = inputs(pipe.unet.config.in_channels)
    _, context = tokens(pipe, [pipe.maybe_convert_prompt(prompt, pipe.tokenizer) for prompt in prompts])
    return {"tokens": context, "noise": last(pipe.unet(first(given["sample"]), given["timestep"], context).sample)}


def check(folder):
    """What the kit has learnt, in each of its files."""
    channels = opened().unet.config.in_channels
    save_file(inputs(channels), folder / "inputs.safetensors")
    subprocess.run(
        ["deno", "run", "-A", "--no-check", Path(__file__).with_suffix(".ts"), FOLDER / "pipelines", folder],
        cwd=FOLDER.parent.parent,
        check=True,
    )
    plain = outputs(opened(), PROMPTS)
    for kind, path, prompts in [
        ("diffusers", "diffusers.safetensors", PROMPTS),
        ("kohya", "kohya.safetensors", PROMPTS),
        ("peft", "peft", PROMPTS),
        ("word", "word.safetensors", ["a <ring> with two arms", "<ring>"]),
    ]:
        pipe = opened()
        if kind == "peft":
            for part in LAYERS:
                setattr(pipe, part, PeftModel.from_pretrained(getattr(pipe, part), folder / path / part).eval())
        elif kind == "word":
            pipe.load_textual_inversion(folder / path)
        else:
            pipe.load_lora_weights(folder, weight_name=path)
        theirs = outputs(pipe, prompts)
        kits = load_file(folder / f"outputs-{'word' if kind == 'word' else 'lora'}.safetensors")
        moved = max(difference(plain[role], value) for role, value in theirs.items())
        error = max(difference(theirs[role], kits[role]) for role in theirs)
        print(f"{kind}: largest error {error:.1e}, largest change by what was learnt {moved:.1e}")
        assert error < 1e-5 < moved, kind


def main():
    fixture = Fixture("pipeline_adapters.safetensors", 13, diffusers, transformers, peft)
    fixture.add({"name": "gradients", "rank": 3, "alpha": 2, "layers": LAYERS}, gradients())
    fixture.write()
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder))


if __name__ == "__main__":
    logging.getLogger("diffusers").setLevel(logging.ERROR)
    main()
