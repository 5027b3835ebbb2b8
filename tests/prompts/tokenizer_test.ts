import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  byteVocabulary,
  type CleaningName,
  cleanings,
  ClipTokenizer,
  clipVocabularyPath,
  clipVocabularySource,
  openTokenizer,
  readClipMerges,
  saveTokenizer,
} from "galaxykit/prompts";
import { skippedIf } from "../shared_data.ts";
import { temporaryFolder } from "../temporary.ts";
import { oddTexts } from "./odd_texts.ts";

type Numbered = { traps: number[][]; tiny: string; clip: string };

const TINY = new URL("../reference/tokenizer", import.meta.url).pathname;
const reference = JSON.parse(
  Deno.readTextFileSync(new URL("../reference/tokenizer.json", import.meta.url)),
) as {
  seed: number;
  count: number;
  tinyCount: number;
  block: number;
  traps: string[];
  cleanings: Record<CleaningName, Numbered>;
  added: { tokens: string[]; texts: string[]; ids: number[][] };
  decoded: string[];
  whole: { texts: string[]; ids: number[][]; mask: number[][] };
};
const texts = oddTexts(reference.count, reference);

/** What the generator keeps of the numbers of texts. */
function digests(tokenizer: ClipTokenizer, texts: readonly string[]): string {
  const lines = texts.map((text) => tokenizer.encode(text).join(" "));
  const blocks = Array.from(
    { length: lines.length / reference.block },
    (_, at) => lines.slice(at * reference.block, (at + 1) * reference.block).join("\n"),
  );
  return blocks.map((block) => createHash("sha256").update(block).digest("hex").slice(0, 8)).join(
    "",
  );
}

const names = Object.keys(cleanings) as CleaningName[];

for (const cleaning of names) {
  Deno.test(`ClipTokenizer cleans as ${cleaning}: traps, and ${reference.tinyCount} odd texts`, () => {
    const tokenizer = openTokenizer(TINY, { cleaning });
    const wanted = reference.cleanings[cleaning];
    for (const [at, text] of reference.traps.entries()) {
      assert.deepEqual(tokenizer.encode(text), wanted.traps[at], JSON.stringify(text));
    }
    assert.equal(digests(tokenizer, texts.slice(0, reference.tinyCount)), wanted.tiny);
  });

  const path = clipVocabularyPath();
  const missing = !existsSync(path) &&
    `no vocabulary of CLIP; deno task weights fetch ${clipVocabularySource}`;
  Deno.test({
    ...skippedIf(
      missing,
      `ClipTokenizer numbers ${reference.count} texts as ${cleaning} with CLIP's vocabulary`,
    ),
    fn() {
      const tokenizer = new ClipTokenizer(readClipMerges(path), { cleaning });
      assert.equal(tokenizer.size, 49_408);
      assert.deepEqual([tokenizer.startId, tokenizer.endId], [49_406, 49_407]);
      assert.equal(digests(tokenizer, texts), reference.cleanings[cleaning].clip);
    },
  });
}

Deno.test("the cleanings differ", () => {
  const all = names.map((name) => reference.cleanings[name].tiny);
  assert.equal(new Set(all).size, names.length);
});

Deno.test("withTokens() numbers a token of several vectors, and finds it as transformers does", () => {
  const { tokens, texts, ids } = reference.added;
  const base = openTokenizer(TINY);
  const apart = tokens.map((content, at) => ({ content, id: base.size + at }));
  const added = [...base.options.added, ...apart];
  const several = new ClipTokenizer(base.vocabulary, { added });
  const first = base.size;
  for (const [at, text] of texts.entries()) {
    // There a text is rewritten before: <ring> becomes <ring> <ring>_1 <ring>_2
    const wanted = ids[at]!.flatMap((id) => id === first ? [first, first + 1, first + 2] : [id]);
    assert.deepEqual(several.encode(text), wanted, text);
  }
  const same = base.withTokens({ "<ring>": 3, Sérsic: 1, ab: 1 });
  assert.deepEqual(
    texts.map((text) => same.encode(text)),
    texts.map((text) => several.encode(text)),
  );
  assert.equal(same.decode(same.encode("a <ring> b")), "a <ring><ring>_1<ring>_2b");
  assert.throws(() => same.withTokens({ "<ring>": 1 }), {
    message: 'Cannot add the token "<ring>": it is in the vocabulary',
  });
  assert.throws(() => same.withTokens({ "a b": 1 }), {
    message: 'Cannot add the token "a b": wanted one without whitespace, such as "<ring>"',
  });
  assert.throws(() => same.withTokens({ "<x>": 0 }), {
    message: "Cannot add tokens: <x> must be a whole number in [1, ∞), found 0",
  });
});

Deno.test("decode() writes what transformers does", () => {
  const tokenizer = openTokenizer(TINY);
  const shown = texts.slice(0, reference.decoded.length);
  for (const [at, text] of shown.entries()) {
    const ids = tokenizer.encode(text);
    assert.equal(
      tokenizer.decode(ids, { ends: true }),
      reference.decoded[at],
      JSON.stringify(text),
    );
  }
  assert.throws(() => tokenizer.decode([0, 754]), {
    message: "Cannot decode: 754 (number 1) is no token, the vocabulary has 0 to 753",
  });
});

