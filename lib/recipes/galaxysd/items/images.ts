/**
 * Items of generated galaxies beside those that the model has learnt from.
 *
 * @module
 */

import { imageGrid, type Tile } from "../../../plot/mod.ts";
import { blankTile } from "../../../plot/image_grid.ts";
import { mean } from "../../../statistics.ts";
import type { Item } from "../../recipe.ts";
import { eachOf, rowsOf, someOf } from "../generated.ts";
import { type Bytes, fractionsOf } from "../reader.ts";
import { type GalaxyRequest, PROMPTS } from "../requests.ts";
import type { GalaxysdRun, Made } from "../run.ts";

type ImageItem = Item<GalaxysdRun>;

/** Generated galaxies of a prompt in a figure. */
const SHOWN = 3;

/** Generated galaxies of which a weight's score is the mean. */
const SCORED = 24;

/** Pictures as tiles. */
function tilesOf(pictures: Bytes): Tile[] {
  return eachOf(pictures).map((pixels) => ({ pixels, width: pictures.size }));
}

/** A galaxy that shows what is asked for, of those the model has not learnt from where there is one. */
function exampleOf({ answers }: GalaxyRequest, { galaxies }: Made): Tile {
  const { held, pictures, answers: certain } = galaxies;
  const shows = (row: number) => answers.every((id) => certain[row]!.includes(id));
  const row = held.find(shows) ?? certain.keys().find(shows);
  if (row === undefined) return blankTile;
  return tilesOf(rowsOf({ images: pictures.images!, size: pictures.size }, Int32Array.of(row)))[0]!;
}

export const fig3: ImageItem = {
  title: "real and generated galaxies by prompt",
  notes: [
    "Published: 16 columns A to P, a real SDSS image over three generated ones; which ones is left open, here the first three seeds",
    "Where no galaxy of the table shows all of a prompt, the place of the real one is empty",
  ],
  async draw(run) {
    const made = run.made!;
    const pictures = await made.generate("prompts", { requests: PROMPTS });
    const each = run.settings.each;
    const generated = PROMPTS.map((_, at) =>
      tilesOf(someOf(pictures, [at * each, at * each + Math.min(SHOWN, each)]))
    );
    const rows = Array.from(
      { length: Math.min(SHOWN, each) },
      (_, row) => generated.map((tiles) => tiles[row]!),
    );
    const real = PROMPTS.map((prompt) => ({ ...exampleOf(prompt, made), caption: prompt.name }));
    const title = run.data === "simulated sky" ? "The simulated sky's galaxies" : "Real galaxies";
    return {
      figures: {
        fig3: imageGrid([real, ...rows].flat(), {
          ...{ columns: PROMPTS.length, tileSize: 96 },
          rows: [title, "Generated", ...rows.slice(1).map(() => "")],
        }),
      },
      table: {
        columns: ["type", "prompt"],
        rows: PROMPTS.map(({ name, prompt }) => [name, prompt]),
      },
    };
  },
};

/** Words with weights. */
const weighed = (text: string, weight: number) => `{${text}:${weight.toFixed(2)}}`;

const EARLY_WITH_LANE = ["a01", "a16", "a38"];

export const fig6: ImageItem = {
  title: "two common features make a rare one",
  notes: [
    "Published: a diagram; early types and galaxies with dust lanes were learnt apart, and early types with a lane are asked for",
  ],
  async draw({ made }) {
    const parts: [string, GalaxyRequest][] = [
      ["early types", request("completely round galaxy", ["a01", "a16"])],
      ["dust lanes", request("edge-on galaxy, dust lane", ["a02", "a04", "a38"], "")],
      ["early types with a dust lane", request(`{completely round:1.2} galaxy, {dust lane:1.3}`)],
    ];
    const pictures = await made!.generate("fig6", {
      ...{ requests: parts.map(([, one]) => one), each: 6 },
    });
    return {
      figures: {
        fig6: imageGrid(tilesOf(pictures), {
          ...{ columns: 6, tileSize: 96, rows: parts.map(([name]) => `Asked for: ${name}`) },
        }),
      },
    };
  },
};

