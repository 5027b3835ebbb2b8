import assert from "node:assert/strict";
import { answersOf, captionTags, galaxyPrompts, gz2Tree, promptLetters } from "galaxykit/data";
import { impressionOf, voteReference } from "galaxykit/sky";
import { isSeen, kindNamed, kindsOf } from "../../lib/sky/_kinds.ts";
import { glimpseOf, PARTS } from "../../lib/sky/_look.ts";
import { drawSubject } from "../../lib/sky/population.ts";
import { reducing } from "../../lib/sky/vote_reference.ts";
import { smallSky } from "./_sky.ts";

const ANSWERS = answersOf(gz2Tree).map(({ id }) => id);
const NAMES = [
  ..."any,elliptical,lenticular,spiral,irregular,early type,1 arm,4 arms,flocculent,bar".split(","),
  ..."ring,lens,dust lane,early dust lane,edge-on,merger,disturbed,shells,arc,artifact".split(","),
  ...[...ANSWERS, ...promptLetters],
];

Deno.test("no kind's omens refuse a galaxy that is of the kind", () => {
  const kinds = NAMES.map(kindNamed);
  const found = new Set<string>();
  for (let index = 0; index < 2500; index++) {
    let wanted: string[] = [];
    const { subject } = drawSubject({ seed: 6, index }, (omens) => {
      wanted = kinds.filter((kind) => kind.wanted(omens)).map(({ name }) => name);
      return true;
    })!;
    for (const { name } of kinds.filter((kind) => kind.holds(subject))) {
      assert.ok(wanted.includes(name), `${name}, galaxy ${index}`);
      found.add(name);
    }
  }
  for (const name of ["merger", "early dust lane", "4 arms", "ring"]) assert.ok(found.has(name));
});

Deno.test("kinds by votes lose few of the galaxies on which volunteers agree", () => {
  const sky = smallSky(1200, 3);
  const { flag } = reducing(voteReference(sky))(sky);
  const kinds = ANSWERS.map(kindNamed);
  let [all, held, kept] = [0, 0, 0];
  sky.forEach(({ galaxy }, row) => {
    const glimpse = glimpseOf(galaxy, "sdss");
    kinds.forEach((kind, place) => {
      if (flag[row * 37 + place] !== 1) return;
      all++;
      if (!kind.holds(galaxy)) return;
      held++;
      if (isSeen(kind, glimpse)) kept++;
    });
  });
  assert.ok(all > 1000 && held > 0.97 * all, `${held} of ${all}`);
  assert.ok(kept > 0.995 * held, `${kept} of ${held}`);
});

Deno.test("a glimpse sees of a structure about what a whole impression has of it", () => {
  const seen = new Map<string, number[]>();
  for (const { galaxy } of smallSky(60, 9).filter(({ galaxy }) => galaxy.artifact === null)) {
    const whole = impressionOf({ ...galaxy, neighbours: [] }, "decals");
    const glimpse = glimpseOf(galaxy, "decals");
    for (const part of Object.keys(PARTS) as (keyof typeof PARTS)[]) {
      if (whole[part] === 0) assert.equal(glimpse(part), 0, part);
      if (whole[part] < (part === "axisRatio" || part === "bulge" ? 0.02 : 10)) continue;
      seen.set(part, [...seen.get(part) ?? [], Math.log(glimpse(part) / whole[part])]);
    }
  }
  assert.ok(seen.size >= 4, [...seen.keys()].join());
  for (const [part, ratios] of seen) {
    const off = Math.hypot(...ratios) / Math.sqrt(ratios.length);
    assert.ok(off < 0.4, `${part}: off by a factor of ${Math.exp(off)} in ${ratios.length}`);
  }
});

Deno.test("a kind of several parts is all of them, a prompt all of its answers", () => {
  assert.deepEqual(kindsOf("classes"), ["elliptical", "lenticular", "spiral", "irregular"]);
  const ids = (name: string) => kindNamed(name).answers.map((place) => ANSWERS[place]);
  for (const letter of promptLetters) assert.deepEqual(ids(letter), galaxyPrompts[letter].answers);
  for (const [answer, tag] of Object.entries(captionTags)) {
    assert.deepEqual(ids(`tag:${tag}`), [answer]);
  }
  assert.deepEqual(ids("spiral + a06 + M"), ["a06"]);
  const both = kindNamed("spiral + ring");
  const galaxies = smallSky(200).map(({ galaxy }) => galaxy);
  assert.deepEqual(
    galaxies.filter(both.holds),
    galaxies.filter((galaxy) => galaxy.class === "spiral" && galaxy.rings.length > 0),
  );
});

Deno.test("a smooth galaxy with a lane is an early type that has one", () => {
  const kind = kindNamed("K");
  const lanes = smallSky(600, 2).map(({ galaxy }) => galaxy)
    .filter(({ dustLane }) => dustLane !== null);
  assert.ok(lanes.length > 20);
  for (const galaxy of lanes) {
    const early = galaxy.class === "elliptical" || galaxy.class === "lenticular";
    assert.equal(kind.holds(galaxy), early);
    assert.ok(!kind.holds({ ...galaxy, dustLane: null }));
  }
});
