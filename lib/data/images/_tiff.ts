/**
 * What a TIFF says of its samples beyond the colours, which libvips takes for transparency, whatever
 * they are.
 *
 * @module
 */

/** ExtraSamples (TIFF 6.0, page 31): 0 is of no stated kind, 1 and 2 are transparency. */
const EXTRA_SAMPLES = 338;

/** Whether the first page has a sample beside its colours that is not said to be transparency. */
export function hasOtherSamples(file: Uint8Array): boolean {
  const isLittle = file[0] === 0x49;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8 || view.getUint16(2, isLittle) !== 42) return false; // BigTIFF, or no TIFF
  const start = view.getUint32(4, isLittle);
  if (start + 2 > file.length) return false;
  const count = view.getUint16(start, isLittle);
  for (let at = start + 2; at < start + 2 + 12 * count && at + 12 <= file.length; at += 12) {
    if (view.getUint16(at, isLittle) !== EXTRA_SAMPLES) continue;
    return view.getUint32(at + 4, isLittle) === 1 && view.getUint16(at + 8, isLittle) === 0;
  }
  return false;
}
