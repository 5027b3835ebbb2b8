import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { selectRows } from "galaxykit/data";
import { selectionFlow } from "../../lib/plot/mod.ts";
import { checkFigure, checkSnapshot } from "./_checks.ts";

const galaxies = pl.DataFrame({
  r: Float64Array.from({ length: 2000 }, (_, i) => 14 + i / 400),
  z: Array.from({ length: 2000 }, (_, i) => i % 10 === 0 ? null : i / 10000),
});

Deno.test("selectionFlow() shows what each cut kept and removed", async () => {
  const { flow } = selectRows(galaxies, [
    { name: "r < 17", keep: pl.col("r").lt(pl.lit(17)) },
    { name: "z < 0.1", keep: pl.col("z").lt(pl.lit(0.1)) },
  ]);
  const figure = selectionFlow(flow, { title: "Bright and near" });
  await checkFigure(figure, [
    ...["Bright and near", "2,000 to 900", "r < 17", "without a value"],
    "1,200 kept, 60 % · 800 removed",
    "900 kept, 45 % · 300 removed",
  ]);
  checkSnapshot(figure, "selection_flow");
});

Deno.test("selectionFlow() draws a selection of nothing, and refuses one without cuts", async () => {
  const { flow } = selectRows(galaxies.limit(0), [{ name: "r", keep: pl.col("r").gt(pl.lit(1)) }]);
  await checkFigure(selectionFlow(flow), ["0 kept"]);
  assert.throws(() => selectionFlow(selectRows(galaxies, []).flow), {
    name: "RangeError",
    message: "Cannot draw a selection: it has no cuts",
  });
});
