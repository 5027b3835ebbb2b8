/**
 * Figures, picture grids and progress, in notebooks, files and terminals.
 *
 * ```ts
 * import { confusionMatrix, learningCurves } from "galaxykit/plot";
 * import assert from "node:assert/strict";
 *
 * const folder = Deno.makeTempDirSync();
 * const figure = confusionMatrix({
 *   target: ["smooth", "smooth", "spiral"],
 *   prediction: ["smooth", "spiral", "spiral"],
 * });
 * await figure.save(`${folder}/confusion.png`);
 * await learningCurves([{ epoch: 1, train_loss: 0.7 }]).save(`${folder}/curves.svg`);
 * assert.equal([...Deno.readDirSync(folder)].length, 2);
 * ```
 *
 * @module
 */

export { catalogueFigures, cataloguePage } from "./catalogue_page.ts";
export { colourMagnitude, type ColourMagnitudeOptions } from "./colour_magnitude.ts";
export {
  type ConfusionCounts,
  confusionMatrix,
  type ConfusionMatrixOptions,
} from "./confusion_matrix.ts";
export { densityPanels, type DensityPanelsOptions, type TruePredicted } from "./density_panels.ts";
export { display, type MediaBundle } from "./display.ts";
export { distributions, type DistributionsOptions } from "./distributions.ts";
export { Figure } from "./figure.ts";
export {
  type HistogramPanel,
  histogramPanels,
  type HistogramPanelsOptions,
} from "./histogram_panels.ts";
export { ImageGrid, imageGrid, type ImageGridOptions, type Tile } from "./image_grid.ts";
export { type CurvePoint, intervalCurves, type IntervalCurvesOptions } from "./interval_curves.ts";
export { intervalPlot, type IntervalPlotOptions, type IntervalRow } from "./interval_plot.ts";
export { type HistoryRow, learningCurves, type LearningCurvesOptions } from "./learning_curves.ts";
export { type LiveDisplay, liveDisplay } from "./live_display.ts";
export { lossByTime } from "./loss_by_time.ts";
export { overlay, overlayGrid, type OverlayPanel } from "./overlay.ts";
export { pairedHistograms } from "./paired_histograms.ts";
export type { Phase } from "./phases.ts";
export { progress, ProgressBar, type ProgressOptions } from "./progress.ts";
export type { ProgressOutput } from "./progress_output.ts";
export { type ReliabilityCurve, reliabilityDiagram } from "./reliability_diagram.ts";
export { type PageSection, reportPage } from "./report_page.ts";
export { type Reporter, reporter, type ReporterOptions } from "./reporter.ts";
export {
  type ResidualPanel,
  residualPanels,
  type ResidualPanelsOptions,
} from "./residual_panels.ts";
export { sampleGrid, type SampleGridOptions } from "./sample_grid.ts";
export { type ScoreBar, scoreBars, type ScoreBarsOptions } from "./score_bars.ts";
export { selectionFlow } from "./selection_flow.ts";
export { palette, sequential, theme } from "./theme.ts";
export {
  thresholdTradeoff,
  type ThresholdTradeoffOptions,
  type TradeoffPanel,
} from "./threshold_tradeoff.ts";
export { treeFlow, type TreeFlowOptions } from "./tree_flow.ts";
export { upsetPlot, type UpsetPlotOptions } from "./upset_plot.ts";
export { voteHistograms, type VoteHistogramsOptions } from "./vote_histograms.ts";
