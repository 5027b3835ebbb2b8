"""Averages of diffusers' EMAModel with its warm-up, for tests/train/ema_test.ts.

    python -m pip install diffusers==0.35.1
    python tests/reference/ema.py        writes ema.json beside this file

One parameter of three values is set to given ones before each step; the averages after each are
those of the model's shadow parameters, its decays those of get_decay().
"""

import fixtures

import diffusers
import torch
from diffusers.training_utils import EMAModel

STEPS = 30
CASES = [
    {"decay": 0.999, "warmup": {}},
    {"decay": 0.7, "warmup": {"inverseGamma": 2, "power": 0.75}},
    {"decay": 0.9999, "warmup": {"power": 0.5, "after": 5}},
]


def trajectory(case):
    torch.manual_seed(1)
    values = torch.randn(STEPS + 1, 3)
    parameter = torch.nn.Parameter(values[0].clone())
    warmup = case["warmup"]
    ema = EMAModel(
        [parameter], decay=case["decay"], use_ema_warmup=True,
        inv_gamma=warmup.get("inverseGamma", 1.0), power=warmup.get("power", 2 / 3),
        update_after_step=warmup.get("after", 0))
    averages, decays = [], []
    for step in range(1, STEPS + 1):
        parameter.data.copy_(values[step])
        ema.step([parameter])
        averages.append(ema.shadow_params[0].tolist())
        decays.append(ema.cur_decay_value)
    return {**case, "values": values.tolist(), "averages": averages, "decays": decays}


fixtures.write_json("ema.json", {"cases": [trajectory(case) for case in CASES]}, diffusers)
