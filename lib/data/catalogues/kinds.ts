/**
 * The tables that Galaxy Zoo and its neighbours publish: the columns of each, their types and
 * ranges, and how to tell one from another.
 *
 * @module
 */

import { nearestName } from "../../nearest.ts";
import { campaignKinds, evoKindOf } from "./campaigns.ts";
import {
  answerSpecs,
  anyNumber,
  type CatalogueKind,
  type ColumnSpec,
  columnSpec,
  count,
  dec,
  fraction,
  id,
  numbers,
  optionally,
  ra,
  text,
} from "./kind.ts";
import type { DecisionTree, Quantity } from "./tree.ts";
import { decals12Tree, decals5Tree, gz1Tree, gz2Tree, kaggleTree, ukidssTree } from "./trees.ts";

export { type CatalogueKind, type ColumnSpec, columnSpec, type ColumnType } from "./kind.ts";

const gz2Quantities: Partial<Record<Quantity, ColumnSpec>> = {
  count,
  weight: { type: "number", range: [0, 1e6] },
  fraction,
  weighted_fraction: fraction,
  debiased: fraction,
  flag: { type: "integer", range: [0, 1] },
};

const positive: ColumnSpec = { type: "number", range: [0, 1e9] };
const gz2Answers = answerSpecs(gz2Tree, gz2Quantities);
const gz2Totals = { total_classifications: count, total_votes: count };
const gz2Names = { rastring: text, decstring: text, gz2class: text, gz2_class: text };

const dustLaneIds = { objid: id };

