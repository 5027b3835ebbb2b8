import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { classWeights, encodeLabels, labelCounts } from "galaxykit/data";
import reference from "../../reference/samples.json" with { type: "json" };

Deno.test("encodeLabels() numbers the classes in their order", () => {
  const labels = pl.Series("label", ["b", "a", "b"]);
  assert.deepEqual(encodeLabels(labels), { classes: ["a", "b"], labels: Int32Array.of(1, 0, 1) });
  const given = encodeLabels(["b", "a"], { classes: ["b", "a", "c"] });
  assert.deepEqual([...given.labels], [0, 1]);
});

Deno.test("encodeLabels() refuses rows without one of the classes", () => {
  const message = "one of a, b is wanted; leave such rows out first";
  assert.throws(() => encodeLabels(["a", "b", null]), {
    name: "RangeError",
    message: `Cannot encode labels: row 2 holds none, ${message}`,
  });
  assert.throws(() => encodeLabels(["a", "ambiguous"], { classes: ["a", "b"] }), {
    message: `Cannot encode labels: row 1 holds "ambiguous", ${message}`,
  });
});

Deno.test("encodeLabels() takes a column of a table as it takes an array", () => {
  const values = ["c", "a", "b", "a"];
  const column = pl.Series("label", values, pl.Utf8);
  assert.deepEqual(encodeLabels(column), encodeLabels(values));
  const classes = ["b", "c", "a"];
  assert.deepEqual(encodeLabels(column, { classes }), encodeLabels(values, { classes }));
  const message = "Cannot encode labels: row 2 holds none, one of a, b is wanted; " +
    "leave such rows out first";
  const missing = pl.Series("label", ["a", "b", null], pl.Utf8);
  assert.throws(() => encodeLabels(missing), { name: "RangeError", message });
  assert.throws(() => encodeLabels(column, { classes: ["c", "a"] }), {
    message: 'Cannot encode labels: row 2 holds "b", one of c, a is wanted; ' +
      "leave such rows out first",
  });
});

Deno.test("labelCounts() counts every label and the rows without", () => {
  const table = labelCounts(["b", "a", null, "b", "c", "a", "b", "d"]);
  assert.deepEqual(table.columns, ["label", "count", "share"]);
  assert.deepEqual(table.rows(), [
    ...[["b", 3, 0.375], ["a", 2, 0.25], ["c", 1, 0.125], ["d", 1, 0.125], [null, 1, 0.125]],
  ]);
});

Deno.test("classWeights() equal those of scikit-learn", () => {
  const { labels, weights } = reference.classWeights;
  assert.deepEqual([...classWeights(labels)], weights);
});

Deno.test("classWeights() refuses a class without rows", () => {
  assert.throws(() => classWeights([0, 2]), {
    name: "RangeError",
    message: "Cannot weigh classes: class 1 has no rows",
  });
});

Deno.test("labels that are missing are none: null, NaN, blank", () => {
  const labels = ["a", null, NaN, " ", "a"] as string[];
  assert.deepEqual(labelCounts(labels).rows(), [[null, 3, 0.6], ["a", 2, 0.4]]);
  for (const none of [null, NaN, " ", undefined]) {
    assert.throws(() => encodeLabels(["a", none] as string[]), {
      name: "RangeError",
      message: "Cannot encode labels: row 1 holds none, one of a is wanted; " +
        "leave such rows out first",
    });
    assert.throws(() => encodeLabels(pl.Series("label", ["a", none ?? null]).cast(pl.Utf8)), {
      name: "RangeError",
    });
  }
  for (const label of [NaN, null, -1, 1.5]) {
    assert.throws(() => classWeights([0, label] as number[]), {
      name: "TypeError",
      message: new RegExp(`from 0, is wanted for each example, example 1 has ${label};`),
    });
  }
});
