/**
 * How numbers are written in tables.
 *
 * @module
 */

import type { Interval } from "../../../metrics/mod.ts";

/** 19,942. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

/** 41.1 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** 0.912 [0.885, 0.937]. */
export function interval({ value, low, high }: Interval, digits = 3): string {
  return `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** 90.9 % [88.5 %, 93.1 %]. */
export function percentInterval({ value, low, high }: Interval): string {
  return `${percent(value)} [${percent(low)}, ${percent(high)}]`;
}

/** 0.0312, or < 0.0001. */
export function probability(value: number): string {
  return value < 0.0001 ? "< 0.0001" : value.toFixed(4);
}
