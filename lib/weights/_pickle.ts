/**
 * Reading Python pickles as data: no class is looked up and no code of a file runs. A pickle is a
 * program for a small stack machine; of its instructions those are known here that build plain
 * values, and of the functions that it may name only those that the caller lists. Objects of other
 * classes are passed over, unless the caller refuses their names.
 *
 * Source: `pickletools.py` of CPython, and `_weights_only_unpickler.py` of PyTorch, which accepts
 * the same instructions, here with those that protocols 3 to 5 write for the same values.
 *
 * @module
 */

/** A dictionary; keys are what the pickle gave: texts, numbers … */
export type PickleDict = Map<unknown, unknown>;

/** What a pickle may name, by its full name: a function to call, or a value. */
export type Globals = Readonly<Record<string, unknown>>;

/** An object of a class that is not listed: what it was made of is not kept. */
export class Unread {
  constructor(readonly className: string) {}
}

/** A pickle that cannot be read. */
export class PickleError extends Error {
  override name = "PickleError";
  /** The name that is refused. */
  readonly refused?: string;
  /** Whether there are too few bytes. */
  readonly cut: boolean;

  constructor(message: string, { refused, cut = false }: { refused?: string; cut?: boolean } = {}) {
    super(message);
    this.refused = refused;
    this.cut = cut;
  }
}

/** A listed name on the stack; only these can be called. */
class Named {
  constructor(readonly name: string, readonly value: unknown) {}
}

type UnpickleOptions = {
  globals: Globals;
  refuses: (name: string) => boolean;
  persistent: (id: unknown) => unknown;
};

/**
 * Reads a pickle. Dictionaries become `Map`s, lists and tuples arrays, bytes `Uint8Array`s,
 * integers beyond 2^53 bigints; a listed value stands for itself. Texts of Python 2, which are bytes
 * to it, are texts where they are UTF-8.
 *
 * @param bytes The pickle, and what follows it
 * @param options.globals What it may name
 * @param options.refuses Names beside them that are refused; what others make is {@linkcode Unread}
 * @param options.persistent Gives the value for a persistent id
 * @returns The value, and how many bytes the pickle has
 * @throws {PickleError} When it is malformed, or names anything else
 */
export function unpickle(
  bytes: Uint8Array,
  options: UnpickleOptions,
): { value: unknown; byteLength: number } {
  const machine = new Machine(bytes, options);
  try {
    return { value: machine.run(), byteLength: machine.position };
  } catch (error) {
    if (error instanceof PickleError) throw error;
    // A cut pickle ends beyond the DataView; a foreign value fails in a caller's function
    const cut = error instanceof RangeError;
    const reason = cut ? "it ends too early" : (error as Error).message;
    throw new PickleError(`byte ${machine.position}: ${reason}`, { cut });
  }
}

/** Bytes of the longest integer; the time to read one grows with the square. */
const MOST_DIGITS = 255;

/** Work that a pickle may ask of the functions it names, in items of arguments a byte. */
const MOST_WORK = 16;

class Machine {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: UnpickleOptions;
  #stack: unknown[] = [];
  readonly #outer: unknown[][] = [];
  readonly #memo = new Map<number, unknown>();
  #work = 0;

  constructor(
    bytes: Uint8Array,
    options: UnpickleOptions,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#options = options;
  }

  run(): unknown {
    while (true) {
      const code = this.#uint8();
      if (code === STOP) return unwrap(this.#pop());
      const instruction = Object.hasOwn(instructions, code) ? instructions[code] : undefined;
      if (!instruction) {
        const letter = code > 32 && code < 127 ? ` ("${String.fromCharCode(code)}")` : "";
        throw new Error(`instruction ${code}${letter} is not one that tensors need`);
      }
      instruction.call(this);
    }
  }

  // Values

  #uint8(): number {
    return this.#view.getUint8(this.position++);
  }