/** Every kind of table by its name. */
export const catalogueKinds: Readonly<Record<string, CatalogueKind>> = Object.fromEntries(
  ([
    {
      name: "gz2_hart2016",
      title: "Galaxy Zoo 2, main sample, debiased by Hart et al. 2016 (MNRAS 461, 3663)",
      tree: gz2Tree,
      required: { dr7objid: id, ra, dec, sample: text, ...gz2Totals, ...gz2Answers },
      optional: { ...gz2Names, asset_id: id },
      ids: ["dr7objid"],
      countedFractions: true,
    },
    {
      name: "gz2_willett2013",
      title: "Galaxy Zoo 2, main sample, Willett et al. 2013 (MNRAS 435, 2835)",
      tree: gz2Tree,
      required: { dr8objid: id, dr7objid: id, ra, dec, sample: text, ...gz2Totals, ...gz2Answers },
      optional: { ...gz2Names, specobjid: id },
      ids: ["dr7objid", "dr8objid"],
      countedFractions: true,
    },
    {
      name: "gz2_stripe82",
      title: "Galaxy Zoo 2, Stripe 82, Willett et al. 2013 (MNRAS 435, 2835)",
      tree: gz2Tree,
      required: { objid: id, ra, dec, sample: text, ...gz2Totals, ...gz2Answers },
      // the last of an enriched simulated sky
      optional: { ...gz2Names, dr7objid: id, dr8objid: id, population_weight: positive },
      ids: ["objid"],
      // the public coadd table prints weighted fractions beside raw counts
      countedFractions: false,
    },
    {
      name: "gz2_extract",
      title: "part of a Galaxy Zoo 2 table",
      tree: gz2Tree,
      required: {},
      optional: {
        ...{ dr7objid: id, objid: id, dr8objid: id, specobjid: id, asset_id: id },
        ...optionally({ ra, dec, ...gz2Totals, ...gz2Answers }),
        ...{ sample: text, ...gz2Names },
      },
      ids: ["dr7objid", "objid", "dr8objid", "asset_id"],
      open: true,
    },
    {
      name: "gz2_filename_mapping",
      title: "Galaxy Zoo 2, object ids and image files (asset_id.jpg)",
      required: { objid: id, sample: text, asset_id: id },
      ids: ["asset_id"],
    },
    {
      name: "kaggle",
      title: "Kaggle Galaxy Zoo challenge, solutions (cumulative fractions)",
      tree: kaggleTree,
      required: { GalaxyID: id, ...answerSpecs(kaggleTree, { cumulative: fraction }) },
      ids: ["GalaxyID"],
    },
    {
      name: "kaggle_classes",
      title: "Kaggle Galaxy Zoo challenge, five classes made from its solutions",
      required: { GalaxyID: id, Label: { type: "integer", range: [0, 4] } },
      labels: ["Label"],
      ids: ["GalaxyID"],
    },
    {
      name: "gz_decals5",
      title: "Galaxy Zoo DECaLS, volunteers of GZD-5, Walmsley et al. 2022 (MNRAS 509, 3966)",
      ...decals(decals5Tree, ["count", "fraction"]),
    },
    {
      name: "gz_decals12",
      title: "Galaxy Zoo DECaLS, volunteers of GZD-1/2, Walmsley et al. 2022 (MNRAS 509, 3966)",
      ...decals(decals12Tree, ["count", "fraction"]),
    },
    {
      name: "gz_decals_auto",
      title: "Galaxy Zoo DECaLS, predicted fractions, Walmsley et al. 2022 (MNRAS 509, 3966)",
      ...decals(decals5Tree, ["fraction"]),
    },
    {
      name: "ukidss",
      title: "Galaxy Zoo UKIDSS, vote fractions",
      tree: ukidssTree,
      required: optionally(answerSpecs(ukidssTree, { fraction })),
      optional: optionally({ ra, dec, ...answerSpecs(ukidssTree, { count }) }),
      ids: ["id_str", "iauname"],
      open: true,
    },
    {
      name: "gz1",
      title: "Galaxy Zoo 1, Lintott et al. 2011 (MNRAS 410, 166), table 2",
      tree: gz1Tree,
      required: { OBJID: id, NVOTE: count, ...answerSpecs(gz1Tree, { fraction }) },
      optional: {
        ...{ RA: text, DEC: text, P_CS: fraction },
        ...optionally({ P_EL_DEBIASED: fraction, P_CS_DEBIASED: fraction }),
        ...optionally({ SPIRAL: count, ELLIPTICAL: count, UNCERTAIN: count }),
      },
      ids: ["OBJID"],
    },
    {
      name: "dustlanes_basic",
      title: "Dust-lane spheroidals, Kaviraj et al. 2012 (MNRAS 423, 49): positions and haloes",
      required: {
        ...{ ...dustLaneIds, ra, dec, z: { type: "number", range: [0, 10] } },
        ...{ orientation: { type: "integer", range: [1, 4] } },
        ...{ morphology: { type: "integer", range: [1, 3] } },
        ...{ log_halo_mass: anyNumber, density: anyNumber },
      },
      labels: ["orientation", "morphology"],
    },
    {
      name: "dustlanes_sdss_photometry",
      title: "Dust-lane spheroidals, Kaviraj et al. 2012: SDSS photometry",
      required: {
        ...dustLaneIds,
        ...numbers("u g r i z u_err g_err r_err i_err z_err abs_u abs_g abs_r abs_i abs_z"),
        ...numbers("log_stellar_mass log_dust_mass"),
      },
    },
    {
      name: "dustlanes_sdss_spectroscopy",
      title: "Dust-lane spheroidals, Kaviraj et al. 2012: SDSS spectroscopy",
      required: {
        ...dustLaneIds,
        ...numbers("log_nii_halpha log_oiii_hbeta nii_halpha_significant oiii_hbeta_significant"),
        ...{ bpt_class: { type: "integer", range: [-1, 4], missing: true } },
        ...numbers("velocity_dispersion log_black_hole_mass log_agn_luminosity"),
        ...numbers("log_accretion_efficiency log_sfr_mean log_sfr_median"),
      },
    },
    {
      name: "dustlanes_galex",
      title: "Dust-lane spheroidals, Kaviraj et al. 2012: GALEX photometry",
      required: { ...dustLaneIds, ...numbers("nuv fuv nuv_err fuv_err log_starburst_age") },
    },
    {
      name: "dustlanes_iras",
      title: "Dust-lane spheroidals, Kaviraj et al. 2012: IRAS photometry",
      required: { ...dustLaneIds, ...numbers("f12 f25 f60 f100 sfr_ir") },
    },
    {
      name: "dustlanes_first",
      title: "Dust-lane spheroidals, Kaviraj et al. 2012: FIRST radio survey",
      required: {
        ...dustLaneIds,
        ...numbers("first_ra first_dec peak_flux integrated_flux log_luminosity radio_age"),
        ...numbers("radio_agn extended"),
      },
    },
    ...campaignKinds,
  ] as (Partial<CatalogueKind> & { name: string; title: string })[]).map((kind) => [
    kind.name,
    {
      ...{ tree: null, required: {}, optional: {}, ids: ["objid"], open: false },
      ...{ countedFractions: false, ...kind },
    },
  ]),
);

