/**
 * The tables of further Galaxy Zoo campaigns: Galaxy Zoo Evo, Hubble, CANDELS, DESI, Euclid, and
 * tables that were made from the first two: bars, mergers, red spirals.
 *
 * @module
 */

import { candelsTree, euclidTree, evoTree, evoTrees, hubbleTree } from "./campaign_trees.ts";
import {
  answerSpecs,
  anyNumber,
  type CatalogueKind,
  type ColumnSpec,
  count,
  dec,
  fraction,
  id,
  numbers,
  optionally,
  ra,
  text,
} from "./kind.ts";
import { answersOf, type DecisionTree } from "./tree.ts";
import { decals5Tree, gz1Tree } from "./trees.ts";

const name: ColumnSpec = { type: "text" };
const votes: ColumnSpec = { type: "number", range: [0, 1e6], missing: true };
const share: ColumnSpec = { ...fraction, missing: true };
const places = optionally({ ra, dec });

/** A table of Galaxy Zoo Evo: votes and fractions of one campaign, or of all. */
function evoKind(tree: DecisionTree) {
  return {
    name: tree.name,
    title: tree.title,
    tree,
    required: {},
    optional: {
      ...{ id_str: name, dataset_name: text, file_loc: text, ...places },
      ...answerSpecs(tree, { count: votes, fraction: share }),
      ...Object.fromEntries(tree.questions.map(({ stem }) => [`${stem}_total-votes`, votes])),
    },
    ids: ["id_str", "iauname", "dr8_id"],
    open: true,
    countedFractions: true,
    totalSuffix: "_total-votes",
  };
}

/** GZ1 under SkyServer's names (zooSpec, zooNoSpec), which are in small letters. */
const skyServerGz1: DecisionTree = {
  ...gz1Tree,
  questions: gz1Tree.questions.map((question) => ({
    ...question,
    answers: question.answers.map((answer) => ({ ...answer, stem: answer.stem.toLowerCase() })),
  })),
};

const sdssIds = ["objid", "OBJID", "dr7objid", "dr8objid", "SpecObjID", "specobjid"];

export const campaignKinds: readonly (Partial<CatalogueKind> & { name: string; title: string })[] =
  [
    evoKind(evoTree),
    ...evoTrees.map(evoKind),
    {
      name: "gz1_skyserver",
      title: "Galaxy Zoo 1, SkyServer's zooSpec and zooNoSpec",
      tree: skyServerGz1,
      required: { objid: id, nvote: count, ...answerSpecs(skyServerGz1, { fraction }) },
      optional: {
        ...{ specobjid: id, dr7objid: id, dr8objid: id, rastring: text, decstring: text },
        ...optionally({
          ra,
          dec,
          p_cs: fraction,
          p_el_debiased: fraction,
          p_cs_debiased: fraction,
        }),
        ...optionally({ spiral: count, elliptical: count, uncertain: count }),
      },
      ids: ["objid", "dr7objid", "dr8objid"],
      open: true,
    },
    {
      name: "gz_hubble",
      title: "Galaxy Zoo Hubble, Willett et al. 2017 (MNRAS 464, 4176)",
      tree: hubbleTree,
      required: answerSpecs(hubbleTree, { fraction: share, weighted_fraction: share }),
      optional: {
        ...{ zooniverse_id: name, survey_id: text, imaging: text },
        ...optionally({ RA: ra, DEC: dec, ra, dec }),
        ...answerSpecs(hubbleTree, { count: votes, weight: votes, debiased: anyNumber }),
      },
      ids: ["zooniverse_id", "survey_id", "OBJNO"],
      open: true,
    },
    {
      name: "gz_candels",
      title: "Galaxy Zoo CANDELS, Simmons et al. 2017 (MNRAS 464, 4420)",
      tree: candelsTree,
      required: { ID: name, ...answerSpecs(candelsTree, { fraction: share }) },
      optional: {
        ...optionally({ RA: ra, Dec: dec }),
        ...{ num_classifications: votes, num_classifications_weighted: votes },
        ...answerSpecs(candelsTree, { weighted_fraction: share }),
      },
      ids: ["ID"],
      open: true,
    },
    {
      name: "gz_desi",
      title: "Galaxy Zoo DESI, predicted fractions, Walmsley et al. 2023 (MNRAS 526, 4768)",
      tree: decals5Tree,
      required: { dr8_id: name, ra, dec, ...answerSpecs(decals5Tree, { fraction: share }) },
      optional: { iauname: text, ...numbers("brickid objid redshift petro_th50 petro_th90") },
      ids: ["dr8_id"],
      open: true,
    },
    {
      name: "gz_euclid",
      title: "Galaxy Zoo Euclid, Q1, predicted fractions, Walmsley et al. 2025",
      tree: euclidTree,
      required: answerSpecs(euclidTree, { fraction: share }),
      optional: { id_str: name, object_id: id, ...places },
      ids: ["id_str", "object_id"],
      open: true,
    },
    {
      name: "gz_rings",
      title: "Galaxy Zoo Rings, as Zoobot has it",
      required: { ring: { type: "number", range: [0, 1], missing: true } },
      optional: { id_str: name, ...places, ...numbers("ring_fraction") },
      labels: ["ring"],
      ids: ["id_str"],
      open: true,
    },
    {
      name: "gz2_bars",
      title: "Bar lengths of Galaxy Zoo 2 galaxies, Hoyle et al. 2011 (MNRAS 415, 3627)",
      required: {
        ...{ "SDSS objid": id, ra, dec, "average bar length [kpc/h]": anyNumber },
        ...{ "average bar width [kpc/h]": anyNumber, "Scaled bar length": anyNumber },
      },
      optional: {
        "standard deviation of bar length [kpc/h]": anyNumber,
        "standard deviation of bar width [kpc/h]": anyNumber,
        "Number of bar measurements": { ...count, missing: true },
      },
      labels: ["Scaled bar length"],
      ids: ["SDSS objid"],
    },
    ...[
      ["gz1_mergers", "Mergers of Galaxy Zoo 1, Darg et al. 2010 (MNRAS 401, 1043)"],
      ["gz1_red_spirals", "Red spirals of Galaxy Zoo 1, Masters et al. 2010 (MNRAS 405, 783)"],
    ].map(([name, title]) => ({ // by name only: their columns differ from copy to copy
      ...{ name, title, required: {}, ids: sdssIds, open: true },
      optional: {
        ...Object.fromEntries(sdssIds.map((one) => [one, id])),
        ...optionally({ ra, dec, RA: ra, DEC: dec }),
      },
    })),
  ];

const evoAnswers = new Map(
  evoTrees.flatMap((tree) =>
    answersOf(tree).flatMap(({ stem }) =>
      [stem, `${stem}_fraction`].map((column) => [column, tree.name] as const)
    )
  ),
);

/** The kind of Galaxy Zoo Evo of which a table has columns: of one campaign, or of several. */
export function evoKindOf(columns: readonly string[]): string | undefined {
  const campaigns = new Set(
    columns.map((column) => evoAnswers.get(column)).filter((found) => found !== undefined),
  );
  return campaigns.size > 1 ? evoTree.name : [...campaigns][0];
}