  #uint16(): number {
    return this.#view.getUint16((this.position += 2) - 2, true);
  }

  #uint32(): number {
    return this.#view.getUint32((this.position += 4) - 4, true);
  }

  #uint64(): number {
    return Number(this.#view.getBigUint64((this.position += 8) - 8, true));
  }

  #slice(length: number): Uint8Array {
    if (length > this.#bytes.length - this.position) throw new RangeError();
    return this.#bytes.subarray(this.position, this.position += length);
  }

  #text(length: number): string {
    const bytes = this.#slice(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new Error("a text is not UTF-8", { cause });
    }
  }

  /** A `str` of Python 2. */
  #textOrBytes(length: number): string | Uint8Array {
    const bytes = this.#slice(length);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    return text.includes("\ufffd") ? bytes : text;
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    if (end < 0) throw new RangeError();
    const text = this.#text(end - this.position);
    this.position++;
    return text;
  }

  /** Two's complement, little-endian. */
  #integer(length: number): number | bigint {
    if (length > MOST_DIGITS) throw new Error(`an integer has more than ${MOST_DIGITS} bytes`);
    let value = 0n;
    for (const byte of this.#slice(length).toReversed()) value = value << 8n | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  // Stack

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #pop(): unknown {
    if (this.#stack.length === 0) throw new Error("the stack is empty");
    return this.#stack.pop();
  }

  #top(): unknown {
    if (this.#stack.length === 0) throw new Error("the stack is empty");
    return this.#stack[this.#stack.length - 1];
  }

  #mark(): void {
    this.#outer.push(this.#stack);
    this.#stack = [];
  }

  #popToMark(): unknown[] {
    const items = this.#stack;
    const outer = this.#outer.pop();
    if (!outer) throw new Error("there is no mark");
    this.#stack = outer;
    return items;
  }

  #tuple(length: number): void {
    if (this.#stack.length < length) throw new Error("the stack is empty");
    this.#push(this.#stack.splice(this.#stack.length - length));
  }

  #remember(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    if (!this.#memo.has(index)) throw new Error(`nothing was remembered as ${index}`);
    this.#push(this.#memo.get(index));
  }

  // Building

  #append(items: unknown[]): void {
    const list = this.#top();
    if (list instanceof Unread) return;
    if (!Array.isArray(list)) throw new Error("only a list can be appended to");
    for (const item of items) list.push(item);
  }

  #setItems(items: unknown[]): void {
    const dict = this.#top();
    if (dict instanceof Unread) return;
    if (!(dict instanceof Map)) throw new Error("only a dictionary can be set items of");
    if (items.length % 2 !== 0) throw new Error("a key has no value");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], unwrap(items[i + 1]));
  }

  #global(module: string, name: string): void {
    const full = `${module}.${name}`;
    const { globals, refuses } = this.#options;
    if (Object.hasOwn(globals, full)) {
      this.#push(new Named(full, globals[full]));
    } else if (refuses(full)) {
      throw new PickleError(`byte ${this.position}: it names "${full}"`, { refused: full });
    } else {
      this.#push(new Unread(full));
    }
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (callee instanceof Unread) {
      this.#push(new Unread(callee.className));
      return;
    }
    if (!(callee instanceof Named) || typeof callee.value !== "function") {
      throw new Error("what is called is no function");
    }
    if (!Array.isArray(args) || args.length > 16) throw new Error("arguments are no short tuple");
    // A long list that is remembered once can be handed on with every third byte
    for (const arg of args) if (Array.isArray(arg)) this.#work += arg.length;
    if (this.#work > MOST_WORK * (this.#bytes.length + 1024)) {
      throw new Error("it calls functions with the same long list again and again");
    }
    this.#push(callee.value(...args.map(unwrap)));
  }

  /** Attributes of an object: state dicts have versions of their modules there, nobody's weights. */
  #build(): void {
    this.#pop();
    const object = this.#top();
    if (!(object instanceof Map || object instanceof Unread)) {
      throw new Error("only a dictionary can have attributes");
    }
  }

  /** The instructions by their codes, for {@linkcode instructions}. */
  static readonly table: Record<number, (this: Machine) => void> = {
    0x80: function () { // PROTO
      const version = this.#uint8();
      if (version < 2 || version > 5) throw new Error(`protocol ${version}, wanted 2 to 5`);
    },
    0x95: function () { // FRAME
      this.#slice(8);
    },
    // Constants
    0x4e: function () { // NONE
      this.#push(null);
    },
    0x88: function () { // NEWTRUE
      this.#push(true);
    },
    0x89: function () { // NEWFALSE
      this.#push(false);
    },
    0x4b: function () { // BININT1
      this.#push(this.#uint8());
    },
    0x4d: function () { // BININT2
      this.#push(this.#uint16());
    },
    0x4a: function () { // BININT
      this.#push(this.#uint32() | 0);
    },
    0x8a: function () { // LONG1
      this.#push(this.#integer(this.#uint8()));
    },
    0x8b: function () { // LONG4
      this.#push(this.#integer(Math.min(this.#uint32(), MOST_DIGITS + 1)));
    },
    0x47: function () { // BINFLOAT
      this.#push(this.#view.getFloat64((this.position += 8) - 8));
    },
    0x58: function () { // BINUNICODE
      this.#push(this.#text(this.#uint32()));
    },
    0x8c: function () { // SHORT_BINUNICODE
      this.#push(this.#text(this.#uint8()));
    },
    0x8d: function () { // BINUNICODE8
      this.#push(this.#text(this.#uint64()));
    },
    0x54: function () { // BINSTRING
      this.#push(this.#textOrBytes(this.#uint32()));
    },
    0x55: function () { // SHORT_BINSTRING
      this.#push(this.#textOrBytes(this.#uint8()));
    },
    0x43: function () { // SHORT_BINBYTES
      this.#push(this.#slice(this.#uint8()));
    },
    0x42: function () { // BINBYTES
      this.#push(this.#slice(this.#uint32()));
    },
    // Containers
    0x28: function () { // MARK
      this.#mark();
    },
    0x30: function () { // POP
      this.#pop();
    },
    0x31: function () { // POP_MARK
      this.#popToMark();
    },
    0x29: function () { // EMPTY_TUPLE
      this.#push([]);
    },
    0x85: function () { // TUPLE1
      this.#tuple(1);
    },
    0x86: function () { // TUPLE2
      this.#tuple(2);
    },
    0x87: function () { // TUPLE3
      this.#tuple(3);
    },
    0x74: function () { // TUPLE
      this.#push(this.#popToMark());
    },
    0x5d: function () { // EMPTY_LIST
      this.#push([]);
    },
    0x61: function () { // APPEND
      this.#append([this.#pop()]);
    },
    0x65: function () { // APPENDS
      this.#append(this.#popToMark());
    },
    0x7d: function () { // EMPTY_DICT
      this.#push(new Map());
    },
    0x8f: function () { // EMPTY_SET
      this.#push([]);
    },
    0x90: function () { // ADDITEMS
      this.#append(this.#popToMark());
    },
    0x91: function () { // FROZENSET
      this.#push(this.#popToMark());
    },
    0x73: function () { // SETITEM
      const value = this.#pop();
      this.#setItems([this.#pop(), value]);
    },
    0x75: function () { // SETITEMS
      this.#setItems(this.#popToMark());
    },
    // Memo
    0x71: function () { // BINPUT
      this.#remember(this.#uint8());
    },
    0x72: function () { // LONG_BINPUT
      this.#remember(this.#uint32());
    },
    0x94: function () { // MEMOIZE
      this.#remember(this.#memo.size);
    },
    0x68: function () { // BINGET
      this.#recall(this.#uint8());
    },
    0x6a: function () { // LONG_BINGET
      this.#recall(this.#uint32());
    },
    // Names and calls, each checked
    0x63: function () { // GLOBAL
      this.#global(this.#line(), this.#line());
    },
    0x93: function () { // STACK_GLOBAL
      const name = this.#pop();
      this.#global(String(this.#pop()), String(name));
    },
    0x52: function () { // REDUCE
      this.#reduce();
    },
    0x81: function () { // NEWOBJ
      this.#reduce();
    },
    0x92: function () { // NEWOBJ_EX
      this.#pop();
      this.#reduce();
    },
    0x62: function () { // BUILD
      this.#build();
    },
    0x51: function () { // BINPERSID
      this.#push(this.#options.persistent(asList(this.#pop())));
    },
  };
}

const STOP = ".".charCodeAt(0);
const instructions = Machine.table;

/** A persistent id is a tuple whose names stand for their values. */
function asList(id: unknown): unknown {
  return Array.isArray(id) ? id.map(unwrap) : id;
}

function unwrap(value: unknown): unknown {
  return value instanceof Named ? value.value : value;
}
