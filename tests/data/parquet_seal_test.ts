import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { readTable, writeTable } from "galaxykit/data";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const table = {
  id_str: ["587722981736120347", "587722981736579107", "587722981741363294"],
  smooth: Float64Array.of(0.25, 0.5, 0.125),
  votes: Int32Array.of(12, 40, 3),
};

Deno.test("readTable() refuses a Parquet table of the kit's with any one bit changed", () => {
  const path = `${folder}/sealed.parquet`;
  writeTable(path, table);
  const whole = Deno.readFileSync(path);
  const frame = readTable(path);
  let intact = 0;
  for (let at = 0; at < whole.length; at++) {
    Deno.writeFileSync(path, whole.with(at, whole[at] ^ (1 << (at % 8))));
    try {
      assert.ok(readTable(path).frameEqual(frame), `byte ${at}`);
      intact++;
    } catch (error) {
      assert.match((error as Error).message, /^Cannot read ".*sealed\.parquet": /, `byte ${at}`);
    }
  }
  assert.equal(intact, 16); // the mark itself: without it the file counts as one from elsewhere
});

Deno.test("readTable() says that a sealed file changed", () => {
  const path = `${folder}/changed.parquet`;
  writeTable(path, table);
  const whole = Deno.readFileSync(path);
  Deno.writeFileSync(path, whole.with(40, whole[40] ^ 1));
  assert.throws(() => readTable(path), {
    message: `Cannot read "${path}": the file is not as it was written (its SHA-256 differs): ` +
      "write it again",
  });
});

Deno.test("readTable() reads Parquet from elsewhere, without a seal", () => {
  const path = `${folder}/foreign.parquet`;
  const frame = pl.DataFrame(table);
  Deno.writeFileSync(path, frame.writeParquet() as unknown as Uint8Array);
  assert.ok(readTable(path).frameEqual(frame));
});
