import { readTable } from "/tmp/wt/attack-tables/lib/data/mod.ts";
const words = [
  "nan",
  "NaN",
  "-nan",
  "+nan",
  "null",
  "None",
  "NA",
  "N/A",
  "#NA",
  "<NA>",
  "--",
  "-",
  "...",
  "?",
  "\\N",
  "1.#QNAN",
  "",
  '""',
  '" "',
  " ",
  '"nan"',
  '"NaN"',
  '"NULL"',
  "Infinity",
  '"1.5"',
  "-inf",
  '"NA"',
  "-999.0",
  "1e",
  "0x1p-3",
  "1 000",
  "1e5",
  "1D5",
  ".5",
  "+5.",
  "00012",
  "1e-400",
  "1e400",
  "-0",
  "5-",
  "true",
  "587722952231026744",
  "587722952231026744.0",
  "5.87e17",
  "99999999999999999999",
  "  7",
  "7  ",
  "+7",
  "\t7",
  "1.5",
  "abc",
  '"a,b"',
  '"a""b"',
  "x\ty",
  "9007199254740993",
];
const dir = Deno.makeTempDirSync();
const base = Array.from(
  { length: 60000 },
  (
    _,
    i,
  ) => [
    `${i}`,
    `${(i * 0.37).toFixed(4)}`,
    `t${i}`,
    `58772295223102${String(6000 + i % 4000)}`,
    `${i % 7}`,
    "0.125000,0.250000",
  ],
);
const names = "n,z,txt,objid,k,p,q";
let bad = 0;
for (const [col, c] of [["n", 0], ["z", 1], ["txt", 2], ["objid", 3]] as const) {
  for (const w of words) {
    const row = base[41234].slice();
    row[c] = w;
    const cells = (rows: string[][]) =>
      names + "\n" + rows.map((r) => r.join(",")).join("\n") +
      "\n";
    const out = (name: string, rows: string[][], at: number) => {
      const p = `${dir}/${name}`;
      Deno.writeTextFileSync(p, cells(rows));
      try {
        const t = readTable(p);
        const s = t.getColumn(col);
        const v = s.toArray()[at];
        return `${s.dtype}=${typeof v === "string" ? JSON.stringify(v) : v} h=${t.height}`.replace(
          / h=.*/,
          t.height === rows.length ? "" : " ROWS",
        );
      } catch (e) {
        return "ERR " +
          (e as Error).message.replace(/^.*?": /, "").replace(/line \d+|row \d+/g, "L");
      }
    };
    const big = [...base];
    big[41234] = row;
    const a = out("s.csv", [base[1], base[2], row, base[4]], 2), b = out("b.csv", big, 41234);
    if (a !== b) {
      bad++;
      console.log(col, JSON.stringify(w), "small:", a, "| big:", b);
    }
  }
}
console.log("bad", bad, "of", words.length * 4);
