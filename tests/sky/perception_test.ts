import assert from "node:assert/strict";
import { answersOf, gz2Tree } from "galaxykit/data";
import { spearmanCorrelation } from "galaxykit/metrics";
import {
  assemble,
  drawGalaxy,
  evidenceOf,
  expectedFractions,
  type Galaxy,
  gz2Criteria,
  type Impression,
  impressionOf,
} from "galaxykit/sky";
import { CoarsePicture } from "../../lib/sky/_coarse_picture.ts";
import { surveyNamed } from "../../lib/sky/survey.ts";
import { axisRatioByPixels, differenceByPixels } from "./_exact.ts";
import { mean } from "./_sky.ts";

const galaxies = Array.from({ length: 500 }, (_, index) => drawGalaxy({ seed: 6, index }))
  .filter(({ artifact }) => artifact === null);

const noKnots = { count: 0, strength: 0 };
const alone = { companion: null, neighbours: [], stars: [], arc: null, artifact: null };

/** A large face-on spiral with nothing else in the frame. */
function spiral(changes: Partial<Galaxy> = {}): Galaxy {
  const found = galaxies.find(({ arms, disc, petroR50 }) =>
    arms !== null && !arms.flocculent && arms.strength > 0.4 && disc!.inclination < 50 &&
    petroR50 > 3
  )!;
  return { ...structuredClone(found), ...alone, bar: null, rings: [], ...changes };
}

function elliptical(changes: Partial<Galaxy> = {}): Galaxy {
  const found = galaxies.find((galaxy) => galaxy.class === "elliptical" && galaxy.petroR50 > 2.5)!;
  return {
    ...structuredClone(found),
    ...alone,
    dustLane: null,
    shells: null,
    tails: [],
    ...changes,
  };
}

/** What an endless crowd would say. */
function share(galaxy: Galaxy, answer: string, survey: "sdss" | "decals" = "sdss"): number {
  const place = answersOf(gz2Tree).findIndex(({ id }) => id === answer);
  return expectedFractions(assemble(galaxy, { survey }))[place];
}

/** Per structure: who has it, and the galaxy without it. */
const structures: Partial<
  Record<keyof Impression, { has: (g: Galaxy) => boolean; without: (g: Galaxy) => Partial<Galaxy> }>
> = {
  arms: { has: (g) => g.arms !== null, without: () => ({ arms: null, knots: noKnots }) },
  // A bar without light: arms go on starting at its ends.
  bar: { has: (g) => g.bar !== null, without: (g) => ({ bar: { ...g.bar!, strength: 0 } }) },
  ring: { has: (g) => g.rings.length > 0, without: () => ({ rings: [] }) },
  lensOrArc: { has: (g) => g.lens !== null && g.arc === null, without: () => ({ lens: null }) },
  disturbed: {
    has: (g) => g.disturbance > 0.15 || g.tails.length > 0 || g.shells !== null,
    without: () => ({ disturbance: 0, tails: [], shells: null }),
  },
  irregular: {
    has: (g) => g.class === "irregular",
    without: () => ({ class: "spiral", knots: noKnots }),
  },
  dustLane: { has: (g) => g.dustLane !== null, without: () => ({ dustLane: null }) },
  boxy: {
    has: (g) => g.bulge.boxiness > 0 && g.disc !== null && g.disc.inclination > 60,
    without: (g) => ({ bulge: { ...g.bulge, boxiness: 0 } }),
  },
};

Deno.test("impressionOf() says of a structure what the picture's own pixels say of it", () => {
  for (const [name, { has, without }] of Object.entries(structures)) {
    const some = galaxies.filter(has).slice(0, 24);
    assert.ok(some.length >= 6, `${some.length} galaxies have ${name}`);
    const seen = some.map((galaxy) => Math.log1p(impressionOf(galaxy)[name as "arms"] / 5));
    const exact = some.map((galaxy) => Math.log1p(differenceByPixels(galaxy, without(galaxy)) / 5));
    const rank = spearmanCorrelation({ target: exact, prediction: seen });
    const scatter = Math.sqrt(mean(seen.map((value, k) => (value - exact[k]) ** 2)));
    assert.ok(rank > 0.85, `${name}: ranks agree to ${rank}`);
    assert.ok(scatter < 0.4, `${name}: logarithms differ by ${scatter}`);
  }
});

