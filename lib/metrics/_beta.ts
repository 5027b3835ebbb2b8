/**
 * The beta distribution: what one fraction of a Dirichlet distribution is drawn from.
 *
 * @module
 */

/**
 * The logarithm of the gamma function of a positive number, to about 15 digits. Source: Lanczos 1964,
 * SIAM Journal on Numerical Analysis B 1, 86, with the coefficients of Godfrey for g = 7.
 */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

// deno-fmt-ignore
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/**
 * The probability that a number from Beta(a, b) is at most x, by the continued fraction of Press et al.
 * 2007, "Numerical recipes", section 6.4.
 */
// deno-lint-ignore galaxykit/few-arguments -- as everywhere
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  // The fraction converges fast below the mean
  return x < (a + 1) / (a + b + 2)
    ? front * betaFraction(x, a, b) / a
    : 1 - front * betaFraction(1 - x, b, a) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const atLeast = (value: number) => Math.abs(value) < 1e-300 ? 1e-300 : value;
  let [c, d] = [1, 1 / atLeast(1 - (a + b) * x / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 100_000; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 / atLeast(1 + term * d);
      c = atLeast(1 + term / c);
      step = d * c;
      fraction *= step;
    }
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return fraction;
}

/** The x below which a share of the numbers from Beta(a, b) lie, to about 1e-14. */
// deno-lint-ignore galaxykit/few-arguments -- as everywhere
export function betaQuantile(share: number, a: number, b: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  let [low, high, x] = [0, 1, a / (a + b)];
  for (let step = 0; step < 200 && high - low > 1e-15; step++) {
    const off = betaCdf(x, a, b) - share;
    if (off > 0) high = x;
    else low = x;
    const density = Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta);
    const next = x - off / density; // Newton's, where it stays between the ends
    const middle = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(middle - x) <= 1e-15 * x) return middle;
    x = middle;
  }
  return x;
}

/** The t that a share of the numbers from Student's distribution do not exceed, in size. */
export function studentQuantile(share: number, freedom: number): number {
  const x = betaQuantile(1 - share, freedom / 2, 0.5);
  return Math.sqrt(freedom * (1 - x) / x);
}
