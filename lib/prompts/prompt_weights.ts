/**
 * Weights in prompts, `{dust lane:1.2}`, as GalaxySD applies them (Ma et al. 2026, ApJS 282, 25,
 * equation 4), which takes them from HCP-Diffusion: the encoded tokens inside are multiplied, and then
 * all of the prompt's, so that their mean is what it was.
 *
 * @module
 */

import { count } from "../text.ts";
import { tf } from "../tensorflow/mod.ts";
import type { ClipTokenizer } from "./clip_tokenizer.ts";

/** A prompt without braces, and how much each of its tokens weighs. */
export type WeighedPrompt = {
  /** What the text encoder is given. */
  readonly text: string;
  /** One for each token of the text, without its start; empty where nothing is weighed. */
  readonly weights: Float32Array;
};

/** What `{words}` weigh without a number. */
const UNSAID = 1.1;

/**
 * Takes the weights out of a prompt. Weights in each other multiply; `{words}` weigh 1.1. A weight is
 * what stands after the last colon before a brace that closes, so that `{words {more:1.2}}` weighs the
 * outer ones 1.1. Braces cannot be written otherwise.
 *
 * @param tokenizer Which the text is given to afterwards
 * @throws {SyntaxError} For a brace without its partner, nothing between braces, a weight that is no
 * number above 0, and braces that cut a word or a run of signs; each with its place
 *
 * @example
 * ```ts
 * import { byteVocabulary, ClipTokenizer, weighPrompt } from "galaxykit/prompts";
 * import assert from "node:assert/strict";
 *
 * const merges = [["a", "r"], ["ar", "m</w>"]] as const;
 * const tokenizer = new ClipTokenizer(byteVocabulary(merges));
 * const { text, weights } = weighPrompt("a {arm:1.5}", tokenizer);
 * assert.equal(text, "a arm");
 * assert.deepEqual([...weights], [1, 1.5]);
 * assert.throws(() => weighPrompt("a {arm:1.5", tokenizer), {
 *   message: 'Cannot read the prompt "a {arm:1.5": the brace at character 3 is not closed',
 * });
 * ```
 */
export function weighPrompt(prompt: string, tokenizer: ClipTokenizer): WeighedPrompt {
  const { text, marked, braces } = parsed(prompt);
  if (braces.length === 0) return { text, weights: new Float32Array(0) };
  const bare = (token: string) => token.replace(/<\/w>$/, "");
  const tokens = tokenizer.tokens(text).map(bare);
  const weights: number[] = [];
  const open: number[] = [];
  let seen = 0;
  for (const token of tokenizer.tokens(marked).map(bare)) {
    const brace = braces[seen];
    if (token === "{" || token === "}") {
      if (token === "{") open.push(brace!.weight);
      else open.pop();
      seen++;
      continue;
    }
    if (token !== tokens[weights.length]) break;
    weights.push(open.reduce((product, weight) => product * weight, 1));
  }
  if (weights.length === tokens.length && seen === braces.length) {
    return { text, weights: Float32Array.from(weights) };
  }
  const { at } = braces[Math.min(seen, braces.length - 1)]!;
  throw problem(
    prompt,
    `the brace at character ${at + 1} cuts a word, or a run of signs; put a space there`,
  );
}

/**
 * Multiplies encoded prompts by their tokens' weights, and each prompt as a whole, start and padding
 * too, by what its mean has lost. Of a prompt that was cut, the token at its end has the weight of the
 * first that was left out, as there.
 *
 * @param embeddings [prompts, tokens, width], as the text encoder gives them
 * @param weights Of each prompt, as {@linkcode weighPrompt} gives them
 * @param options `restoreMean`: whether means are restored. @default {true}
 * @throws {RangeError} When there are not as many weights as prompts, or a mean is so near to 0 that
 * restoring it would multiply a prompt by less than 1/5 or more than 5, or turn its sign
 *
 * @example
 * ```ts
 * import { weighEmbeddings } from "galaxykit/prompts";
 * import { tf } from "galaxykit/tensorflow";
 * import assert from "node:assert/strict";
 *
 * const embeddings = tf.tensor3d([1, 2, 1], [1, 3, 1]);
 * const weighed = weighEmbeddings(embeddings, [[2]]);
 * // 1, 4, 1, whose mean is 2 instead of 4/3
 * assert.deepEqual([...weighed.dataSync()].map((x) => x.toFixed(3)), ["0.667", "2.667", "0.667"]);
 * ```
 */
