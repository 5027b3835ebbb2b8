import assert from "node:assert/strict";
import { captions, galaxyPrompts } from "../../lib/data/mod.ts";
import { ClipTokenizer, trainBytePairs } from "../../lib/prompts/mod.ts";

const TEXTS = captions(Object.values(galaxyPrompts).map(({ answers }) => [...answers]));

Deno.test("byte pairs: the commonest neighbours become one, of equals the first", () => {
  // e s 9, es t</w> 9, l o 7 and so on: the example of Sennrich et al. 2016
  const words = { low: 5, lower: 2, newest: 6, widest: 3 };
  const text = Object.entries(words).map(([word, count]) => `${word} `.repeat(count)).join("");
  const { merges } = trainBytePairs([text], { merges: 4 });
  assert.deepEqual(merges, [["e", "s"], ["es", "t</w>"], ["l", "o"], ["e", "w"]]);
});

Deno.test("byte pairs: every word of the captions is one token, and a few hundred there are", () => {
  const tokenizer = new ClipTokenizer(trainBytePairs(TEXTS));
  for (const text of TEXTS) {
    for (const word of text.match(/[a-z]+/g)!) {
      assert.deepEqual(tokenizer.tokens(word), [`${word}</w>`]);
    }
    assert.equal(
      tokenizer.decode(tokenizer.encode(text)),
      text.replaceAll(/([,-])/g, " $1 ").replaceAll(/\s+/g, " "),
    );
  }
  assert.ok(tokenizer.size < 1000, `${tokenizer.size}`);
});

Deno.test("byte pairs: what was never seen is told in bytes", () => {
  const tokenizer = new ClipTokenizer(trainBytePairs(TEXTS));
  assert.equal(tokenizer.decode(tokenizer.encode("quäsar ☄")), "quäsar ☄");
});

Deno.test("byte pairs: no texts, no pairs", () => {
  assert.throws(() => trainBytePairs([" "]), {
    message: "Cannot learn byte pairs: there are no texts",
  });
  assert.throws(() => trainBytePairs(TEXTS, { merges: -1 }), RangeError);
});
