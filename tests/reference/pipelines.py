"""Fixtures for lib/generation: what pipelines of diffusers make of the same noise; and a check that
folders go both ways.

    python -m pip install diffusers==0.42.1 transformers==5.24.0 pillow
    python tests/reference/pipelines.py

writes pipelines/, a tiny Stable Diffusion as diffusers saves it, and pipelines.safetensors: images of 56 x
72 pixels (7 x 9 latents) and square ones, from noise that is given. Needs `deno` on the path, for what the
kit writes.
"""

from fixtures import FOLDER, Fixture  # before torch

import logging
import shutil
import subprocess
import tempfile
from pathlib import Path

import diffusers
import numpy
import torch
import transformers
from PIL import Image
from diffusers import (
    AutoencoderKL,
    DDIMInverseScheduler,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    HeunDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion import (
    pipeline_stable_diffusion_img2img,
    pipeline_stable_diffusion_inpaint,
)
from diffusers.schedulers import scheduling_euler_ancestral_discrete
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

SIZES = {"square": (48, 48), "oblong": (56, 72)}
STEPS = 20
PROMPTS = ["a galaxy with two arms", "an edge-on galaxy"]
NEGATIVE = "blurry, two stars"
SAMPLERS = {
    "pndm": PNDMScheduler,
    "ddim": DDIMScheduler,
    "dpmSolver": DPMSolverMultistepScheduler,
    "eulerAncestral": EulerAncestralDiscreteScheduler,
    "heun": HeunDiscreteScheduler,
}


def made(tokenizer_folder):
    tokenizer = CLIPTokenizer.from_pretrained(tokenizer_folder, model_max_length=12)
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=12,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    unet = UNet2DConditionModel(
        sample_size=6,
        block_out_channels=[4, 8],
        down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"],
        layers_per_block=1,
        norm_num_groups=2,
        cross_attention_dim=8,
        attention_head_dim=2,
    )
    vae = AutoencoderKL(
        sample_size=48,
        block_out_channels=[4, 4, 4, 4],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        norm_num_groups=2,
        scaling_factor=0.5,
    )
    scheduler = PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    scheduler.register_to_config(clip_sample=False)
    encoder = CLIPTextModel(text)
    with torch.no_grad():  # so that words matter
        encoder.get_input_embeddings().weight.mul_(20)
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def with_mode(vae):
    """Latents are the most probable ones."""
    encode = vae.encode

    def encoded(images, **options):
        found = encode(images, **options)
        found.latent_dist.std = torch.zeros_like(found.latent_dist.std)
        return found

    vae.encode = encoded
    return vae


class Noise:
    """The noise of a run, one draw after the other."""

    def __init__(self, draws):
        self.draws = list(draws)

    def __call__(self, shape, **options):
        draw = self.draws.pop(0)
        assert tuple(shape) == tuple(draw.shape), (shape, draw.shape)
        return draw


def given(draws):
    noise = Noise(draws)
    for module in (
        pipeline_stable_diffusion_img2img,
        pipeline_stable_diffusion_inpaint,
        scheduling_euler_ancestral_discrete,
    ):
        module.randn_tensor = noise
    return noise


def last(x):
    """[…, channels, height, width] as [..., height, width, channels]."""
    return x.movedim(-3, -1)


def cases(pipe):
    parts = {
        name: part
        for name, part in pipe.components.items()
        if name not in ("image_encoder", "scheduler")
    }

    def of(kind, sampler):
        scheduler = SAMPLERS[sampler].from_config(pipe.scheduler.config)
        made = kind(**parts, scheduler=scheduler, requires_safety_checker=False)
        made.set_progress_bar_config(disable=True)
        return made

    for size, (height, width) in SIZES.items():
        picture = torch.randint(0, 256, [2, height, width, 3], dtype=torch.uint8)
        images = [Image.fromarray(one.numpy()) for one in picture]
        shape = [2, 4, height // 8, width // 8]
        for sampler in SAMPLERS:
            if size == "square" and sampler not in ("pndm", "dpmSolver"):
                continue
            draws = torch.randn([1 + (STEPS if sampler == "eulerAncestral" else 0), *shape])
            base = {
                "prompt": PROMPTS,
                "negative_prompt": [NEGATIVE, ""],
                "num_inference_steps": STEPS,
                "guidance_scale": 4.0,
                "output_type": "latent",
            }
            note = {"sampler": sampler, "size": [height, width], "prompts": PROMPTS}
            note |= {"negative": base["negative_prompt"], "steps": STEPS, "guidance": 4.0}
            given(draws[1:])
            latents = of(StableDiffusionPipeline, sampler)(
                **base, guidance_rescale=0.7, height=height, width=width, latents=draws[0]
            ).images
            given(draws[1:])
            plain = of(StableDiffusionPipeline, sampler)(
                **{**base, "guidance_scale": 1.0}, height=height, width=width, latents=draws[0]
            ).images
            tensors = {"latents": last(latents), "plain": last(plain)}
            tensors |= {"noise": last(draws), "pictures": picture}
            # diffusers cuts PNDM's list of timesteps behind the one that stands in it twice, and then takes
            # the second for it: the sample is a step noisier than it is taken for
            if sampler != "pndm":
                given(draws)
                tensors["changed"] = last(
                    of(StableDiffusionImg2ImgPipeline, sampler)(
                        **base, image=images, strength=0.58
                    ).images
                )
            if sampler in ("ddim", "pndm"):
                mask = torch.zeros([height, width])
                mask[8:29, 11:] = 1
                shown = Image.fromarray((mask * 255).byte().numpy())
                for strength in (1.0,) if sampler == "pndm" else (1.0, 0.7):
                    given(draws)
                    tensors[f"inpainted/{strength:g}"] = last(
                        of(StableDiffusionInpaintPipeline, sampler)(
                            **base,
                            image=images,
                            mask_image=[shown, shown],
                            height=height,
                            width=width,
                            strength=strength,
                        ).images
                    )
                tensors["mask"] = mask
            if sampler == "pndm":
                base["output_type"] = "np"
                decoded = of(StableDiffusionPipeline, sampler)(
                    **base, guidance_rescale=0.7, height=height, width=width, latents=draws[0]
                ).images
                tensors["decoded"] = torch.from_numpy(numpy.round(decoded * 255))
            if sampler == "ddim":
                tensors |= inverted(pipe, images)
            yield {"name": f"{sampler}-{size}", **note}, tensors


@torch.no_grad()
def inverted(pipe, images):
    scheduler = DDIMInverseScheduler.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(STEPS)
    pixels = pipe.image_processor.preprocess(images)
    latents = pipe.vae.encode(pixels).latent_dist.sample() * pipe.vae.config.scaling_factor
    embeddings, _ = pipe.encode_prompt(PROMPTS, "cpu", 1, False)
    for timestep in scheduler.timesteps:
        noise = pipe.unet(latents, timestep, encoder_hidden_states=embeddings).sample
        latents = scheduler.step(noise, timestep, latents).prev_sample
    return {"inverted": last(latents)}


def check_folders(pipe, folder):
    """What the kit writes of the folder, diffusers opens as what it was."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            ["deno", "run", "-A", "--no-check", FOLDER / "pipelines.ts", folder, out],
            cwd=FOLDER.parent.parent,
            check=True,
        )
        for form in ("plain", "fp16"):
            back = StableDiffusionPipeline.from_pretrained(
                Path(out) / form,
                variant="fp16" if form == "fp16" else None,
                use_safetensors=True,
            )
            for name in ("unet", "vae", "text_encoder"):
                own, found = (getattr(one, name).state_dict() for one in (pipe, back))
                assert own.keys() == found.keys(), name
                for key, value in own.items():
                    wanted = value if form == "plain" else value.half().float()
                    assert torch.equal(wanted, found[key].float()), (form, name, key)
            for text in [*PROMPTS, NEGATIVE, ""]:
                encode = {"padding": "max_length", "truncation": True}
                assert pipe.tokenizer(text, **encode)["input_ids"] == back.tokenizer(text, **encode)["input_ids"]
            given, found = pipe.scheduler.config, back.scheduler.config
            assert type(pipe.scheduler) is type(back.scheduler)
            for key, value in given.items():
                if not key.startswith("_"):
                    assert found[key] == value, (key, value, found[key])
            if form == "plain":
                options = {"latents": torch.ones([1, 4, 7, 9]), "height": 56, "width": 72}
                options |= {"num_inference_steps": 3, "output_type": "np"}
                made, again = (one(PROMPTS[0], **options).images for one in (pipe, back))
                assert numpy.array_equal(made, again)
    print("2 folders of the kit opened by diffusers")


if __name__ == "__main__":
    logging.getLogger("diffusers").setLevel(logging.ERROR)
    diffusers.utils.logging.disable_progress_bar()
    fixture = Fixture("pipelines.safetensors", 5, diffusers, transformers)
    pipe = made(FOLDER / "tokenizer")
    pipe.set_progress_bar_config(disable=True)
    folder = FOLDER / "pipelines"
    shutil.rmtree(folder, ignore_errors=True)
    pipe.save_pretrained(folder)
    check_folders(pipe, folder)
    # From the file, whose scheduler says all its settings: another takes them over
    pipe = StableDiffusionPipeline.from_pretrained(folder, requires_safety_checker=False)
    with_mode(pipe.vae)
    for case, tensors in cases(pipe):
        fixture.add(case, tensors)
    fixture.write()
