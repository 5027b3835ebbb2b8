import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Recipe, reproduce } from "galaxykit/recipes";
import { startRun } from "../../lib/recipes/start_run.ts";
import { defineSettings } from "../../lib/settings.ts";
import { Figure } from "../../lib/plot/mod.ts";
import { temporaryFolder } from "../temporary.ts";

const settings = defineSettings({
  refusal: "Cannot count",
  profile: { default: "small", description: "how much to spend" },
  profiles: { tiny: { most: 2 }, small: {} },
  table: {
    most: { type: "integer", default: 4, minimum: 1, description: "where counting ends" },
    skipBad: { type: "boolean", description: "leave out odd numbers" },
  },
});

/** Counts, and keeps what it was asked for. */
const counting: Recipe<typeof settings, { numbers: number[]; asked: readonly string[] }> = {
  name: "counting",
  title: "Counting",
  summary: "Count.",
  data: "none",
  settings,
  items: {
    table1: {
      title: "numbers",
      notes: ["Left open: why"],
      draw: ({ numbers }) => ({
        table: { columns: ["", "number"], rows: numbers.map((n) => [`${n}.`, `${10 ** n}`]) },
        values: { numbers },
        notes: [`${numbers.length} of them`],
      }),
    },
    fig1: {
      title: "squares",
      isOwn: true,
      draw: ({ numbers }) => ({
        figures: {
          squares: new Figure({
            data: { values: numbers.map((n) => ({ n, square: n * n })) },
            mark: "point",
            encoding: {
              x: { field: "n", type: "quantitative" },
              y: { field: "square", type: "quantitative" },
            },
          }),
        },
      }),
    },
  },
  prepare(out, { settings: { most, ...own }, items, onProgress }) {
    startRun(out, {
      ...{ name: "counting", schema: settings, settings: { most, ...own }, free: ["skipBad"] },
    });
    onProgress?.({ message: `counting to ${most}` });
    const numbers = Array.from({ length: most }, (_, i) => i + 1);
    return Promise.resolve({
      run: { numbers, asked: items },
      text: `Counted to ${most}`,
      pages: { elsewhere: "other.html" },
    });
  },
};

Deno.test("reproduce() fills in the settings, draws the items and writes them down", async () => {
  const out = join(temporaryFolder(), "run");
  const told: string[] = [];
  const { run, results, page, pages, text, settings } = await reproduce(counting, out, {
    settings: { profile: "tiny" },
    onProgress: (report) => void ("message" in report && told.push(report.message)),
  });
  assert.deepEqual(settings, { profile: "tiny", most: 2, skipBad: false });
  assert.deepEqual([told, run.asked], [["counting to 2"], ["table1", "fig1"]]);
  assert.deepEqual(Object.keys(results), ["table1", "fig1"]);
  assert.deepEqual(pages, { elsewhere: "other.html" });
  assert.equal(
    text,
    `Counted to 2

table1
      number
  1.      10
  2.     100
  2 of them

fig1: figures/squares.png`,
  );
  assert.equal(Deno.readTextFileSync(join(out, "report.txt")), `Counting\n\n${text}\n`);
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(join(out, "report.json"))), {
    table1: { numbers: [1, 2] },
    fig1: {},
  });
  assert.equal(
    Deno.readTextFileSync(join(out, "tables", "table1.csv")),
    "of,number\n1.,10\n2.,100\n",
  );
  for (const name of ["squares.png", "squares.svg"]) {
    assert.ok(existsSync(join(out, "figures", name)), name);
  }
  const html = Deno.readTextFileSync(page);
  assert.match(html, /<h2>table1: numbers<[^]*<li>Left open: why<\/li><li>2 of them<\/li>/);
  const { versions: _, ...config } = JSON.parse(Deno.readTextFileSync(join(out, "config.json")));
  assert.deepEqual(config, { recipe: "counting", settings });
});

