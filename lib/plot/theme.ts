/**
 * The house style: one typeface, few sizes, colours that stay apart for colour-blind readers and
 * on a grey print.
 *
 * @module
 */

import type { Config } from "vega-lite";

/** What is drawn first is what is installed: Arimo here, its metric twins Arial and Helvetica. */
export const fontFamily = "Arimo, Arial, Helvetica, Liberation Sans, sans-serif";

/** Text sizes in pixels of the figure. */
export const fontSize = { title: 14, label: 11, note: 10 } as const;

/**
 * Eight colours for categories. Okabe and Ito (2008), Color Universal Design, with yellow last as
 * it is faint on white.
 */
export const palette: string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#333333",
  "#f0e442",
];

/** From none to all, even in lightness. ColorBrewer's Blues with a white start. */
export const sequential: string[] = [
  "#ffffff",
  "#deebf7",
  "#9ecae1",
  "#4292c6",
  "#2171b5",
  "#08519c",
  "#08306b",
];

/**
 * From weak to strong for maps over dark pictures: even in lightness from black on, told apart by
 * colour-blind readers. Seventeen steps of matplotlib's inferno (CC0).
 */
// deno-fmt-ignore
export const inferno: string[] = [
  "#000004", "#0b0724", "#210c4a", "#3c0a65", "#57106d", "#70196e", "#89226a", "#a32c61", "#bb3755",
  "#d14545", "#e45933", "#f1721e", "#fa8d0b", "#fcab10", "#f9ca33", "#f2e865", "#fcffa4",
];

/** Greys of text, of marginal notes, of axes and of grid lines. */
export const ink = { text: "#1f2328", note: "#6a737d", axis: "#8c959f", grid: "#e8eaed" } as const;

/** The `config` block of every figure. */
export const theme: Config = {
  font: fontFamily,
  background: "#ffffff",
  padding: 10,
  aria: false,
  view: { stroke: null },
  title: {
    anchor: "start",
    color: ink.text,
    fontSize: fontSize.title,
    fontWeight: "bold",
    subtitleColor: ink.note,
    subtitleFontSize: fontSize.label,
    subtitlePadding: 5,
    offset: 12,
  },
  axis: {
    domainColor: ink.axis,
    tickColor: ink.axis,
    tickSize: 4,
    gridColor: ink.grid,
    labelColor: ink.text,
    labelFontSize: fontSize.label,
    labelPadding: 4,
    titleColor: ink.text,
    titleFontSize: fontSize.label,
    titleFontWeight: "normal",
    titlePadding: 8,
    maxExtent: 400, // a title stands clear of the labels, however long
  },
  axisX: { grid: false, labelFlush: false, labelSeparation: 5 },
  axisY: { domain: false, ticks: false },
  legend: {
    orient: "top",
    title: null,
    labelColor: ink.text,
    labelFontSize: fontSize.label,
    labelLimit: 440, // names that are told apart by their ends
    symbolStrokeWidth: 2.5,
  },
  range: { category: palette, ramp: sequential, heatmap: sequential },
  line: { strokeWidth: 2, strokeJoin: "round" },
  point: { filled: true, size: 36 },
  text: { color: ink.text, fontSize: fontSize.label },
};
