"""The networks of the bench in plain PyTorch, under the names of their published weights.

They are written out, rather than imported, so that the bench needs no package but torch. With the
same weights each gave the same bits, training and inference, as the class that it follows, in
torchvision 0.29.2 and timm 1.0.31. Those of diffusers are too large for that: diffusion_models.py.
"""

import torch
import torch.nn.functional as F
from torch import nn


def conv(inputs, outputs, kernel, stride=1, groups=1, bias=False):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=bias)


# ResNet: torchvision's names and initial values (https://arxiv.org/abs/1512.03385).


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs, planes, stride, downsample):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, planes, 3, stride), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = conv(planes, planes, 3), nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(x)) + shortcut, inplace=True)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, planes, stride, downsample):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, planes, 1), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = conv(planes, planes, 3, stride), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = conv(planes, planes * 4, 1), nn.BatchNorm2d(planes * 4)
        self.downsample = downsample

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(self.bn2(self.conv2(x)), inplace=True)
        return F.relu(self.bn3(self.conv3(x)) + shortcut, inplace=True)


class ResNet(nn.Module):
    def __init__(self, block, depths, classes):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 64, 7, 2), nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, depth in enumerate(depths):
            blocks, planes = [], 64 * 2**stage
            for index in range(depth):
                stride = 2 if stage > 0 and index == 0 else 1
                outputs, downsample = planes * block.expansion, None
                if stride != 1 or inputs != outputs:
                    downsample = nn.Sequential(
                        conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)
                    )
                blocks.append(block(inputs, planes, stride, downsample))
                inputs = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x)), inplace=True))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def resnet18():
    return ResNet(BasicBlock, [2, 2, 2, 2], classes=10)


def resnet50():
    return ResNet(Bottleneck, [3, 4, 6, 3], classes=1000)


# Four blocks of ViT-B: timm's names (https://arxiv.org/abs/2010.11929).


class ViTAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        batch, tokens, dim = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(batch, tokens, dim))


class ViTMlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class ViTBlock(nn.Module):
    def __init__(self, dim=768, heads=12):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(dim, eps=1e-6), ViTAttention(dim, heads)
        self.norm2, self.mlp = nn.LayerNorm(dim, eps=1e-6), ViTMlp(dim)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViTBlocks(nn.Module):
    def __init__(self, depth=4):
        super().__init__()
        self.blocks = nn.Sequential(*(ViTBlock() for _ in range(depth)))

    def forward(self, x):
        return self.blocks(x)


# The second stage of EfficientNet-B0: timm's names (https://arxiv.org/abs/1905.11946).


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced):
        super().__init__()
        self.conv_reduce = conv(channels, reduced, 1, bias=True)
        self.conv_expand = conv(reduced, channels, 1, bias=True)

    def forward(self, x):
        gate = F.silu(self.conv_reduce(x.mean((2, 3), keepdim=True)), inplace=True)
        return x * self.conv_expand(gate).sigmoid()


class MBConv(nn.Module):
    def __init__(self, inputs, outputs, stride, kernel=3, expansion=6):
        super().__init__()
        hidden = inputs * expansion
        self.conv_pw, self.bn1 = conv(inputs, hidden, 1), nn.BatchNorm2d(hidden)
        self.conv_dw = conv(hidden, hidden, kernel, stride, groups=hidden)
        self.bn2 = nn.BatchNorm2d(hidden)
        self.se = SqueezeExcite(hidden, inputs // 4)
        self.conv_pwl, self.bn3 = conv(hidden, outputs, 1), nn.BatchNorm2d(outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        y = F.silu(self.bn1(self.conv_pw(x)), inplace=True)
        y = F.silu(self.bn2(self.conv_dw(y)), inplace=True)
        y = self.bn3(self.conv_pwl(self.se(y)))
        return x + y if self.residual else y


class MBConvStage(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(MBConv(16, 24, stride=2), MBConv(24, 24, stride=1))

    def forward(self, x):
        return self.blocks(x)


# All of EfficientNet-B0: timm's names.


class DepthwiseSeparable(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_dw = conv(inputs, inputs, 3, groups=inputs)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.se = SqueezeExcite(inputs, inputs // 4)
        self.conv_pw, self.bn2 = conv(inputs, outputs, 1), nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = F.silu(self.bn1(self.conv_dw(x)), inplace=True)
        return self.bn2(self.conv_pw(self.se(y)))


class EfficientNetB0(nn.Module):
    STAGES = [(2, 3, 2, 24), (2, 5, 2, 40), (3, 3, 2, 80), (3, 5, 1, 112), (4, 5, 2, 192), (1, 3, 1, 320)]

    def __init__(self, classes=1000):
        super().__init__()
        self.conv_stem, self.bn1 = conv(3, 32, 3, 2), nn.BatchNorm2d(32)
        stages, inputs = [nn.Sequential(DepthwiseSeparable(32, 16))], 16
        for depth, kernel, stride, outputs in self.STAGES:
            blocks = []
            for index in range(depth):
                blocks.append(MBConv(inputs, outputs, stride if index == 0 else 1, kernel))
                inputs = outputs
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.conv_head, self.bn2 = conv(320, 1280, 1), nn.BatchNorm2d(1280)
        self.classifier = nn.Linear(1280, classes)

    def forward(self, x):
        x = self.blocks(F.silu(self.bn1(self.conv_stem(x)), inplace=True))
        x = F.silu(self.bn2(self.conv_head(x)), inplace=True)
        return self.classifier(x.mean((2, 3)))


# ConvNeXt-Nano: timm's names (https://arxiv.org/abs/2201.03545).


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvMlp(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1 = conv(channels, 4 * channels, 1, bias=True)
        self.fc2 = conv(4 * channels, channels, 1, bias=True)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class ConvNeXtBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(channels))
        self.conv_dw = conv(channels, channels, 7, groups=channels, bias=True)
        self.norm = LayerNorm2d(channels, eps=1e-6)
        self.mlp = ConvMlp(channels)

    def forward(self, x):
        return self.mlp(self.norm(self.conv_dw(x))) * self.gamma[:, None, None] + x


class ConvNeXtStage(nn.Module):
    def __init__(self, inputs, outputs, depth):
        super().__init__()
        if inputs != outputs:
            self.downsample = nn.Sequential(
                LayerNorm2d(inputs, eps=1e-6), nn.Conv2d(inputs, outputs, 2, 2)
            )
        self.blocks = nn.Sequential(*(ConvNeXtBlock(outputs) for _ in range(depth)))

    def forward(self, x):
        return self.blocks(self.downsample(x) if hasattr(self, "downsample") else x)


class ConvNeXtNano(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 80, 4, 4), LayerNorm2d(80, eps=1e-6))
        sizes = [(80, 80, 2), (80, 160, 2), (160, 320, 8), (320, 640, 2)]
        self.stages = nn.Sequential(*(ConvNeXtStage(*size) for size in sizes))
        self.head = nn.ModuleDict({"norm": nn.LayerNorm(640, eps=1e-6), "fc": nn.Linear(640, 1000)})

    def forward(self, x):
        x = self.stages(self.stem(x)).mean((2, 3))
        return self.head["fc"](self.head["norm"](x))
