/**
 * Floating-point numbers of 8 bits, as float32.
 *
 * Source: Micikevicius et al. 2022, "FP8 Formats for Deep Learning" (arXiv:2209.05433), table 1;
 * Noune et al. 2022 (arXiv:2206.02915) for FNUZ; the OCP Microscaling Formats specification 1.0,
 * section 5.4.1, for E8M0.
 *
 * @module
 */

/** Bits of the mantissa, what is subtracted from the exponent, and which codes are no numbers. */
const formats = {
  F8_E4M3: { mantissa: 3, bias: 7, special: "one NaN a sign" },
  F8_E5M2: { mantissa: 2, bias: 15, special: "IEEE" },
  F8_E4M3FNUZ: { mantissa: 3, bias: 8, special: "NaN for -0" },
  F8_E5M2FNUZ: { mantissa: 2, bias: 16, special: "NaN for -0" },
  F8_E8M0: { mantissa: 0, bias: 127, special: "unsigned" },
} as const;

/** The name of a format of 8 bits. */
export type Float8 = keyof typeof formats;

/** Whether a dtype is one of 8 bits that float32 holds exactly. */
export function isFloat8(dtype: string): dtype is Float8 {
  return Object.hasOwn(formats, dtype);
}

/** Numbers of 8 bits, exactly. */
export function readFloat8(bytes: Uint8Array, format: Float8): Float32Array<ArrayBuffer> {
  const table = Float32Array.from({ length: 256 }, (_, code) => valueOf(code, format));
  return Float32Array.from(bytes, (code) => table[code]!);
}

function valueOf(code: number, format: Float8): number {
  const { mantissa, bias, special } = formats[format];
  if (special === "unsigned") return code === 255 ? NaN : 2 ** (code - bias);
  if (special === "NaN for -0" && code === 128) return NaN;
  const sign = code < 128 ? 1 : -1;
  const magnitude = code & 127;
  const exponent = magnitude >> mantissa;
  const fraction = (magnitude & (1 << mantissa) - 1) / 2 ** mantissa;
  if (special === "one NaN a sign" && magnitude === 127) return NaN;
  if (special === "IEEE" && exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  const value = exponent === 0
    ? fraction * 2 ** (1 - bias)
    : (1 + fraction) * 2 ** (exponent - bias);
  return sign * value;
}
