/**
 * Three bands before they become a colour image.
 *
 * @module
 */

/** Red, green and blue: n values each. */
export type Bands = readonly [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>];

/**
 * Checks three bands.
 *
 * @throws {TypeError} When they differ in length
 * @throws {RangeError} When one has no finite value
 */
export function checkBands([red, green, blue]: Bands): void {
  if (red.length !== green.length || red.length !== blue.length) {
    throw new TypeError(
      "Cannot compose a colour image: bands of one length are wanted, " +
        `${red.length}, ${green.length} and ${blue.length} values found`,
    );
  }
  if (red.length === 0) return;
  for (const [name, band] of Object.entries({ red, green, blue })) {
    if (Array.prototype.some.call(band, Number.isFinite)) continue;
    throw new RangeError(
      `Cannot compose a colour image: a finite value is wanted in each band, none found in ${name}`,
    );
  }
}

/**
 * Checks numbers that must be above 0.
 *
 * @throws {RangeError} When one is not
 */
export function checkAboveZero(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value > 0 && value < Infinity) continue;
    throw new RangeError(`Cannot compose a colour image: ${name} must be above 0, ${value} found`);
  }
}