Deno.test("impressionOf() sees nothing of what is not there", () => {
  const names = ["arms", "bar", "ring", "lensOrArc", "disturbed", "irregular", "dustLane", "boxy"];
  const bare = { arms: null, knots: noKnots, lens: null, disturbance: 0, tails: [], shells: null };
  const galaxy = spiral({ ...bare, dustLane: null });
  const seen = impressionOf({ ...galaxy, bulge: { ...galaxy.bulge, boxiness: 0 } });
  for (const name of [...names, "merger", "other", "armCount"]) {
    assert.equal(seen[name as "arms"], 0, name);
  }
  for (const [name, { has, without }] of Object.entries(structures)) {
    const found = galaxies.find(has)!;
    assert.ok(impressionOf(found)[name as "arms"] > 0, name);
    assert.equal(impressionOf({ ...found, ...without(found) })[name as "arms"], 0, name);
  }
});

Deno.test("impressionOf() has the axis ratio of the picture", () => {
  const some = galaxies.slice(0, 60).map((galaxy) => ({ ...galaxy, ...alone }));
  const off = some.map((galaxy) =>
    impressionOf(galaxy).axisRatio - axisRatioByPixels({ ...galaxy, disturbance: 0, tails: [] })
  );
  assert.ok(Math.abs(mean(off)) < 0.02, `${mean(off)} on average`);
  const scatter = Math.sqrt(mean(off.map((value) => value ** 2)));
  assert.ok(scatter < 0.06, `${scatter}`);
});

Deno.test("impressionOf() sees as much of the number and pitch of arms as of the arms", () => {
  const some = galaxies.filter(({ arms }) => arms !== null && !arms.flocculent).slice(0, 24);
  const arms = some.map((galaxy) => impressionOf(galaxy).arms);
  for (
    const change of [
      (galaxy: Galaxy) => ({ arms: { ...galaxy.arms!, count: galaxy.arms!.count + 1 } }),
      (galaxy: Galaxy) => ({ arms: { ...galaxy.arms!, pitch: 1.5 * galaxy.arms!.pitch } }),
    ]
  ) {
    const told = some.map((galaxy) => differenceByPixels(galaxy, change(galaxy)));
    const rank = spearmanCorrelation({ target: told, prediction: arms });
    assert.ok(rank > 0.85, `${rank}`);
  }
});

Deno.test("votes go when a structure is erased from the picture", () => {
  const galaxy = spiral();
  const armless = { ...galaxy, arms: null, knots: noKnots };
  assert.ok(share(galaxy, "a08") > 0.6, `${share(galaxy, "a08")}`);
  assert.ok(share(armless, "a08") < 0.25, `${share(armless, "a08")}`);
  assert.ok(share(armless, "a02") < share(galaxy, "a02") - 0.2, `${share(armless, "a02")}`);
  const answers = { bar: "a06", ring: "a19", dustLane: "a38" } as const;
  for (const [name, answer] of Object.entries(answers)) {
    const { has, without } = structures[name as "bar"]!;
    const plain = galaxies.filter((g) => has(g) && impressionOf(g)[name as "bar"] > 30);
    const falls = plain.map((g) => share(g, answer) - share({ ...g, ...without(g) }, answer));
    assert.ok(
      falls.length >= 3 && Math.min(...falls) > 0 && mean(falls) > 0.04,
      `${name} ${falls}`,
    );
  }
});

Deno.test("votes fade as seeing, distance and noise hide a structure", () => {
  const near = spiral();
  const far = scaled(near, 1 / 6);
  const faint = {
    ...near,
    magnitudes: Object.fromEntries(
      Object.entries(near.magnitudes).map(([band, value]) => [band, value + 3]),
    ) as Galaxy["magnitudes"],
  };
  const arms = (galaxy: Galaxy) => impressionOf(galaxy).arms;
  assert.ok(arms(far) < 0.3 * arms(near), `${arms(far)} of ${arms(near)}`);
  assert.ok(arms(faint) < 0.5 * arms(near), `${arms(faint)} of ${arms(near)}`);
  for (const hidden of [far, faint]) {
    assert.ok(share(hidden, "a08") < share(near, "a08") - 0.15, `${share(hidden, "a08")}`);
  }
  assert.ok(impressionOf(far, "decals").arms > arms(far)); // sharper and deeper
});

Deno.test("a dust lane much narrower than the seeing gets few votes, however thick", () => {
  const galaxy = elliptical();
  const lane = (width: number): Galaxy => ({
    ...galaxy,
    dustLane: {
      ...{ opticalDepth: 3, width, length: 3, offset: 0, angle: galaxy.positionAngle },
      orientation: "major",
    },
  });
  const [none, narrow, wide] = [galaxy, lane(0.02), lane(0.7)];
  assert.ok(share(narrow, "a38") < share(none, "a38") + 0.1, `${share(narrow, "a38")}`);
  assert.ok(share(wide, "a38") > share(narrow, "a38") + 0.15, `${share(wide, "a38")}`);
});

