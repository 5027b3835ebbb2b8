"""Files of textual inversion, and what diffusers' loader makes of them.

    python -m pip install torch transformers==5.24.0 diffusers==0.42.1
    python tests/reference/textual_inversion.py

writes textual_inversion/ (the formats of diffusers, of AUTOMATIC1111's web UI and of HCP-Diffusion) and
textual_inversion.safetensors: a tiny text encoder with the tokens of all of them, on the tiny
vocabulary of tokenizer.py.
"""

from fixtures import FOLDER, Fixture  # before torch

import json

import diffusers
import torch
import transformers
from diffusers.loaders import TextualInversionLoaderMixin
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

WIDTH = 12
FILES = FOLDER / "textual_inversion"
PROMPTS = ["a <bar> galaxy", "<lens> and <bar>, ring", "<lens>s lane.", "merger"]


class Pipeline(TextualInversionLoaderMixin):
    """What the loader wants of a pipeline."""

    hf_device_map = None
    components = {}

    def __init__(self, tokenizer, text_encoder):
        self.tokenizer, self.text_encoder = tokenizer, text_encoder

    @property
    def device(self):
        return torch.device("cpu")

    @property
    def dtype(self):
        return torch.float32


def main():
    fixture = Fixture("textual_inversion.safetensors", 72, transformers, diffusers)
    FILES.mkdir(exist_ok=True)
    torch.save({"<bar>": torch.randn(WIDTH)}, FILES / "learned_embeds.bin")
    save_file({"<lens>": torch.randn(3, WIDTH)}, str(FILES / "learned_embeds.safetensors"))
    webui = {"string_to_token": {"*": 265}, "string_to_param": {"*": torch.nn.Parameter(torch.randn(2, WIDTH))}}
    torch.save({**webui, "name": "another", "step": 100, "sd_checkpoint": None}, FILES / "ring.pt")
    torch.save({"string_to_param": {"*": torch.randn(2, WIDTH)}, "name": "lane"}, FILES / "lane.pt")
    save_file({"emb_params": torch.randn(1, WIDTH)}, str(FILES / "merger.safetensors"))

    folder = FOLDER / "tokenizer"
    vocab = json.loads((folder / "vocab.json").read_text())
    merges = [tuple(line.split()) for line in (folder / "merges.txt").read_text().split("\n")[1:]]
    tokenizer = transformers.CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=16)
    settings = dict(
        vocab_size=len(vocab), hidden_size=WIDTH, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=16, eos_token_id=len(vocab) - 1,
    )
    model = CLIPTextModel(CLIPTextConfig(**settings, bos_token_id=0, pad_token_id=0)).eval()
    for value in model.parameters():
        torch.nn.init.normal_(value, 0, 0.4)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    pipeline = Pipeline(tokenizer, model)
    for name in ("learned_embeds.bin", "learned_embeds.safetensors"):
        pipeline.load_textual_inversion(str(FILES), weight_name=name, local_files_only=True)
    for name in ("ring.pt", "lane.pt", "merger.safetensors"):
        token = f"<{name.split('.')[0]}>"
        pipeline.load_textual_inversion(str(FILES), weight_name=name, token=token, local_files_only=True)
    texts = [pipeline.maybe_convert_prompt(prompt, tokenizer) for prompt in PROMPTS + ["<ring> <lane><merger>"]]
    ids = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
    outputs = model(ids)
    case = {"name": "all", "config": settings, "prompts": PROMPTS + ["<ring> <lane><merger>"], "converted": texts}
    fixture.add(case, {
        "ids": ids,
        "tokens": outputs.last_hidden_state,
        "pooled": outputs.pooler_output,
        **{f"state/{key}": value for key, value in before.items()},
    })
    fixture.write()


main()
