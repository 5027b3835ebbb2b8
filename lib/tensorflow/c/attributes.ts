/**
 * Attributes of TensorFlow's ops: the settings that are no tensors, such as strides.
 *
 * @module
 */

import { cachedCString, cString, pointerArray } from "./cstring.ts";
import type { Status } from "./status.ts";
import type { Symbols } from "./symbols.ts";

/** `TF_AttrType`, the kinds of value that the engine sets. */
export const AttributeType = {
  string: 0,
  int: 1,
  float: 2,
  bool: 3,
  type: 4,
  shape: 5,
  func: 8,
} as const;

/**
 * A named setting of an op. A list is an array of values; a shape is an array of lengths (-1 or
 * null: not known), or null when not even the rank is known; `func` is the name of a function.
 */
export type Attribute = { name: string; type: number; value: unknown };

/** The C functions that set each kind, of an eager op or of a node that is being built. */
type Setters = Pick<
  { [K in keyof Symbols as K extends `TF_SetAttr${infer Kind}` ? Kind : never]: Symbols[K] },
  | "String"
  | "StringList"
  | "Int"
  | "IntList"
  | "Float"
  | "FloatList"
  | "Bool"
  | "BoolList"
  | "Type"
  | "TypeList"
>;

/** What a set of attributes is put on. */
export type AttributeTarget = Setters & {
  Shape(
    op: Deno.PointerValue,
    name: Uint8Array<ArrayBuffer>,
    lengths: BigInt64Array<ArrayBuffer>,
    rank: number,
  ): void;
  ShapeList(
    op: Deno.PointerValue,
    name: Uint8Array<ArrayBuffer>,
    shapes: BigUint64Array<ArrayBuffer>,
    ranks: Int32Array<ArrayBuffer>,
    count: number,
  ): void;
  Func(
    op: Deno.PointerValue,
    name: Uint8Array<ArrayBuffer>,
    value: Uint8Array<ArrayBuffer>,
    length: bigint,
  ): void;
};

/** Sets attributes of a `TFE_Op*`. */
export function eagerTarget(c: Symbols, status: Status): AttributeTarget {
  const isList = new Uint8Array(1);
  return {
    String: c.TFE_OpSetAttrString,
    StringList: c.TFE_OpSetAttrStringList,
    Int: c.TFE_OpSetAttrInt,
    IntList: c.TFE_OpSetAttrIntList,
    Float: c.TFE_OpSetAttrFloat,
    FloatList: c.TFE_OpSetAttrFloatList,
    Bool: c.TFE_OpSetAttrBool,
    BoolList: c.TFE_OpSetAttrBoolList,
    Type: c.TFE_OpSetAttrType,
    TypeList(op, name, types, count) {
      // TensorFlow looks at no type that it knows from an input, so not at a list in its place.
      c.TFE_OpGetAttrType(op, name, isList, status.pointer);
      status.check(() => "Cannot set a list of types");
      if (isList[0] === 0) throw new TypeError("Cannot set a list of types: one type is wanted");
      c.TFE_OpSetAttrTypeList(op, name, types, count);
    },
    Shape(op, name, lengths, rank) {
      c.TFE_OpSetAttrShape(op, name, lengths, rank, status.pointer);
      status.check(() => "Cannot set a shape");
    },
    ShapeList(op, name, shapes, ranks, count) {
      c.TFE_OpSetAttrShapeList(op, name, shapes, ranks, count, status.pointer);
      status.check(() => "Cannot set a list of shapes");
    },
    Func: c.TFE_OpSetAttrFunctionName,
  };
}

/** Sets attributes of a `TF_OperationDescription*`. */
export function graphTarget(c: Symbols): AttributeTarget {
  return {
    String: c.TF_SetAttrString,
    StringList: c.TF_SetAttrStringList,
    Int: c.TF_SetAttrInt,
    IntList: c.TF_SetAttrIntList,
    Float: c.TF_SetAttrFloat,
    FloatList: c.TF_SetAttrFloatList,
    Bool: c.TF_SetAttrBool,
    BoolList: c.TF_SetAttrBoolList,
    Type: c.TF_SetAttrType,
    TypeList: c.TF_SetAttrTypeList,
    Shape: c.TF_SetAttrShape,
    ShapeList: c.TF_SetAttrShapeList,
    Func: c.TF_SetAttrFuncName,
  };
}

/** What a value of each kind has to be, a shape apart. */
const KINDS: Record<number, { words: string; accepts(value: unknown): boolean } | undefined> = {
  [AttributeType.string]: { words: "a text or bytes", accepts: isText },
  [AttributeType.int]: { words: "a whole number", accepts: isWhole },
  [AttributeType.float]: { words: "a number", accepts: isNumber },
  [AttributeType.bool]: {
    words: "true or false",
    accepts: (value) => typeof value === "boolean",
  },
  [AttributeType.type]: { words: "the number of a type", accepts: Number.isInteger },
  [AttributeType.func]: {
    words: "the name of a function",
    accepts: (value) => typeof value === "string",
  },
};

