/**
 * Items that the kit adds: whether generated galaxies are what they should be.
 *
 * @module
 */

import { orientation, ORIENTATIONS } from "../../../augment/mod.ts";
import { shapeStatisticNames, type ShapeStatistics, shapeStatistics } from "../../../data/mod.ts";
import { kolmogorovSmirnov, wilsonInterval } from "../../../metrics/mod.ts";
import { imageGrid, learningCurves, lossByTime, type Tile } from "../../../plot/mod.ts";
import { median, quantile } from "../../../statistics.ts";
import { tf, toFloat, uint8Tensor } from "../../../tensorflow/mod.ts";
import { count, percent } from "../../../text.ts";
import type { Item } from "../../recipe.ts";
import { type Agreement, agreementOf, meanAgreement, showsAny } from "../agreement.ts";
import { eachOf, rowsOf, someOf } from "../generated.ts";
import type { Bytes } from "../reader.ts";
import { type GalaxyRequest, GROUPS, PROMPTS, requestOf, TAGS, type Told } from "../requests.ts";
import type { GalaxysdRun, Made } from "../run.ts";
import { checkpointsOf } from "../train.ts";

type MeasureItem = Item<GalaxysdRun>;

export const training: MeasureItem = {
  title: "loss while learning",
  isOwn: true,
  draw({ made }) {
    const { history, psnr, images } = made!;
    const last = history.at(-1)!;
    return {
      figures: {
        training: learningCurves(history, { metrics: ["loss"] }),
        "loss-by-time": lossByTime(history),
        ...(images && { "training-images": images }),
      },
      values: { history, psnr },
      notes: [
        `The codec, which is linear and not trained, has ${psnr.toFixed(1)} dB on these pictures`,
        `Loss by time, little noise to much: ${
          [0, 250, 500, 750].map((from) =>
            Number(last[`validation_loss_of_${from}` as keyof typeof last]).toFixed(3)
          ).join(", ")
        }`,
      ],
    };
  },
};

/** What a model can be told by. */
const WAYS: readonly Told[] = ["captions", "votes", "both"];

function waysOf({ settings: { told } }: GalaxysdRun): readonly Told[] {
  return told === "both" ? WAYS : [told];
}

/** Pictures that the model has not learnt from. */
function heldOf({ galaxies }: Made): Bytes {
  const { pictures, held } = galaxies;
  return rowsOf({ images: pictures.images!, size: pictures.size }, held);
}

type Asked = { name: string; kinds: readonly (readonly string[])[]; requests: GalaxyRequest[] };

function requestsOf(asked: readonly Asked[]): GalaxyRequest[] {
  return asked.flatMap(({ requests }) => requests);
}

/** How often pictures show what was asked for, which was generated one after the other. */
async function readEach(
  { pictures, asked }: { pictures: Bytes; asked: readonly Asked[] },
  { made, settings: { each } }: GalaxysdRun,
): Promise<Agreement[]> {
  const all: Agreement[] = [];
  let from = 0;
  for (const { name, kinds, requests } of asked) {
    const to = from + requests.length * each;
    const found = await made!.read(someOf(pictures, [from, to]));
    all.push(agreementOf(name, showsAny(found, kinds)));
    from = to;
  }
  return all;
}

/** How often generated galaxies show what was asked for, beside galaxies that volunteers are sure of. */
async function agreements(
  run: GalaxysdRun,
  { name, asked }: { name: string; asked: readonly Asked[] },
): Promise<{ real: Agreement[]; generated: Record<string, Agreement[]> }> {
  const made = run.made!;
  const { galaxies: { held, answers: certain } } = made;
  const read = await made.read(heldOf(made));
  const real = asked.map(({ name, kinds }) => {
    const shown = showsAny(read, kinds);
    const sure = [...held.keys()].filter((at) =>
      kinds.some((kind) => kind.every((id) => certain[held[at]!]!.includes(id)))
    );
    return agreementOf(name, sure.map((at) => shown[at]!));
  });
  const generated: Record<string, Agreement[]> = {};
  for (const told of waysOf(run)) {
    const pictures = await made.generate(`${name}-${told}`, { requests: requestsOf(asked), told });
    generated[told] = await readEach({ pictures, asked }, run);
  }
  return { real, generated };
}

function agreementItem(
  name: string,
  { title, asked, notes }: { title: string; asked: readonly Asked[]; notes: string[] },
): MeasureItem {
  return {
    title,
    isOwn: true,
    notes,
    async draw(run) {
      const { real, generated } = await agreements(run, { name, asked });
      const cell = ({ hits, of }: Agreement) => {
        if (of === 0) return "none";
        const { low, high } = wilsonInterval({ successes: hits, trials: of });
        return `${percent(hits / of)} [${percent(low)}, ${percent(high)}]`;
      };
      const columns = Object.entries(generated);
      return {
        table: {
          columns: ["asked for", "galaxies not learnt from", ...columns.map(([told]) => told)],
          rows: [
            ...asked.map(({ name }, at) => [
              ...[name, cell(real[at]!)],
              ...columns.map(([, all]) => cell(all[at]!)),
            ]),
            [
              "mean",
              ...[real, ...columns.map(([, all]) => all)].map((all) => percent(meanAgreement(all))),
            ],
          ],
        },
        values: {
          real: meanAgreement(real),
          ...Object.fromEntries(columns.map(([told, all]) => [told, meanAgreement(all)])),
          each: { real, ...generated },
        },
      };
    },
  };
}

