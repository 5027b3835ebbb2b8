/**
 * The threshold trade-off: dataset size against label noise.
 *
 * @module
 */

export type { Abstention, CoverageRow, TargetRow } from "./abstention.ts";
export {
  coverageFigure,
  kindsFigure,
  reliabilityFigure,
  tradeoffFigure,
  volunteersFigures,
} from "./figures.ts";
export type { ThresholdOutcome } from "./outcome.ts";
export { thresholdReport } from "./report.ts";
export { type ThresholdProgress, thresholdTradeOff } from "./run.ts";
export {
  THRESHOLD,
  type ThresholdProfile,
  thresholdRange,
  type ThresholdSettings,
} from "./settings.ts";
export type { Sweep, ThresholdRow } from "./sweep.ts";
export type { VolunteersRow } from "./volunteers.ts";
