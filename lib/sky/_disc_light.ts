/**
 * The light of a disc and of everything in its plane, at a point of the sky.
 *
 * @module
 */

import type { Prng } from "../prng.ts";
import type { Structure } from "./galaxy.ts";
import { discAxisRatio } from "./petrosian.ts";
import { discTable, type ProfileTable } from "./sersic.ts";
import { angleOf, bell, expOf } from "./_tables.ts";
import { smoothStep, Texture } from "./_texture.ts";

const RADIANS = Math.PI / 180;

/** The profile of an arm over the angle, and of the dust at its inner edge. */
const armProfile = bell(1.8);
const laneProfile = bell(6);

/** How far the bar of an irregular is off its middle, in scale lengths. */
const OFF_MIDDLE = 0.35;

/** One over the mean of an arm's profile over a circle: e^1.8 / I0(1.8). */
const MEAN_ARM = 3.0407;

/**
 * Surface brightness of a disc with its arms, bar, rings and lens, in galaxy fluxes per arcsec^2. One
 * call of {@linkcode at} sets the fields; no object is made per pixel.
 *
 * Up to 75 degrees of inclination the disc is thin: a point of the sky is a point of the plane, on
 * ellipses with the axis ratio of a disc of finite thickness. Towards the edge seven tenths of it turn
 * into the self-gravitating disc of van der Kruit and Searle (1981, A&A 95, 105): sech^2 across, R K1(R) along.
 */
export class DiscLight {
  /** Light of old stars in the bar and lens. */
  inner = 0;
  /** Light of the smooth disc. */
  disc = 0;
  /** Light of young stars in arms and rings. */
  young = 0;
  /** Optical depth in r of the dust lanes along the arms. */
  armDust = 0;
  /** Distance from the centre in the plane, in scale lengths. */
  radius = 0;

  readonly #structure: Structure;
  readonly #profile: ProfileTable;
  readonly #scale: number;
  readonly #axisRatio: number;
  readonly #share: number;
  readonly #edge: number;
  readonly #height: number;
  readonly #edgeNorm: number;
  readonly #coarse: Texture;
  readonly #fine: Texture;
  /** Where a lopsided disc is shifted to: cosine and sine. */
  readonly #shifted: [number, number];
  /** Angle between arm and circle, sign by handedness, as the winding per factor e of radius. */
  readonly #winding: number;
  /** Cosine and sine of the bar's angle. */
  readonly #barTurn: [number, number];
  readonly #lopsided: [along: number, across: number];

  /**
   * @param share Share of the galaxy's light in the disc and its arms, without bar, rings and lens
   */
  constructor(
    random: Prng,
    { structure, share }: { structure: Structure; share: number },
  ) {
    const disc = structure.disc!;
    this.#structure = structure;
    this.#share = share;
    this.#profile = discTable(disc.truncation);
    this.#scale = disc.scaleLength;
    this.#axisRatio = discAxisRatio(disc);
    this.#edge = 0.7 * (1 - smoothStep(Math.cos(disc.inclination * RADIANS), 0.08, 0.24));
    // sech^2 of this height falls off outside as fast as an exponential of half of it.
    this.#height = 1.3 * disc.thickness * disc.scaleLength;
    this.#edgeNorm = 1 / (2 * this.#height * this.#scale * edgeFlux(disc.truncation));
    this.#coarse = new Texture(random, { columns: 8 });
    this.#fine = new Texture(random, { columns: 32 });
    const angle = random.uniform(0, 2 * Math.PI);
    this.#shifted = [Math.cos(angle), Math.sin(angle)];
    this.#lopsided = [0.16 * random.normal(), 0.16 * random.normal()];
    const { arms, bar } = structure;
    this.#winding = arms ? arms.handedness / Math.tan(arms.pitch * RADIANS) : 0;
    const turn = (bar?.angle ?? 0) * RADIANS;
    this.#barTurn = [Math.cos(turn), Math.sin(turn)];
  }