function request(
  text: string,
  answers: readonly string[] = EARLY_WITH_LANE,
  start = "smooth, ",
): GalaxyRequest {
  return { name: text, prompt: `sdss, ${start}${text}`, answers };
}

/** Weights of figure C4. */
const WEIGHTS = Array.from({ length: 10 }, (_, at) => 1 + at / 10);

export const figc4: ImageItem = {
  title: "weight of the dust lane",
  notes: [
    "Published: realism has its peak near a weight of 1.2, falls from 1.5 to 1.9, artefacts from 1.6 on; which two prompts is left open",
    "Here the score is the share of volunteers that a network expects to see a dust lane, of those asked what is odd, by the words alone",
  ],
  async draw({ made }) {
    const kinds = ["completely round", "in-between round"];
    const found: { kind: string; scores: number[]; tiles: Tile[] }[] = [];
    for (const kind of kinds) {
      const requests = WEIGHTS.map((weight) =>
        request(`${kind} galaxy, ${weighed("dust lane", weight)}`)
      );
      const name = `figc4-${kind.replace(" ", "-")}`;
      const order = { requests, each: SCORED, told: "captions" as const };
      const pictures = await made!.generate(name, order);
      const lanes = fractionsOf(await made!.read(pictures), "a38");
      const scores = WEIGHTS.map((_, at) => mean(lanes.slice(at * SCORED, (at + 1) * SCORED)));
      const tiles = [0, 1].flatMap((row) =>
        WEIGHTS.map((weight, at) => ({
          ...tilesOf(someOf(pictures, [at * SCORED + row, at * SCORED + row + 1]))[0]!,
          ...(row === 0 && { caption: weight.toFixed(1) }),
        }))
      );
      found.push({ kind, scores, tiles });
    }
    return {
      figures: {
        figc4: imageGrid(found.flatMap(({ tiles }) => tiles), {
          ...{ columns: WEIGHTS.length, tileSize: 96 },
          rows: found.flatMap(({ kind }) => [`smooth, ${kind} galaxy, {dust lane:w}`, ""]),
        }),
      },
      table: {
        columns: ["weight", ...found.map(({ kind }) => kind)],
        rows: WEIGHTS.map((weight, at) => [
          weight.toFixed(1),
          ...found.map(({ scores }) => scores[at]!.toFixed(3)),
        ]),
      },
      values: Object.fromEntries(found.map(({ kind, scores }) => [kind, scores])),
    };
  },
};

/** Weights of figure C5, each with each. */
const PAIR = [1, 1.1, 1.2, 1.3, 1.4];

export const figc5: ImageItem = {
  title: "two weights together",
  notes: [
    "Published: realism is best for X in 1.1 to 1.4 and Y in 1.05 to 1.3; good galaxies lie about where Y is X + 0.1",
    "Here the scores are what a network expects volunteers to say: completely round / dust lane",
  ],
  async draw({ made }) {
    const each = 8;
    const requests = PAIR.flatMap((y) =>
      PAIR.map((x) =>
        request(`${weighed("completely round", x)} galaxy, ${weighed("dust lane", y)}`)
      )
    );
    const pictures = await made!.generate("figc5", { requests, each, told: "captions" });
    const read = await made!.read(pictures);
    const [round, lane] = ["a16", "a38"].map((answer) => fractionsOf(read, answer));
    const scores = requests.map((_, at) =>
      [round!, lane!].map((all) => mean(all.slice(at * each, (at + 1) * each)))
    );
    const tiles = requests.map((_, at) => ({
      ...tilesOf(someOf(pictures, [at * each, at * each + 1]))[0]!,
      caption: scores[at]!.map((score) => score.toFixed(2)).join(" / "),
    }));
    return {
      figures: {
        figc5: imageGrid(tiles, {
          ...{ columns: PAIR.length, tileSize: 96 },
          rows: PAIR.map((y) => `{dust lane:${y}}, {completely round:X}, X = ${PAIR.join(", ")}`),
        }),
      },
      values: { weights: PAIR, scores },
    };
  },
};