Deno.test("no early type without a lane gets votes for one", () => {
  const early = galaxies.filter((galaxy) =>
    (galaxy.class === "elliptical" || galaxy.class === "lenticular") && galaxy.dustLane === null
  );
  const shares = early.map((galaxy) => share(galaxy, "a38"));
  assert.ok(early.length > 100 && Math.max(...shares) < 0.2, `${Math.max(...shares)}`);
});

Deno.test("of arms that nobody sees the number can't be told", () => {
  const smooth = galaxies.filter(({ disc, arms }) => disc === null || arms === null);
  const hidden = galaxies.filter(({ arms }) => arms !== null).slice(0, 60).map((galaxy) => ({
    ...galaxy,
    arms: { ...galaxy.arms!, strength: 0.002 },
    knots: noKnots,
  }));
  for (const some of [smooth, hidden]) {
    const two = some.map((galaxy) => share(galaxy, "a32"));
    const unknown = some.map((galaxy) => share(galaxy, "a37"));
    // Of the few who are asked, some click at random.
    assert.ok(mean(unknown) > 0.4, `${mean(unknown)}`);
    assert.ok(two.every((value, k) => value < unknown[k] && value < 0.25), `${Math.max(...two)}`);
  }
  const plain = spiral();
  plain.arms = { ...plain.arms!, count: 2 };
  assert.ok(share(plain, "a32") > share(plain, "a37"), `${share(plain, "a32")}`);
});

Deno.test("galaxies rank by their votes as by what the pixels show", () => {
  const discs = galaxies.filter(({ disc }) => disc !== null && disc.inclination < 70).slice(0, 80);
  const { without } = structures.arms!;
  const exact = discs.map((galaxy) =>
    galaxy.arms === null ? 0 : differenceByPixels(galaxy, without(galaxy))
  );
  const rank = spearmanCorrelation({
    target: exact,
    prediction: discs.map((galaxy) => share(galaxy, "a08")),
  });
  assert.ok(rank > 0.85, `${rank}`);
});

Deno.test("impressionOf() takes another galaxy for a merger by distance, brightness and nucleus", () => {
  const galaxy = spiral();
  const merger = (distance: number, fainter: number) => {
    const neighbour = {
      ...{ x: distance * galaxy.petroR90, y: 0, axisRatio: 1, positionAngle: 0 },
      ...{ sersicIndex: 2, halfLightRadius: 2 },
      magnitudes: Object.fromEntries(
        Object.entries(galaxy.magnitudes).map(([band, value]) => [band, value + fainter]),
      ) as Galaxy["magnitudes"],
    };
    return impressionOf({ ...galaxy, neighbours: [neighbour] }).merger;
  };
  assert.equal(impressionOf(galaxy).merger, 0);
  assert.ok(merger(0.8, 0.5) > 20, `${merger(0.8, 0.5)}`);
  assert.ok(merger(3, 0.5) < 1, `${merger(3, 0.5)}`);
  assert.ok(merger(0.8, 3) < 0.5 * merger(0.8, 0.5), `${merger(0.8, 3)}`);
  assert.ok(merger(0.02, 0.5) < 0.2 * merger(0.8, 0.5), `${merger(0.02, 0.5)}`); // one nucleus
});

Deno.test("a CoarsePicture of a galaxy is 40 pixels a side at most, and two a FWHM if it can", () => {
  for (const galaxy of galaxies.slice(0, 50)) {
    const { side, pixelScale, fwhm } = new CoarsePicture(galaxy, surveyNamed("sdss"));
    assert.ok(side <= 40 && pixelScale >= fwhm / 2);
    assert.ok(side * pixelScale >= 3.5 * galaxy.petroR90 - 2 * pixelScale);
  }
});

Deno.test("evidenceOf() and gz2Criteria have a number for each answer of the tree", () => {
  for (const galaxy of [spiral(), elliptical()]) {
    const evidence = evidenceOf(impressionOf(galaxy));
    for (const { id, answers } of gz2Tree.questions) {
      assert.equal(evidence[id].length, answers.length, id);
      assert.equal(gz2Criteria[id].bias.length, answers.length, id);
      assert.ok(evidence[id].every(Number.isFinite), id);
    }
  }
});

/** The galaxy with all its angles on the sky times a factor, as bright as it was. */
function scaled(galaxy: Galaxy, factor: number): Galaxy {
  const copy = structuredClone(galaxy);
  copy.petroR50 *= factor;
  copy.petroR90 *= factor;
  copy.disc!.scaleLength *= factor;
  copy.bulge.halfLightRadius *= factor;
  return copy;
}