const READ = "Read by kit:resnet18_mini: an answer counts where it is the first of its question";

const COARSE_GROUPS: readonly Asked[] = Object.entries(GROUPS).map(([name, kinds]) => ({
  ...{ name, kinds },
  requests: kinds.map((kind) => requestOf(name, kind.filter((id) => !["a01", "a02"].includes(id)))),
}));

export const groups: MeasureItem = agreementItem("groups", {
  title: "agreement with what was asked for, four coarse groups",
  notes: [READ, "A group's images are half of each of its kinds"],
  asked: COARSE_GROUPS,
});

export const checkpoints: MeasureItem = {
  title: "agreement after each quarter of the training, four coarse groups",
  isOwn: true,
  notes: [
    READ,
    "The averaged weights of the time; by captions and votes together where both are told",
  ],
  async draw(run) {
    const { made, settings } = run;
    const { history } = made!;
    const rows: [epoch: number, agreement: number][] = [];
    for (const epoch of checkpointsOf(history.length)) {
      const requests = requestsOf(COARSE_GROUPS);
      const pictures = await made!.asAfter(
        epoch,
        () => made!.generate(`groups-after-${epoch}`, { requests }),
      );
      const all = await readEach({ pictures, asked: COARSE_GROUPS }, run);
      rows.push([epoch, meanAgreement(all)]);
    }
    return {
      table: {
        columns: ["steps", "pictures learnt", "agreement"],
        rows: rows.map(([epoch, agreement]) => [
          count(epoch * settings.perEpoch),
          count(epoch * settings.perEpoch * settings.batch),
          percent(agreement),
        ]),
      },
      values: { checkpoints: rows },
    };
  },
};

export const tags: MeasureItem = agreementItem("tags", {
  title: "agreement with what was asked for, ten tags",
  notes: [READ],
  asked: TAGS.map((id) => {
    const request = requestOf(id, [id]);
    return { name: request.prompt, kinds: [[id]], requests: [request] };
  }),
});

export const prompts: MeasureItem = agreementItem("prompts-read", {
  title: "agreement with the prompts A to P",
  notes: [READ, "All answers of a prompt must be the first ones"],
  asked: PROMPTS.map((request) => ({
    name: `${request.name}: ${request.prompt}`,
    kinds: [request.answers],
    requests: [request],
  })),
});

/** Galaxies whose likes are generated. */
const TWINS = 256;

/** Pictures of either kind under which distributions are not compared. */
const FEWEST = 10;

export const shapes: MeasureItem = {
  title: "shape, size, colour and sky of generated galaxies beside those not learnt from",
  isOwn: true,
  notes: [
    "Distance of Kolmogorov and Smirnov; each generated galaxy is asked for by the votes or the caption of one that was not learnt from",
    "Controls: one half of the galaxies against the other; one galaxy over and over",
  ],
  async draw(run) {
    const made = run.made!;
    const { galaxies: { answers, held } } = made;
    const some = held.subarray(0, TWINS);
    const requests = Array.from(some, (row) => requestOf(`${row}`, answers[row]!));
    const pictures = await made.generate("twins", { requests, each: 1 });
    const real = measured(someOf(heldOf(made), [0, some.length]));
    const generated = measured(pictures);
    if (Math.min(real.length, generated.length) < FEWEST) {
      return {
        notes: [
          `Nothing is compared: a galaxy stands in the middle of ${real.length} pictures, and of ${generated.length} generated ones`,
        ],
      };
    }
    const half = real.length >> 1;
    const once = real.map(() => real[0]!);
    const rows = shapeStatisticNames.map((name) => {
      const values = (all: ShapeStatistics[]) => all.map((one) => one[name]);
      const distance = (a: ShapeStatistics[], b: ShapeStatistics[]) =>
        kolmogorovSmirnov({ a: values(a), b: values(b) });
      const middle = (all: ShapeStatistics[]) => median(values(all));
      return {
        name,
        real: middle(real),
        generated: middle(generated),
        distance: distance(real, generated),
        halves: distance(real.slice(0, half), real.slice(half)),
        collapsed: distance(real, once),
      };
    });
    const digits = (value: number) => value.toFixed(value > 10 ? 1 : 2);
    return {
      table: {
        columns: [
          ...["measured", "median, not learnt from", "median, generated", "distance"],
          ...["of two halves", "of one galaxy only"],
        ],
        rows: rows.map(({ name, ...numbers }) => [name, ...Object.values(numbers).map(digits)]),
      },
      values: { statistics: rows, measured: [real.length, generated.length] },
    };
  },
};

