import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { galaxyPrompts } from "galaxykit/data";
import {
  ClipTokenizer,
  clipVocabularyPath,
  clipVocabularySource,
  openTokenizer,
  readClipMerges,
  weighEmbeddings,
  weighPrompt,
} from "galaxykit/prompts";
import { tf } from "galaxykit/tensorflow";
import { assertClose, valuesOf } from "../nn/reference.ts";
import { skippedIf } from "../shared_data.ts";

const tokenizer = openTokenizer(new URL("../reference/tokenizer", import.meta.url).pathname);
const { tokens, width, cases } = JSON.parse(
  Deno.readTextFileSync(new URL("../reference/prompt_weights.json", import.meta.url)),
) as {
  tokens: number;
  width: number;
  cases: { prompt: string; text: string; weights: number[]; weighed: number[] }[];
};

/** As the generator makes it. */
function embedding(number: number): tf.Tensor3D {
  const values = Array.from(
    { length: tokens * width },
    (_, place) => Math.sin(0.7 * place + number) + 0.25,
  );
  return tf.tensor3d(values, [1, tokens, width]);
}

Deno.test("weighPrompt() reads prompts, and weighEmbeddings() applies them, as HCP-Diffusion does", () => {
  for (const [number, { prompt, ...wanted }] of cases.entries()) {
    const { text, weights } = weighPrompt(prompt, tokenizer);
    assert.equal(text, wanted.text);
    const shown = weights.length > 0 ? [...weights] : wanted.weights.map(() => 1);
    assertClose(
      { shape: [shown.length], data: shown },
      { shape: [wanted.weights.length], data: wanted.weights },
      { tolerance: 1e-6, what: prompt },
    );
    const before = tf.memory().numTensors;
    const plain = embedding(number);
    const weighed = weighEmbeddings(plain, [weights]);
    const shape = [1, tokens, width];
    assertClose(valuesOf(weighed), { shape, data: wanted.weighed }, {
      tolerance: 1e-5,
      what: prompt,
    });
    tf.dispose([plain, weighed]);
    assert.equal(tf.memory().numTensors, before, "tensors are left");
  }
});

Deno.test("weighEmbeddings() treats each prompt of a batch alone, and can leave means alone", () => {
  const [a, b] = [embedding(0), embedding(1)];
  const both = tf.concat([a, b]);
  const [first, second] = [[1, 2], []];
  const wanted = tf.concat([weighEmbeddings(a, [first]), weighEmbeddings(b, [second])]);
  assert.deepEqual(weighEmbeddings(both, [first, second]).dataSync(), wanted.dataSync());
  assert.deepEqual(weighEmbeddings(b, [second]).dataSync(), b.dataSync());
  const raw = weighEmbeddings(a, [first], { restoreMean: false }).dataSync();
  const own = a.dataSync();
  assert.deepEqual([raw[0], raw[2 * width]], [own[0], Math.fround(2 * own[2 * width]!)]);
});

Deno.test("weighEmbeddings() tells of a mean too near to 0", () => {
  const near = tf.tensor3d([1, -1, 0.1], [1, 3, 1]);
  assert.throws(() => weighEmbeddings(near, [[1.09]]), {
    name: "RangeError",
    message:
      "Cannot weigh prompt 0: the mean of its embedding is 0.0333 before and 0.00333 after, too near to 0 to be restored (all would be multiplied by 10.0); weigh less, or leave the mean alone (restoreMean: false)",
  });
  const none = tf.tensor3d([1, -1, 0], [1, 3, 1]);
  assert.throws(() => weighEmbeddings(none, [[1]]), /all would be multiplied by NaN/);
  assert.equal(weighEmbeddings(near, [[1.09]], { restoreMean: false }).shape[1], 3);
  assert.throws(() => weighEmbeddings(near, [[0]]), {
    message: "Cannot weigh prompts: a weight must be above 0, found 0 (prompt 0)",
  });
  assert.throws(() => weighEmbeddings(near, []), {
    message:
      "Cannot weigh prompts: embeddings [prompts, tokens, width] and weights of each are wanted, found [1,3,1] and weights of 0",
  });
});

Deno.test("weighPrompt() says where a prompt is wrong", () => {
  const wrong = (prompt: string, what: string) =>
    assert.throws(() => weighPrompt(prompt, tokenizer), {
      name: "SyntaxError",
      message: `Cannot read the prompt "${prompt}": ${what}`,
    });
  wrong("a {ring galaxy", "the brace at character 3 is not closed");
  wrong("a {ring {bar} galaxy", "the brace at character 3 is not closed");
  wrong("a ring} galaxy", "the brace at character 7 closes nothing");
  wrong("{} galaxy", "nothing is between the braces at characters 1 and 2");
  wrong("a {:1.2} galaxy", "nothing is between the braces at characters 3 and 8");
  wrong("a {ring: b}", 'the weight at character 9 must be a number above 0, found " b"');
  wrong("{ring:}", 'the weight at character 7 must be a number above 0, found ""');
  wrong("{ring:-1}", 'the weight at character 7 must be a number above 0, found "-1"');
  wrong("{ring:Infinity}", 'the weight at character 7 must be a number above 0, found "Infinity"');
  const cut = (at: number) =>
    `the brace at character ${at} cuts a word, or a run of signs; put a space there`;
  wrong("a {spir:1.2}al galaxy", cut(8 + 4));
  wrong("ring{s:1.2}", cut(5));
});

const path = clipVocabularyPath();
Deno.test({
  ...skippedIf(
    !existsSync(path) &&
      `no vocabulary of CLIP; deno task weights fetch ${clipVocabularySource}`,
    "weighPrompt() reads GalaxySD's prompts with CLIP's vocabulary",
  ),
  fn() {
    const clip = new ClipTokenizer(readClipMerges(path));
    for (const { text: prompt } of Object.values(galaxyPrompts)) {
      const { text, weights } = weighPrompt(prompt, clip);
      const words = clip.encode("dust lane");
      const ids = clip.encode(text);
      const at = ids.findIndex((_, i) => words.every((id, k) => ids[i + k] === id));
      const wanted = ids.map((_, i) => at >= 0 && i >= at && i < at + words.length ? 1.2 : 1);
      assert.deepEqual(
        [...weights],
        prompt.includes("{") ? [...Float32Array.from(wanted)] : [],
        prompt,
      );
    }
    const { weights } = weighPrompt("{dust lane:1.3}, {{round}}.", clip);
    assert.equal(weights.length, clip.encode("dust lane, round.").length);
  },
});
