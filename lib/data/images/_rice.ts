/**
 * Rice's code of integers, as the FITS standard 4.0 has it (section 10.4.1).
 *
 * @module
 */

/** How many bits the parameter of a block takes, and its value for differences that are not coded. */
const CODES = { 1: { bits: 3, plain: 6 }, 2: { bits: 4, plain: 14 }, 4: { bits: 5, plain: 25 } };

/**
 * Integers of 8 (unsigned), 16 or 32 bits (signed).
 *
 * @param options `count` of them, of `bytes` each, in blocks of `block`
 * @throws {RangeError} When the code ends too early, or says what it cannot
 */
export function decodeRice(
  code: Uint8Array,
  { count, bytes, block }: { count: number; bytes: 1 | 2 | 4; block: number },
): Int32Array {
  const { bits: parameterBits, plain } = CODES[bytes];
  const width = 8 * bytes;
  let at = 0; // in bits
  const end = code.length * 8;
  function take(bits: number): number {
    if (at + bits > end) throw new RangeError("its Rice code ends too early");
    let value = 0;
    for (let left = bits; left > 0;) {
      const free = 8 - (at & 7);
      const some = Math.min(free, left);
      const part = (code[at >> 3]! >> (free - some)) & ((1 << some) - 1);
      value = value * 2 ** some + part;
      at += some;
      left -= some;
    }
    return value;
  }
  function zeros(): number {
    let run = 0;
    while (at < end && !(code[at >> 3]! & (128 >> (at & 7)))) {
      if ((at & 7) === 0 && code[at >> 3] === 0) {
        run += 8;
        at += 8;
      } else {
        run++;
        at++;
      }
    }
    take(1); // the one at the end
    return run;
  }
  const values = bytes === 1
    ? new Uint8Array(count)
    : bytes === 2
    ? new Int16Array(count)
    : new Int32Array(count);
  let last = count > 0 ? take(width) : 0;
  for (let start = 0; start < count; start += block) {
    const stop = Math.min(start + block, count);
    const parameter = take(parameterBits) - 1;
    if (parameter > plain) throw new RangeError("its Rice code is damaged");
    for (let i = start; i < stop; i++) {
      if (parameter >= 0) {
        const folded = parameter === plain
          ? take(width)
          : zeros() * 2 ** parameter + take(parameter);
        const half = Math.floor(folded / 2);
        last = (last + (folded % 2 === 1 ? -half - 1 : half)) | 0;
      }
      values[i] = last; // cut to the width
    }
  }
  return Int32Array.from(values);
}
