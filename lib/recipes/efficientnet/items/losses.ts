/**
 * The galaxies that cost the most.
 *
 * @module
 */

import { decodeImages } from "../../../data/mod.ts";
import { imageGrid } from "../../../plot/mod.ts";
import { mean } from "../../../statistics.ts";
import { percent } from "../../../text.ts";
import type { Item } from "../../recipe.ts";
import type { EfficientnetRun } from "../run_files.ts";

/** How many are named. */
const NAMED = 12;

/** Side of their pictures, in pixels. */
const SIDE = 192;

/** Which galaxies the loss is made of. */
export const losses: Item<EfficientnetRun> = {
  title: "the largest losses, galaxy by galaxy",
  isOwn: true,
  notes: [
    "Not in the article. Loss: −ln of the probability of the volunteers' class, mean over the seeds of the article's network in two phases",
    "p is the probability of the volunteers' class, its geometric mean over the seeds; votes are the shares that said smooth and featured",
  ],
  async draw(run) {
    const seeds = run.bySeed(run.article, "two_phases");
    const galaxies = run.galaxies();
    const rowOf = new Map(galaxies.id.map((id, row) => [id, row]));
    const all = seeds[0].map(({ id, target }, i) => {
      const row = rowOf.get(id)!;
      const loss = mean(seeds.map((rows) => {
        const p = rows[i].p_featured;
        return -Math.log(Math.max(target === "featured" ? p : 1 - p, 1e-12));
      }));
      return { id, target, loss, p: Math.exp(-loss), row };
    }).sort((a, b) => b.loss - a.loss);
    const total = all.reduce((sum, { loss }) => sum + loss, 0);
    const named = all.slice(0, NAMED).map(({ row, ...own }) => ({
      ...own,
      truth: galaxies.truth[row],
      image: galaxies.image[row]!,
      smooth: galaxies.smooth[row],
      featured: galaxies.featured[row],
    }));
    const { crop, size } = { ...run.settings, size: SIDE };
    const pixels = await decodeImages(named.map(({ image }) => image), {
      size,
      cropFraction: crop,
    });
    const area = 3 * size ** 2;
    const grid = imageGrid(
      named.map(({ target, p }, i) => ({
        pixels: pixels.subarray(area * i, area * (i + 1)),
        width: size,
        caption: `volunteers: ${target}, p ${p.toPrecision(2)}`,
      })),
      { title: "The largest losses", columns: 6, tileSize: 150 },
    );
    const isKnown = galaxies.truth.some((name) => name !== null);
    return {
      figures: { losses: grid },
      table: {
        columns: [
          ...["galaxy", "image", "volunteers' class"],
          ...(isKnown ? ["true class"] : []),
          ...["votes: smooth", "featured", "p", "loss", "share of all loss"],
        ],
        rows: named.map(({ id, image, target, truth, smooth, featured, p, loss }) => [
          ...[id, image.split("/").at(-1)!, target],
          ...(isKnown ? [truth ?? "unknown"] : []),
          ...[smooth.toFixed(2), featured.toFixed(2), p.toPrecision(2), loss.toFixed(2)],
          percent(loss / total),
        ]),
      },
      values: {
        named: named.map(({ image, ...own }) => ({ ...own, image: image.split("/").at(-1) })),
      },
      notes: [
        `The ${named.length} galaxies above are ${percent(named.length / all.length)} of all, and ${
          percent(named.reduce((sum, { loss }) => sum + loss, 0) / total)
        } of the loss; the largest single share is ${percent(named[0].loss / total)}`,
      ],
    };
  },
};