Deno.test("reproduce() goes on with its folder, and refuses what is not its own", async () => {
  const out = join(temporaryFolder(), "run");
  const { run } = await reproduce(counting, out, { items: ["fig1"] });
  assert.deepEqual(run.asked, ["fig1"]);
  // What is free may differ; config.json tells the last
  await reproduce(counting, out, { settings: { skipBad: true } });
  const { settings } = JSON.parse(Deno.readTextFileSync(join(out, "config.json")));
  assert.deepEqual(settings, { profile: "small", most: 4, skipBad: true });
  await assert.rejects(reproduce(counting, out, { settings: { most: 5 } }), {
    message: `Cannot go on in "${out}": it holds a run with settings.most 4, 5 wanted; ` +
      "name another folder",
  });
  const full = temporaryFolder();
  Deno.writeTextFileSync(join(full, "notes.txt"), "");
  await assert.rejects(reproduce(counting, full), {
    message: `Cannot start a run in "${full}": the folder is not empty (it holds "notes.txt"); ` +
      "name another",
  });
});

Deno.test("reproduce() of one item leaves the others of the folder in its report", async () => {
  const out = join(temporaryFolder(), "run");
  const first = await reproduce(counting, out, { items: ["table1"] });
  assert.deepEqual(Object.keys(first.results), ["table1"]);
  const page = Deno.readTextFileSync(first.page);
  const { run, results, text } = await reproduce(counting, out, { items: ["fig1"] });
  assert.deepEqual([run.asked, Object.keys(results)], [["table1", "fig1"], ["table1", "fig1"]]);
  const both = Deno.readTextFileSync(first.page);
  const section = page.match(/<section>[^]*<\/section>/)![0];
  assert.ok(both.includes(section));
  assert.match(both, /<h2>fig1: squares</);
  assert.match(text, /\ntable1\n[^]*\nfig1: /);
  assert.ok(Deno.readTextFileSync(join(out, "report.txt")).includes(text));
  const report = () => Object.keys(JSON.parse(Deno.readTextFileSync(join(out, "report.json"))));
  assert.deepEqual(report(), ["table1", "fig1"]);
  // A report that was damaged, or knows what the recipe does not, is no reason to stop
  for (const damaged of ["{", "null", '{"table9": {}}']) {
    Deno.writeTextFileSync(join(out, "report.json"), damaged);
    await reproduce(counting, out, { items: ["fig1"] });
    assert.deepEqual(report(), ["fig1"]);
  }
});

Deno.test("reproduce() refuses unknown items and settings before any work", async () => {
  const out = join(temporaryFolder(), "run");
  await assert.rejects(reproduce(counting, out, { items: ["tabel1"] }), {
    name: "RangeError",
    message:
      'Cannot reproduce "tabel1" of counting: nearest is "table1", the items are table1, fig1',
  });
  await assert.rejects(reproduce(counting, out, { settings: { most: 0 } }), {
    name: "RangeError",
    message: "Cannot count: most must be an integer, at least 1, 0 found",
  });
  assert.ok(!existsSync(out));
});

Deno.test("reproduce() leaves out what nothing draws, and keeps columns of one name apart", async () => {
  const out = join(temporaryFolder(), "run");
  const recipe: typeof counting = {
    ...counting,
    items: {
      table1: {
        title: "scores",
        draw: () => ({ table: { columns: ["", "F1", "F1"], rows: [["a", "1", "2"]] } }),
      },
      table2: { title: "not yet" },
    },
  };
  await assert.rejects(reproduce(recipe, out, { items: ["table2"] }), {
    name: "RangeError",
    message: 'Cannot reproduce "table2" of counting: nothing draws it yet',
  });
  assert.ok(!existsSync(out));
  const { run, results } = await reproduce(recipe, out);
  assert.deepEqual([run.asked, Object.keys(results)], [["table1"], ["table1"]]);
  const csv = Deno.readTextFileSync(join(out, "tables", "table1.csv"));
  assert.equal(csv, "of,F1,F1 2\na,1,2\n");
});
