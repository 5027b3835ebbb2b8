/**
 * The truth about one simulated galaxy: everything that the renderer draws and the volunteers see.
 *
 * Angles on the sky are position angles in degrees, from north (up) through east (left). Positions
 * are in arcsec from the galaxy's centre, `x` to the right and `y` down, as in its picture. Sizes are
 * major-axis sizes in arcsec before the blur of the atmosphere, unless a field says otherwise.
 *
 * @module
 */

/** Classes of galaxies by their structure; a merger is a galaxy with a {@linkcode Companion}. */
export const galaxyClasses = ["elliptical", "lenticular", "spiral", "irregular"] as const;

/** A class of galaxies. */
export type GalaxyClass = typeof galaxyClasses[number];

/** The bands whose magnitudes a galaxy has: SDSS ugriz and UKIDSS YJHK, all on the AB system. */
export const bands = ["u", "g", "r", "i", "z", "Y", "J", "H", "K"] as const;

/** A band. */
export type Band = typeof bands[number];

/** One magnitude per band. Range about 10 to 25; the faintest are below every survey's noise. */
export type Magnitudes = Record<Band, number>;

/** The spheroid: a Sérsic profile (Sérsic 1968), all of an elliptical, the middle of a disc galaxy. */
export type Bulge = {
  /** Share of the galaxy's r-band light. Range [0, 1]; 1 in an elliptical, 0 in a pure disc. */
  fraction: number;
  /** Sérsic index. Range [0.7, 6]: 1 is a pseudo-bulge, 4 de Vaucouleurs' law. */
  sersicIndex: number;
  /** Half-light radius. */
  halfLightRadius: number;
  /** Minor over major axis as seen on the sky. Range [0.3, 1]. */
  axisRatio: number;
  /** 0 for elliptical isophotes, up to 1 for a box or peanut, as bars show from the edge. */
  boxiness: number;
};

/** The disc: exponential, truncated, of finite thickness. */
export type Disc = {
  /** Scale length of the exponential. */
  scaleLength: number;
  /** Angle between the disc's axis and the line of sight in degrees: 0 face-on, 90 edge-on. */
  inclination: number;
  /** Vertical over radial scale (q0). Range [0.1, 0.3]: thinner the later the type. */
  thickness: number;
  /** Radius in scale lengths where the disc ends, smoothly. Range [3, 6]. */
  truncation: number;
};

/** Logarithmic spiral arms. */
export type Arms = {
  /** Number of arms. Range 1 to 6; of a flocculent disc the number of its main segments' symmetry. */
  count: number;
  /** Whether the arms are short, many and broken rather than a grand design. */
  flocculent: boolean;
  /** Angle in degrees between an arm and a circle. Range [5, 40]: small is tightly wound. */
  pitch: number;
  /** Contrast of arm to disc. Range (0, 1]: below 0.15 hardly anyone sees arms. */
  strength: number;
  /** 1 when the arms, followed outwards, turn clockwise in the picture (like an S), -1 for a Z. */
  handedness: 1 | -1;
  /** Where the first arm starts, in degrees within the disc's plane. */
  phase: number;
};

/** A bar in the disc's plane. */
export type Bar = {
  /** Semi-major axis. */
  length: number;
  /** Width over length. Range [0.2, 0.5]. */
  axisRatio: number;
  /** Share of the galaxy's r-band light. Range (0, 0.35]; below 0.05 hardly anyone sees it. */
  strength: number;
  /** Angle in degrees within the disc's plane from the line of nodes. */
  angle: number;
};

/** A ring in the disc's plane. */
export type Ring = {
  /** Inner rings surround the bar or bulge, outer rings the disc; a collisional ring is off-centre. */
  kind: "inner" | "outer" | "collisional";
  /** Radius of its crest. */
  radius: number;
  /** Standard deviation of its radial profile. */
  width: number;
  /** Share of the galaxy's r-band light. Range (0, 0.4]. */
  strength: number;
};

/** Dust that shows as a lane. */
export type DustLane = {
  /** Optical depth in r at the lane's middle. Range (0, 3]: below 0.3 hardly anyone sees it. */
  opticalDepth: number;
  /** Standard deviation across the lane. */
  width: number;
  /** Half-length along the lane. */
  length: number;
  /** Offset of the lane from the centre. */
  offset: number;
  /** Position angle in degrees; the disc's own in an edge-on, any in an early type. */
  angle: number;
  /** How the lane lies (Kaviraj et al. 2012): along the major or minor axis, or askew. */
  orientation: "major" | "minor" | "skewed";
};

/** A tidal tail: a bent stream of stars. */
export type Tail = {
  /** Position angle in degrees at which it leaves the galaxy. */
  angle: number;
  /** How much farther from the galaxy's centre it ends than it begins. */
  length: number;
  /** Standard deviation across it. */
  width: number;
  /**
   * How far it goes round the galaxy over its length, in degrees, positive anticlockwise in the
   * picture. Range [-150, 150].
   */
  bend: number;
  /** Share of the galaxy's r-band light. Range (0, 0.3]. */
  strength: number;
};

/** Concentric shells of stars, the mark of an old merger. */
export type Shells = {
  /** Number of shells, on alternating sides. Range 1 to 5. */
  count: number;
  /** Position angle in degrees of the axis they lie on. */
  angle: number;
  /** Radius of the outermost. */
  radius: number;
  /** Share of the galaxy's r-band light. Range (0, 0.15]. */
  strength: number;
};

