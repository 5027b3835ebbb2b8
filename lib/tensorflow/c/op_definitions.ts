/**
 * What an op takes, read from TensorFlow's own definition: which of its inputs are lists.
 *
 * @module
 */

import { cString } from "./cstring.ts";
import { runtime } from "./runtime.ts";

/**
 * One input of an op. `type` names the attribute that holds its type; `count` or `types` name the
 * one that holds the length of a list.
 */
export type InputDefinition = { name: string; type?: string; count?: string; types?: string };

const known = new Map<string, InputDefinition[]>();

/**
 * The inputs of an op, in order.
 *
 * @param graph Any `TF_Graph*`
 * @throws {TensorFlowError} When there is no such op
 */
export function inputDefinitions(graph: Deno.PointerValue, op: string): InputDefinition[] {
  let inputs = known.get(op);
  if (inputs === undefined) known.set(op, inputs = readDefinition(graph, op));
  return inputs;
}

function readDefinition(graph: Deno.PointerValue, op: string): InputDefinition[] {
  const { c, status } = runtime();
  const buffer = c.TF_NewBuffer();
  c.TF_GraphGetOpDef(graph, cString(op), buffer, status.pointer);
  status.check(() => `Cannot find op "${op}"`);
  const bytes = readBuffer(buffer);
  c.TF_DeleteBuffer(buffer);
  // message OpDef { repeated ArgDef input_arg = 2; }
  // message ArgDef {
  //   string name = 1; string type_attr = 4; string number_attr = 5; string type_list_attr = 6;
  // }
  return fields(bytes).filter((field) => field.number === 2).map((argument) => {
    const text = new Map(fields(argument.bytes).map((f) => [f.number, f.bytes]));
    const read = (number: number) =>
      text.has(number) ? new TextDecoder().decode(text.get(number)) : undefined;
    return { name: read(1) ?? "", type: read(4), count: read(5), types: read(6) };
  });
}

/** A copy of what a `TF_Buffer` (address, length, …) holds. */
export function readBuffer(buffer: Deno.PointerValue): Uint8Array<ArrayBuffer> {
  const view = new Deno.UnsafePointerView(buffer!);
  const length = Number(view.getBigUint64(8));
  if (length === 0) return new Uint8Array(0);
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(view.getPointer(0)!, length)).slice();
}

/** The fields of a protocol buffer message; `bytes` is empty for those that hold a number. */
function fields(message: Uint8Array): { number: number; bytes: Uint8Array }[] {
  const found = [];
  let at = 0;
  while (at < message.length) {
    const tag = varint();
    const wireType = tag & 7;
    let bytes = new Uint8Array(0);
    if (wireType === 2) {
      const length = varint();
      bytes = message.slice(at, at + length);
      at += length;
    } else if (wireType === 0) varint();
    else at += wireType === 1 ? 8 : 4;
    found.push({ number: tag >>> 3, bytes });
  }
  return found;

  function varint(): number {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = message[at++]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
}
