/**
 * Texts that tokenizers stumble over, the same for a seed. `tests/reference/tokenizer.py` runs this
 * file to give them to the tokenizers of others.
 *
 * @module
 */

import { Prng } from "galaxykit/data";

/** What people write of galaxies, and what programs leave in it. */
const WORDS = [
  ..."smooth edge-on galaxy spiral sdss, merger dust lane in-between round bar-shaped A THE it's"
    .split(" "),
  ..."GALAXY Don't WE'LL you're I'M he'd they've 'S 'tis rock'n'roll {dust lane:1.2} {} }} }, _ __ "
    .split(" "),
  ..."3.14 1e-5 42nd 2MASXJ00 z=0.1 α=3.5° 10''x5' µm Å ΑΣ ΣΑΣ ΟΔΥΣΣΕΥΣ σς İstanbul ISPARTA ı ß ẞ ŉ"
    .split(" "),
  ..."ﬁne ﬂat ﬃ ﬅ ĳ Ǆ ǅ ǆ naïve nai\u0308ve é e\u0301 Å A\u030a ḍ̇ d\u0307\u0323 한국어 \u1112\u1161\u11ab"
    .split(" "),
  ..."星系 銀河，系 ぎんが ギンガ ｷﾞﾝｶﾞ ＧＡＬＡＸＹ １２３ ٣٤٥ १२३ Ⅷ ⅷ ² ½ ⓖ Ⓖ 𝒢𝒶𝓁 𝟛 🌌 👩🏽‍🚀 🇩🇪 ✨"
    .split(" "),
  ..."“quoted” ‘quoted’ don’t …wait — – ‐ ‑ ʼn «a» ¿que? ¡si! мир МИР ГАЛАКТИКА шалом שלום عربي"
    .split(" "),
  ..."नमस्ते ไทย ὈΔΥΣΣΕΎΣ ᾳ ᾼ ͅ ſong 'ſ Kelvin Ωhm \u1fbe \u0345 Ꭰ ꭰ ა Ა ᲀ Ⴀ ⴀ".split(" "),
  ..."&amp; &amp;amp; &lt;b&gt; &eacute; &EACUTE; &copy &copy2 &notit; &#65; &#x1F30C; &#128; &#1; &bogus;"
    .split(" "),
  ..."<b> <|startoftext|> <|endoftext|> <|ENDOFTEXT|> <start_of_text> <end_of_text> <END_OF_TEXT> </w>"
    .split(" "),
  ..."a</w>b !!! ... ,,, ;-) ¯\\_(ツ)_/¯ C++ #tag @you $5 50% a&b a_b x^2 ~ ` | \\ / <ring> <RING>"
    .split(" "),
  ..."aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa https://example.org/?q=a&b=c Ã© â€œ cafÃ© \x1b[31mred\x1b[0m"
    .split(" "),
];

/** What stands between words. */
const SPACES = [
  ...[
    " ",
    " ",
    " ",
    " ",
    "",
    "",
    "  ",
    ", ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x1f",
  ],
  ...[
    "\x85",
    "\u00a0",
    "\u1680",
    "\u2003",
    "\u2009",
    "\u200a",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2028",
    "\u2029",
  ],
  ...[
    "\u202f",
    "\u205f",
    "\u2060",
    "\u3000",
    "\ufeff",
    "\u180e",
    "\u00ad",
    "\0",
    "\x07",
    "\x7f",
    "\ufffd",
    "-",
  ],
];

/**
 * Blocks of Unicode, first and last; without places that a program's version of Unicode may have
 * filled lately, and another's not.
 */
const BLOCKS = [
  ...[[0x00, 0x7f], [0x20, 0x7e], [0x80, 0xff], [0x100, 0x24f], [0x250, 0x2ff], [0x300, 0x36f]],
  ...[[0x370, 0x3ff], [0x400, 0x52f], [0x5d0, 0x5ea], [0x600, 0x6ff], [0x900, 0x97f], [
    0xe00,
    0xe7f,
  ]],
  ...[
    [0x1100, 0x11ff],
    [0x1e00, 0x1fff],
    [0x2000, 0x2064],
    [0x2074, 0x208e],
    [0x2090, 0x209c],
    [0x20a0, 0x20bf],
    [0x2100, 0x218b],
    [0x2190, 0x23ff],
    [0x2460, 0x27bf],
  ],
  ...[[0x3000, 0x30ff], [0x4e00, 0x9fff], [0xac00, 0xd7a3], [0xe000, 0xe0ff], [0xfb00, 0xfb4f]],
  ...[
    [0xfe00, 0xfe6f],
    [0xff00, 0xffef],
    [0x10400, 0x1044f],
    [0x1d400, 0x1d6a5],
    [0x1d6a8, 0x1d7cb],
    [0x1d7ce, 0x1d7ff],
    [
      0x1f300,
      0x1f64f,
    ],
  ],
  ...[[0x1f1e6, 0x1f1ff], [0x20000, 0x200ff], [0xe0020, 0xe007f], [0x10ff00, 0x10ffff]],
] as const;

/** The first `count` texts of a seed. */
export function oddTexts(count: number, { seed }: { seed: number }): string[] {
  return Array.from({ length: count }, (_, text) => {
    const random = new Prng(seed, [text]);
    const pick = <T>(list: readonly T[]) => list[random.integer(list.length)]!;
    let made = "";
    for (let part = random.integer(12); part >= 0; part--) {
      const kind = random.integer(10);
      if (kind < 6) made += pick(WORDS);
      else {
        const [first, last] = pick(BLOCKS);
        for (let length = random.integer(6); length >= 0; length--) {
          made += String.fromCodePoint(first + random.integer(last - first + 1));
        }
      }
      made += kind === 9 ? "" : pick(SPACES);
    }
    return made;
  });
}

if (import.meta.main) {
  console.log(JSON.stringify(oddTexts(Number(Deno.args[0]), { seed: Number(Deno.args[1]) })));
}
