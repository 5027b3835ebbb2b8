import assert from "node:assert/strict";
import {
  answersOf,
  captionTags,
  cleanRule,
  galaxyPrompts,
  gz2Tree,
  promptCuts,
  promptLetters,
  selectRows,
} from "galaxykit/data";
import { classify, drawGalaxy, skyCatalogue } from "galaxykit/sky";

Deno.test("captionTags and galaxyPrompts name answers of the tree", () => {
  const ids = answersOf(gz2Tree).map(({ id }) => id);
  for (const id of Object.keys(captionTags)) assert.ok(ids.includes(id), id);
  assert.equal(new Set(Object.values(captionTags)).size, Object.keys(captionTags).length);
  for (const { answers } of Object.values(galaxyPrompts)) {
    for (const id of answers) assert.ok(id in captionTags, id);
  }
});

Deno.test("promptCuts() leave the galaxies whose flags the catalogue has set", () => {
  const galaxies = Array.from({ length: 700 }, (_, index) => drawGalaxy({ seed: 605, index }));
  const frame = skyCatalogue(galaxies.map((galaxy) => ({ galaxy, votes: classify(galaxy) })));
  let all = 0;
  for (const letter of promptLetters) {
    const flags = galaxyPrompts[letter].answers.map((answer) => {
      const { stem } = answersOf(gz2Tree).find(({ id }) => id === answer)!;
      return frame.getColumn(`${stem}_flag`).toArray() as number[];
    });
    const expected = galaxies.filter((_, row) => flags.every((flag) => flag[row] === 1)).length;
    assert.equal(selectRows(frame, promptCuts(letter)).count, expected, letter);
    all += expected;
  }
  assert.ok(all > 100, `${all}`);
  const lenient = selectRows(frame, promptCuts("B", { minimumDebiased: 0.5 })).count;
  assert.ok(lenient > selectRows(frame, promptCuts("B")).count);
  assert.equal(cleanRule.minimumVotes, 20);
});
