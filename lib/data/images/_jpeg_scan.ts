/**
 * Whether a JPEG holds all of its pixels. Decoders fill what is missing with grey and say nothing, if
 * only the end marker is there; so the codes are counted here, which takes a tenth of the decoding.
 *
 * @module
 */

/** A Huffman code: by the next bits, and by length where it is longer than them. */
type Code = {
  /** Bits and places by the next 10 bits, as `stepOf` has them; 0 where the code is longer. */
  steps: Uint16Array;
  /** The largest code of each length, or -1. */
  largest: Int32Array;
  /** What added to a code of a length is the position of its symbol. */
  shift: Int32Array;
  symbols: Uint8Array;
  isDc: boolean;
};

type Component = { id: number; across: number; down: number };

const SHORT = 10;
/** So many places fill any block: the rest of it is zero. */
const END = 100;

/**
 * Looks through a JPEG of Huffman codes, one after the other (not progressive).
 *
 * @returns "whole", or what is damaged; "unknown" for other kinds, and where a header is damaged
 */
export function jpegScan(bytes: Uint8Array): string {
  const codes: (Code | undefined)[] = []; // 0 to 3: DC, 4 to 7: AC
  let restart = 0;
  let frame: { width: number; height: number; components: Component[] } | undefined;
  let scanned = 0;
  const word = (at: number) => bytes[at]! << 8 | bytes[at + 1]!;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return "unknown";
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    if (marker === 0xd9) break;
    const length = word(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    at += 2 + length;
    if (marker === 0xc4) {
      if (!readCodes(segment, codes)) return "unknown";
    } else if (marker === 0xc0 || marker === 0xc1) {
      if (segment[0] !== 8 || segment.length < 6 + 3 * segment[5]!) return "unknown";
      const components = Array.from({ length: segment[5]! }, (_, i) => {
        const [id, sampling] = [segment[6 + 3 * i]!, segment[7 + 3 * i]!];
        return { id, across: sampling >> 4, down: sampling & 15 };
      });
      frame = {
        height: segment[1]! << 8 | segment[2]!,
        width: segment[3]! << 8 | segment[4]!,
        components,
      };
    } else if (marker > 0xc1 && marker <= 0xcf) {
      return "unknown";
    } else if (marker === 0xdd) {
      restart = segment[0]! << 8 | segment[1]!;
    } else if (marker === 0xda) {
      if (!frame) return "unknown";
      const blocks = blocksOf(frame, { segment, codes });
      if (!blocks) return "unknown";
      const scan = walk(bytes, { at, restart, ...blocks });
      if (scan.damage !== undefined) return scan.damage;
      scanned += blocks.components;
      at = scan.at;
    }
  }
  if (!frame) return "unknown";
  const all = frame.components.length;
  return scanned >= all ? "whole" : `${scanned} of its ${all} colour components are there`;
}

/** The codes of the last files: those of one survey mostly have the same. */
const known = new Map<string, readonly [place: number, code: Code][]>();

/** Reads a segment of codes; whether it could. */
function readCodes(segment: Uint8Array, codes: (Code | undefined)[]): boolean {
  const key = String.fromCharCode(...segment);
  let read = known.get(key);
  if (!read) {
    read = parseCodes(segment);
    if (!read) return false;
    if (known.size >= 64) known.clear();
    known.set(key, read);
  }
  for (const [place, code] of read) codes[place] = code;
  return true;
}

function parseCodes(segment: Uint8Array): [place: number, code: Code][] | undefined {
  const codes: [number, Code][] = [];
  for (let at = 0; at < segment.length;) {
    const place = (segment[at]! >> 4) * 4 + (segment[at]! & 3);
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = segment.slice(at + 17, at + 17 + total);
    if (place > 7 || counts.length < 16 || symbols.length < total) return undefined;
    at += 17 + total;
    const steps = new Uint16Array(1 << SHORT);
    const isDc = place < 4;
    const [largest, shift] = [new Int32Array(17).fill(-1), new Int32Array(17)];
    let [code, position] = [0, 0];
    for (let length = 1; length <= 16; length++, code <<= 1) {
      shift[length] = position - code;
      for (let i = 0; i < counts[length - 1]!; i++, code++, position++) {
        if (code >= 1 << length) return undefined;
        if (length > SHORT) continue;
        const from = code << (SHORT - length);
        const step = stepOf(symbols[position]!, { length, isDc });
        steps.fill(step, from, from + (1 << (SHORT - length)));
      }
      if (counts[length - 1]! > 0) largest[length] = code - 1;
    }
    codes.push([place, { steps, largest, shift, symbols, isDc }]);
  }
  return codes;
}

