/** `deno task sky-calibration`: simulated votes beside real ones. */

import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/reporter.ts";
import {
  type AnswerComparison,
  assembleSky,
  compareVotes,
  fitCriteria,
  gz2Criteria,
  readVotes,
  simulatedVotes,
  type VoteTable,
} from "../lib/sky/mod.ts";
import { median } from "../lib/statistics.ts";
import { textTable } from "../lib/text.ts";

await runCommand({
  name: "sky-calibration",
  summary:
    "Compare the simulated volunteers with those of GZ2's Stripe 82 table, answer by answer.",
  options: {
    data: {
      type: "string",
      value: "FILE",
      required: true,
      description: "the table (Willett et al. 2013, table 5): CSV, gzip or Parquet",
    },
    count: { type: "integer", default: 4000, minimum: 100, description: "simulated galaxies" },
    seed: { type: "integer", default: 99, description: "which sky" },
    fit: { type: "boolean", description: "fit the criteria first, and print them" },
  },
}, ({ data, count, seed, fit }) => {
  const real = readVotes(data);
  let criteria = gz2Criteria;
  if (fit) {
    const few = everyOther(real, Math.max(1, Math.floor(real.counts.length / 37 / 4000)));
    using report = reporter();
    criteria = fitCriteria(assembleSky({ count: 2500, seed: seed + 1 }), {
      real: few,
      start: criteria,
      onProgress: report,
    });
    console.log(JSON.stringify(criteria, null, 1));
  }
  const simulated = simulatedVotes(assembleSky({ count, seed }), criteria);
  const { answers, questions } = compareVotes({ real, simulated });
  const align = ["left", "right"] as const;
  const votes = questions.map(({ question, median, distance }) => [
    ...[question, `${median.real}`, `${median.simulated}`, distance.toFixed(3)],
  ]);
  console.log(
    [
      `${
        real.counts.length / 37
      } real and ${count} simulated galaxies; distances are Kolmogorov-Smirnov's`,
      textTable(["median votes a galaxy", "real", "simulated", "distance"], votes, { align }),
      textTable(
        ["mean fraction, if asked", "real", "simulated", "distance", "of 5 votes or more"],
        answers.map(rowOf),
        { align },
      ),
    ].join("\n\n"),
  );
  console.log(
    `\nmedian distance: fractions ${
      median(answers.map(({ all }) => all)).toFixed(3)
    }, of galaxies with 5 votes ${
      median(answers.map(({ asked }) => asked)).toFixed(3)
    }, numbers of votes ${median(questions.map(({ distance }) => distance)).toFixed(3)}`,
  );
});

function rowOf({ stem, mean, all, asked }: AnswerComparison): string[] {
  const numbers = [mean.real, mean.simulated, all, asked];
  return [stem.slice(4), ...numbers.map((value) => value.toFixed(3))];
}

/** Every n-th galaxy: enough to fit. */
function everyOther({ counts, fractions }: VoteTable, n: number): VoteTable {
  const kept = (_: number, cell: number) => Math.floor(cell / 37) % n === 0;
  return { counts: counts.filter(kept), fractions: fractions.filter(kept) };
}
