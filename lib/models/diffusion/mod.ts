/**
 * The networks of latent diffusion: a U-Net and an autoencoder.
 *
 * @module
 */

export * from "./autoencoder.ts";
export * from "./unet.ts";
