/**
 * Examples that can be read by position: images, features, latents, rows of a table.
 *
 * @module
 */

/** Some examples of a source, together. Row i of everything in it belongs to `indices[i]`. */
export type Batched = {
  /** Positions in the source. */
  indices: Int32Array;
};

/**
 * Examples that can be read by position, whatever they are and wherever they lie.
 *
 * `B` is what a batch of them holds.
 */
export type Source<B extends Batched = Batched> = {
  /** How many there are. */
  readonly length: number;
  /** Their names, each different. */
  readonly ids: readonly string[];
  /** All its numbers, where they are in memory: they tell it from others. */
  readonly fields?: Fields;
  /** Reads some. What cannot be had may be left out: the batch's own `indices` say what came. */
  read(indices: Int32Array): B | Promise<B>;
  /**
   * Tells where they lie which ones come next. For sources whose `read` then takes no time: it is
   * called when a batch is wanted, that of others beforehand.
   */
  readAhead?(indices: Int32Array): void;
};

/** Numbers by name: each field holds as many values for every example. */
export type Fields = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>;

const KINDS = [Float32Array, Int32Array, Uint8Array];

/** A batch of a {@linkcode memorySource}: the fields' values of some examples, row by row. */
export type FieldBatch<F extends Fields> = Batched & { [Name in keyof F]: F[Name] };

/**
 * Examples whose numbers are in memory.
 *
 * @param fields n x k values each, row by row
 * @param options `ids`: names of the examples, or `length`: how many there are
 * @throws {RangeError} When a field's values are not the same number for every example, an id occurs
 * twice, or there are no fields or no examples
 * @throws {TypeError} When a field is of another type
 *
 * @example
 * ```ts
 * import { memorySource } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * const source = memorySource({
 *   colours: Float32Array.of(0.8, 0.4, 0.6, 0.3, 0.9, 0.5),
 *   smooth: Float32Array.of(0.9, 0.2, 0.7),
 * }, { ids: ["a", "b", "c"] });
 * const { colours, smooth } = await source.read(Int32Array.of(2, 0));
 * assert.deepEqual([...colours], [0.9, 0.5, 0.8, 0.4].map(Math.fround));
 * assert.deepEqual([...smooth], [0.7, 0.9].map(Math.fround));
 * ```
 */
export function memorySource<F extends Fields>(
  fields: F,
  options: { ids: readonly string[] } | { length: number },
): Source<FieldBatch<F>> {
  const length = "ids" in options ? options.ids.length : options.length;
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(
      `Cannot make a source: the number of examples must be a whole one from 1, found ${length}`,
    );
  }
  if ("ids" in options) assertDifferent(options.ids, { what: "a source" });
  checkFields(fields, length);
  const ids = "ids" in options ? options.ids : Array.from({ length }, (_, index) => `${index}`);
  return { length, ids, fields, read: (indices) => takeRows(fields, { indices, length }) };
}

/**
 * Refuses what is no list of positions in a source: a place past its end would give noughts.
 *
 * @param options `what` cannot be done, and `name` of the positions, for the message
 * @throws {TypeError} When it is no list
 * @throws {RangeError} Naming the first position that the source has not
 *
 * @example
 * ```ts
 * import { assertPositions } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assertPositions([0, 2], { length: 3 });
 * assert.throws(() => assertPositions([0, 3], { length: 3 }), {
 *   message: "Cannot read examples: indices[1] is 3, and there are 3 examples, counted from 0",
 * });
 * ```
 */
export function assertPositions(
  indices: ArrayLike<number>,
  { length, what = "read examples", name = "indices" }: {
    length: number;
    what?: string;
    name?: string;
  },
): void {
  if (!Array.isArray(indices) && !ArrayBuffer.isView(indices)) {
    throw new TypeError(
      `Cannot ${what}: ${name} must be a list of positions, such as Int32Array.of(0, 1), found ${typeof indices} ${indices}`,
    );
  }
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at]!;
    if (Number.isInteger(index) && index >= 0 && index < length) continue;
    throw new RangeError(
      `Cannot ${what}: ${name}[${at}] is ${index}, and there are ${length} examples, counted from 0`,
    );
  }
}

/** The values of some examples, of all that there are. */
export function takeRows<F extends Fields>(
  fields: F,
  { indices, length }: Batched & { length: number },
): FieldBatch<F> {
  assertPositions(indices, { length });
  const rows = Object.entries(fields).map(([name, values]) => {
    const width = values.length / length;
    // By name, since a Buffer is a Uint8Array, too
    const Kind = KINDS.find((kind) => values instanceof kind)!;
    const taken = new Kind(indices.length * width);
    indices.forEach((index, row) =>
      taken.set(values.subarray(index * width, (index + 1) * width), row * width)
    );
    return [name, taken];
  });
  return { indices, ...Object.fromEntries(rows) };
}

/** @throws {RangeError} When a name occurs twice */
export function assertDifferent(ids: readonly string[], { what }: { what: string }): void {
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.size === seen.add(id).size);
  if (twice === undefined) return;
  throw new RangeError(`Cannot make ${what}: the id "${twice}" occurs more than once`);
}

function checkFields(fields: Fields, length: number): void {
  const given = Object.entries(fields);
  if (given.length === 0) throw new RangeError("Cannot make a source: there are no fields");
  for (const [name, values] of given) {
    if (name === "indices") {
      throw new RangeError(
        'Cannot make a source: no field may be called "indices", since batches hold their positions there',
      );
    }
    if (!KINDS.some((kind) => values instanceof kind)) {
      const found = (values as unknown)?.constructor?.name ?? String(values);
      throw new TypeError(
        `Cannot make a source: "${name}" must be a Float32Array, Int32Array or Uint8Array, found ${found}; convert it, such as by Float32Array.from`,
      );
    }
    if (values.length % length === 0 && values.length > 0) continue;
    throw new RangeError(
      `Cannot make a source of ${length} examples: "${name}" has ${values.length} values, wanted a multiple of ${length}`,
    );
  }
}
