import assert from "node:assert/strict";
import {
  answersOf,
  captionAnswers,
  captions,
  captionTags,
  catalogueKind,
  galaxyPrompts,
  gz2Tree,
  readCatalogue,
} from "galaxykit/data";
import { classify, drawGalaxy, skyCatalogue } from "galaxykit/sky";

const galaxies = Array.from({ length: 500 }, (_, index) => drawGalaxy({ seed: 606, index }));
const frame = skyCatalogue(galaxies.map((galaxy) => ({ galaxy, votes: classify(galaxy) })));
const { kind } = readCatalogue("data/sky/catalogue.parquet");
const answers = captionAnswers({ kind, frame });

Deno.test("captionAnswers() are those whose flags the catalogue has set, but for the uninformative", () => {
  const told = answersOf(gz2Tree).filter(({ id }) => id in captionTags);
  assert.equal(told.length, 29);
  let all = 0;
  for (const { id, stem } of told) {
    const flags = frame.getColumn(`${stem}_flag`).toArray() as number[];
    const found = answers.map((row) => row.includes(id) ? 1 : 0);
    assert.deepEqual(found, flags.map(Number), stem);
    all += flags.filter((flag) => flag === 1).length;
  }
  assert.ok(all > 500, `${all}`);
  const strict = captionAnswers({ kind, frame }, { minimumDebiased: 0.95, strict: true });
  assert.ok(strict.flat().length < answers.flat().length);
});

Deno.test("captions() are GalaxySD's prompts where these are made of tags", () => {
  const written = captions([["a18"], ["a17"], ["a16"], ["a04", "a25"], ["a17", "a24"], ["a19"]]);
  assert.deepEqual(written, [
    "sdss, smooth, cigar-shaped galaxy",
    "sdss, smooth, in-between round galaxy",
    "sdss, smooth, completely round galaxy",
    "sdss, edge-on galaxy, with rounded edge-on bulge",
    "sdss, smooth, in-between round galaxy, merger",
    "sdss, ring galaxy",
  ]);
  for (const letter of ["A", "B", "C", "D", "E", "M", "N", "O"] as const) {
    const { text, answers } = galaxyPrompts[letter];
    const [own] = captions([answers]);
    assert.equal(own!.replace(/^sdss, (smooth, )?/, ""), text, letter);
  }
});

Deno.test("captions() say what there is where no tag names the galaxy", () => {
  assert.deepEqual(captions([[], ["a01"], ["a02"], ["a38"], ["a01", "a38"], ["a02", "a06"]]), [
    "sdss, galaxy",
    "sdss, smooth galaxy",
    "sdss, features or disk galaxy",
    "sdss, galaxy, dust lane",
    "sdss, smooth galaxy, dust lane",
    "sdss, bar-shaped structure in the center of galaxy",
  ]);
  assert.deepEqual(captions([["a02", "a06", "a08", "a32"], ["a02", "a19"], ["a02", "a16"]]), [
    "sdss, spiral galaxy, bar-shaped structure in the center, 2 spiral arms",
    "sdss, ring galaxy",
    "sdss, smooth, completely round galaxy",
  ]);
  assert.deepEqual(captions([["a01", "a16"], ["a19"]], { prefix: "" }), [
    "smooth, completely round galaxy",
    "ring galaxy",
  ]);
});

Deno.test("captions() shuffle and drop tags by seed, epoch and row alone", () => {
  const spiral = ["a02", "a06", "a08", "a12", "a28", "a32"];
  const many = new Array(400).fill(spiral);
  const options = { shuffle: true, drop: 0.3, seed: 5 };
  const written = captions(many, options);
  assert.deepEqual(captions(many, options), written);
  assert.deepEqual(captions(many.slice(0, 7), options), written.slice(0, 7));
  for (const other of [{ seed: 6 }, { epoch: 1 }]) {
    assert.notDeepEqual(captions(many, { ...options, ...other }), written);
  }
  assert.ok(written.every((text) => text.startsWith("sdss, ") && !text.includes("smooth")));
  const tags = written.map((text) => text.split(", ").slice(1).filter((tag) => tag !== "galaxy"));
  const share = tags.flat().length / (400 * 5);
  assert.ok(Math.abs(share - 0.7) < 0.03, `${share}`);
  assert.ok(tags.every(({ length }) => length >= 1));
  const firsts = new Set(tags.map(([first]) => first!.replace(/( of)? galaxy$/, "")));
  assert.equal(firsts.size, 5);
  const smooth = captions(new Array(50).fill(["a01", "a16", "a24"]), options);
  assert.ok(smooth.every((text) => text.startsWith("sdss, smooth")));
  assert.ok(
    captions(new Array(50).fill(["a24"]), { drop: 0.99 }).every((text) => /merger/.test(text)),
  );
});

Deno.test("captions() and captionAnswers() refuse what has no tags", () => {
  assert.throws(() => captions([["a01"], ["a03"]]), {
    message: 'Cannot write captions: the answer "a03" (row 1) has no tag, captionTags has them all',
  });
  assert.throws(() => captions([], { drop: 1 }), {
    message: "Cannot write captions: drop must be in [0, 1), found 1",
  });
  assert.throws(() => captionAnswers({ kind: catalogueKind("gz1"), frame }), {
    message:
      'Cannot write captions of gz1: the tags are those of Galaxy Zoo 2\'s decision tree, it has that of "gz1"',
  });
});
