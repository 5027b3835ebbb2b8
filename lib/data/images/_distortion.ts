/**
 * What cameras do to the sky before it is flat: SIP polynomials of pixels, TPV polynomials of the
 * tangent plane.
 *
 * @module
 */

/** Two coordinates. */
export type Point = readonly [number, number];

/** From a point to where it is bent. */
export type Distortion = (point: Point) => Point;

/** Reads a number of a header; without a second argument it must be there. */
export type CardReader = (key: string, missing?: number) => number;

/**
 * SIP (Shupe et al. 2005, ASPC 347, 491): to a pixel's distance from the reference pixel, polynomials
 * A and B of it are added.
 */
export function sipDistortion(card: CardReader): Distortion {
  const [a, b] = ["A", "B"].map((axis) => {
    const order = card(`${axis}_ORDER`);
    if (!Number.isInteger(order) || order < 0 || order > 9) {
      throw new SyntaxError(
        `Cannot place an image on the sky: ${axis}_ORDER must be 0 to 9, ${order} found`,
      );
    }
    const terms: { p: number; q: number; factor: number }[] = [];
    for (let p = 0; p <= order; p++) {
      for (let q = 0; p + q <= order; q++) {
        const factor = card(`${axis}_${p}_${q}`, 0);
        if (factor !== 0) terms.push({ p, q, factor });
      }
    }
    // Astropy passes over an order of 1, others do not.
    if (order < 2 && terms.length > 0) {
      throw new SyntaxError(
        `Cannot place an image on the sky: terms of SIP want an order of 2 to 9, ` +
          `${axis}_ORDER = ${order} found; write the terms of order 1 into CD`,
      );
    }
    return ([u, v]: Point) =>
      terms.reduce((sum, { p, q, factor }) => sum + factor * u ** p * v ** q, 0);
  });
  return (point) => [point[0] + a!(point), point[1] + b!(point)];
}

/** Powers of x, y and r of a TPV polynomial's terms, in order. */
const TPV_TERMS: readonly (readonly [number, number, number])[] = Array.from(
  { length: 8 },
  (_, degree) => {
    const terms: [number, number, number][] = Array.from(
      { length: degree + 1 },
      (_, q) => [degree - q, q, 0],
    );
    if (degree % 2 === 1) terms.push([0, 0, degree]);
    return terms;
  },
).flat();

/**
 * TPV (the registry of FITS conventions): polynomials of the plane's coordinates in degrees, and of
 * their distance from the tangent point, take the place of these coordinates.
 */
export function tpvDistortion(card: CardReader): Distortion {
  const [east, north] = [1, 2].map((axis) => {
    const factors = TPV_TERMS.map((_, term) =>
      term === 1 ? card(`PV${axis}_1`) : card(`PV${axis}_${term}`, 0)
    );
    return ([x, y]: Point) => {
      const r = Math.hypot(x, y);
      return factors.reduce((sum, factor, term) => {
        const [p, q, s] = TPV_TERMS[term]!;
        return factor === 0 ? sum : sum + factor * x ** p * y ** q * r ** s;
      }, 0);
    };
  });
  return ([x, y]) => [east!([x, y]), north!([y, x])];
}

/**
 * The point that a distortion brings to `wanted`, by Newton's method from there on; undefined where
 * it does not converge.
 */
export function undistorted(distort: Distortion, wanted: Point): Point | undefined {
  const STEP = 1e-4;
  let [u, v] = wanted;
  for (let round = 0; round < 50; round++) {
    const here = distort([u, v]);
    const [right, above] = [distort([u + STEP, v]), distort([u, v + STEP])];
    const [a, c] = [(right[0] - here[0]) / STEP, (right[1] - here[1]) / STEP];
    const [b, d] = [(above[0] - here[0]) / STEP, (above[1] - here[1]) / STEP];
    const [du, dv] = [wanted[0] - here[0], wanted[1] - here[1]];
    const determinant = a * d - b * c;
    const [su, sv] = [(d * du - b * dv) / determinant, (a * dv - c * du) / determinant];
    [u, v] = [u + su, v + sv];
    if (!Number.isFinite(u + v)) return undefined;
    if (Math.hypot(su, sv) <= 1e-11 * (1 + Math.hypot(u, v))) return [u, v];
  }
  return undefined;
}
