/** `deno task sky-calibration`: simulated votes beside real ones. */

import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/reporter.ts";
import {
  type AnswerComparison,
  assembleSky,
  compareTails,
  compareVotes,
  fitCriteria,
  gz2Criteria,
  readVotes,
  simulatedVotes,
  type TailComparison,
  tailRules,
} from "../lib/sky/mod.ts";
import { ENOUGH } from "../lib/sky/calibration.ts";
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
    using report = reporter();
    criteria = fitCriteria(assembleSky({ count, seed: seed + 1, onProgress: report }), {
      real,
      start: criteria,
      onProgress: report,
    });
    console.log(JSON.stringify(criteria, null, 1));
  }
  using report = reporter();
  const simulated = simulatedVotes(assembleSky({ count, seed, onProgress: report }), criteria);
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
  const tails = compareTails({ real, simulated });
  tailRules.forEach(({ name }, rule) => {
    const rows = tails.map(({ stem, tails }) => tailRow(stem, tails[rule]));
    const judged = rows.filter((row) => row[5] !== "");
    console.log(
      `\n${
        textTable(
          [`above 0.8, ${name}`, "real galaxies", "real %", "simulated %", "ratio", "within 2"],
          rows,
          { align },
        )
      }\n\n${
        judged.filter((row) => row[5] === "yes").length
      } of ${judged.length} answers with ${ENOUGH} real galaxies or more are within a factor 2`,
    );
  });
});

function tailRow(
  stem: string,
  { real, realShare, simulatedShare }: TailComparison["tails"][number],
): string[] {
  const ratio = simulatedShare / realShare;
  return [
    stem.slice(4),
    `${real}`,
    (100 * realShare).toFixed(2),
    (100 * simulatedShare).toFixed(2),
    real > 0 ? ratio.toFixed(2) : "",
    real < ENOUGH ? "" : ratio >= 0.5 && ratio <= 2 ? "yes" : "no",
  ];
}

function rowOf({ stem, mean, all, asked }: AnswerComparison): string[] {
  const numbers = [mean.real, mean.simulated, all, asked];
  return [stem.slice(4), ...numbers.map((value) => value.toFixed(3))];
}
