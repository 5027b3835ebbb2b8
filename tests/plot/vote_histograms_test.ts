import assert from "node:assert/strict";
import { answerColumn, gz1Tree, gz2Tree } from "galaxykit/data";
import { voteHistograms } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

/** Five galaxies with fractions and votes at one question: is there a bar? */
function bars(quantity: "fraction" | "weighted_fraction") {
  return {
    [answerColumn(gz2Tree, "a06", quantity)]: [0, 0.24, 0.26, 1, 0],
    [answerColumn(gz2Tree, "a07", quantity)]: [1, 0.76, 0.74, 0, 0],
    [answerColumn(gz2Tree, "a06", "count")]: [0, 5, 6, 12, 0],
    [answerColumn(gz2Tree, "a07", "count")]: [10, 5, 4, 0, 0],
  };
}

type Panel = { data: { values: { from: number; to: number; share: number }[] } };

function panels(figure: ReturnType<typeof voteHistograms>): number[][] {
  const { vconcat } = figure.spec as unknown as { vconcat: { hconcat: Panel[] }[] };
  return vconcat.flatMap(({ hconcat }) =>
    hconcat.map(({ data }) => data.values.map(({ share }) => share))
  );
}

Deno.test("voteHistograms() shows how galaxies spread over each answer's fraction", async () => {
  const options = { questions: ["t03"], bins: 4 };
  const figure = voteHistograms(bars("weighted_fraction"), gz2Tree, options);
  assert.deepEqual(panels(figure), [[0.5, 0.25, 0, 0.25], [0.25, 0, 0.25, 0.5]]);
  await checkFigure(figure, ["Bar", "mean 0.38", "4 galaxies with 10 votes or more"]);
  checkSnapshot(figure, "vote_histograms");
});

Deno.test("voteHistograms() counts galaxies with enough votes, or with any answer", async () => {
  const table = bars("fraction");
  const options = { questions: ["t03"], quantity: "fraction", bins: 2 } as const;
  const many = voteHistograms(table, gz2Tree, { ...options, minimumVotes: 12 });
  assert.deepEqual(panels(many), [[0, 1], [1, 0]]);
  await checkFigure(many, ["1 galaxies with 12 votes or more"]);
  const any = voteHistograms(table, gz2Tree, { ...options, minimumVotes: 0 });
  await checkFigure(any, ["4 galaxies with answers"]);
  assert.throws(() => voteHistograms(table, gz2Tree, { ...options, minimumVotes: 13 }), {
    name: "RangeError",
    message: "Cannot draw vote fractions: no galaxy has enough votes at t03",
  });
});

Deno.test("voteHistograms() draws a tree without counts, and takes null for no value", async () => {
  const [no, some] = [[0, 0, null], [0.5, 0.1, null]];
  const table = { P_EL: [0.5, 0.9, null], P_CW: some, P_ACW: no, P_EDGE: no, P_DK: no, P_MG: no };
  await checkFigure(voteHistograms(table, gz1Tree), ["2 galaxies with answers", "mean 0.70"]);
});
