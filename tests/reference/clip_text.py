"""Fixtures for lib/models/clip_text.ts: tiny text encoders of transformers and open_clip.

    python -m pip install torch transformers==5.24.0 diffusers==0.42.1 open_clip_torch==3.3.0
    python tests/reference/clip_text.py

writes clip_text.safetensors (weights, what they compute, gradients) and clip_text_sizes.json (names
and shapes of the full-size encoders of Stable Diffusion 1.5 and 2.1, in a folder and in a single file).
"""

from fixtures import Fixture, write_json  # before torch

import hashlib

import diffusers
import open_clip
import torch
import transformers
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

WIDTH, HEADS, DEPTH, HIDDEN, VOCABULARY, CONTEXT, PROJECTION = 12, 3, 2, 20, 30, 7, 5

# Start 28, end 29; padding by the end, by 0; a full text; one with an end in its middle
IDS = torch.tensor([[28, 4, 9, 29, 29, 29, 29], [28, 29, 0, 0, 0, 0, 0], [28, 1, 2, 3, 4, 5, 29], [28, 7, 29, 11, 12, 29, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 0]])


def scrambled(model):
    """Every weight drawn anew, so that none is 0 or 1."""
    for value in model.parameters():
        torch.nn.init.normal_(value, 0.3 if value.dim() == 1 else 0, 0.4)
    return model.double().eval()


def config(activation, end):
    return dict(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_hidden_layers=DEPTH,
        num_attention_heads=HEADS,
        max_position_embeddings=CONTEXT,
        hidden_act=activation,
        projection_dim=PROJECTION,
        eos_token_id=end,
    )


def add(fixture, name, settings, mask=None, skip=0, projection=True):
    made = CLIPTextConfig(**settings, bos_token_id=28, pad_token_id=1)
    model = scrambled((CLIPTextModelWithProjection if projection else CLIPTextModel)(made))
    text = model.text_model if projection else model
    outputs = text(input_ids=IDS, attention_mask=mask, output_hidden_states=True)
    tokens = text.final_layer_norm(outputs.hidden_states[-1 - skip])
    results = {"tokens": tokens, "pooled": outputs.pooler_output}
    if projection:
        results["projected"] = model.text_projection(outputs.pooler_output)
    cotangents = {role: torch.randn(value.shape).double() for role, value in results.items()}
    total = sum((results[role] * cotangents[role]).sum() for role in results)
    names = dict(model.named_parameters())
    gradients = dict(zip(names, torch.autograd.grad(total, names.values(), allow_unused=True)))
    case = {"name": name, "config": {**settings, "with_projection": projection}, "skip": skip, "masked": mask is not None}
    fixture.add(case, {
        "ids": IDS,
        **({} if mask is None else {"mask": mask}),
        **{f"state/{key}": value for key, value in model.state_dict().items()},
        **results,
        **{f"cotangent/{role}": value for role, value in cotangents.items()},
        **{f"hidden/{at}": value for at, value in enumerate(outputs.hidden_states)},
        **{f"gradient/{key}": value for key, value in gradients.items()},
    })


def add_open_clip(fixture):
    """LAION's and OpenAI's names: the end is at the largest number."""
    text = CLIPTextCfg(context_length=CONTEXT, vocab_size=VOCABULARY, width=WIDTH, heads=HEADS, layers=DEPTH)
    vision = CLIPVisionCfg(layers=1, width=8, head_width=4, patch_size=8, image_size=16)
    for quick in (False, True):
        model = scrambled(CLIP(PROJECTION, vision, text, quick_gelu=quick))
        settings = config("quick_gelu" if quick else "gelu", 2) | {"intermediate_size": 4 * WIDTH, "with_projection": True}
        state = {key: value for key, value in model.state_dict().items() if not key.startswith("visual.")}
        state["visual.proj"] = model.state_dict()["visual.proj"]  # One for all of them
        ids = IDS[:3]  # It looks for the end among all numbers
        fixture.add({"name": f"open_clip_{'quick_gelu' if quick else 'gelu'}", "config": settings}, {
            "ids": ids,
            **{f"state/{key}": value for key, value in state.items()},
            "projected": model.encode_text(ids),
        })


def digest(state):
    """How many there are, and SHA-256 over the sorted lines of names and shapes."""
    lines = sorted(f"{key.removeprefix('text_model.')}[{','.join(map(str, value.shape))}]" for key, value in state.items())
    return {"keys": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}


def sizes():
    """Names of the single files: what diffusers' own converter takes."""
    from diffusers.loaders import single_file_utils as single

    sd15 = dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12, projection_dim=768, eos_token_id=2)
    sd21 = dict(hidden_size=1024, intermediate_size=4096, num_attention_heads=16, num_hidden_layers=23, hidden_act="gelu", eos_token_id=2)
    found = {}
    with torch.device("meta"):
        for name, settings in (("sd15", sd15), ("sd21", sd21)):
            model = CLIPTextModel(CLIPTextConfig(**settings))
            found[name] = {"parameters": sum(value.numel() for value in model.parameters()), **digest(model.state_dict())}
        tower = CLIP(
            1024,
            CLIPVisionCfg(layers=1, width=16, head_width=8, patch_size=14, image_size=28),
            CLIPTextCfg(context_length=77, vocab_size=49408, width=1024, heads=16, layers=24),
        )
        text = {key: list(value.shape) for key, value in tower.state_dict().items() if not key.startswith("visual.")}
        checkpoint = {f"cond_stage_model.model.{key}": torch.empty(shape) for key, shape in text.items()}
        target = CLIPTextModel(CLIPTextConfig(**sd21))
        target.text_projection = None
        converted = single.convert_open_clip_checkpoint(target, checkpoint)
    # Of the blocks, all alike, the first
    kept = {key: value for key, value in checkpoint.items() if "resblocks" not in key or "resblocks.0." in key}
    found["sd21_single"] = {"blocks": 24, "shapes": {key: list(value.shape) for key, value in kept.items()}}
    found["sd21_converted"] = digest(converted)
    return found


def main():
    fixture = Fixture("clip_text.safetensors", 71, transformers, open_clip)
    add(fixture, "quick_gelu_largest", config("quick_gelu", 2))
    add(fixture, "gelu_end_masked", config("gelu", 29), mask=MASK, skip=1)
    add(fixture, "gelu_bare", config("gelu", 29), skip=2, projection=False)
    add_open_clip(fixture)
    fixture.write()
    write_json("clip_text_sizes.json", sizes(), transformers, diffusers, open_clip)


main()
