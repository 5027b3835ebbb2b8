import assert from "node:assert/strict";
import { join } from "node:path";
import { readTable, writeTable } from "galaxykit/data";
import { mergePredictions, predictImages } from "galaxykit/jobs";
import { temporaryFolder } from "../../temporary.ts";
import { trainedRun } from "../../trained_run.ts";

const { folder, images, run } = await trainedRun({ count: 30, epochs: 1 });
const whole = join(folder, "whole.parquet");
await predictImages(run, { images, out: whole });

/** All tasks but some. */
async function tasks(of: number, { without = [] as number[], views = 1, shard = 4 } = {}) {
  const out = join(temporaryFolder(), "all");
  for (let number = 1; number <= of; number++) {
    if (without.includes(number)) continue;
    await predictImages(run, { images, out, shard, views, part: `${number}/${of}` });
  }
  return out;
}

Deno.test("mergePredictions() makes of all tasks what one has made", async () => {
  for (const [of, parts] of [[1, 8], [7, 9], [40, 30]] as const) {
    const all = await tasks(of, {});
    const out = join(temporaryFolder(), "table.parquet");
    const { count, left, tasks: speeds } = mergePredictions(all, { out });
    assert.deepEqual([count, left, speeds.length], [30, 0, of]);
    assert.equal(speeds.reduce((sum, { galaxies }) => sum + galaxies, 0), 30);
    assert.deepEqual(readTable(out).toRecords(), readTable(whole).toRecords());
    const found = [...Deno.readDirSync(all)].flatMap(({ name }) =>
      [...Deno.readDirSync(join(all, name))].filter(({ name }) => name.startsWith("part-"))
    );
    assert.equal(found.length, parts);
  }
});

Deno.test("mergePredictions() refuses what is not all of one prediction, and says what is to run", async () => {
  const out = join(temporaryFolder(), "table.parquet");
  const refused = (all: string, message: RegExp) =>
    assert.throws(() => mergePredictions(all, { out }), message);

  refused(join(folder, "nowhere"), /there is no such folder/);
  refused(images, /no folders of tasks, such as 3-of-7/);
  refused(await tasks(4, { without: [2, 4] }), /are missing; run them: --part 2\/4, --part 4\/4/);

  const all = await tasks(3);
  const manifest = join(all, "2-of-3", "shards.json");
  const before = Deno.readTextFileSync(manifest);
  const change = (edit: (manifest: Record<string, Record<string, unknown>>) => void) => {
    const content = JSON.parse(before);
    edit(content);
    Deno.writeTextFileSync(manifest, JSON.stringify(content));
  };
  change((content) => delete content.whole);
  refused(all, /not finished; run them again: --part 2\/3/);
  change((content) => content.whole!.ids = "others");
  refused(all, /of another catalogue than the first are --part 2\/3/);
  change((content) => Object.assign(content, { fingerprint: "other" }));
  refused(all, /of another network or other options than the first are --part 2\/3/);
  change((content) => content.whole!.first = 9);
  refused(all, /2-of-3 begins at row 9, 10 wanted/);
  Deno.writeTextFileSync(manifest, "{");
  refused(all, /it is not JSON/);
  Deno.writeTextFileSync(manifest, before);

  const part = join(all, "2-of-3", "part-00001.parquet");
  const bytes = Deno.readFileSync(part);
  Deno.writeFileSync(part, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1));
  refused(all, /parts are missing or damaged; run again: --part 2\/3/);
  Deno.removeSync(part);
  refused(all, /parts are missing or damaged; run again: --part 2\/3/);
  await predictImages(run, { images, out: all, shard: 4, part: "2/3" }); // As it says
  mergePredictions(all, { out });

  // A galaxy that is there twice, in a part whose checksum is right
  const table = readTable(part);
  writeTable(part, table.vstack(table.slice({ offset: 0, length: 1 })));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", Deno.readFileSync(part)));
  change((content) =>
    (content.shards!["part-00001.parquet"] as { sha256: string }).sha256 = digest.toHex()
  );
  refused(all, /31 galaxies predicted and 0 left out are not the 30 of the catalogue/);

  Deno.mkdirSync(join(all, "1-of-4"));
  refused(all, /it has tasks of 3 and of 4|it has tasks of 4 and of 3/);
});

Deno.test("predictImages() of a task wants a folder", async () => {
  await assert.rejects(
    predictImages(run, { images, out: join(folder, "a.parquet"), part: "1/2" }),
    /several tasks write into a folder, which predict merge makes a table of/,
  );
});
