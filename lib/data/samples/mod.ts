/**
 * Samples: selections, labels, splits, draws and positions in the sky.
 *
 * @module
 */

export { commonestPaths } from "./commonest_path.ts";
export { crossMatch, type MatchKind, type SkyMatch, skySeparation } from "./cross_match.ts";
export { balancedSample, weightedSample } from "./draw.ts";
export { groupedSplit } from "./grouped_split.ts";
export { type Fold, kFold } from "./k_fold.ts";
export { classWeights, type EncodedLabels, encodeLabels, labelCounts } from "./labels.ts";
export {
  capMembers,
  type Combination,
  combinations,
  memberRows,
  type Members,
  membersOf,
} from "./members.ts";
export { type Cut, type Selection, selectRows } from "./selection.ts";
export { randomSplit, stratifiedSplit } from "./split.ts";
export {
  type CatalogueRows,
  describeRule,
  type FractionKind,
  fractionKinds,
  type LabelRule,
  voteCounts,
  voteFractions,
  type VoteLabelOptions,
  type VoteLabels,
  voteLabels,
} from "./vote_labels.ts";
export {
  certainAnswers,
  type CertainOptions,
  type SamplingOptions,
  wellSampledCuts,
} from "./well_sampled.ts";
export { cleanRule, type Thresholds, willettThresholds } from "./clean_rule.ts";
export { promptCuts } from "./prompt_cuts.ts";
export { captionAnswers, type CaptionOptions, captions } from "./captions.ts";
export {
  type ConditionLayout,
  type ConditionQuantity,
  requestedCondition,
  type VoteConditionOptions,
  type VoteConditions,
  voteConditions,
  withoutQuestions,
} from "./vote_conditions.ts";
