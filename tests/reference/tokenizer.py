"""CLIP's tokenizers of others: numbers of odd texts, by cleaning.

    python tests/reference/tokenizer.py [bpe_simple_vocab_16e6.txt.gz]

Run it twice, in two environments; each writes the cleanings that it has:

- transformers 5.24.0, tokenizers 0.23.3, open_clip_torch 3.3.0, ftfy 6.3.1, torch: "transformers",
  "open_clip", and the tiny vocabulary in tokenizer/ (byte pairs learnt from the text below)
- transformers 4.49.0, ftfy 6.3.1: "transformers-slow", "transformers-slow-ftfy"

ftfy runs without its guesses at wrongly decoded text, which the kit does not make; how many texts
they would change is printed. Texts come from tests/prompts/odd_texts.ts. With OpenAI's file of
merges, 10,000 texts are also numbered by CLIP's own vocabulary; only digests are kept.
"""

import functools
import gzip
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != FOLDER]

import ftfy  # noqa: E402
import transformers  # noqa: E402

TINY = FOLDER / "tokenizer"
FILE = FOLDER / "tokenizer.json"
SEED, COUNT, TINY_COUNT, BLOCK = 13, 10_000, 4_000, 100

TRAPS = [
    "ΑΣ ΣΑΣ", "İSTANBUL", "a\u00a0b", "a\ufeffb", "\ufeffa", "a\u200bb", "a\x1cb", "ﬁne", "e\u0301", "é", "A\u030a",
    "2010s", "3.14", "x²½", "don't WE'LL", "don’t", "'ſ", "“a”", "a\tb\r\nc", " a ", "", " ", "\u0345ι", "星系a", "a&amp;amp;b",
    "&EACUTE;", "&copy2", "<b>&amp;", "<|startoftext|>a<|endoftext|>", "<|ENDOFTEXT|>", "<start_of_text>", "!<end_of_text>",
    "a</w>b", "{dust lane:1.2}, {}", "}} }, }.", "👩🏽‍🚀🇩🇪", "GALAXY\0x", "\ud7a3\u1100", "ǅ Ǆ", "ＧＡＬＡＸＹ　１", "Ⓐ ⅷ", "…—", "\x85a",
    "\x1b[31mred", "smooth, in-between round galaxy",
]
ADDED = ["<ring>", "<ring>_1", "<ring>_2", "Sérsic", "ab"]
ADDED_TEXTS = ["a <ring> b", "a<ring>b", "<RING>", "<ring>_1", "<ring>_12", "<ring><ring>", "SÉRSIC se\u0301rsic sérsics", "cabs ab",
               "<|startoftext|> <ring>"]

LEARNT_FROM = (
    "sdss smooth completely round galaxy cigar-shaped edge-on in-between round ring spiral arms tightly wound loosely medium "
    "bar-shaped structure in the center of galaxy no central bulge just noticeable obvious dominant prominence merger disturbed "
    "irregular lens or arc dust lane rounded boxy bulge 1 2 3 4 more than the there with and it's don't we'll they're a picture of "
    "an unbarred galaxies features or disk wait ... !!! ,,, é ä ö ü naïve мир галактика 星系 銀河 ぎんが galaxy galaxy galaxy spiral "
)


def byte_order():
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return printed + [byte for byte in range(256) if byte not in printed]


def byte_characters():
    order, extra = byte_order(), 0
    table = {}
    for byte in order:
        if byte in range(0x21, 0x7F) or byte in range(0xA1, 0xAD) or byte in range(0xAE, 0x100):
            table[byte] = chr(byte)
        else:
            table[byte] = chr(256 + extra)
            extra += 1
    return table


def learn(count):
    """Byte pairs, the commonest first; of equally common ones the first in the alphabet."""
    table, words = byte_characters(), {}
    for word in LEARNT_FROM.split():
        symbols = [table[byte] for byte in word.encode()]
        symbols[-1] += "</w>"
        words[tuple(symbols)] = words.get(tuple(symbols), 0) + 1
    merges = []
    while len(merges) < count:
        pairs = {}
        for word, number in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + number
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged = {}
        for word, number in words.items():
            out, at = [], 0
            while at < len(word):
                if word[at:at + 2] == best:
                    out.append("".join(best))
                    at += 2
                else:
                    out.append(word[at])
                    at += 1
            merged[tuple(out)] = merged.get(tuple(out), 0) + number
        words = merged
    return merges


def vocabulary(merges):
    table = byte_characters()
    symbols = [table[byte] for byte in byte_order()]
    tokens = symbols + [symbol + "</w>" for symbol in symbols] + ["".join(pair) for pair in merges]
    return {token: number for number, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}


def write_tiny():
    merges = learn(240)
    TINY.mkdir(exist_ok=True)
    (TINY / "vocab.json").write_text(json.dumps(vocabulary(merges), ensure_ascii=False))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (TINY / "merges.txt").write_text("\n".join(lines))