  /** Sets the fields to what is seen at `u` along and `v` across the major axis, in arcsec. */
  at(u: number, v: number): void {
    const { arms, bar, rings, lens, disturbance, class: galaxyClass } = this.#structure;
    const scale = this.#scale;
    const ratio = this.#axisRatio;
    this.inner =
      this.disc =
      this.young =
      this.armDust =
        0;
    // A disturbed disc is warped, and lopsided: shifted the more the farther out.
    const bent = v + disturbance * 0.12 * u * Math.abs(u) / (3 * scale);
    let x = u;
    let y = bent / ratio;
    if (disturbance > 0) {
      const shift = 0.3 * disturbance * Math.min(4, (x * x + y * y) / (2 * scale * scale)) * scale;
      x += shift * this.#shifted[0] * 0.7;
      y += shift * this.#shifted[1] * 0.7;
    }
    const distance = Math.sqrt(x * x + y * y);
    const r = this.radius = distance / scale;
    const { table, outer } = this.#profile;
    if (r < outer) {
      const level = this.#share / (scale * scale * ratio) *
        table[(Math.sqrt(r / outer) * (table.length - 1) + 0.5) | 0];
      // No disc is even: one side outshines the other (Rix and Zaritsky 1995, ApJ 447, 82).
      const tilt = 1 + (this.#lopsided[0] * x + this.#lopsided[1] * y) / (scale * Math.max(1, r));
      const thin = (1 - this.#edge) * level * Math.max(0.2, tilt);
      if (arms && thin > 0) this.#addArms(thin, x, y);
      else if (galaxyClass === "irregular") this.#addPatches(thin, x, y);
      else this.disc = thin;
    }
    if (this.#edge > 0) this.disc += this.#edge * this.#share * this.#edgeOn(u, bent);
    if (bar) this.inner += this.#barLight(x, y);
    if (lens && distance < 1.1 * lens.radius) {
      this.inner += lens.strength * 1.15 * (1 - smoothStep(distance / lens.radius, 0.75, 1.1)) /
        (Math.PI * lens.radius * lens.radius * ratio);
    }
    for (const ring of rings) {
      // The ring that a collision leaves has its galaxy off the middle.
      const from = ring.kind === "collisional" ? Math.hypot(x + 0.35 * ring.radius, y) : distance;
      const t = (from - ring.radius) / ring.width;
      if (t > -4 && t < 4) {
        const light = ring.strength * Math.exp(-0.5 * t * t) /
          (15.75 * ring.radius * ring.width * ratio); // (2 pi)^1.5
        if (galaxyClass === "lenticular") this.disc += light;
        else this.young += light;
      }
    }
  }

  /** The disc's light, part of it gathered into arms; the sum over a circle stays. */
  #addArms(level: number, x: number, y: number): void {
    const { arms, bar } = this.#structure;
    const { count, flocculent, phase, strength } = arms!;
    const start = bar ? bar.length / this.#scale : 0.55;
    const r = this.radius;
    const share = 0.85 * strength * smoothStep(r, 0.45 * start, 1.15 * start) *
      (1 - 0.4 * smoothStep(r, 2, 4));
    if (share < 0.005) {
      this.disc = level;
      return;
    }
    const logR = Math.log(r + 1e-3);
    const turned = angleOf(y, x) - this.#winding * logR - phase * RADIANS;
    let arm: number;
    if (flocculent) {
      // Noise that is long along the spiral and short across it.
      const across = turned / (2 * Math.PI);
      const n = this.#fine.at(across * 32, logR * 2.2 + 20) +
        0.6 * this.#coarse.at(across * 8, logR * 1.2 + 5);
      arm = expOf(1.25 * n - 0.53);
    } else {
      const wobble = 0.55 * this.#coarse.at(turned / (2 * Math.PI) * 8, logR * 1.5 + 9);
      const clumps = this.#fine.at(turned / (2 * Math.PI) * 32, logR * 4 + 20);
      const angle = count * turned + wobble;
      arm = armProfile(angle) * MEAN_ARM * expOf(0.55 * clumps - 0.075);
      const lane = laneProfile(angle + 0.75);
      this.armDust = 0.45 * share * lane;
    }
    this.disc = level * (1 - share);
    this.young = level * share * arm;
  }

  /**
   * An irregular: old light, evenly spread, with a bar off its middle, as the Magellanic Clouds have
   * (de Vaucouleurs and Freeman 1972, Vistas Astron. 14, 163), and patches of young stars.
   */
  #addPatches(level: number, x: number, y: number): void {
    const scale = this.#scale;
    const [cos, sin] = this.#shifted;
    const n = this.#coarse.at(x / scale * 1.1 + 4, y / scale * 1.1 + 4) +
      0.6 * this.#fine.at(x / scale * 2.7 + 9, y / scale * 2.7 + 9);
    const along = (x * cos + y * sin) / scale - OFF_MIDDLE;
    const across = (y * cos - x * sin) / (0.4 * scale);
    const inside = 1 - along * along - across * across;
    const bar = inside > 0 ? inside * inside * 3 / (Math.PI * 0.4) : 0;
    this.disc = 0.6 * level +
      0.15 * (1 - this.#edge) * this.#share * bar / (scale * scale * this.#axisRatio);
    this.young = 0.25 * level * expOf(1.2 * n - 0.49);
  }

  /** The bar: (1 - m^2)^2 inside the ellipse m = 1 (Ferrers 1877). */
  #barLight(x: number, y: number): number {
    const { length, axisRatio, strength } = this.#structure.bar!;
    const [cos, sin] = this.#barTurn;
    const along = (x * cos + y * sin) / length;
    const across = (y * cos - x * sin) / (length * axisRatio);
    const inside = 1 - along * along - across * across;
    if (inside <= 0) return 0;
    return strength * inside * inside * 3 /
      (Math.PI * length * length * axisRatio * this.#axisRatio);
  }

  #edgeOn(u: number, v: number): number {
    const along = Math.abs(u) / this.#scale;
    const { outer } = this.#profile;
    if (along >= outer) return 0;
    const across = Math.exp(-Math.abs(v) / this.#height);
    const sech = 2 * across / (1 + across * across);
    const tilt = 1 + this.#lopsided[0] * Math.sign(u) * Math.min(1, along);
    return Math.max(0.2, tilt) * this.#edgeNorm * edgeProfile(along) *
      (1 - smoothStep(along, 0.7 * outer, outer)) *
      sech * sech;
  }
}

let edgeTable: Float64Array | undefined;

/** t K1(t), from the integral K1(t) = int_0^inf exp(-t cosh s) cosh s ds. */
function makeEdgeTable(): Float64Array {
  return Float64Array.from({ length: 161 }, (_, k) => {
    const t = k / 20;
    if (k === 0) return 1;
    let sum = 0;
    for (let s = 0; s < 12; s += 0.01) {
      sum += 0.01 * Math.exp(-t * Math.cosh(s + 0.005)) * Math.cosh(s + 0.005);
    }
    return t * sum;
  });
}

function edgeProfile(t: number): number {
  edgeTable ??= makeEdgeTable(); // not with the module: it takes as long as many modules
  const k = Math.min(159, Math.floor(20 * t));
  return edgeTable[k] + (20 * t - k) * (edgeTable[k + 1] - edgeTable[k]);
}

/** Integral along the major axis, both sides, in scale lengths, up to where the disc ends. */
function edgeFlux(truncation: number): number {
  let sum = 0;
  for (let t = 0.025; t < truncation; t += 0.05) {
    sum += 0.1 * edgeProfile(t) * (1 - smoothStep(t, 0.7 * truncation, truncation));
  }
  return sum;
}
