"""Weights in prompts as HCP-Diffusion applies them, on which GalaxySD runs.

    python -m pip install torch transformers==5.24.0 && python -m pip install --no-deps hcpdiff==0.9.1 einops
    python tests/reference/prompt_weights.py

writes prompt_weights.json, with the tiny vocabulary of tokenizer.py. Embeddings are made by a formula.
"""

from fixtures import write_json  # before torch

import importlib.util
import json
from pathlib import Path

import torch
import transformers

FOLDER = Path(__file__).resolve().parent / "tokenizer"
TOKENS, WIDTH = 24, 6

PROMPTS = [
    "in-between round galaxy, {dust lane:1.2}",
    "edge-on galaxy, {dust lane:1.2}, with rounded edge-on bulge",
    "sdss, {completely round:1.2} galaxy, {dust lane:1.3}",
    "{completely round:1.35} galaxy, {dust lane:1.05}",
    "spiral galaxy",
    "",
    "{ring} galaxy",
    "a {spiral {bar:1.3} galaxy:1.2} here",
    "{spiral {bar:1.2}}",
    "{{ring:1.5}:0.5} galaxy",
    "{{ring}}",
    "galaxy {z: dust:1.4}, at z:0.1",
    "{galaxy: 1.25 }",
    "{a:1e-1} {b:2}",
    "smooth {galaxy:1.2} " + "star galaxy " * 12,
]


def module(name):
    """One file of HCP-Diffusion, without the rest, which wants a training's packages."""
    root = Path(importlib.util.find_spec("hcpdiff").submodule_search_locations[0])
    spec = importlib.util.spec_from_file_location(name, root / "models" / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def embedding(prompt):
    """Numbers with a mean well above 0, others for each prompt."""
    place = torch.arange(TOKENS * WIDTH, dtype=torch.float64).reshape(1, TOKENS, WIDTH)
    return (torch.sin(0.7 * place + prompt) + 0.25).float()


def main():
    vocab = json.loads((FOLDER / "vocab.json").read_text())
    merges = [tuple(line.split()) for line in (FOLDER / "merges.txt").read_text().split("\n")[1:]]
    tokenizer = transformers.CLIPTokenizer(vocab=vocab, merges=merges)
    hook = module("tokenizer_ex").TokenizerHook(tokenizer)
    mult_attn = module("textencoder_ex").TEEXHook.mult_attn
    cases = []
    for number, prompt in enumerate(PROMPTS):
        weights, text = hook.parse_attn_mult_one(prompt)
        weighed = mult_attn(embedding(number).clone(), [weights])
        cases.append({
            "prompt": prompt,
            "text": text,
            "weights": weights.tolist(),
            "weighed": [round(value, 6) for value in weighed.flatten().tolist()],
        })
    write_json("prompt_weights.json", {"tokens": TOKENS, "width": WIDTH, "cases": cases}, transformers)


main()
