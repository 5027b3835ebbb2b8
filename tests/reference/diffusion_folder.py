"""Checks that the kit opens the folders that diffusers writes, and diffusers those of the kit; and that
the names of the authors' checkpoints are those that diffusers converts.

    python tests/reference/diffusion_folder.py

writes diffusion_ldm.json: a digest of the names, which diffusers' own conversion was found to agree with.
Needs `deno` on the path, and what diffusion.py needs.
"""

from diffusion import AUTOENCODERS, UNETS, random_state  # before torch
from fixtures import write_json

import hashlib
import json
import logging
import subprocess
import tempfile
from pathlib import Path

import diffusers
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as single

here = Path(__file__).resolve().parent
TINY_AUTOENCODER = {
    "block_out_channels": [4, 8],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "norm_num_groups": 2,
    **AUTOENCODERS["sd"][0],
}
FORMS = {
    "plain": {},
    "shards": {"max_shard_size": "20KB"},
    "fp16": {"variant": "fp16"},
    "fp16-shards": {"variant": "fp16", "max_shard_size": "20KB"},
    "bin": {"safe_serialization": False},
}


def folders(root):
    torch.manual_seed(1)
    for kind, network in (
        ("unet-sd15", UNet2DConditionModel(**UNETS["sd15"][0])),
        ("unet-sd2", UNet2DConditionModel(**UNETS["sd2"][0])),
        ("unet-self", UNet2DConditionModel(**UNETS["without_context"][0])),
        ("vae", AutoencoderKL(**TINY_AUTOENCODER)),
    ):
        network.load_state_dict(random_state(network))
        for form, options in FORMS.items():
            dtype = torch.float16 if "fp16" in form else torch.float32
            network.to(dtype).save_pretrained(root / f"{kind}-{form}", **options)
            network.float()


def check_folders(root):
    checked = 0
    for path in sorted(root.iterdir()):
        if "-kit" not in path.name:
            continue
        form = path.name.split("-kit")[1]
        kind = UNet2DConditionModel if path.name.startswith("unet") else AutoencoderKL
        origin = root / path.name.split("-kit")[0]
        variant = "fp16" if "fp16" in origin.name else None
        own = kind.from_pretrained(origin, variant=variant, use_safetensors="bin" not in origin.name)
        back, info = kind.from_pretrained(
            path,
            variant="fp16" if form == "-fp16" else None,
            use_safetensors=True,
            output_loading_info=True,
        )
        assert not any(info.values()), info
        for key, value in own.state_dict().items():
            wanted = value.half().float() if form == "-fp16" else value.float()
            assert torch.equal(back.state_dict()[key].float(), wanted), (path.name, key)
        given = {key: value for key, value in own.config.items() if not key.startswith("_")}
        found = {key: value for key, value in back.config.items() if not key.startswith("_")}
        assert json.loads(json.dumps(given)) == json.loads(json.dumps(found)), path.name
        checked += 1
    return checked


def check_names(names):
    """Each of the kit's names, given a number as its weight, comes out of diffusers under its own."""
    lines = {}
    for name, pairs in names.items():
        part = "first_stage_model." if name == "autoencoder" else "model.diffusion_model."
        keys = list(pairs)
        values = {
            part + key: torch.full([1, 1, 1, 1] if key.endswith("weight") else [1], float(number))
            for number, key in enumerate(keys)
        }
        if name == "autoencoder":
            config = {"down_block_types": [0] * 4, "up_block_types": [0] * 4}
            converted = single.convert_ldm_vae_checkpoint(values, config)
        else:
            config = {"layers_per_block": 2}
            if name == "projection":
                config["class_embed_type"] = "projection"
            converted = single.convert_ldm_unet_checkpoint(values, config)
        found = {keys[int(value.item())]: own for own, value in converted.items()}
        assert found == pairs, [pair for pair in pairs.items() if pair not in found.items()][:5]
        text = "\n".join(sorted(f"{key} {own}" for key, own in pairs.items()))
        digest = hashlib.sha256(text.encode()).hexdigest()
        lines[name] = {"keys": len(pairs), "sha256": digest}
    return lines


if __name__ == "__main__":
    logging.getLogger("diffusers").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        folders(Path(folder))
        out = subprocess.run(
            ["deno", "run", "-A", "--no-check", here / "diffusion_folder.ts", folder],
            cwd=here.parent.parent,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        print(f"{check_folders(Path(folder))} folders of the kit opened by diffusers")
    write_json("diffusion_ldm.json", {"names": check_names(json.loads(out.stdout))}, diffusers)
