"""Fixture for lib/explain: maps of pytorch-grad-cam and attributions of captum.

    python tests/reference/explain.py     writes explain.safetensors

Needs grad-cam and captum beside torch and torchvision. The network is resnet.py's tiny ResNet-18,
in float64; images are [b, h, w, c], maps [b, h, w].
"""

import sys
from importlib.metadata import version

from fixtures import FOLDER, Fixture  # before torch

sys.path.append(str(FOLDER))  # which fixtures.py took away
import resnet as tiny_resnet  # before grad-cam, which imports torchvision
import torch
from captum.attr import IntegratedGradients
from pytorch_grad_cam import (
    EigenCAM,
    GradCAM,
    GradCAMPlusPlus,
    GuidedBackpropReLUModel,
    HiResCAM,
    LayerCAM,
    ScoreCAM,
)
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

METHODS = {
    "gradCam": GradCAM,
    "gradCamPlusPlus": GradCAMPlusPlus,
    "hiResCam": HiResCAM,
    "layerCam": LayerCAM,
    "scoreCam": ScoreCAM,
    "eigenCam": EigenCAM,
}
LAYERS = {"layer2": ["layer2"], "layer3": ["layer3"], "layers": ["layer2", "layer3.0"]}
IMAGES, SIDE, STEPS = 2, 40, 16
TARGETS = [1, 2]


class HalfPixelUpsampling(torch.nn.Upsample):
    """Score-CAM's veils with the pixel centres that the maps themselves are enlarged by.

    grad-cam takes UpsamplingBilinear2d, which puts the corners' centres on each other.
    """

    def __init__(self, size):
        super().__init__(size=size, mode="bilinear", align_corners=False)


def main():
    torch.nn.UpsamplingBilinear2d = HalfPixelUpsampling
    fixture = Fixture("explain.safetensors", 50, tiny_resnet.torchvision)
    network = tiny_resnet.TinyResNet(
        *tiny_resnet.CONFIGURATIONS["resnet18"], tiny_resnet.WIDTH, tiny_resnet.CLASSES
    )
    state = tiny_resnet.random_state(network)
    network.load_state_dict(state)
    network = network.double().eval()
    # A disc on an uneven ground: so that the maps have a shape.
    at = torch.linspace(-1, 1, SIDE)
    disc = (at[:, None] ** 2 + (at[None] + 0.3) ** 2 < 0.2).float()
    images = torch.randn(IMAGES, SIDE, SIDE, 3) + 2 * disc[None, :, :, None]
    inputs = images.double().permute(0, 3, 1, 2).contiguous()
    targets = [ClassifierOutputTarget(index) for index in TARGETS]
    tensors = {f"state/{key}": value for key, value in state.items()} | {"images": images}
    maps = []
    for method, create in METHODS.items():
        for label, names in LAYERS.items():
            for smooth in ("none", "eigen"):
                if smooth == "eigen" and (method == "eigenCam" or label == "layers"):
                    continue
                layers = [network.get_submodule(name) for name in names]
                with create(model=network, target_layers=layers) as cam:
                    found = cam(inputs, targets, eigen_smooth=smooth == "eigen")
                if not (found.max(axis=(1, 2)) > 0.99).all():
                    raise ValueError(f"A map of {method} at {names} is blank: take other images")
                role = f"{method}/{label}/{smooth}"
                tensors[f"map/{role}"] = torch.from_numpy(found)
                maps.append({"method": method, "layers": names, "smooth": smooth, "role": role})
    guided = GuidedBackpropReLUModel(model=network, device="cpu")
    tensors["guided"] = torch.stack([
        torch.from_numpy(guided(image[None], target).copy())
        for image, target in zip(inputs, TARGETS)
    ])
    attributions = IntegratedGradients(network).attribute(
        inputs, target=torch.tensor(TARGETS), n_steps=STEPS, method="riemann_middle"
    )
    tensors["integrated"] = attributions.permute(0, 2, 3, 1)
    fixture.add(
        {
            "name": "explain",
            "width": tiny_resnet.WIDTH,
            "classes": tiny_resnet.CLASSES,
            "targets": TARGETS,
            "steps": STEPS,
            "maps": maps,
            "libraries": {name: version(name) for name in ("grad-cam", "captum")},
        },
        tensors,
    )
    fixture.write()


if __name__ == "__main__":
    main()
