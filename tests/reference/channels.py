"""Fixture for tests/models/input_channels_test.ts: a first convolution for other numbers of channels.

    python -m pip install timm==1.0.31
    python tests/reference/channels.py

writes channels.safetensors: `weight` of three colours, and `weight.N` of timm for N channels.
"""

from networks import timm  # before torch
from fixtures import Fixture

import torch
from timm.models._manipulate import adapt_input_conv

fixture = Fixture("channels.safetensors", 50, timm)
weight = torch.randn(4, 3, 3, 2)
tensors = {"weight": weight}
for channels in (1, 2, 4, 5, 7):
    tensors[f"weight.{channels}"] = adapt_input_conv(channels, weight.clone())
fixture.add({"name": "channels"}, tensors)
fixture.write()
