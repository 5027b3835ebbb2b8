/** Tables of votes in Kaggle's columns, made up. */

import { answersOf, kaggleTree } from "galaxykit/data";

/** Class1.1, Class1.2, Class1.3, in millionths. */
export type Millionths = [smooth: number, featured: number, artifact: number];

/**
 * Rows of Kaggle's solutions, as text without a header. Below the first question everybody gives one
 * answer, so that all sums hold.
 */
export function kaggleRows(galaxies: readonly { id: number; votes: Millionths }[]): string {
  const ids = answersOf(kaggleTree).map(({ id }) => id);
  return galaxies.map(({ id, votes: [smooth, featured, artifact] }) => {
    const values: Record<string, number> = {
      ...{ "Class1.1": smooth, "Class1.2": featured, "Class1.3": artifact },
      ...{ "Class2.2": featured, "Class3.2": featured, "Class4.2": featured, "Class5.1": featured },
      ...{ "Class6.2": 1e6, "Class7.1": smooth },
    };
    return [id, ...ids.map((name) => ((values[name] ?? 0) / 1e6).toFixed(6))].join(",");
  }).join("\n") + "\n";
}
