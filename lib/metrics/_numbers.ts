/** One number a sample: an array, plain or typed, or a column of a polars table. */
export type Numbers = ArrayLike<number> | NumberColumn;

/** What a polars Series offers; named so that metrics need no polars. */
export type NumberColumn = {
  toArray(): ArrayLike<number | bigint | null>;
};

/** The numbers in memory; integers of 64 bits become numbers, a missing value stays null. */
export function plain(numbers: Numbers): ArrayLike<number> {
  if (!("toArray" in numbers) || typeof numbers.toArray !== "function") {
    return numbers as ArrayLike<number>;
  }
  const values = numbers.toArray();
  return Array.from(values, (value) => typeof value === "bigint" ? Number(value) : value as number);
}

/** Two columns of numbers in memory; throws unless they are as long, long enough and finite. */
export function checkNumbers<Name extends string>(
  metric: string,
  columns: Record<Name, Numbers>,
  { least = 1 }: { least?: number } = {},
): Record<Name, ArrayLike<number>> {
  const names = Object.keys(columns) as Name[];
  const arrays = Object.fromEntries(
    names.map((name) => [name, plain(columns[name])]),
  ) as Record<Name, ArrayLike<number>>;
  const { length } = arrays[names[0]];
  for (const name of names) {
    if (arrays[name].length === length) continue;
    throw new TypeError(
      `Cannot compute ${metric}: ${names[0]} has ${length} samples, ${name} ${arrays[name].length}`,
    );
  }
  if (length < least) {
    const found = length === 0
      ? "there are no samples"
      : `there is ${length} sample, at least ${least} are wanted`;
    throw new RangeError(`Cannot compute ${metric}: ${found}`);
  }
  for (const name of names) {
    for (let i = 0; i < length; i++) {
      if (Number.isFinite(arrays[name][i])) continue;
      throw new RangeError(
        `Cannot compute ${metric}: ${name}[${i}] is ${arrays[name][i]}, wanted a finite number`,
      );
    }
  }
  return arrays;
}
