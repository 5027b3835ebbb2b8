/**
 * Attributes of TensorFlow's ops: the settings that are no tensors, such as strides.
 *
 * @module
 */

import { cachedCString, cString, pointerArray } from "./cstring.ts";
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
export function eagerTarget(c: Symbols, status: Deno.PointerValue): AttributeTarget {
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
    TypeList: c.TFE_OpSetAttrTypeList,
    Shape: (op, name, lengths, rank) => c.TFE_OpSetAttrShape(op, name, lengths, rank, status),
    ShapeList: (op, name, shapes, ranks, count) =>
      c.TFE_OpSetAttrShapeList(op, name, shapes, ranks, count, status),
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

/**
 * Sets one attribute.
 *
 * @throws {TypeError} When the value is missing, or of a kind that is not known
 */
export function setAttribute(
  target: AttributeTarget,
  op: Deno.PointerValue,
  { name, type, value }: Attribute,
): void {
  const key = cachedCString(name);
  if (value === undefined) {
    throw new TypeError(`Cannot set attribute "${name}": its value is undefined`);
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value) && !(value instanceof Uint8Array)) {
    const list = Array.from(value as ArrayLike<unknown>);
    if (type !== AttributeType.shape) return setList(target, op, { name, type, value: list });
    if (list.some((element) => Array.isArray(element))) {
      return setShapeList(target, op, key, list as (number[] | null)[]);
    }
  }
  switch (type) {
    case AttributeType.string: {
      const bytes = value instanceof Uint8Array
        ? value as Uint8Array<ArrayBuffer>
        : cString(String(value)).subarray(0, -1);
      return target.String(op, key, bytes, BigInt(bytes.length));
    }
    case AttributeType.int:
      return target.Int(op, key, BigInt(value as number));
    case AttributeType.float:
      return target.Float(op, key, Number(value));
    case AttributeType.bool:
      return target.Bool(op, key, value ? 1 : 0);
    case AttributeType.type:
      return target.Type(op, key, value as number);
    case AttributeType.shape: {
      const lengths = shapeLengths(value as number[] | null);
      return target.Shape(op, key, lengths, value === null ? -1 : lengths.length);
    }
    case AttributeType.func: {
      const bytes = cString(String(value)).subarray(0, -1);
      return target.Func(op, key, bytes, BigInt(bytes.length));
    }
    default:
      throw new TypeError(
        `Cannot set attribute "${name}": its type must be one of ${
          Object.values(AttributeType)
        }, found ${type}`,
      );
  }
}

function setList(
  target: AttributeTarget,
  op: Deno.PointerValue,
  { name, type, value }: { name: string; type: number; value: unknown[] },
): void {
  const key = cachedCString(name);
  switch (type) {
    case AttributeType.string: {
      const texts = value.map((text) => cString(String(text)).subarray(0, -1));
      const lengths = BigUint64Array.from(texts, (text) => BigInt(text.length));
      return target.StringList(op, key, pointerArray(texts), lengths, texts.length);
    }
    case AttributeType.int:
      return target.IntList(
        op,
        key,
        BigInt64Array.from(value as number[], BigInt),
        value.length,
      );
    case AttributeType.float:
      return target.FloatList(op, key, Float32Array.from(value as number[]), value.length);
    case AttributeType.bool:
      return target.BoolList(op, key, Uint8Array.from(value, Number), value.length);
    case AttributeType.type:
      return target.TypeList(op, key, Int32Array.from(value as number[]), value.length);
    default:
      throw new TypeError(`Cannot set attribute "${name}": a list of type ${type} is not known`);
  }
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