/**
 * Sets one attribute.
 *
 * @throws {TypeError} When the value is missing or is not what its type says, or the type is not
 * known
 */
export function setAttribute(
  target: AttributeTarget,
  op: Deno.PointerValue,
  { name, type, value }: Attribute,
): void {
  const key = cachedCString(name);
  // Most ops have a type and nothing else.
  if (type === AttributeType.type && typeof value === "number" && Number.isInteger(value)) {
    return target.Type(op, key, value);
  }
  if (type === AttributeType.shape) return setShape(target, op, { name, value });
  const isList = Array.isArray(value) ||
    ArrayBuffer.isView(value) && !(value instanceof Uint8Array);
  const elements = isList ? Array.from(value as ArrayLike<unknown>) : [value];
  checkElements(name, type, elements);
  if (isList) return setList(target, op, { key, type, elements });
  switch (type) {
    case AttributeType.string: {
      const bytes = toBytes(value as string);
      return target.String(op, key, bytes, BigInt(bytes.length));
    }
    case AttributeType.int:
      return target.Int(op, key, toInt(value as number));
    case AttributeType.float:
      return target.Float(op, key, Number(value));
    case AttributeType.bool:
      return target.Bool(op, key, value ? 1 : 0);
    case AttributeType.func: {
      const bytes = toBytes(value as string);
      return target.Func(op, key, bytes, BigInt(bytes.length));
    }
  }
}

function setList(
  target: AttributeTarget,
  op: Deno.PointerValue,
  { key, type, elements }: {
    key: Uint8Array<ArrayBuffer>;
    type: number;
    elements: readonly unknown[];
  },
): void {
  const count = elements.length;
  switch (type) {
    case AttributeType.string: {
      const texts = (elements as string[]).map(toBytes);
      const lengths = BigUint64Array.from(texts, (text) => BigInt(text.length));
      return target.StringList(op, key, pointerArray(texts), lengths, count);
    }
    case AttributeType.int:
      return target.IntList(op, key, BigInt64Array.from(elements as number[], toInt), count);
    case AttributeType.float:
      return target.FloatList(op, key, Float32Array.from(elements as number[], Number), count);
    case AttributeType.bool:
      return target.BoolList(op, key, Uint8Array.from(elements, Number), count);
    case AttributeType.type:
      return target.TypeList(op, key, Int32Array.from(elements as number[]), count);
    default:
      throw new TypeError(`Cannot set a list of functions: one function is wanted`);
  }
}

function checkElements(name: string, type: number, elements: readonly unknown[]): void {
  const kind = KINDS[type];
  if (kind === undefined) {
    throw new TypeError(
      `Cannot set attribute "${name}": its type must be one of ${
        Object.values(AttributeType).join(", ")
      }, found ${type}`,
    );
  }
  for (const element of elements) {
    if (kind.accepts(element)) continue;
    // tfjs draws seeds such as 3.14
    if (/^seed2?$/.test(name) && Number.isFinite(element)) continue;
    throw new TypeError(
      `Cannot set attribute "${name}": ${kind.words} wanted, found ${String(element)}`,
    );
  }
}

/** A shape, or a list of shapes. */
function setShape(
  target: AttributeTarget,
  op: Deno.PointerValue,
  { name, value }: { name: string; value: unknown },
): void {
  const key = cachedCString(name);
  if (value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw new TypeError(`Cannot set attribute "${name}": a shape wanted, found ${String(value)}`);
  }
  const shape = value === null ? null : Array.from(value as unknown as ArrayLike<unknown>);
  if (shape?.some((element) => Array.isArray(element))) {
    return setShapeList(target, op, key, shape as (number[] | null)[]);
  }
  const lengths = shapeLengths(shape as number[] | null);
  return target.Shape(op, key, lengths, shape === null ? -1 : lengths.length);
}

function setShapeList(
  target: AttributeTarget,
  op: Deno.PointerValue,
  key: Uint8Array<ArrayBuffer>,
  shapes: (number[] | null)[],
): void {
  const lengths = shapes.map((shape) => new Uint8Array(shapeLengths(shape).buffer));
  const ranks = Int32Array.from(shapes, (shape) => shape?.length ?? -1);
  target.ShapeList(op, key, pointerArray(lengths), ranks, shapes.length);
}

function shapeLengths(shape: (number | null)[] | null): BigInt64Array<ArrayBuffer> {
  return BigInt64Array.from(shape ?? [], (length) => BigInt(length ?? -1));
}

function toBytes(text: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof text === "string" ? cString(text).subarray(0, -1) : text;
}

function toInt(value: number | bigint): bigint {
  return typeof value === "bigint" ? value : BigInt(Math.trunc(value));
}

function isText(value: unknown): boolean {
  return typeof value === "string" || value instanceof Uint8Array;
}

function isWhole(value: unknown): boolean {
  return Number.isInteger(value) || typeof value === "bigint";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}
