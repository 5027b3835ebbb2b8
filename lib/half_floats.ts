/**
 * Numbers of 16 bits, which published weights often are, as float32.
 *
 * @module
 */

/** IEEE half floats (F16), given as raw words. Exact, also for subnormals, infinities and NaN. */
export function readFloat16(words: Uint16Array): Float32Array<ArrayBuffer> {
  return new Float32Array(new Float16Array(words.buffer, words.byteOffset, words.length));
}

/** The nearest IEEE half floats, as raw words: 11 digits of the mantissa, up to 65504. */
export function writeFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** Brain floats (BF16), given as raw words: each is the upper half of a float32. */
export function readBfloat16(words: Uint16Array): Float32Array<ArrayBuffer> {
  const doubled = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) doubled[i] = words[i]! << 16;
  return new Float32Array(doubled.buffer);
}