/** Statistics of the pictures in which something stands in the middle. */
function measured(pictures: Bytes): ShapeStatistics[] {
  const { size } = pictures;
  return eachOf(pictures)
    .map((data) => shapeStatistics({ data, width: size, height: size, channels: 3 }))
    .filter((one) => one !== undefined);
}

export const neighbours: MeasureItem = {
  title: "how near generated galaxies come to one that was learnt",
  isOwn: true,
  notes: [
    "Root mean square of grey levels to the nearest of 2,000 galaxies learnt from, whatever its orientation; a copy would have 0",
  ],
  async draw(run) {
    const made = run.made!;
    const { galaxies: { pictures, train } } = made;
    const learnt = rowsOf(
      { images: pictures.images!, size: pictures.size },
      Int32Array.from(new Set(train)).subarray(0, 2000),
    );
    const all = await made.generate("prompts", { requests: PROMPTS });
    const { settings: { each } } = run;
    const few = Math.min(each, 8);
    const generated = rowsOf(
      all,
      Int32Array.from(
        { length: PROMPTS.length * few },
        (_, at) => Math.floor(at / few) * each + at % few,
      ),
    );
    const own = nearest(generated, learnt);
    const others = nearest(someOf(heldOf(made), [0, own.length]), learnt);
    const told = (all: Neighbour[]) =>
      [0.05, 0.5, 0.95].map((share) =>
        quantile(Float64Array.from(all, ({ distance }) => distance).sort(), share).toFixed(1)
      );
    const pairs = pairsOf({ pictures: generated, own, learnt }, { each: few });
    return {
      figures: {
        neighbours: imageGrid(pairs, {
          ...{ columns: pairs.length / 2, tileSize: 96 },
          rows: ["Generated, by prompt", "The nearest that was learnt, by its distance"],
        }),
      },
      table: {
        columns: ["", "5 %", "median", "95 %"],
        rows: [["generated", ...told(own)], ["not learnt from", ...told(others)]],
      },
      values: {
        generated: own.map(({ distance }) => distance),
        held: others.map(({ distance }) => distance),
      },
    };
  },
};

/** A galaxy that was learnt, as it comes nearest to a picture. */
type Neighbour = { distance: number; row: number; view: number };

/** The first picture of some prompts, over what is nearest to each. */
function pairsOf(
  { pictures, own, learnt }: { pictures: Bytes; own: Neighbour[]; learnt: Bytes },
  { each }: { each: number },
): Tile[] {
  const places = PROMPTS.map((_, at) => at * each);
  const tile = ({ images: pixels, size }: Bytes, caption: string) => ({
    ...{ pixels, width: size, caption },
  });
  return [
    ...places.map((at) => tile(someOf(pictures, [at, at + 1]), PROMPTS[at / each]!.name)),
    ...places.map((at) => {
      const { distance, row, view } = own[at]!;
      return tile(turned(someOf(learnt, [row, row + 1]), view), distance.toFixed(1));
    }),
  ];
}

/** Of each picture the nearest other one, on a grid of 16 pixels, in eight views. */
function nearest(some: Bytes, others: Bytes): Neighbour[] {
  const own = rowsIn(coarse(some));
  const all = coarse(others);
  const views = Array.from({ length: ORIENTATIONS }, (_, view) => rowsIn(orientation(all, view)));
  all.dispose();
  return own.map((picture) => {
    let best = { squares: Infinity, row: 0, view: 0 };
    for (const [view, rows] of views.entries()) {
      for (const [row, other] of rows.entries()) {
        let squares = 0;
        for (let at = 0; at < picture.length && squares < best.squares; at++) {
          squares += (picture[at]! - other[at]!) ** 2;
        }
        if (squares < best.squares) best = { squares, row, view };
      }
    }
    const { squares, ...place } = best;
    return { distance: Math.sqrt(squares / (COARSE * COARSE)), ...place };
  });
}

/** A picture in one of its eight views. */
function turned({ images, size }: Bytes, view: number): Bytes {
  const turned = tf.tidy(() => orientation(uint8Tensor(images, [1, size, size, 3]), view));
  try {
    return { images: Uint8Array.from(turned.dataSync()), size };
  } finally {
    turned.dispose();
  }
}

const COARSE = 16;

/** The light of pictures on few pixels, [pictures, 16, 16, 1]. */
function coarse({ images, size }: Bytes): tf.Tensor4D {
  return tf.tidy(() => {
    const bytes = uint8Tensor(images, [images.length / (size * size * 3), size, size, 3]);
    const light = tf.mean(toFloat(bytes), 3, true) as tf.Tensor4D;
    return tf.avgPool(light, size / COARSE, size / COARSE, "valid");
  });
}

/** The numbers of each picture; disposes of the tensor. */
function rowsIn(pictures: tf.Tensor4D): Float32Array[] {
  const values = pictures.dataSync() as Float32Array;
  const [count] = pictures.shape;
  const width = values.length / count;
  pictures.dispose();
  return Array.from({ length: count }, (_, at) => values.subarray(at * width, (at + 1) * width));
}
