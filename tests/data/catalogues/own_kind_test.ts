import assert from "node:assert/strict";
import {
  answerColumns,
  type CatalogueKind,
  catalogueKindOf,
  openSurvey,
  type OwnKind,
  readCatalogue,
  readCatalogueKind,
  voteLabels,
} from "galaxykit/data";
import { file } from "../formats/_tables.ts";

const rings: OwnKind = {
  name: "rings",
  title: "Rings of my own",
  ids: ["name"],
  columns: { name: "text", z: "number", class: "text" },
  optional: { mass: "number" },
  questions: { disc: ["yes", "no"], ring: ["inner", "outer", "none"] },
  after: { ring: "disc_yes" },
  suffixes: { fraction: "_frac" },
  missing: { z: -9999 },
};

const table =
  "name,z,class,disc_yes_frac,disc_no_frac,ring_inner_frac,ring_outer_frac,ring_none_frac\n" +
  "NGC 1,0.1,spiral,0.75,0.25,0.5,0.25,0.25\nNGC 2,-9999,ring,0.5,0.5,0.1,0.1,0.1\n";

Deno.test("readCatalogue() checks a table by a kind of one's own", () => {
  const kind = catalogueKindOf(rings);
  const { frame, problems, id } = readCatalogue(file("rings.csv", table), { kind, bad: "report" });
  assert.equal(id, "name");
  assert.deepEqual(frame.getColumn("z").toArray(), [0.1, null]);
  assert.deepEqual(problems.map(({ message }) => message), [
    "the fraction of question ring must sum to 1: row 2 (NGC 2) 0.1 + 0.1 + 0.1",
  ]);
  assert.deepEqual(answerColumns(kind.tree!, "fraction", ["ring"]), [
    ...["ring_inner_frac", "ring_outer_frac", "ring_none_frac"],
  ]);
  const without = file("without.csv", table.replaceAll("class", "klass"));
  assert.throws(() => readCatalogue(without, { kind }), {
    name: "CatalogueError",
    message: /column "class" is missing \(the unknown "klass" may be it: pass rename\)/,
  });
});

Deno.test("openSurvey() takes a table of a kind of one's own, with its votes as label columns", () => {
  const path = file("rings.csv", table);
  const survey = openSurvey(path, { kind: catalogueKindOf(rings) });
  assert.equal(survey.kind.title, "Rings of my own");
  assert.equal(survey.labelColumns.length, 5);
  assert.deepEqual(survey.ids, ["NGC 1", "NGC 2"]);
  assert.throws(() => openSurvey(path.replace(/\/[^/]*$/, ""), { kind: "gz1" }), {
    message: /as a kind of table: name the table, not its folder$/,
  });
});

Deno.test("readCatalogueKind() reads a kind from JSON", () => {
  const path = file("rings.json", JSON.stringify(rings));
  const plain = (kind: CatalogueKind) => JSON.parse(JSON.stringify(kind));
  assert.deepEqual(plain(readCatalogueKind(path)), plain(catalogueKindOf(rings)));
  const cases: [string, RegExp][] = [
    ["{", /^Cannot read the kind ".*": it must be JSON/],
    ["[]", /it must hold an object$/],
    ['{"name": "a"}', /it must have a name, and ids, the columns that can identify a row$/],
    ['{"name": "a", "ids": ["b"], "tre": 1}', /there is no option "tre", nearest is "tree"$/],
    [
      '{"name": "a", "ids": ["b"], "columns": {"c": "float"}}',
      /column "c" must be one of id, integer, number, text, fraction, count: "float" found$/,
    ],
    [
      '{"name": "a", "ids": ["b"], "questions": {"q": ["y"]}, "after": {"q": "q_n"}}',
      /Cannot make the tree "a": "q_n" must be one of its answers, q_y$/,
    ],
    [
      '{"name": "a", "ids": ["b"], "questions": {"q": ["y"]}, "after": {"r": "q_y"}}',
      /Cannot make the tree "a": "r" must be one of its questions, q$/,
    ],
  ];
  for (
    const [parts, message] of [
      ['"columns": {"c": null}', /column "c" must be one of .*: null found$/],
      [
        '"suffixes": {"frac": "_f"}',
        /there is no option "frac", there are count, weight, fraction/,
      ],
      ['"suffixes": {"count": "", "fraction": ""}', /each quantity must have a text of its own/],
    ] as const
  ) cases.push([`{"name": "a", "ids": ["b"], ${parts}}`, message]);
  for (const [text, message] of cases) {
    assert.throws(() => readCatalogueKind(file("bad.json", text)), { message });
  }
  assert.throws(() => readCatalogueKind("nowhere.json"), { message: /there is no such file$/ });
});

Deno.test("catalogueKindOf() says that it wants an object", () => {
  for (const own of [null, undefined, "gz2"]) {
    assert.throws(() => catalogueKindOf(own as unknown as OwnKind), {
      message: `Cannot make a kind of table: an object is wanted, ${own} found`,
    });
  }
});

const votes = catalogueKindOf({
  ...{ name: "discs", ids: ["objid"], columns: { objid: "id" } },
  questions: { disc: ["yes", "no"] },
});

Deno.test("voteLabels() makes raw fractions of the votes where a table has no others", () => {
  const path = file("votes.csv", "objid,disc_yes,disc_no\n1,6,4\n2,1,3\n3,0,0\n4,7,\n5,5,5\n");
  const options = { classes: { disc: "disc_yes", other: "disc_no" }, threshold: 0.6 };
  const { names, rule, fractions } = voteLabels(readCatalogue(path, { kind: votes }), options);
  assert.deepEqual(names, ["disc", "other", null, null, "ambiguous"]);
  assert.equal(rule.fractions, "raw");
  assert.deepEqual([...fractions.disc], [0.6, 0.25, NaN, NaN, 0.5]);
});

Deno.test("readCatalogue() tells a misspelt vote of a short name by the others of its question", () => {
  const path = file("disk.csv", "objid,disk_yes,disc_no,yes_no\n1,6,4,1\n");
  const { problems } = readCatalogue(path, { kind: votes, bad: "report" });
  assert.deepEqual(problems.map(({ message }) => message), [
    'column "disc_yes" is missing (the unknown "disk_yes" may be it: pass rename)',
  ]);
});