/** The blocks of one unit of a scan, each with its two codes, and how many units there are. */
function blocksOf(
  frame: { width: number; height: number; components: Component[] },
  { segment, codes }: { segment: Uint8Array; codes: (Code | undefined)[] },
): { blocks: [Code, Code][]; units: number; components: number } | undefined {
  const { width, height, components } = frame;
  const across = Math.max(...components.map((one) => one.across));
  const down = Math.max(...components.map((one) => one.down));
  const count = segment[0]!;
  const blocks: [Code, Code][] = [];
  let units = Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down));
  for (let i = 0; i < count; i++) {
    const component = components.find(({ id }) => id === segment[1 + 2 * i]);
    const tables = segment[2 + 2 * i]!;
    const [dc, ac] = [codes[(tables >> 4) & 3], codes[4 + (tables & 3)]];
    if (!component || !dc || !ac) return undefined;
    const each = count === 1 ? 1 : component.across * component.down;
    for (let block = 0; block < each; block++) blocks.push([dc, ac]);
    if (count === 1) { // a component alone is not padded to the others
      units = Math.ceil(Math.ceil(width * component.across / across) / 8) *
        Math.ceil(Math.ceil(height * component.down / down) / 8);
    }
  }
  return { blocks, units, components: count };
}

/** Goes over the codes of a scan. One loop without calls: it sees every image that is decoded. */
function walk(
  bytes: Uint8Array,
  { at, restart, blocks, units }: {
    at: number;
    restart: number;
    blocks: [Code, Code][];
    units: number;
  },
): { at: number; damage?: string } {
  let buffer = 0;
  let bits = 0; // of the buffer, the lowest
  let made = 0; // of them: zeros that are not in the file
  for (let unit = 0; unit < units; unit++) {
    if (restart > 0 && unit > 0 && unit % restart === 0) {
      if (bytes[at] !== 0xff || bytes[at + 1]! < 0xd0 || bytes[at + 1]! > 0xd7) {
        return { at, damage: `its data is damaged at block ${unit} of ${units}` };
      }
      at += 2;
      [buffer, bits, made] = [0, 0, 0];
    }
    for (let i = 0; i < blocks.length; i++) {
      const [dc, ac] = blocks[i]!;
      let code = dc;
      for (let place = 0; place < 64;) {
        while (bits <= 24) {
          const byte = at < bytes.length ? bytes[at]! : 0xff;
          if (byte !== 0xff) {
            at++;
            buffer = buffer << 8 | byte;
          } else if (bytes[at + 1] === 0) {
            at += 2;
            buffer = buffer << 8 | 0xff;
          } else { // a marker, or the end
            buffer <<= 8;
            made += 8;
          }
          bits += 8;
        }
        let step = code.steps[(buffer >>> (bits - SHORT)) & ((1 << SHORT) - 1)]!;
        if (step === 0) step = longStep(code, buffer >>> (bits - 16) & 0xffff);
        bits -= step >> 8;
        place = code === dc ? 1 : place + (step & 127);
        if (step === 0 || (place > 64 && (step & 127) !== END)) {
          const isCut = bits < made;
          return {
            at,
            damage: `its data ${isCut ? "ends" : "is damaged"} at block ${unit} of ${units}`,
          };
        }
        code = ac;
      }
      if (bits < made) return { at, damage: `its data ends at block ${unit} of ${units}` };
    }
  }
  // To the next marker: padding, or what a program left there.
  const end = at;
  while (at + 1 < bytes.length && !(bytes[at] === 0xff && bytes[at + 1]! > 0xd7)) at++;
  // Where codes were lost to zeros, the last block is reached too early.
  if (isData(bytes.subarray(end, at))) {
    return { at, damage: `its data goes on for ${at - end} bytes after the last block` };
  }
  return { at };
}

/** Whether bytes before a marker are data left over: many, of many values, as packed data are. */
function isData(rest: Uint8Array): boolean {
  return rest.length >= 32 && new Set(rest).size > rest.length / 4;
}

/** The step of a code longer than the table knows, of the next 16 bits; 0 where there is none. */
function longStep({ largest, shift, symbols, isDc }: Code, next: number): number {
  for (let length = SHORT + 1; length <= 16; length++) {
    const code = next >> (16 - length);
    if (code <= largest[length]!) return stepOf(symbols[code + shift[length]!]!, { length, isDc });
  }
  return 0;
}

/** How many bits a code of a length takes with the number after it, and how many places it fills. */
function stepOf(symbol: number, { length, isDc }: { length: number; isDc: boolean }): number {
  const size = isDc ? Math.min(symbol, 15) : symbol & 15;
  const places = isDc || size > 0 ? (isDc ? 1 : (symbol >> 4) + 1) : symbol === 0xf0 ? 16 : END;
  return (length + size) << 8 | places;
}
