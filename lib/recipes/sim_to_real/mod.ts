/**
 * Sim-to-real: what a network learns from simulated galaxies alone, measured on real ones.
 *
 * @module
 */

export { simToRealReport, writeSimToRealReport } from "./report.ts";
export { simToReal, type SimToRealProgress, type SimToRealRun } from "./run.ts";
export { SIM_TO_REAL, type SimToRealProfile, type SimToRealSettings } from "./settings.ts";
