"""Fixtures for lib/models/diffusion/lora.ts: files of LoRA in each dialect, and what diffusers computes
with them; checks that diffusers computes the same with what the kit writes of them.

    python -m pip install diffusers==0.42.1 transformers==5.20.0 peft==0.21.2
    python tests/reference/diffusion_lora.py

writes diffusion_lora.safetensors (weights, inputs, outputs by file) and the files in diffusion_lora/.
Needs `deno` on the path. All is computed in float32, by diffusers' `load_lora_weights` but for the folder
of peft, which peft loads.
"""

from diffusion import TINY, first, last, random_state  # before torch
from fixtures import FOLDER, Fixture, difference

import copy
import json
import logging
import shutil
import subprocess
import tempfile
from pathlib import Path

import diffusers
import peft
import safetensors.torch
import torch
import transformers
from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig, PeftModel, get_peft_model_state_dict
from transformers import CLIPTextConfig, CLIPTextModel

FILES = FOLDER / "diffusion_lora"
UNET = TINY | {"in_channels": 4, "out_channels": 4}
TEXT = dict(
    vocab_size=30,
    hidden_size=6,
    intermediate_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    max_position_embeddings=7,
    hidden_act="quick_gelu",
    eos_token_id=29,
)
IDS = torch.tensor([[28, 4, 9, 12, 29, 29, 29], [28, 1, 2, 3, 4, 5, 29]])
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
TEXT_LAYERS = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]


def pipeline():
    torch.manual_seed(14)
    unet = UNet2DConditionModel(**UNET)
    unet.load_state_dict(random_state(unet))
    text = CLIPTextModel(CLIPTextConfig(**TEXT, bos_token_id=28, pad_token_id=1))
    text.load_state_dict(random_state(text))
    return StableDiffusionPipeline(
        None, text.eval(), None, unet.eval(), DDIMScheduler(clip_sample=False), None, None, requires_safety_checker=False
    )


INPUTS = {
    "sample": torch.randn(2, 6, 5, 4, generator=torch.Generator().manual_seed(3)),
    "timestep": torch.tensor([3.0, 700.0]),
}


@torch.no_grad()
def outputs(pipe):
    """Of the text encoder, and of the U-Net under what that gives."""
    tokens = pipe.text_encoder(input_ids=IDS).last_hidden_state
    noise = pipe.unet(first(INPUTS["sample"]), INPUTS["timestep"], tokens).sample
    return {"tokens": tokens, "noise": last(noise)}


def matrices(module, rank):
    """Random ones for a layer."""
    weight = module.weight
    kernel = weight.shape[2:]
    a = torch.randn(rank, weight.shape[1], *kernel) / weight[0].numel() ** 0.5
    return a, 0.7 * torch.randn(weight.shape[0], rank, *[1 for _ in kernel])


def layers(pipe, names):
    for part, model in (("unet", pipe.unet), ("text_encoder", pipe.text_encoder)):
        for name, module in model.named_modules():
            if any(f".{name}".endswith(f".{ending}") for ending in names):
                yield part, name, module


def kohya(pipe, names, alpha, rank=lambda name: 3):
    state = {}
    for part, name, module in layers(pipe, names):
        start = "lora_unet_" if part == "unet" else "lora_te_text_model_"
        start += name.replace(".", "_")
        a, b = matrices(module, rank(name))
        state |= {f"{start}.lora_down.weight": a, f"{start}.lora_up.weight": b}
        if alpha is not None:
            state[f"{start}.alpha"] = torch.tensor(float(alpha))
    return state


def old(pipe):
    """As diffusers wrote them in 2023."""
    state = {}
    for part, name, module in layers(pipe, ATTENTION + TEXT_LAYERS):
        a, b = matrices(module, 2)
        if part == "unet":
            parent, layer = name.removesuffix(".0").rsplit(".", 1)
            start = f"unet.{parent}.processor.{layer}_lora"
        else:
            start = f"text_encoder.text_model.{name}.lora_linear_layer"
        state |= {f"{start}.down.weight": a, f"{start}.up.weight": b}
    return state


def adapted(pipe, settings):
    """With adapters that are no longer 0."""
    for part, names in (("unet", ATTENTION + ["conv1", "proj_in"]), ("text_encoder", ["q_proj", "out_proj", "fc1"])):
        model = getattr(pipe, part)
        model.add_adapter(LoraConfig(target_modules=names, **settings))
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.data = 0.5 * torch.randn(value.shape)
    return pipe


def write_diffusers(pipe, path, name):
    configs = {f"{part}_lora_adapter_metadata": getattr(pipe, part).peft_config["default"].to_dict() for part in ("unet", "text_encoder")}
    for config in configs.values():
        config["target_modules"] = sorted(config["target_modules"])
    StableDiffusionPipeline.save_lora_weights(
        path,
        unet_lora_layers=get_peft_model_state_dict(pipe.unet),
        text_encoder_lora_layers=get_peft_model_state_dict(pipe.text_encoder),
        weight_name=name,
        **configs,
    )