export function weighEmbeddings(
  embeddings: tf.Tensor,
  weights: readonly ArrayLike<number>[],
  { restoreMean = true }: { restoreMean?: boolean } = {},
): tf.Tensor3D {
  const [prompts, tokens] = embeddings.shape as [number, number, number];
  if (embeddings.rank !== 3 || prompts !== weights.length) {
    throw new RangeError(
      `Cannot weigh prompts: embeddings [prompts, tokens, width] and weights of each are wanted, found [${embeddings.shape}] and weights of ${
        count(weights.length)
      }`,
    );
  }
  const factors = new Float32Array(prompts * tokens).fill(1);
  for (const [prompt, own] of weights.entries()) {
    const used = Array.from(own).slice(0, tokens - 1);
    const wrong = used.find((weight) => !(weight > 0 && Number.isFinite(weight)));
    if (wrong !== undefined) {
      throw new RangeError(
        `Cannot weigh prompts: a weight must be above 0, found ${wrong} (prompt ${prompt})`,
      );
    }
    factors.set(used, prompt * tokens + 1);
  }
  return tf.tidy(() => {
    const weighed = tf.mul(embeddings, tf.tensor3d(factors, [prompts, tokens, 1])) as tf.Tensor3D;
    if (!restoreMean) return weighed;
    const mean = (values: tf.Tensor) => tf.mean(values, [1, 2], true);
    const [before, after] = [mean(embeddings), mean(weighed)];
    const ratios = tf.div(before, after);
    const [old, now] = [before.dataSync(), after.dataSync()];
    for (const [prompt, ratio] of ratios.dataSync().entries()) {
      if (weights[prompt]!.length === 0 || ratio >= 1 / 5 && ratio <= 5) continue;
      throw new RangeError(
        `Cannot weigh prompt ${prompt}: the mean of its embedding is ${
          old[prompt]!.toPrecision(3)
        } before and ${
          now[prompt]!.toPrecision(3)
        } after, too near to 0 to be restored (all would be multiplied by ${
          ratio.toPrecision(3)
        }); weigh less, or leave the mean alone (restoreMean: false)`,
      );
    }
    const rated = weights.map(({ length }) => [[length > 0 ? 1 : 0]]);
    const isRated = tf.tensor3d(rated, [prompts, 1, 1]);
    return tf.mul(
      weighed,
      tf.where(tf.greater(isRated, 0), ratios, tf.onesLike(ratios)),
    ) as tf.Tensor3D;
  });
}

type Brace = {
  /** Its place in the prompt, from 0. */
  at: number;
  /** Of what is between it and its partner. */
  weight: number;
};

/** The text without braces and weights, that with the braces alone, and those in order. */
function parsed(prompt: string): { text: string; marked: string; braces: Brace[] } {
  const braces: Brace[] = [];
  const open: Brace[] = [];
  let [text, marked, from] = ["", "", 0];
  for (const { 0: sign, index: at } of prompt.matchAll(/[{}]/g)) {
    const before = prompt.slice(from, at);
    const brace = { at, weight: UNSAID };
    let words = before;
    if (sign === "{") open.push(brace);
    else {
      const partner = open.pop();
      if (partner === undefined) {
        throw problem(prompt, `the brace at character ${at + 1} closes nothing`);
      }
      const colon = before.lastIndexOf(":");
      if (colon >= 0) {
        partner.weight = numberOf(before.slice(colon + 1), { prompt, at: from + colon + 1 });
        words = before.slice(0, colon);
      }
      if (words.trim() === "" && partner === braces.at(-1)) {
        throw problem(
          prompt,
          `nothing is between the braces at characters ${partner.at + 1} and ${at + 1}`,
        );
      }
    }
    braces.push(brace);
    text += words;
    marked += words + sign;
    from = at + 1;
  }
  if (open.length > 0) {
    throw problem(prompt, `the brace at character ${open[0]!.at + 1} is not closed`);
  }
  const rest = prompt.slice(from);
  return { text: text + rest, marked: marked + rest, braces };
}

function numberOf(text: string, { prompt, at }: { prompt: string; at: number }): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw problem(
    prompt,
    `the weight at character ${at + 1} must be a number above 0, found "${text}"`,
  );
}

function problem(prompt: string, what: string): SyntaxError {
  return new SyntaxError(`Cannot read the prompt "${prompt}": ${what}`);
}