/** What a galaxy looks like, apart from how bright it is and where. */
export type Structure = {
  /** Its class. */
  class: GalaxyClass;
  /** Position angle in degrees of the major axis. Range [0, 180). */
  positionAngle: number;
  /** The spheroid. */
  bulge: Bulge;
  /** The disc, or null in an elliptical. */
  disc: Disc | null;
  /** Spiral arms, or null. */
  arms: Arms | null;
  /** The bar, or null. */
  bar: Bar | null;
  /** Rings, from the inside out. */
  rings: Ring[];
  /** A lens, the shelf of even brightness in an early disc: its share of the light and radius. */
  lens: { radius: number; strength: number } | null;
  /** A dust lane, or null. */
  dustLane: DustLane | null;
  /** Star-forming knots: how many, and their share of the r-band light. Range 0 to 60; [0, 0.4]. */
  knots: { count: number; strength: number };
  /** Shells, or null. */
  shells: Shells | null;
  /** Tidal tails. */
  tails: Tail[];
  /** Lopsidedness of the outer disc. Range [0, 1]: above 0.3 volunteers call it disturbed. */
  disturbance: number;
  /** g - r of the disc minus g - r of the spheroid. Range [-0.7, 0]: discs are bluer. */
  colourGradient: number;
};

/** The other galaxy of a merger. */
export type Companion = {
  /** Where its centre is, in arcsec. */
  x: number;
  /** Where its centre is, in arcsec. */
  y: number;
  /** Its magnitudes. */
  magnitudes: Magnitudes;
  /** What it looks like. */
  structure: Structure;
};

/** A galaxy behind or before, unrelated to the one in the middle. */
export type Neighbour = {
  /** Where its centre is, in arcsec. */
  x: number;
  /** Where its centre is, in arcsec. */
  y: number;
  /** Its magnitudes. */
  magnitudes: Magnitudes;
  /** Sérsic index. Range [0.7, 5]. */
  sersicIndex: number;
  /** Half-light radius. */
  halfLightRadius: number;
  /** Minor over major axis. Range [0.15, 1]. */
  axisRatio: number;
  /** Position angle in degrees. */
  positionAngle: number;
};

/** A star of our own galaxy. Those brighter than r = 12 have a glow and spikes. */
export type Star = {
  /** Where it is, in arcsec; a bright one may lie outside the frame and send its glow in. */
  x: number;
  /** Where it is, in arcsec. */
  y: number;
  /** Its magnitudes. */
  magnitudes: Magnitudes;
};

/** Something that is no galaxy and spoils the frame. */
export type Artifact = {
  /**
   * A bright star taken for a galaxy (it stands in the middle), the trail of a satellite or
   * aeroplane through the middle, or the ghost of a bright star in the optics.
   */
  kind: "star" | "trail" | "ghost";
  /** Direction of a trail or of the spikes in degrees. */
  angle: number;
  /** r magnitude of the star or ghost, magnitude per arcsec of length of the trail. */
  magnitude: number;
};

/** The complete truth of one galaxy and its field. Plain data: it survives JSON and `postMessage`. */
export type Galaxy = Structure & {
  /** Seed it was drawn from; with `index` it is the galaxy's identity. */
  seed: number;
  /** Number of the galaxy, from 0. */
  index: number;
  /** Right ascension in degrees, in the footprint of the SDSS Legacy survey. Range [0, 360). */
  ra: number;
  /** Declination in degrees. Range [-4, 68]. */
  dec: number;
  /** Redshift. Range [0.004, 0.25], GZ2's. */
  redshift: number;
  /** Whether it belongs to the red sequence or the blue cloud of Baldry et al. (2004). */
  sequence: "red" | "blue";
  /** Absolute magnitude in r, K-corrected to z = 0, for H0 = 70. Range about [-24, -15]. */
  absoluteMagnitude: number;
  /** Rest-frame u - r, which tells the sequences apart. Range about [0.8, 3.2]. */
  restUr: number;
  /** Apparent magnitudes of the galaxy without its companion. r is below 17, GZ2's limit. */
  magnitudes: Magnitudes;
  /** Half of the Petrosian light lies within, in r through SDSS seeing, in arcsec. */
  petroR50: number;
  /** 90 % of the Petrosian light lies within, in arcsec; above 3, GZ2's limit. Sets the frame. */
  petroR90: number;
  /** petroR90 / petroR50. Range about [1.8, 3.6]: 2.3 is an exponential disc, 3.3 de Vaucouleurs. */
  concentration: number;
  /** Kiloparsecs in an arcsec at its redshift (flat, Omega_m = 0.3, H0 = 70). */
  kpcPerArcsec: number;
  /** The other galaxy of a merger, or null. */
  companion: Companion | null;
  /** A gravitational arc around it (very rare): Einstein radius, angle and extent in degrees. */
  arc: { radius: number; angle: number; extent: number; magnitude: number } | null;
  /** Other galaxies in the frame. */
  neighbours: Neighbour[];
  /** Stars in the frame, and bright ones just outside. */
  stars: Star[];
  /** What spoils the frame, or null. */
  artifact: Artifact | null;
};

/**
 * Sides of a picture in units of petroR90: GZ2 cut-outs are 424 pixels of 0.02 petroR90 (Willett et
 * al. 2013, section 2.1).
 */
export const FRAME_IN_R90 = 424 * 0.02;