def ldm_names(state):
    """Layers as the authors' checkpoints call them; of TINY, with one layer a block."""
    names = {
        "down_blocks_0_attentions_0": "input_blocks_1_1",
        "mid_block_attentions_0": "middle_block_1",
        "up_blocks_1_attentions_0": "output_blocks_2_1",
        "up_blocks_1_attentions_1": "output_blocks_3_1",
    }
    renamed = {}
    for key, value in state.items():
        for own, theirs in names.items():
            key = key.replace(own, theirs)
        renamed[key] = value
    return renamed


def write_files():
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir()
    pipe = pipeline()
    torch.manual_seed(20260)
    attention = ATTENTION + ["proj_in", "proj_out", "ff.net.0.proj", "ff.net.2"]
    states = {
        "kohya": kohya(pipe, attention + TEXT_LAYERS, 1.5),
        "kohya_convolutions": kohya(
            pipe,
            ["conv1", "conv2", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv", "time_emb_proj", "to_q", "q_proj", "out_proj"],
            2,
            lambda name: 4 if "conv" in name else 2,
        ),
        "kohya_no_alpha": kohya(pipe, ["to_q", "q_proj", "out_proj"], None),
        "diffusers_old": old(pipe),
    }
    for name, state in states.items():
        safetensors.torch.save_file(state, FILES / f"{name}.safetensors")
    safetensors.torch.save_file(ldm_names(states["kohya"]), FILES / "kohya_ldm.safetensors")
    write_diffusers(adapted(pipeline(), dict(r=2, lora_alpha=5)), FILES, "diffusers.safetensors")
    ranks = dict(r=4, lora_alpha=3, use_rslora=True, rank_pattern={"attn2.to_q": 2}, alpha_pattern={"conv1": 6})
    pipe = adapted(pipeline(), ranks)
    write_diffusers(pipe, FILES, "diffusers_ranks.safetensors")
    for part, names in (("unet", ["to_k", "conv2"]), ("text_encoder", ["out_proj", "fc2"])):
        config = LoraConfig(r=3, lora_alpha=2, target_modules=names, rank_pattern={"conv2": 2})
        model = peft.get_peft_model(getattr(pipeline(), part), config)
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.data = 0.5 * torch.randn(value.shape)
        model.save_pretrained(FILES / "peft" / part)
        (FILES / "peft" / part / "README.md").unlink(missing_ok=True)


def load(pipe, path, name=None):
    if path.is_dir():
        for part in ("unet", "text_encoder"):
            setattr(pipe, part, PeftModel.from_pretrained(getattr(pipe, part), path / part).eval())
    else:
        pipe.load_lora_weights(path.parent, weight_name=path.name, adapter_name=name)
    return pipe


def main():
    write_files()
    fixture = Fixture("diffusion_lora.safetensors", 5, diffusers, transformers, peft)
    pipe = pipeline()
    state = {
        f"{part}/{key}": value.clone()
        for part in ("unet", "text_encoder")
        for key, value in getattr(pipe, part).state_dict().items()
    }
    fixture.add({"name": "base", "unet": UNET, "text": TEXT}, {**state, **INPUTS, "ids": IDS, **outputs(pipe)})
    plain = outputs(pipe)
    results = {}
    for path in sorted(FILES.iterdir()):
        # Of the authors' names diffusers knows those of SDXL alone: the same file under its own
        theirs = FILES / "kohya.safetensors" if path.stem == "kohya_ldm" else path
        results[path.stem] = outputs(load(pipeline(), theirs))
        for role, value in results[path.stem].items():
            assert difference(plain[role], value) > 0.01, path
        fixture.add({"name": path.stem}, results[path.stem])
    pipe = load(load(pipeline(), FILES / "kohya.safetensors", "a"), FILES / "diffusers.safetensors", "b")
    pipe.set_adapters(["a", "b"], adapter_weights=[0.7, -0.4])
    fixture.add({"name": "several", "files": ["kohya", "diffusers"], "strengths": [0.7, -0.4]}, outputs(pipe))
    fixture.write()
    worst = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["deno", "run", "-A", "--no-check", Path(__file__).with_suffix(".ts"), FILES, folder],
            cwd=FOLDER.parent.parent,
            check=True,
        )
        for path in sorted(Path(folder).iterdir()):
            file, dialect = path.stem.split("-")
            if (file, dialect) == ("diffusers_ranks", "kohya"):
                continue  # diffusers overlooks alphas of attention's layers where they differ
            found = outputs(load(pipeline(), path))
            error = max(difference(results[file][role], value) for role, value in found.items())
            assert error < 1e-5, (path.name, error)
            worst[dialect] = max(worst.get(dialect, 0), error)
        print(f"files of the kit in diffusers and peft, largest error: {worst}")


if __name__ == "__main__":
    logging.getLogger("diffusers").setLevel(logging.ERROR)
    main()