def read_merges(path):
    text = gzip.open(path).read().decode() if str(path).endswith(".gz") else Path(path).read_text()
    return [tuple(line.split()) for line in text.split("\n")[1:49152 - 256 - 2 + 1]]


def write_folder(merges, folder):
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary(merges), ensure_ascii=False))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in merges)]))
    return folder


def fast(folder, added=()):
    vocab = json.loads((folder / "vocab.json").read_text())
    tokenizer = transformers.CLIPTokenizer(vocab=vocab, merges=read_merges(folder / "merges.txt"))
    for token in added:
        tokenizer.add_tokens(token)
    return tokenizer, lambda text: tokenizer(text)["input_ids"][1:-1]


def open_clip(folder):
    origin = importlib.util.find_spec("open_clip").origin
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", Path(origin).parent / "tokenizer.py")
    module = importlib.util.module_from_spec(spec)
    packed = folder / "merges.gz"
    packed.write_bytes(gzip.compress((folder / "merges.txt").read_bytes()))
    spec.loader.exec_module(module)
    tokenizer = module.SimpleTokenizer(bpe_path=str(packed))
    packed.unlink()
    return tokenizer.encode


def slow(folder, with_ftfy):
    tokenizer = transformers.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    if not with_ftfy:
        tokenizer.fix_text = None
        tokenizer.nlp = transformers.models.clip.tokenization_clip.BasicTokenizer(strip_accents=False, do_split_on_punc=False)
    return lambda text: tokenizer(text)["input_ids"][1:-1]


def cleanings(folder):
    if int(transformers.__version__.split(".")[0]) >= 5:
        return {"transformers": fast(folder)[1], "open_clip": open_clip(folder)}
    return {"transformers-slow": slow(folder, False), "transformers-slow-ftfy": slow(folder, True)}


def digests(encode, texts):
    """The first 16 digits of SHA-256 over the numbers of a hundred texts, a line a text."""
    lines = [" ".join(map(str, encode(text))) for text in texts]
    blocks = ["\n".join(lines[at:at + BLOCK]) for at in range(0, len(lines), BLOCK)]
    return "".join(hashlib.sha256(block.encode()).hexdigest()[:8] for block in blocks)


def main():
    real = sys.argv[1] if len(sys.argv) > 1 else None
    run = [os.environ.get("DENO", "deno"), "run", "-A", str(FOLDER / "../prompts/odd_texts.ts"), str(COUNT), str(SEED)]
    texts = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
    whole = ftfy.fix_text
    fix = functools.partial(whole, fix_encoding=False)
    guessed = sum(whole(text) != fix(text) for text in texts)
    print(f"ftfy's guesses change {guessed} of {len(texts)} texts")
    ftfy.fix_text = fix
    if int(transformers.__version__.split(".")[0]) >= 5:
        write_tiny()
    content = json.loads(FILE.read_text()) if FILE.exists() else {"versions": {}, "cleanings": {}}
    content |= {"seed": SEED, "count": COUNT, "tinyCount": TINY_COUNT, "block": BLOCK, "traps": TRAPS}
    content["generator"] = "tests/reference/tokenizer.py"
    content["guessed"] = guessed
    for name, encode in cleanings(TINY).items():
        content["versions"][name] = f"transformers {transformers.__version__}, ftfy {ftfy.__version__}"
        own = content["cleanings"].setdefault(name, {})
        own["traps"] = [encode(text) for text in TRAPS]
        own["tiny"] = digests(encode, texts[:TINY_COUNT])
    if real is not None:
        folder = write_folder(read_merges(real), Path(tempfile.mkdtemp()))
        for name, encode in cleanings(folder).items():
            content["cleanings"][name]["clip"] = digests(encode, texts)
    if int(transformers.__version__.split(".")[0]) >= 5:
        tokenizer, encode = fast(TINY, ADDED)
        content["added"] = {"tokens": ADDED, "texts": ADDED_TEXTS, "ids": [encode(text) for text in ADDED_TEXTS]}
        plain, encode = fast(TINY)
        shown = texts[:200]
        content["decoded"] = [plain.decode(encode(text), clean_up_tokenization_spaces=False) for text in shown]
        content["whole"] = {
            "texts": (whole_texts := ["spiral galaxy", "star " * 10, ""]),
            "ids": plain(whole_texts, padding="max_length", max_length=8, truncation=True)["input_ids"],
            "mask": plain(whole_texts, padding="max_length", max_length=8, truncation=True)["attention_mask"],
        }
        plain.backend_tokenizer.save(str(TINY / "tokenizer.json"))
    FILE.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(f"{FILE.name}: {FILE.stat().st_size / 1000:.1f} kB")


main()
