"""Fixtures for lib/train/augment*.ts: torchvision's functional transforms at fixed parameters.

    python tests/reference/augment.py     writes augment.safetensors

Images are [b, h, w, 3] of values in [0, 255]; each case has its own parameters, one for each image
where they differ. torchvision works on floats in [0, 1] and on one set of parameters at a time.
"""

from fixtures import Fixture  # before torch

import torch

# As in resnet.py: the compiled extension is of no use here.
register_fake = torch.library.register_fake
torch.library.register_fake = lambda *arguments, **options: lambda function: function
import torchvision  # noqa: E402
from torchvision.transforms.v2 import InterpolationMode  # noqa: E402
from torchvision.transforms.v2 import functional as F  # noqa: E402

torch.library.register_fake = register_fake
BILINEAR = InterpolationMode.BILINEAR


def main():
    fixture = Fixture("augment.safetensors", 5, torchvision)
    b, h, w = 4, 12, 15
    images = torch.rand(b, 3, h, w, dtype=torch.float64).float().double()
    images[3] = images[3].mean(0, keepdim=True)  # grey: no hue
    images[0, :, 0, 0] = 0
    images[0, :, 0, 1] = 1

    def case(name, function, parameters, **options):
        rows = [function(image, *values) for image, values in zip(images, zip(*parameters.values()))]
        tensors = {key: torch.tensor(value) for key, value in parameters.items()}
        output = torch.stack(rows).permute(0, 2, 3, 1) * 255
        fixture.add(
            {"name": name, "options": options},
            {"images": images.permute(0, 2, 3, 1) * 255, **tensors, "output": output},
        )

    case("brightness", F.adjust_brightness, {"factor": [0.3, 1.0, 1.7, 0.0]})
    case("contrast", F.adjust_contrast, {"factor": [0.3, 1.0, 1.7, 2.5]})
    case("saturation", F.adjust_saturation, {"factor": [0.0, 1.0, 1.7, 2.5]})
    case("hue", F.adjust_hue, {"turn": [-0.5, -0.13, 0.0, 0.31]})
    for size in (3, 9, 23):
        case(
            f"blur_{size}",
            lambda image, sigma: F.gaussian_blur(image, [size, size], [sigma, sigma]),
            {"sigma": [0.1, 0.8, 2.0, 5.0]},
            kernelSize=size,
        )
    case(
        "affine",
        # torchvision turns clockwise here.
        lambda image, angle, zoom, right, down: F.affine(
            image, -angle * 180 / torch.pi, [right, down], zoom, [0.0, 0.0], BILINEAR
        ),
        {
            "angle": [0.0, 0.7, -2.5, torch.pi / 2],
            "zoom": [1.0, 1.3, 0.8, 1.0],
            "right": [2.0, 0.0, 3.0, -1.0],
            "down": [1.0, 0.0, -2.0, 0.0],
        },
    )
    case(
        "crop",
        lambda image, left, top, width, height: F.resized_crop(
            image, int(top), int(left), int(height), int(width), [8, 8], BILINEAR, antialias=False
        ),
        {
            "left": [0.0, 3.0, 5.0, 10.0],
            "top": [0.0, 2.0, 5.0, 4.0],
            "width": [15.0, 8.0, 6.0, 5.0],
            "height": [12.0, 8.0, 7.0, 4.0],
        },
        size=8,
    )
    fixture.write()


main()