const ownIds = ["id_str", "id", "objid", "dr7objid", "iauname", "GalaxyID", "asset_id"];

/** What a table is that is none of the kinds: all that is known is what ids are called. */
export const ownTable: CatalogueKind = {
  name: "table",
  title: "a table of one's own",
  ...{ tree: null, required: {}, ids: ownIds, open: true, countedFractions: false },
  optional: Object.fromEntries(ownIds.map((name) => [name, { type: "text" }])),
};

/**
 * A kind by its name.
 *
 * @throws {RangeError} When there is none of that name
 */
export function catalogueKind(name: string): CatalogueKind {
  if (Object.hasOwn(catalogueKinds, name)) return catalogueKinds[name];
  const known = Object.keys(catalogueKinds);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
  throw new RangeError(`Cannot find the kind of table "${name}" among ${known.join(", ")}${hint}`);
}

/** Share of a kind's columns that a table must have to be taken for it, whole or damaged. */
const sure = 0.9;

/**
 * Tells what a table is by the names of its columns, or undefined when it is none of the kinds.
 *
 * A table that misses a few columns of a kind is still recognised, so that the reader can name
 * them.
 *
 * @example
 * ```ts
 * import { recogniseKind } from "galaxykit/data";
 * import assert from "node:assert/strict";
 *
 * assert.equal(recogniseKind(["objid", "sample", "asset_id"])?.name, "gz2_filename_mapping");
 * assert.equal(recogniseKind(["name", "colour"]), undefined);
 * ```
 */
export function recogniseKind(columns: readonly string[]): CatalogueKind | undefined {
  const fitting = matches(columns).filter(({ share }) => share >= sure);
  // of several the one that explains most columns: a damaged name must not make it another table
  const best = fitting.sort((a, b) => b.hits - a.hits || b.share - a.share)[0];
  if (best) return best.kind;
  if (isExtract(columns)) return catalogueKinds.gz2_extract;
  const campaign = evoKindOf(columns);
  return campaign === undefined ? undefined : catalogueKinds[campaign];
}

/** The kind of which a table has the largest share of columns, and that share. */
export function closestKind(
  columns: readonly string[],
): { kind: CatalogueKind; share: number } | undefined {
  return matches(columns).sort((a, b) => b.share - a.share)[0];
}

/**
 * How many of each kind's required columns a table has. A kind that knows less than half of the
 * table's columns and is not open to others is out of question.
 */
function matches(
  columns: readonly string[],
): { kind: CatalogueKind; hits: number; share: number }[] {
  const found = new Set(columns);
  return Object.values(catalogueKinds).flatMap((kind) => {
    const required = Object.keys(kind.required);
    const known = columns.filter((name) => columnSpec(kind, name) !== undefined).length;
    const hits = required.filter((name) => found.has(name)).length;
    if (hits === 0 || (!kind.open && known < columns.length / 2)) return [];
    return [{ kind, hits, share: hits / required.length }];
  });
}

function isExtract(columns: readonly string[]): boolean {
  const { ids } = catalogueKinds.gz2_extract;
  return columns.some((name) => name in gz2Answers) && columns.some((name) => ids.includes(name));
}

/** A GZ DECaLS table: votes may be weighted, and a question that nobody was asked is empty. */
function decals(tree: DecisionTree, quantities: readonly ("count" | "fraction")[]) {
  const votes: ColumnSpec = { type: "number", range: [0, 1e6], missing: true };
  const specs = { count: votes, fraction: { ...fraction, missing: true } };
  const totals = tree.questions.map(({ stem }) => [`${stem}_total-votes`, votes] as const);
  const volunteers = quantities.includes("count");
  return {
    tree,
    required: {
      ...{ iauname: { type: "text" } satisfies ColumnSpec, ra, dec },
      ...Object.assign({}, ...quantities.map((q) => answerSpecs(tree, { [q]: specs[q] }))),
    },
    optional: {
      ...(volunteers ? Object.fromEntries(totals) : {}),
      ...answerSpecs(tree, { debiased: anyNumber }),
      ...numbers("redshift elpetro_absmag_r sersic_nmgy_r petro_th50 petro_th90 petro_theta"),
    },
    ids: ["iauname"],
    open: true,
    countedFractions: volunteers,
    totalSuffix: "_total-votes",
  };
}
