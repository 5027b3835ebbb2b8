import assert from "node:assert/strict";
import { type ClipTextConfig, ClipTextModel, clipTextState } from "galaxykit/models";
import type { LoadableTensor } from "galaxykit/nn";
import {
  openTextualInversion,
  openTokenizer,
  saveTextualInversion,
  withLearnedTokens,
} from "galaxykit/prompts";
import { tf } from "galaxykit/tensorflow";
import { writeSafetensors } from "galaxykit/weights";
import {
  assertClose,
  asTensor,
  type FixtureCase,
  readFixture,
  valuesOf,
  withPrefix,
} from "../nn/reference.ts";
import { temporaryFolder } from "../temporary.ts";

const [{ config, prompts, tensors }] = readFixture<
  FixtureCase<{ config: Partial<ClipTextConfig>; prompts: string[] }>
>("textual_inversion.safetensors") as [
  FixtureCase<{ config: Partial<ClipTextConfig>; prompts: string[] }>,
];
const folder = new URL("../reference/textual_inversion", import.meta.url).pathname;
const plain = openTokenizer(new URL("../reference/tokenizer", import.meta.url).pathname, {
  contextLength: 16,
});

Deno.test("learned tokens of all formats make of texts what they do in diffusers", async () => {
  const files = ["learned_embeds.bin", "learned_embeds.safetensors"];
  const named = ["ring.pt", "lane.pt", "merger.safetensors"];
  const learned = [
    ...await Promise.all(files.map((name) => openTextualInversion(`${folder}/${name}`))),
    ...await Promise.all(
      named.map((name) =>
        openTextualInversion(`${folder}/${name}`, { token: `<${name.split(".")[0]}>` })
      ),
    ),
  ].flat();
  assert.deepEqual(learned.map(({ token, values, width }) => [token, values.length / width]), [
    ...[["<bar>", 1], ["<lens>", 3], ["<ring>", 2], ["<lane>", 2], ["<merger>", 1]],
  ]);
  const { tokenizer, vectors, shape } = withLearnedTokens(plain, learned);
  const { ids, shape: size } = tokenizer.call(prompts);
  assert.deepEqual([...ids], [...tensors.ids!.data].map(Number));
  const model = new ClipTextModel(config);
  model.loadStateDict(clipTextState(withPrefix<LoadableTensor>(tensors, "state/")));
  const added = tf.tensor2d(vectors, shape);
  const found = model.encode(tf.tensor2d(ids, [...size], "int32"), { added });
  for (const role of ["tokens", "pooled"] as const) {
    const what = { tolerance: 1e-4, what: role };
    assertClose(valuesOf(found[role]), valuesOf(asTensor(tensors[role]!)), what);
  }
  const path = `${temporaryFolder()}/all.safetensors`;
  saveTextualInversion(path, learned);
  const again = await openTextualInversion(path);
  const sorted = (tokens: typeof learned) => tokens.toSorted((a, b) => a.token < b.token ? -1 : 1);
  assert.deepEqual(sorted(again), sorted(learned));
});

Deno.test("openTextualInversion() calls a nameless token as its file, and refuses what is none", async () => {
  const [ring] = await openTextualInversion(`${folder}/ring.pt`);
  assert.equal(ring!.token, "ring");
  const path = `${temporaryFolder()}/odd.safetensors`;
  const tensor = (shape: number[]) => ({
    dtype: "F32" as const,
    shape,
    data: new Float32Array(shape.reduce((product, side) => product * side, 1)),
  });
  writeSafetensors(path, { a: tensor([2]), b: tensor([2, 2, 2]) });
  await assert.rejects(openTextualInversion(path), {
    message:
      `Cannot read learned tokens in "${path}": "b" is [2,2,2], wanted [width] or [vectors, width]`,
  });
  await assert.rejects(openTextualInversion(path, { token: "<a>" }), {
    message: `Cannot call the tokens of "${path}" "<a>": it holds 2 (a, b)`,
  });
});

Deno.test("withLearnedTokens() refuses vectors of several widths, and words that there are", () => {
  const token = (token: string, width: number) => ({ token, values: new Float32Array(6), width });
  assert.throws(() => withLearnedTokens(plain, [token("<a>", 3), token("<b>", 2)]), {
    message: 'Cannot add learned tokens: "<b>" has vectors of 2 numbers, "<a>" of 3',
  });
  assert.throws(() => withLearnedTokens(plain, []), {
    message: "Cannot add learned tokens: there are none",
  });
  assert.throws(() => withLearnedTokens(plain, [token("ring</w>", 3)]), {
    message: 'Cannot add the token "ring</w>": it is in the vocabulary',
  });
});
