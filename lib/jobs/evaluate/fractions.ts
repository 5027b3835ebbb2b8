/**
 * Predicted fractions beside true ones, and their errors beside what else is known of the galaxies.
 *
 * @module
 */

import { kolmogorovSmirnov } from "../../metrics/mod.ts";
import {
  densityPanels,
  pairedHistograms,
  residualPanels,
  type TruePredicted,
} from "../../plot/mod.ts";
import type { ReportItem } from "../report.ts";
import { answerName, type Judged, questionName, shownColumns } from "./judged.ts";

/** Names under which catalogues keep redshifts, magnitudes and sizes, and the texts of axes. */
const PROPERTIES: readonly { label: string; names: readonly string[] }[] = [
  { label: "redshift", names: ["redshift", "REDSHIFT", "z_spec", "zspec", "photo_z"] },
  {
    label: "magnitude (r)",
    names: ["mag_r", "PETROMAG_R", "petroMag_r", "petromag_r", "modelMag_r", "r_mag", "mag"],
  },
  {
    label: "half-light radius (arcsec)",
    names: ["petro_r50", "PETROR50_R", "petroR50_r", "petro_th50", "petror50_r", "radius"],
  },
];

/** Panels of a figure, and in a row: as many as a page shows well. */
const [MOST, COLUMNS] = [40, 6];

/** Predicted against true fractions. */
export function truthItem(judged: Judged): ReportItem {
  const figure = densityPanels(
    panelsOf(judged, (at) => {
      const { pearson, rSquared } = judged.scores.answers[at]!.scores;
      return `r ${pearson.value.toFixed(2)}, R² ${rSquared.value.toFixed(2)}`;
    }),
    { title: "Predicted and true vote fractions", range: rangeOf(judged), columns: COLUMNS },
  );
  return {
    name: "fractions",
    heading: "Predicted against true fractions",
    result: { figures: { fractions: figure }, notes: shownNotes(judged) },
  };
}

/** How both are distributed. */
export function distributionsItem(judged: Judged): ReportItem {
  const distances: Record<string, number> = {};
  const panels = panelsOf(judged, (at, { target, prediction }) => {
    const rows = Array.from(target.keys()).filter((row) => !Number.isNaN(target[row]));
    const distance = kolmogorovSmirnov({
      a: rows.map((row) => target[row]!),
      b: rows.map((row) => prediction[row]!),
    });
    distances[judged.read.columns[at]!] = distance;
    return `KS ${distance.toFixed(2)}`;
  });
  return {
    name: "distributions",
    heading: "Distributions of true and predicted fractions",
    result: {
      figures: {
        distributions: pairedHistograms(panels, {
          title: "Distributions of vote fractions",
          range: rangeOf(judged),
          columns: COLUMNS,
        }),
      },
      values: { kolmogorovSmirnov: distances },
      notes: [
        "KS: the largest difference of the cumulative distributions (Kolmogorov and Smirnov). Galaxies with a fraction of exactly 0 or 1, which networks do not predict, alone make it large",
        ...shownNotes(judged),
      ],
    },
  };
}

/** Errors against redshift, magnitude and size, or the columns that were named. */
export function residualsItem(judged: Judged): ReportItem | undefined {
  const { read, settings } = judged;
  const chosen = settings.properties?.map((name) => ({ label: name, name })) ??
    PROPERTIES.flatMap(({ label, names }) => {
      const name = names.find((one) => read.properties.includes(one));
      return name === undefined ? [] : [{ label, name }];
    });
  if (chosen.length === 0) return undefined;
  // The answers of the first question, and the one best told of each other
  const places = leading(judged);
  const panels = places.flatMap((at) =>
    chosen.flatMap(({ label, name }) => {
      const x = read.property(name);
      const residual = read.prediction[at]!.map((value, row) => value - read.target[at]![row]!);
      if (
        !x.some((value, row) => Number.isFinite(value) && Number.isFinite(residual[row]))
      ) return [];
      return [{ name: answerName(judged, at), label, x, residual }];
    })
  );
  if (panels.length === 0) return undefined;
  return {
    name: "residuals",
    heading: `Errors against ${chosen.map(({ label }) => label).join(", ")}`,
    result: {
      figures: {
        residuals: residualPanels(panels, {
          title: "Errors of vote fractions",
          columns: chosen.length,
        }),
      },
      notes: ["Line and band: median and middle 68 % of groups of equally many galaxies"],
    },
  };
}

/** Of each question the answer that varies most; the first six. */
function leading(judged: Judged): number[] {
  const spread = (at: number) => {
    const { meanSquaredError, rSquared } = judged.scores.answers[at]!.scores;
    return Number.isNaN(rSquared.value)
      ? 0
      : meanSquaredError.value / Math.max(1e-9, 1 - rSquared.value);
  };
  const shown = shownColumns(judged);
  const questions = judged.questions.filter(({ isFirst }) => isFirst);
  if (questions.length === 0) return shown.slice(0, 6);
  return questions.slice(0, 6).map(({ places }) =>
    places.reduce((most, at) => spread(at) > spread(most) ? at : most)
  );
}

function panelsOf(
  judged: Judged,
  note: (at: number, pair: { target: Float64Array; prediction: Float64Array }) => string,
): TruePredicted[] {
  const { read } = judged;
  return shownColumns(judged).slice(0, MOST).map((at) => {
    const pair = { target: read.target[at]!, prediction: read.prediction[at]! };
    const question = questionName(judged, at);
    const notes = [...(question === "" ? [] : [question]), note(at, pair)];
    return { name: answerName(judged, at), ...pair, notes };
  });
}

function shownNotes(judged: Judged): string[] {
  const [shown, all] = [shownColumns(judged), judged.read.columns.length];
  return [
    ...(shown.length < all
      ? [
        `Shown are the columns of ${
          judged.questions[0]!.quantity.replace("_", " ")
        }s; the scores are of all ${all}`,
      ]
      : []),
    ...(shown.length > MOST ? [`Shown are the first ${MOST} of ${shown.length}`] : []),
  ];
}

/** From 0 to 1, or as far as the truth goes. */
function rangeOf({ read }: Judged): [number, number] {
  let [low, high] = [0, 1];
  for (const values of read.target) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}