Deno.test("call() fills up, cuts, masks, and tells what it cut", () => {
  const { texts, ids, mask } = reference.whole;
  const tokenizer = openTokenizer(TINY, { contextLength: 8 });
  const found = tokenizer.call(texts);
  assert.deepEqual([...found.ids], ids.flat());
  assert.deepEqual([...found.mask], mask.flat());
  assert.deepEqual(found.shape, [3, 8]);
  assert.equal(found.cut[0], "");
  assert.match(found.cut[1]!, /^star /);
  const last = (padding: "end" | "!" | "zero") =>
    openTokenizer(TINY, { contextLength: 8, padding }).call([""]).ids.at(-1);
  assert.deepEqual([last("end"), last("!"), last("zero")], [tokenizer.endId, 0, 0]);
});

Deno.test("lone surrogates become U+FFFD, and 20,000 letters or 200,000 spaces are no burden", () => {
  const tokenizer = openTokenizer(TINY);
  assert.deepEqual(tokenizer.encode("a\ud800b"), tokenizer.encode("a\ufffdb"));
  const long = Array.from({ length: 20_000 }, (_, at) => "galxyspirng"[(at * at) % 11]).join("");
  assert.ok(tokenizer.encode(long).length > 1000);
  const wide = `a${" ".repeat(200_000)}b`;
  for (const cleaning of names) {
    assert.equal(openTokenizer(TINY, { cleaning }).encode(wide).length, 2);
  }
});

Deno.test("openTokenizer() reads tokenizer.json, and what saveTokenizer() wrote", () => {
  const folder = temporaryFolder();
  Deno.copyFileSync(`${TINY}/tokenizer.json`, `${folder}/tokenizer.json`);
  const [plain, whole] = [openTokenizer(TINY), openTokenizer(folder)];
  const some = texts.slice(0, 200);
  const numbers = (tokenizer: ClipTokenizer) => some.map((text) => tokenizer.encode(text));
  assert.deepEqual(numbers(whole), numbers(plain));
  const saved = temporaryFolder();
  const rich = openTokenizer(TINY, { padding: "!", contextLength: 32 }).withTokens({ "<ring>": 2 });
  saveTokenizer(saved, rich);
  const again = openTokenizer(saved);
  assert.deepEqual(numbers(again), numbers(rich));
  assert.deepEqual(again.call(some).ids, rich.call(some).ids);
  assert.equal(again.options.contextLength, 32);
  assert.equal(openTokenizer(saved, { padding: "end" }).paddingId, rich.endId);
});

Deno.test("openTokenizer() refuses what is no tokenizer of CLIP's", () => {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => Deno.writeTextFileSync(`${folder}/${name}`, text);
  const open = () => openTokenizer(folder);
  assert.throws(open, {
    message:
      `Cannot open the tokenizer in "${folder}": it holds neither tokenizer.json nor vocab.json with merges.txt`,
  });
  write("tokenizer.json", "{");
  assert.throws(open, /^SyntaxError: Cannot read ".*tokenizer.json": it is no JSON \(/);
  write("tokenizer.json", '{"model":{"type":"Unigram"}}');
  assert.throws(
    open,
    /its model is "Unigram" with pieces that end in undefined, wanted CLIP's "BPE"/,
  );
  write("vocab.json", "[1]");
  write("merges.txt", "#version: 0.2\na b\n");
  assert.throws(open, /vocab.json": an object is wanted, found \[1\]/);
  write("vocab.json", '{"a": 1.5}');
  assert.throws(open, /"a" has the number 1.5, wanted a whole one from 0/);
  write("vocab.json", '{"a": 1}');
  assert.throws(open, {
    message:
      'Cannot make a tokenizer: its vocabulary lacks "Ā", wanted one for each byte, and each byte at an end',
  });
  write("vocab.json", JSON.stringify(Object.fromEntries(byteVocabulary([]).ids)));
  assert.throws(open, {
    message: 'Cannot make a tokenizer: its vocabulary lacks "ab", wanted what "a b" becomes',
  });
  write("merges.txt", "#version: 0.2\na b c\n");
  assert.throws(open, /merges.txt": line 2 is "a b c", wanted two symbols with a space between/);
  write("merges.txt", "#version: 0.2\n");
  write("tokenizer_config.json", '{"pad_token": "?"}');
  assert.throws(open, /it pads with "\?", wanted its end of text or "!"/);
});

Deno.test("ClipTokenizer refuses options that it does not know", () => {
  const vocabulary = byteVocabulary([]);
  const make = (options: object) => () => new ClipTokenizer(vocabulary, options);
  assert.throws(make({ cleaning: "openclip" }), {
    message:
      'Cannot make a tokenizer: there is no cleaning "openclip", nearest is "open_clip", there are transformers, transformers-slow, transformers-slow-ftfy, open_clip',
  });
  assert.throws(make({ padding: "0" }), {
    message: 'Cannot make a tokenizer: padding must be one of end, !, zero, "0" found',
  });
  assert.throws(make({ contextLength: 1 }), {
    message: "Cannot make a tokenizer: contextLength must be a whole number in [2, ∞), found 1",
  });
  assert.throws(make({ end: "<end>" }), {
    message: 'Cannot make a tokenizer: its vocabulary has no "<end>", wanted as end',
  });
  assert.throws(() => new ClipTokenizer(vocabulary).encode(3 as unknown as string), {
    message: "Cannot tokenize: a text is wanted, found number 3",
  });
});
