"""The networks of latent diffusion, from diffusers: small ones, and a full-width block."""

from diffusers import AutoencoderKL, UNet2DConditionModel

SMALL_UNET = {
    "block_out_channels": [48, 96],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 16,
    "attention_head_dim": 4,
    "cross_attention_dim": 128,
    "class_embed_type": "projection",
    "projection_class_embeddings_input_dim": 74,
}
# The outermost level of Stable Diffusion 1
UNET_BLOCK = {
    "block_out_channels": [320],
    "down_block_types": ["CrossAttnDownBlock2D"],
    "mid_block_type": None,
    "up_block_types": ["CrossAttnUpBlock2D"],
    "layers_per_block": 1,
    "cross_attention_dim": 768,
}
SMALL_AUTOENCODER = {
    "block_out_channels": [16, 32, 64],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "norm_num_groups": 8,
}


class UNet(UNet2DConditionModel):
    def forward(self, sample, context, labels=None):
        return super().forward(sample, 500, context, class_labels=labels).sample


class Decoder(AutoencoderKL):
    def forward(self, latents):
        return self.decode(latents).sample
