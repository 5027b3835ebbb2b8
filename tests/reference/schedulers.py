"""Runs of diffusers' schedulers on a denoiser in closed form, for tests/diffusion.

    python -m pip install diffusers==0.42.1
    python tests/reference/schedulers.py        writes schedulers.safetensors, schedulers.json

diffusers computes its schedules in float32 whatever the default type; here the modules of its
schedulers see float64 under that name. The same run as it is gives `float32Error`.
"""

import fixtures

import contextlib
import json
import sys
import tempfile
from pathlib import Path

import diffusers
import numpy
import torch
from diffusers.training_utils import compute_snr

SHAPE = (2, 2, 2, 2)
COUNT = 16
CALLS = 40
SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
SPACINGS = ("linspace", "leading", "trailing")
STEPS = (5, 10, 20)


class Double:
    """A module whose float32 is float64."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, "float64" if name == "float32" else name)


@contextlib.contextmanager
def doubled(kind):
    module = sys.modules[kind.__module__]
    torch.set_default_dtype(torch.float64)
    module.torch, module.np = Double(torch), Double(numpy)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        module.torch, module.np = torch, numpy


def denoiser(x, t, kind):
    """What a network trained on one Gaussian would give, and a little that is not linear."""
    if kind == "flow_prediction":
        a, b = 1 - t / 1000, t / 1000
    else:
        angle = (t + 20) / 1040 * numpy.pi / 2
        a, b = numpy.cos(angle), numpy.sin(angle)
    mean = (0.5 * torch.sin(torch.arange(COUNT, dtype=torch.float64))).reshape(SHAPE).to(x.dtype)
    image = (0.36 * a * x + b * b * mean) / (0.36 * a * a + b * b) + 0.05 * b * b * torch.sin(2 * x)
    noise = (x - a * image) / b
    return {
        "epsilon": noise, "sample": image, "v_prediction": a * noise - b * image,
        "flow_prediction": noise - image,
    }[kind]


def run(case, image, noises):
    """The timesteps, what pure noise is multiplied with, and samples: in the middle and at the end."""
    kind = getattr(diffusers, case["className"])
    module = sys.modules[kind.__module__]
    scheduler = kind(**case["config"])
    steps, strength = case["steps"], case.get("strength", 1)
    prediction = case["config"].get("prediction_type", "flow_prediction")
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)  # else it takes the second of two timesteps that are one
    if "Inverse" in case["className"]:
        x = image
    elif strength == 1:
        x = noises[0] * getattr(scheduler, "init_noise_sigma", 1.0)
    else:
        first = (steps - min(int(steps * strength), steps)) * scheduler.order
        timesteps = timesteps[first:]
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first)
        noisy = getattr(scheduler, "add_noise", None)
        x = (noisy(image, noises[0], timesteps[:1]) if noisy
             else scheduler.scale_noise(image, timesteps[:1], noise=noises[0]))
    samples = []
    for i, t in enumerate(timesteps):
        module.randn_tensor = lambda shape, **_: noises[i + 1]
        scale = getattr(scheduler, "scale_model_input", lambda x, t: x)
        output = denoiser(scale(x, t), t.item(), prediction)
        options = {"eta": case["eta"]} if "eta" in case else {}
        x = scheduler.step(output, t, x, **options).prev_sample
        samples.append(x)
    noise_scale = getattr(scheduler, "init_noise_sigma", 1.0)
    return timesteps.tolist(), float(noise_scale), [samples[len(samples) // 2], samples[-1]]


def cases():
    ancestral, inverse = "EulerAncestralDiscrete", "DDIMInverse"
    for name in ("DDPM", "DDIM", inverse, "EulerDiscrete", ancestral, "HeunDiscrete",
                 "DPMSolverMultistep", "PNDM", "UniPCMultistep"):
        base = SD | ({"clip_sample": False} if name in ("DDPM", "DDIM", inverse) else {})
        kinds = ("epsilon", "v_prediction") if name in (ancestral, "PNDM") else (
            "epsilon", "sample", "v_prediction")

        def one(config, steps=10, kind="epsilon", **more):
            return {"className": f"{name}Scheduler", "steps": steps, **more,
                    "config": base | {"prediction_type": kind} | config}

        for spacing in SPACINGS[1:] if name == inverse else SPACINGS:
            for kind in kinds:
                for steps in STEPS:
                    # Where an image has no noise, it tells none
                    final = {"set_alpha_to_one": False} if (name, kind) == (inverse, "sample") else {}
                    yield one({"timestep_spacing": spacing} | final, steps, kind)
        yield one({"timestep_spacing": "leading", "steps_offset": 1})
        yield one({"timestep_spacing": "leading", "beta_schedule": "squaredcos_cap_v2"})
        yield one({"timestep_spacing": "leading", "beta_schedule": "linear", "beta_start": 0.0001,
                   "beta_end": 0.02, "num_train_timesteps": 500})
        if name not in ("PNDM", inverse):
            yield one({"timestep_spacing": "trailing"}, 12, strength=0.58)
            yield one({"timestep_spacing": "leading", "steps_offset": 1}, 20, strength=0.35)
        if name not in ("PNDM", "HeunDiscrete", inverse):
            for steps in STEPS:
                yield one({"timestep_spacing": "trailing", "rescale_betas_zero_snr": True}, steps,
                          "v_prediction")
        if name in ("DDPM", "DDIM", inverse, "HeunDiscrete"):
            yield one({"clip_sample": True, "clip_sample_range": 0.7, "timestep_spacing": "leading"})
        if name in ("DDPM", "DDIM", "DPMSolverMultistep", "UniPCMultistep"):
            for kind in kinds:
                yield one({"thresholding": True, "sample_max_value": 1.3,
                           "dynamic_thresholding_ratio": 0.8, "timestep_spacing": "leading"}, 10, kind)
        if name in ("EulerDiscrete", "HeunDiscrete", "DPMSolverMultistep", "UniPCMultistep"):
            for steps in STEPS:
                yield one({"use_karras_sigmas": True}, steps)
            yield one({"use_karras_sigmas": True, "beta_schedule": "squaredcos_cap_v2"})
            yield one({"use_karras_sigmas": True}, 15, strength=0.6)
        if name in ("EulerDiscrete", "DPMSolverMultistep", "UniPCMultistep"):
            yield one({"final_sigmas_type": "sigma_min"})
            yield one({"final_sigmas_type": "sigma_min", "use_karras_sigmas": True}, 20)
        if name == "DDPM":
            for variance in ("fixed_small_log", "fixed_large"):
                yield one({"variance_type": variance, "steps_offset": 1})
        if name == "DDIM":
            yield one({"set_alpha_to_one": False, "steps_offset": 1})
            for eta in (0.4, 1):
                yield one({}, eta=eta)
        if name == inverse:
            yield one({"set_alpha_to_one": False})
        if name == "PNDM":
            for kind in kinds:
                for steps in (1, 2, 3, 4, 10, 20):
                    yield one({"skip_prk_steps": True, "steps_offset": 1}, steps, kind)
            yield one({"set_alpha_to_one": True})
        if name in ("DPMSolverMultistep", "UniPCMultistep"):
            for order in (1, 3):
                for steps in STEPS:
                    yield one({"solver_order": order}, steps)
            yield one({"solver_order": 3}, 20, strength=0.5)
            yield one({"lower_order_final": False, "final_sigmas_type": "sigma_min"})
            yield one({"lower_order_final": False, "final_sigmas_type": "sigma_min",
                       "solver_order": 3})
        if name == "DPMSolverMultistep":
            yield one({"euler_at_final": True, "final_sigmas_type": "sigma_min"}, 20)
            for solver in ("midpoint", "heun"):
                yield one({"solver_type": solver})
                for order in (1, 2):
                    yield one({"solver_type": solver, "algorithm_type": "sde-dpmsolver++",
                               "solver_order": order})
        if name == "UniPCMultistep":
            for order in (1, 2, 3):
                # Without final noise diffusers' bh1 gives NaN: its B(h) is infinite
                yield one({"solver_type": "bh1", "solver_order": order,
                           "final_sigmas_type": "sigma_min"})
    for flow in ("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"):
        for shift in (1, 3):
            for steps in STEPS:
                yield {"className": flow, "steps": steps, "config": {"shift": shift}}
        yield {"className": flow, "steps": 12, "config": {}, "strength": 0.58}
        if flow == "FlowMatchEulerDiscreteScheduler":
            yield {"className": flow, "steps": 10, "config": {"stochastic_sampling": True}}


def runs():
    torch.manual_seed(13)
    image = 0.5 * torch.randn(SHAPE)
    noises = torch.randn(CALLS + 1, *SHAPE)
    described, samples = [], []
    for case in cases():
        with doubled(getattr(diffusers, case["className"])):
            timesteps, noise_scale, exact = run(case, image.double(), noises.double())
        if not all(sample.isfinite().all() and sample.dtype == torch.float64 for sample in exact):
            raise ValueError(f"{case}: not finite, or not float64")
        _, _, rough = run(case, image, noises)
        error = max(map(fixtures.difference, exact, rough))
        described.append({**case, "noiseScale": noise_scale, "float32Error": float(f"{error:.1e}"),
                          "timesteps": [round(t, 9) for t in timesteps]})
        samples.append(torch.stack(exact))
    fixture = fixtures.Fixture("schedulers.safetensors", 13, diffusers)
    fixture.add({"name": "runs", "runs": described},
                {"image": image, "noises": noises, "samples": torch.stack(samples)})
    fixture.write()


def schedules():
    """ᾱ and the signal-to-noise ratio of some timesteps, float64."""
    places = [0, 1, 250, 500, 998, 999]
    for config in (SD, SD | {"rescale_betas_zero_snr": True}, {},
                   {"beta_schedule": "squaredcos_cap_v2"},
                   {"beta_schedule": "squaredcos_cap_v2", "rescale_betas_zero_snr": True}):
        with doubled(diffusers.DDPMScheduler):
            scheduler = diffusers.DDPMScheduler(**config)
            image, noise = torch.full((1, 1), 0.3), torch.full((1, 1), -1.2)
            at = [torch.tensor([place]) for place in places]
            yield {
                "config": config, "places": places,
                "alphasCumprod": scheduler.alphas_cumprod[places].tolist(),
                "signalToNoise": compute_snr(scheduler, torch.tensor(places)).double().tolist(),
                "noisy": [scheduler.add_noise(image, noise, t).item() for t in at],
                "velocity": [scheduler.get_velocity(image, noise, t).item() for t in at],
            }


def all_timesteps():
    """Timesteps of many numbers of steps: rounding, and what NumPy makes of strides."""
    for name in ("DDIM", "EulerDiscrete", "DPMSolverMultistep"):
        for spacing in SPACINGS:
            scheduler = getattr(diffusers, f"{name}Scheduler")(timestep_spacing=spacing)
            for steps in (2, 3, 7, 13, 16, 32, 48, 50, 96, 333):
                with doubled(type(scheduler)):
                    scheduler.set_timesteps(steps)
                yield {"className": f"{name}Scheduler", "spacing": spacing, "steps": steps,
                       "timesteps": [round(t, 9) for t in scheduler.timesteps.tolist()]}


def saved(scheduler):
    """The file that diffusers writes."""
    with tempfile.TemporaryDirectory() as folder:
        scheduler.save_pretrained(folder)
        return (Path(folder) / "scheduler_config.json").read_text()


def swaps():
    """What `from_config` makes of a configuration, in memory and after a file."""
    sources = [
        diffusers.PNDMScheduler(**SD, skip_prk_steps=True, steps_offset=1),
        diffusers.DDIMScheduler(**SD, prediction_type="v_prediction", timestep_spacing="trailing",
                                clip_sample=False),
        diffusers.UniPCMultistepScheduler(**SD, solver_order=3, use_karras_sigmas=True),
        diffusers.DPMSolverMultistepScheduler(**SD, solver_type="heun"),
    ]
    for source in sources:
        text = saved(source)
        with tempfile.TemporaryDirectory() as folder:
            source.save_pretrained(folder)
            read = type(source).from_pretrained(folder)
        for name in ("DDPM", "DDIM", "EulerDiscrete", "EulerAncestralDiscrete", "HeunDiscrete",
                     "DPMSolverMultistep", "PNDM", "UniPCMultistep"):
            kind = getattr(diffusers, f"{name}Scheduler")
            if kind is type(source):
                continue
            made = kind.from_config(read.config)
            known = kind.__init__.__wrapped__.__code__.co_varnames
            config = json.loads(saved(made).replace("-Infinity", "null"))
            yield {"from": text, "to": kind.__name__,
                   "config": {key: value for key, value in config.items() if key in known}}


if __name__ == "__main__":
    runs()
    fixtures.write_json("schedulers.json", {
        "schedules": list(schedules()), "timesteps": list(all_timesteps()), "swaps": list(swaps()),
    }, diffusers)
