/**
 * A k-d tree of directions on the sky: points on the unit sphere in three dimensions, where neither
 * the poles nor right ascension 0 are special.
 *
 * @module
 */

/** Points of the tree's leaves; fewer make a deeper tree, more a longer scan. */
const LEAF = 8;

/** An index of directions; of equal ones it knows the first, however many there are. */
export class SkyIndex {
  /** x, y, z of each point in the tree's order. */
  readonly #points: Float64Array;
  /** The row of each point in the tree's order. */
  readonly #rows: Int32Array;

  /** @param directions x, y, z of each row, of length 1 */
  constructor(directions: Float64Array) {
    const first = firstOfEqual(directions);
    this.#rows = Int32Array.from(first.keys()).filter((row) => first[row] === row);
    sortTree(directions, this.#rows, { start: 0, end: this.#rows.length, axis: 0 });
    this.#points = new Float64Array(3 * this.#rows.length);
    this.#rows.forEach((row, place) => {
      this.#points.set(directions.subarray(3 * row, 3 * row + 3), 3 * place);
    });
  }

  /**
   * Calls `visit` with the row of each point that may lie within a distance of (x, y, z), and the
   * square of its distance. `visit` returns the square of the distance that still matters.
   */
  search(
    [x, y, z]: readonly [number, number, number],
    limit: number,
    visit: (row: number, square: number) => number,
  ): void {
    const points = this.#points;
    const rows = this.#rows;
    const at = [x, y, z];
    function descend(start: number, end: number, axis: number): void {
      if (end - start <= LEAF) {
        for (let place = start; place < end; place++) look(place);
        return;
      }
      const middle = (start + end) >> 1;
      const beyond = at[axis] - points[3 * middle + axis];
      const next = axis === 2 ? 0 : axis + 1;
      if (beyond < 0) {
        descend(start, middle, next);
        if (beyond * beyond <= limit) {
          look(middle);
          descend(middle + 1, end, next);
        }
      } else {
        descend(middle + 1, end, next);
        if (beyond * beyond <= limit) {
          look(middle);
          descend(start, middle, next);
        }
      }
    }
    function look(place: number): void {
      const dx = points[3 * place] - x;
      const dy = points[3 * place + 1] - y;
      const dz = points[3 * place + 2] - z;
      const square = dx * dx + dy * dy + dz * dz;
      if (square <= limit) limit = visit(rows[place], square);
    }
    descend(0, rows.length, 0);
  }
}

/** For each row the first one with the same direction: a hash table of the rows. */
export function firstOfEqual(directions: Float64Array): Int32Array {
  const count = directions.length / 3;
  const words = new Int32Array(directions.slice().map((value) => value + 0).buffer); // No -0
  const places = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 1))).fill(-1);
  const first = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    let hash = 0;
    for (let word = 6 * row; word < 6 * row + 6; word++) {
      hash = Math.imul(hash ^ words[word], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    let place = hash & (places.length - 1);
    while (places[place] >= 0 && !isEqual(directions, row, places[place])) {
      place = (place + 1) & (places.length - 1);
    }
    if (places[place] < 0) places[place] = row;
    first[row] = places[place];
  }
  return first;
}

function isEqual(directions: Float64Array, a: number, b: number): boolean {
  return directions[3 * a] === directions[3 * b] &&
    directions[3 * a + 1] === directions[3 * b + 1] &&
    directions[3 * a + 2] === directions[3 * b + 2];
}

/** Directions of length 1 from right ascension and declination in degrees: x, y, z of each. */
export function directions(ra: ArrayLike<number>, dec: ArrayLike<number>): Float64Array {
  const result = new Float64Array(3 * ra.length);
  for (let row = 0; row < ra.length; row++) {
    const alpha = ra[row] * Math.PI / 180;
    const delta = dec[row] * Math.PI / 180;
    const cos = Math.cos(delta);
    result[3 * row] = cos * Math.cos(alpha);
    result[3 * row + 1] = cos * Math.sin(alpha);
    result[3 * row + 2] = Math.sin(delta);
  }
  return result;
}

/** Puts the rows of each branch so that the middle one divides it along one axis in turn. */
function sortTree(
  points: Float64Array,
  rows: Int32Array,
  { start, end, axis }: { start: number; end: number; axis: number },
): void {
  if (end - start <= LEAF) return;
  const middle = (start + end) >> 1;
  divide(points, rows, { left: start, right: end - 1, middle, axis });
  const next = axis === 2 ? 0 : axis + 1;
  sortTree(points, rows, { start, end: middle, axis: next });
  sortTree(points, rows, { start: middle + 1, end, axis: next });
}

/** Hoare's selection: smaller values left of the middle, larger ones right of it. */
function divide(
  points: Float64Array,
  rows: Int32Array,
  { left, right, middle, axis }: { left: number; right: number; middle: number; axis: number },
): void {
  while (left < right) {
    const pivot = points[3 * rows[(left + right) >> 1] + axis];
    let [i, j] = [left, right];
    while (i <= j) {
      while (points[3 * rows[i] + axis] < pivot) i++;
      while (points[3 * rows[j] + axis] > pivot) j--;
      if (i <= j) {
        const row = rows[i];
        rows[i++] = rows[j];
        rows[j--] = row;
      }
    }
    if (j < middle) left = i;
    if (middle < i) right = j;
  }
}
