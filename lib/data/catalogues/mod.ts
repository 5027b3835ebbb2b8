/**
 * Galaxy Zoo catalogues: decision trees, readers and checks.
 *
 * @module
 */

export * from "./tree.ts";
export * from "./trees.ts";
export * from "./fractions.ts";
export * from "./prompts.ts";
export * from "./matching.ts";
export {
  type CatalogueKind,
  catalogueKind,
  catalogueKinds,
  type ColumnSpec,
  columnSpec,
  type ColumnType,
  recogniseKind,
} from "./kinds.ts";
export { candelsTree, euclidTree, evoTree, evoTrees, hubbleTree } from "./campaign_trees.ts";
export { catalogueKindOf, type OwnColumn, type OwnKind, readCatalogueKind } from "./own_kind.ts";
export { CatalogueError, type Problem, problemTable } from "./problems.ts";
export { checkCatalogue } from "./checks.ts";
export { type Catalogue, type CatalogueOptions, readCatalogue, scanCatalogue } from "./read.ts";
export { describeCatalogue } from "./describe.ts";
export {
  predictedReach,
  PREDICTION_SUFFIXES,
  type VoteColumn,
  type VoteColumns,
  voteColumns,
} from "./vote_columns.ts";
