/**
 * As much of JSON Schema as Vega-Lite's schema uses, read as it goes: compilers of JSON Schema need
 * many seconds for its 1.7 MB.
 */

type Schema = { [keyword: string]: unknown };

const known = new Set([
  ...["$ref", "anyOf", "type", "const", "enum", "properties", "required", "additionalProperties"],
  ...["items", "minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength"],
  ...["minProperties", "description", "format", "definitions", "$schema"],
]);

/** The first place where a value breaks its schema, or undefined. */
export function schemaError(value: unknown, schema: Schema): string | undefined {
  return check(value, schema, { root: schema, place: "" });
}

function check(
  value: unknown,
  schema: Schema,
  { root, place }: { root: Schema; place: string },
): string | undefined {
  const strange = Object.keys(schema).find((keyword) => !known.has(keyword));
  if (strange) throw new Error(`Cannot check a schema: keyword "${strange}" is not known`);
  if (schema.$ref) {
    const name = decodeURIComponent(String(schema.$ref).replace("#/definitions/", ""));
    return check(value, (root.definitions as Record<string, Schema>)[name], { root, place });
  }
  if (schema.anyOf) {
    const errors = (schema.anyOf as Schema[]).map((one) => check(value, one, { root, place }));
    if (errors.includes(undefined)) return undefined;
    // The error deepest inside is the one of the alternative that was meant.
    return errors.reduce((a, b) => depth(b!) > depth(a!) ? b : a);
  }
  if ("const" in schema && value !== schema.const) return `${place} is not ${schema.const}`;
  if (schema.enum && !(schema.enum as unknown[]).includes(value)) {
    return `${place} is none of ${schema.enum}: ${value}`;
  }
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (schema.type && ![schema.type].flat().includes(type)) return `${place} is of type ${type}`;
  if (typeof value === "number" && outside(value, schema.minimum, schema.maximum)) {
    return `${place} is out of range: ${value}`;
  }
  if (typeof value === "string" && outside(value.length, schema.minLength, schema.maxLength)) {
    return `${place} is too long or too short: ${value}`;
  }
  if (Array.isArray(value)) {
    if (outside(value.length, schema.minItems, schema.maxItems)) {
      return `${place} has ${value.length} items`;
    }
    return firstError(
      value,
      (item, i) =>
        schema.items && check(item, schema.items as Schema, { root, place: `${place}/${i}` }),
    );
  }
  if (type !== "object") return undefined;
  const object = value as Record<string, unknown>;
  if (outside(Object.keys(object).length, schema.minProperties, undefined)) {
    return `${place}: empty`;
  }
  const missing = (schema.required as string[] ?? []).find((name) => !(name in object));
  if (missing) return `${place}/${missing} is missing`;
  return firstError(Object.keys(object), (name) => {
    const inside = { root, place: `${place}/${name}` };
    const own = (schema.properties as Record<string, Schema>)?.[name];
    if (own) return check(object[name], own, inside);
    if (schema.additionalProperties === false) return `${place}/${name} is not known`;
    if (typeof schema.additionalProperties !== "object") return undefined;
    return check(object[name], schema.additionalProperties as Schema, inside);
  });
}

function firstError<T>(
  values: T[],
  errorOf: (value: T, index: number) => unknown,
): string | undefined {
  for (const [i, value] of values.entries()) {
    const error = errorOf(value, i);
    if (typeof error === "string") return error;
  }
}

function outside(value: number, low: unknown, high: unknown): boolean {
  return value < Number(low ?? -Infinity) || value > Number(high ?? Infinity);
}

function depth(error: string): number {
  return error.split("/").length;
}
