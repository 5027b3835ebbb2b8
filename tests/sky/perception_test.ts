import assert from "node:assert/strict";
import { drawGalaxy, evidenceOf, type Galaxy, gz2Criteria, impressionOf } from "galaxykit/sky";
import { gz2Tree } from "galaxykit/data";

/** A large face-on spiral with nothing else in the frame. */
function spiral(changes: Partial<Galaxy> = {}): Galaxy {
  const all = Array.from({ length: 300 }, (_, index) => drawGalaxy({ seed: 6, index }));
  const found = all.find(({ arms, disc, petroR50 }) =>
    arms !== null && arms.strength > 0.4 && disc!.inclination < 50 && petroR50 > 3
  )!;
  return {
    ...structuredClone(found),
    ...{ companion: null, neighbours: [], stars: [], artifact: null, bar: null, rings: [] },
    ...changes,
  };
}

Deno.test("impressionOf() keeps every share in its range", () => {
  for (let index = 0; index < 200; index++) {
    const seen = impressionOf(drawGalaxy({ seed: 8, index }));
    for (const [name, value] of Object.entries(seen)) {
      if (name === "pitch" || name === "armCount") continue;
      assert.ok(value >= 0 && value <= 1.5, `${name} ${value} of galaxy ${index}`);
    }
    assert.ok(seen.axisRatio > 0.05 && seen.axisRatio <= 1);
  }
});

Deno.test("impressionOf() sees less from the side, in worse seeing and under noise", () => {
  const galaxy = spiral();
  const arms = (changed: Partial<Galaxy>, survey: "sdss" | "decals" = "sdss") =>
    impressionOf({ ...galaxy, ...changed }, survey).arms;
  assert.ok(arms({}) > 0.3, `${arms({})}`);
  assert.ok(arms({}, "decals") > arms({}));
  assert.ok(arms({ disc: { ...galaxy.disc!, inclination: 80 } }) < 0.5 * arms({}));
  const faint = { ...galaxy.magnitudes, r: galaxy.magnitudes.r + 3 };
  assert.ok(arms({ magnitudes: faint }) < arms({}));
  assert.equal(arms({ arms: null }), 0);
});

Deno.test("impressionOf() takes a neighbour for a companion by its distance and brightness", () => {
  const galaxy = spiral();
  const merger = (distance: number, fainter: number) => {
    const neighbour = {
      ...{ x: distance * galaxy.petroR90, y: 0, axisRatio: 1, positionAngle: 0 },
      ...{ sersicIndex: 2, halfLightRadius: 2 },
      magnitudes: { ...galaxy.magnitudes, r: galaxy.magnitudes.r + fainter },
    };
    return impressionOf({ ...galaxy, neighbours: [neighbour] }).merger;
  };
  assert.equal(impressionOf(galaxy).merger, 0);
  assert.ok(merger(1, 0.5) > 0.3, `${merger(1, 0.5)}`);
  assert.ok(merger(3, 0.5) < 0.05);
  assert.ok(merger(1, 3) < 0.3 * merger(1, 0.5));
});

Deno.test("evidenceOf() and gz2Criteria have a number for each answer of the tree", () => {
  const evidence = evidenceOf(impressionOf(spiral()));
  for (const { id, answers } of gz2Tree.questions) {
    assert.equal(evidence[id].length, answers.length, id);
    assert.equal(gz2Criteria[id].bias.length, answers.length, id);
    assert.ok(evidence[id].every(Number.isFinite), id);
  }
});
